"""A funnel from its part of the document. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from ninefold.analysis.document import items, read_grouping, read_length, read_pick, texts
from ninefold.analysis.model import By, Grain
from ninefold.base import Fields, invalid

from .model import (
    EXCLUSIONS_MAX,
    HOLD_MAX,
    STEPS_MAX,
    WINDOW_MS,
    Breakdown,
    Entry,
    Exclusion,
    Funnel,
    Order,
    Reach,
    Step,
)

_FIELDS = ("steps", "order", "window", "entry", "exclude", "hold", "breakdown", "split")
_YEAR = timedelta(days=366)
_GAP = timedelta(hours=24)


def read_funnel(document: Fields, part: str) -> Funnel:
    """The funnel of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    steps = tuple(
        _step(one, f"{fields.at('steps')}[{place}]", first=place == 0)
        for place, one in enumerate(items(fields, "steps", low=1, high=STEPS_MAX))
    )
    order = Order(fields.choice("order", tuple(Order), Order.ORDERED))
    reach, window = _window(fields)
    funnel = Funnel(
        steps=steps,
        order=order,
        reach=reach,
        window_ms=window,
        entry=Entry(fields.choice("entry", tuple(Entry), Entry.BEST)),
        exclusions=tuple(
            _exclusion(one, f"{fields.at('exclude')}[{place}]", len(steps))
            for place, one in enumerate(items(fields, "exclude", low=0, high=EXCLUSIONS_MAX))
        ),
        hold=texts(fields, "hold", high=HOLD_MAX),
        breakdown=_breakdown(fields, len(steps)),
        split=Grain(fields.choice("split", ("day", "week", "month"))) if fields.has("split") else None,
    )
    _refuse(funnel, fields)
    return funnel


def _step(document: object, path: str, *, first: bool) -> Step:
    pick, fields = read_pick(document, path, "within", "optional")
    within = read_length(fields.raw("within"), fields.at("within"), most=_YEAR) if fields.has("within") else None
    optional = fields.flag("optional", default=False)
    if first and (optional or within is not None):
        wrong = "optional" if optional else "within"
        raise invalid(
            "bad_first_step", "the first step begins the way", field=f"{path}.{wrong}", allowed="a later step"
        )
    return Step(pick=pick, within_ms=within, optional=optional)


def _window(fields: Fields) -> tuple[Reach, int]:
    given = fields.raw("window")
    if given is None:
        return Reach.SPAN, WINDOW_MS
    if given == "day":
        return Reach.DAY, 26 * 3_600_000  # a day of the calendar has at most 25 hours
    if isinstance(given, Mapping):
        section = fields.section("window", ("session",))
        return Reach.SESSION, read_length(section.raw("session"), section.at("session"), most=_GAP)
    return Reach.SPAN, read_length(given, fields.at("window"), most=_YEAR)


def _exclusion(document: object, path: str, steps: int) -> Exclusion:
    pick, fields = read_pick(document, path, "after", "before")
    after = fields.integer("after", 1, low=1, high=max(steps - 1, 1))
    before = fields.integer("before", steps, low=min(after + 1, steps), high=steps)
    return Exclusion(pick=pick, after=after - 1, before=before - 1)


def _breakdown(fields: Fields, steps: int) -> Breakdown | None:
    if not fields.has("breakdown"):
        return None
    path = fields.at("breakdown")
    grouping = read_grouping(fields.raw("breakdown"), path, "at")
    inside = Fields(fields.raw("breakdown"), path=path, allowed=(*By, "most", "at"))
    at = inside.raw("at")
    if at is not None and grouping.by is not By.PROPERTY:
        raise inside.wrong("at", "only with a property")
    if at in ("first", "last"):
        return Breakdown(grouping=grouping, at=-1 if at == "first" else -2)
    return Breakdown(grouping=grouping, at=inside.integer("at", 1, low=1, high=steps) - 1)


def _refuse(funnel: Funnel, fields: Fields) -> None:
    """Refuse what has no meaning together."""
    at = funnel.breakdown.at if funnel.breakdown else 0
    if at > 0 and funnel.steps[at].optional:
        raise invalid(
            "bad_breakdown", "an optional step is not on the way", field=fields.at("breakdown.at"), got=at + 1
        )
    if funnel.entry is Entry.FIRST and funnel.hold and funnel.reach is not Reach.SPAN:
        raise invalid(
            "bad_entry", "a first entry with held values needs a span as window", field=fields.at("entry"), got="first"
        )
    if funnel.order is Order.ORDERED:
        return
    word = funnel.order.value
    if any(step.optional or step.within_ms is not None for step in funnel.steps):
        raise invalid(
            "bad_order", f"{word} order knows no optional steps and no windows of steps", field=fields.at("order"),
            got=word, allowed="ordered, with these",
        )  # fmt: skip
    if funnel.exclusions:
        raise invalid(
            "bad_order", f"exclusions do not go with {word} order", field=fields.at("exclude"), allowed="order: ordered"
        )
    if funnel.order is Order.ANY and funnel.entry is Entry.FIRST:
        raise invalid("bad_order", "any order has no first step", field=fields.at("entry"), allowed="best")
    if funnel.order is Order.ANY and at != 0:
        raise invalid("bad_order", "in any order only the beginning says the group", field=fields.at("breakdown.at"))
