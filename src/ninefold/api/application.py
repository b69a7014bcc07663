"""The HTTP application: routers by domain, one form of errors, the collection routes, the console."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from ninefold.analysis import Analyses
from ninefold.base import Clock
from ninefold.collect import Limits
from ninefold.collect import connectors as sources
from ninefold.collect import plans as tracking
from ninefold.customers import Customers, tagging
from ninefold.feeds import Feed
from ninefold.feeds import webhooks as posting
from ninefold.governance import Keys, audit, calls, consent, org
from ninefold.identity import IdentityDesk, merging
from ninefold.identity import changing as rule_changing
from ninefold.journeys import Campaigns
from ninefold.matching import Matching, ReviewDesk
from ninefold.profiles import Profiles, departures, memberships, numbers, relations
from ninefold.segments import Segments, Tags, impact, merges
from ninefold.store import Events, Records

from . import (
    analysis,
    campaigns,
    collection,
    definitions,
    identity,
    people,
    plans,
    segments,
    status,
    system,
)
from . import merging as merging_routes
from .auth import principal
from .bringing import connectors, imports
from .customers import MoreHeaders, changes, changing, reading, subscribing, tags, webhooks
from .description import DescribedApi
from .errors import Problem, add_error_handlers
from .governance import Trail, belonging, consents, deletions, privacy, related, retention, staff
from .governance import audit as audit_routes
from .governance import numbers as member_numbers
from .governance import org as org_routes
from .matching import reviews
from .matching import runs as matching_runs
from .ruling import policies
from .ruling import router as rule_changes
from .session import Door, federated
from .session import own as own_session
from .session import routes as session_routes
from .session import users as user_routes

_ABOUT = """
Ninefold's API. Events are collected on the Segment wire (`/v1/track`, `/v1/batch`, ... with a write key); all else
needs a bearer token, or the session of somebody who signed in. Errors are JSON with `code`, `message`, and where it
helps `field`, `got`, `allowed`, `hint`.
"""
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (400, "the input is wrong"),
        (401, "no valid token or session"),
        (403, "not allowed"),
        (404, "no such thing"),
        (409, "conflict"),
        (422, "the request is not of the documented form"),
        (503, "try again later"),
    )
}


_ROUTERS = (
    status.router,
    people.router,
    identity.router,
    merging_routes.router,
    rule_changes,
    policies,
    segments.router,
    analysis.router,
    campaigns.router,
    imports.router,
    connectors.router,
    collection.router,
    plans.router,
    definitions.router,
    system.router,
    audit_routes.router,
    org_routes.router,
    belonging.router,
    member_numbers.router,
    related.router,
    staff.router,
    consents.router,
    privacy.router,
    deletions.router,
    reading.router,
    changing.router,
    tags.router,
    changes.router,
    subscribing.router,
    webhooks.router,
    retention.router,
    matching_runs.router,
    reviews.router,
    session_routes.router,
    own_session.router,
    user_routes.roles,
    user_routes.router,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the API calls; each router takes what it needs from the application's state."""

    version: str
    brand: str
    clock: Clock
    records: Records
    events: Events
    keys: Keys
    door: Door
    anchors: audit.Anchors
    cast_anchor: Callable[[], audit.SignedAnchor | None]
    audit: audit.AuditLog
    privacy: privacy.Desk
    deletions: deletions.Desk
    departures: departures.Departures
    retention: retention.Desk
    submit_privacy: Callable[[int], None]
    org: org.Org
    consents: consent.Consents
    memberships: memberships.Memberships
    member_numbers: numbers.Numbers
    membership_imports: numbers.MembershipImports
    told_relations: relations.ToldRelations
    relations: relations.Relations
    matching: Matching
    reviews: ReviewDesk
    submit_matching: Callable[[int], None]
    kinds: definitions.Kinds
    imports: imports.ImportDesk
    plans: tracking.Plans
    connectors: sources.Connectors
    profiles: Profiles
    customers: Customers
    manual_tags: tagging.ManualTags
    feed: Feed
    webhooks: posting.Webhooks
    call_limits: calls.CallLimits
    call_answers: calls.Answers
    desk: IdentityDesk
    rule_changes: rule_changing.RuleChanges
    submit_rules: Callable[[str], None]
    merging: merging.Merging
    previews: merges.MergePreviews
    policy_trial: impact.PolicyTrial
    segments: Segments
    tags: Tags
    analyses: Analyses
    campaigns: Campaigns
    run_campaign: Callable[[str, str], None]
    health: Callable[[], dict[str, str]]
    currency: str
    limits: Limits
    zone: str
    language: str


def build_api(
    services: Services, *, extra_routes: Sequence[BaseRoute], extra_paths: Mapping[str, object] | None = None
) -> FastAPI:
    """The application.

    Args:
        services: what it calls.
        extra_routes: plain routes that are served beside the API: collection and console.
        extra_paths: OpenAPI path items of those that the description shall name, by path.
    """

    def outside(scope: Scope) -> bool:
        """Whether a request is none of the API's. Of those no HTTP span is made: collection tells its own, and a
        span's query would carry the write keys and payloads that some wires have there.
        """
        return any(route.matches(scope)[0] is not Match.NONE for route in extra_routes)

    app = _described(services.version, extra_paths or {}, outside)
    for name in services.__slots__:
        setattr(app.state, name, getattr(services, name))
    app.state.board = status.Board(
        services.records, services.events, services.segments, services.tags, services.campaigns
    )
    add_error_handlers(app)
    app.add_middleware(Trail, audit=services.audit)
    app.add_middleware(MoreHeaders)
    app.router.routes.extend(extra_routes)
    return app


def describe(version: str, extra_paths: Mapping[str, object]) -> dict[str, Any]:
    """The API's OpenAPI description, made without opening a store; what a running server answers under
    ``/openapi.json``.
    """
    return _described(version, extra_paths, _nothing).openapi()


def _nothing(_scope: Scope) -> bool:
    return False


def _described(version: str, extra_paths: Mapping[str, object], outside: Callable[[Scope], bool]) -> DescribedApi:
    app = DescribedApi(
        title="Ninefold",
        version=version,
        description=_ABOUT,
        docs_url="/docs",
        redoc_url=None,
        telemetry={"exclude": outside},
    )
    app.more_paths = extra_paths
    app.include_router(system.health)
    app.include_router(session_routes.entrance, responses=_PROBLEMS)
    app.include_router(federated.router, responses=_PROBLEMS)
    for router in _ROUTERS:
        app.include_router(router, responses=_PROBLEMS, dependencies=[Depends(principal)])
    return app
