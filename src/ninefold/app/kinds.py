"""The kinds of definitions, in the order in which they may refer to each other, and how a document of each is saved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.engine import Connection

from ninefold import analysis, identity, matching
from ninefold.api import Later, Save
from ninefold.channels import parse_channel
from ninefold.collect import connectors, imports, plans
from ninefold.feeds import webhooks
from ninefold.governance import consent as consenting
from ninefold.governance import org as organisation
from ninefold.governance import privacy, retention
from ninefold.identity import merging
from ninefold.predicate import survivorship
from ninefold.profiles import numbers, relations
from ninefold.store import put_definition

from .services import Services

Document = Mapping[str, Any]


class _Verb(Protocol):
    def __call__(self, conn: Connection, document: Document, *, now: datetime, author: str) -> object: ...


def kinds_of(services: Services) -> dict[str, Save]:
    """How each kind of document is saved on this services.

    A save takes ``(conn, document, now, author)`` and gives advice, if it has some.
    """
    return {
        identity.KIND: lambda conn, document, now, author: _save_rules(services, conn, document, now, author),
        organisation.KIND: _quiet(services.org.save),
        merging.KIND: _quiet(services.merging.save),
        survivorship.KIND: _quiet(survivorship.save),
        consenting.KIND: _quiet(services.consents.save),
        privacy.notices.DESTINATION_KIND: _quiet(services.deletions.book.save),
        retention.KIND: _quiet(services.retention.book.save),
        numbers.KIND: _quiet(services.numbers.save),
        relations.ROLE_KIND: _quiet(services.relations.save),
        relations.RULES_KIND: lambda conn, document, now, author: _save_relation_rules(
            services, conn, document, now, author
        ),
        imports.KIND: _save_mapping,
        plans.EVENT_KIND: _quiet(plans.Plans.save_event),
        plans.PLAN_KIND: _quiet(plans.Plans.save_plan),
        connectors.KIND: _quiet(services.connectors.save),
        matching.KIND: _quiet(matching.Matching.save),
        "channel": _save_channel,
        webhooks.KIND: _quiet(services.webhooks.save),
        "tag": _quiet(services.tags.save),
        "segment": lambda conn, document, now, author: (
            services.segments.save(conn, document, now=now, author=author).advice
        ),
        analysis.KIND: lambda conn, document, now, author: services.analyses.save(
            conn, document, now=now, author=author
        ),
        "campaign": lambda conn, document, now, author: _save_campaign(services, conn, document, now, author),
    }


def _quiet(verb: _Verb) -> Save:
    """A save that has no advice to give."""

    def save(conn: Connection, document: Document, now: datetime, author: str) -> None:
        verb(conn, document, now=now, author=author)

    return save


def _save_campaign(
    services: Services, conn: Connection, document: Document, now: datetime, author: str
) -> tuple[str, ...]:
    kept = services.campaigns.save(conn, document, now=now, author=author)
    stays = kept.status.value != document.get("status", "draft")
    note = f"status: it stays {kept.status.value}, as it was set by hand; that is taken back by hand too"
    return (*([note] if stays else []), *services.campaigns.check(document))


def _save_relation_rules(
    services: Services, conn: Connection, document: Document, now: datetime, author: str
) -> tuple[str, ...]:
    services.told_relations.save(conn, document, now=now, author=author)
    return ("rules: they hold for events to come; `ninefold relations derive` reads the history by them",)


def _save_rules(
    services: Services, conn: Connection, document: Document, now: datetime, author: str
) -> tuple[str, ...]:
    rules = identity.parse_rules(document)
    change = services.rule_changes.save(conn, document, now=now, author=author)
    advice = tuple(
        f"salts.{name}: its secret stands in the document, for all who may read it; name a variable by secret_env"
        for name, salt in rules.salts.items()
        if not salt.env
    )
    if change is None:
        return advice
    said = f"rule change {change}: simulated, then applied by itself; see /v1/identity/rules/changes/{change}"
    return Later((said, *advice))


def _save_mapping(conn: Connection, document: Document, now: datetime, author: str) -> None:
    imports.parse_mapping(document)
    put_definition(conn, imports.KIND, str(document["key"]), document, now=now, author=author)


def _save_channel(conn: Connection, document: Document, now: datetime, author: str) -> None:
    channel = parse_channel(document)
    put_definition(conn, "channel", channel.header.key, document, now=now, author=author)
