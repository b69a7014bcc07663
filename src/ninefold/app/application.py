"""The HTTP application of a platform: API, collection routes, console."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute

import ninefold
from ninefold import collect, console
from ninefold.api import Door, ImportDesk, Kinds, Services, build_api, describe
from ninefold.collect import connectors

from .platform import Ninefold


def build_application(platform: Ninefold) -> FastAPI:
    """Wire the API to the services of a platform."""
    services = Services(
        version=ninefold.__version__,
        brand=platform.settings.brand,
        clock=platform.clock,
        records=platform.records,
        events=platform.events,
        keys=platform.keys,
        door=_door(platform),
        audit=platform.audit,
        anchors=platform.anchors,
        cast_anchor=platform.cast_anchor,
        privacy=platform.privacy,
        retention=platform.retention,
        deletions=platform.deletions,
        submit_privacy=platform.submit_privacy,
        org=platform.org,
        consents=platform.consents,
        memberships=platform.memberships,
        departures=platform.departures,
        relations=platform.relations,
        member_numbers=platform.numbers,
        membership_imports=platform.membership_imports,
        told_relations=platform.told_relations,
        matching=platform.matching,
        reviews=platform.reviews,
        submit_matching=platform.submit_matching,
        kinds=_kinds(platform),
        imports=_import_desk(platform),
        plans=platform.plans,
        connectors=platform.connectors,
        profiles=platform.profiles,
        customers=platform.customers,
        manual_tags=platform.manual_tags,
        feed=platform.feed,
        webhooks=platform.webhooks,
        call_limits=platform.call_limits,
        call_answers=platform.call_answers,
        desk=platform.desk,
        rule_changes=platform.rule_changes,
        submit_rules=platform.submit_rules,
        merging=platform.merging,
        previews=platform.previews,
        policy_trial=platform.policy_trial,
        segments=platform.segments,
        tags=platform.tags,
        analyses=platform.analyses,
        campaigns=platform.campaigns,
        run_campaign=platform.run_campaign,
        health=platform.health,
        currency=platform.settings.currency,
        limits=platform.collector.settings.limits,
        zone=platform.settings.zone,
        language=platform.settings.language,
    )
    return build_api(services, extra_routes=_routes(platform), extra_paths=collect.openapi_paths())


def api_description() -> dict[str, Any]:
    """The OpenAPI description of the whole HTTP API; no store is opened."""
    return describe(ninefold.__version__, collect.openapi_paths())


def _routes(platform: Ninefold) -> list[BaseRoute]:
    """Collection, webhooks that connectors take, and the console."""
    hooks = connectors.hook_routes(platform.connectors.hooks, max_bytes=platform.settings.max_request_bytes)
    return [*collect.routes(platform.collector), *hooks, *console.routes()]


def _door(platform: Ninefold) -> Door:
    return Door(
        users=platform.users,
        sessions=platform.sessions,
        sign_in=platform.sign_in,
        factors=platform.factors,
        openid=platform.openid,
        redirect=platform.settings.oidc_redirect,
    )


def _kinds(platform: Ninefold) -> Kinds:
    return Kinds(records=platform.records, clock=platform.clock, save=platform.kinds(), later=platform.carry_on_rules)


def _import_desk(platform: Ninefold) -> ImportDesk:
    return ImportDesk(
        service=platform.imports,
        folder=platform.imports_folder,
        submit=platform.submit_import,
        check=platform.check_identifier,
    )
