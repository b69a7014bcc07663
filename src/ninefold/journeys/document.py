"""Reads a ``kind: campaign`` document. Strict: what is wrong is named with what was got and what is allowed."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from ninefold.base import BUCKETS, Error, invalid, parse_time, zone_of
from ninefold.channels import (
    HEADER_FIELDS,
    SECTION_FIELDS,
    Fields,
    Template,
    check_template,
    names_used,
    parse_template,
)
from ninefold.predicate import Condition, PropertyFilter, parse, parse_filters, tree

from .model import (
    FACTS,
    Audience,
    ByHand,
    Campaign,
    Cap,
    CapScope,
    Cron,
    Every,
    Goal,
    Holdout,
    Once,
    Reentry,
    Start,
    Status,
    Trigger,
)
from .rules.schedule import is_cron

_BODY = (
    "status",
    "operator",
    "start",
    "audience",
    "channel",
    "consent",
    "node",
    "template",
    "holdout",
    "cap",
    "reentry",
    "expires",
    "cost_per_send",
    "currency",
    "goal",
)
_STARTS = ("schedule", "trigger", "by_hand")
_SPAN = re.compile(r"([1-9]\d{0,4})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN_FORM = "a number and a unit: 30m, 12h, 7d, 4w; at most 10 years"
_LONGEST = timedelta(days=3660)


def parse_campaign(document: object, *, zone: str, currency: str, version: int = 0) -> Campaign:
    """Read a campaign document.

    Args:
        document: as it came from YAML or JSON.
        zone: the business zone, for times that name none.
        currency: the installation's currency, for campaigns that name none.
        version: of the document.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    fields = Fields(document, allowed=(*HEADER_FIELDS, *_BODY))
    header = fields.header("campaign")
    start = _start(fields, zone)
    channel, template = _message(fields, start)
    reentry, gap = _reentry(fields)
    return Campaign(
        header=header,
        status=_status(fields),
        start=start,
        audience=_audience(fields),
        channel=channel,
        template=template,
        holdout=_holdout(fields),
        cap=_cap(fields),
        reentry=reentry,
        reentry_gap=gap,
        expires=_span(fields, "expires", timedelta(hours=72)),
        cost_per_send=_cost(fields),
        currency=_currency(fields, currency),
        goal=_goal(fields),
        consent=_consent(fields),
        node=fields.text("node", ""),
        version=version,
    )


def advice(campaign: Campaign) -> tuple[str, ...]:
    """What a careful colleague would say about a campaign that is right in form; each a sentence."""
    said = []
    if isinstance(campaign.start, Trigger) and campaign.reentry is Reentry.ALWAYS and campaign.cap is None:
        said.append("reentry: every such event sends a message, without a cap; set cap or reentry")
    if campaign.holdout.share == 0 and not isinstance(campaign.start, ByHand):
        said.append("holdout: nobody is left alone for comparison, so no lift can be known; 10% is usual")
    names = frozenset[str]().union(*names_used(campaign.template).values()) if campaign.template else frozenset[str]()
    if not isinstance(campaign.start, Trigger) and any(name.partition(".")[0] == "event" for name in names):
        said.append("template: speaks of an event, but no event starts this campaign, so nothing would be sent")
    if campaign.goal is None:
        said.append("goal: the report will have no outcomes")
    if campaign.holdout.share > BUCKETS // 2:
        said.append("holdout: more people are left alone than treated")
    return tuple(said)


def conditions_of(campaign: Campaign) -> tuple[tuple[str, Condition], ...]:
    """Everything a campaign asks of people and events, as conditions with their paths in the document."""
    found: list[tuple[str, Condition]] = []
    if campaign.audience.condition is not None:
        found.append(("audience.condition", campaign.audience.condition))
    if isinstance(campaign.start, Trigger):
        trigger = campaign.start
        found.append(("start.trigger", tree.EventClause(event=trigger.event, where=trigger.where)))
        if trigger.condition is not None:
            found.append(("start.trigger.condition", trigger.condition))
    if campaign.goal is not None:
        found.append(("goal", tree.EventClause(event=campaign.goal.event, where=campaign.goal.where)))
    return tuple(found)


def carried_over(document: Mapping[str, object], before: Mapping[str, object] | None) -> dict[str, object]:
    """A document as it is kept when it is applied: with what an operator did by hand to the version before.

    Pausing, resuming and stopping stand under ``operator``, beside the ``status`` that the document's author wrote.
    They stay when the document is applied again, changed or not, until they are taken back by hand - or until the
    author newly writes ``paused`` or ``stopped``.
    """
    kept = {name: value for name, value in document.items() if name != "operator"}
    if before is None or before.get("operator") is None:
        return kept
    wanted = document.get("status")
    if wanted != before.get("status") and wanted in {Status.PAUSED.value, Status.STOPPED.value}:
        return kept
    return {**kept, "operator": before["operator"]}


def set_by_hand(document: Mapping[str, object], status: Status, author: str) -> dict[str, object]:
    """A document with the status that an operator gives it; nothing beside it when that is what it says anyway."""
    kept = {name: value for name, value in document.items() if name != "operator"}
    same = kept.get("status", Status.DRAFT.value) == status.value
    return kept if same else {**kept, "operator": {"status": status.value, "by": author}}


def _status(fields: Fields) -> Status:
    """By hand goes before what the author wrote."""
    words = [word.value for word in Status]
    written = fields.choice("status", words, Status.DRAFT.value)
    by_hand = fields.section("operator", ("status", "by")).choice("status", words) if fields.has("operator") else ""
    return Status(by_hand or written)


def _start(fields: Fields, zone: str) -> Start:
    section = fields.section("start", _STARTS)
    given = [name for name in _STARTS if section.has(name)]
    if len(given) != 1:
        raise fields.wrong("start", "exactly one of " + ", ".join(_STARTS))
    if section.has("schedule"):
        return _schedule(section.section("schedule", ("at", "every", "first", "cron", "zone")), zone)
    if section.has("trigger"):
        return _trigger(section.section("trigger", ("event", "where", "condition", "max_age")))
    if not section.flag("by_hand", default=False):
        raise section.wrong("by_hand", "true")
    return ByHand()


def _schedule(section: Fields, zone: str) -> Start:
    zone = section.text("zone", zone)
    try:
        zone_of(zone)
    except Error as exc:
        raise section.wrong("zone", "an IANA name, e.g. Asia/Shanghai") from exc
    given = [name for name in ("at", "every", "cron") if section.has(name)]
    if len(given) != 1:
        raise invalid(
            "bad_schedule",
            "a schedule has one way to say when",
            field=section.at(""),
            got=given,
            allowed="exactly one of at, every (with first), cron",
        )
    if section.has("at"):
        return Once(at=_moment(section, "at", zone))
    if section.has("cron"):
        expression = section.text("cron")
        if not is_cron(expression):
            raise section.wrong("cron", "five fields: minute hour day month weekday, e.g. 0 8 * * 1")
        return Cron(expression=expression, zone=zone)
    span = _span(section, "every", None)
    if span < timedelta(minutes=5):
        raise section.wrong("every", "5m or more")
    return Every(span=span, first=_moment(section, "first", zone), zone=zone)


def _trigger(section: Fields) -> Trigger:
    event = section.text("event")
    if event in FACTS:
        raise section.wrong("event", "an event that campaigns do not make themselves")
    return Trigger(
        event=event,
        where=_where(section),
        condition=_condition(section),
        max_age=_span(section, "max_age", timedelta(days=1)),
    )


def _consent(fields: Fields) -> str:
    """The purpose that needs consent; ``none`` for messages that need none."""
    purpose = fields.text("consent", "marketing")
    return "" if purpose == "none" else purpose


def _audience(fields: Fields) -> Audience:
    if not fields.has("audience"):
        return Audience()
    section = fields.section("audience", ("segment", "condition"))
    if section.has("segment") == section.has("condition"):
        raise fields.wrong("audience", "either segment or condition")
    return Audience(segment=section.text("segment", ""), condition=_condition(section))


def _message(fields: Fields, start: Start) -> tuple[str, Template | None]:
    if isinstance(start, ByHand) and not fields.has("channel") and not fields.has("template"):
        return "", None  # members are only recorded
    template = parse_template(fields.section("template", SECTION_FIELDS))
    check_template(template, path=fields.at("template"))
    return fields.text("channel"), template


def _holdout(fields: Fields) -> Holdout:
    value = fields.raw("holdout")
    if isinstance(value, Mapping):
        section = fields.section("holdout", ("share", "salt"))
        return Holdout(share=_share(section, "share"), salt=section.integer("salt", 1, low=1, high=1_000_000))
    return Holdout(share=_share(fields, "holdout")) if value is not None else Holdout()


def _share(fields: Fields, name: str) -> int:
    """A share in basis points, from ``10%`` or 0.1."""
    value, allowed = fields.raw(name), "a share: 10% (as text) or 0.1; 0 to 100%, at most two digits after the point"
    try:
        if isinstance(value, str) and value.strip().endswith("%"):
            share = Decimal(value.strip().removesuffix("%").strip()) * 100
        elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            share = Decimal(repr(value)) * BUCKETS
        else:
            raise fields.wrong(name, allowed)
    except InvalidOperation as exc:
        raise fields.wrong(name, allowed) from exc
    if not share.is_finite() or not 0 <= share <= BUCKETS or share != int(share):
        raise fields.wrong(name, allowed)
    return int(share)


def _cap(fields: Fields) -> Cap | None:
    if not fields.has("cap"):
        return None
    section = fields.section("cap", ("count", "within", "scope"))
    return Cap(
        count=section.integer("count", None, low=1, high=10_000),
        within=_span(section, "within", None),
        scope=CapScope(section.choice("scope", [word.value for word in CapScope], CapScope.CAMPAIGN.value)),
    )


def _reentry(fields: Fields) -> tuple[Reentry, timedelta]:
    value = fields.raw("reentry")
    if value is None or value == Reentry.ALWAYS.value:
        return Reentry.ALWAYS, timedelta(0)
    if value == Reentry.NEVER.value:
        return Reentry.NEVER, timedelta(0)
    if isinstance(value, Mapping):
        return Reentry.AFTER, _span(fields.section("reentry", ("after",)), "after", None)
    raise fields.wrong("reentry", "always, never, or {after: 30d}")


def _goal(fields: Fields) -> Goal | None:
    if not fields.has("goal"):
        return None
    section = fields.section("goal", ("event", "where", "within", "revenue"))
    return Goal(
        event=section.text("event"),
        where=_where(section),
        within=_span(section, "within", None),
        revenue=section.flag("revenue", default=False),
    )


def _cost(fields: Fields) -> Decimal:
    value, allowed = fields.raw("cost_per_send"), 'an amount in the currency, e.g. "0.045"'
    if value is None:
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise fields.wrong("cost_per_send", allowed)
    try:
        cost = Decimal(value.strip() if isinstance(value, str) else repr(value))
    except InvalidOperation as exc:
        raise fields.wrong("cost_per_send", allowed) from exc
    if not cost.is_finite() or not 0 <= cost <= 1_000_000:
        raise fields.wrong("cost_per_send", allowed)
    return cost


def _currency(fields: Fields, default: str) -> str:
    currency = fields.text("currency", default).upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise fields.wrong("currency", "a currency code of three letters (ISO 4217), e.g. CNY")
    return currency


def _span(fields: Fields, name: str, default: timedelta | None) -> timedelta:
    value = fields.raw(name)
    if value is None and default is not None:
        return default
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise fields.wrong(name, _SPAN_FORM)
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if span > _LONGEST:
        raise fields.wrong(name, _SPAN_FORM)
    return span


def _moment(fields: Fields, name: str, zone: str) -> datetime:
    try:
        return parse_time(fields.text(name), zone=zone)
    except Error as exc:
        raise fields.wrong(name, "a time such as 2026-06-01T08:00, read in the schedule's zone") from exc


def _where(fields: Fields) -> tuple[PropertyFilter, ...]:
    return parse_filters(fields.raw("where"), path=fields.at("where")) if fields.has("where") else ()


def _condition(fields: Fields) -> Condition | None:
    return parse(fields.raw("condition"), path=fields.at("condition")) if fields.has("condition") else None
