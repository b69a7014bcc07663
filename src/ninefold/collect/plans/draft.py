"""A draft plan from traffic: what the events of the last days look like, as documents to be corrected. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ninefold.base import stable_key

from .model import PlannedEvent

_ALWAYS = 0.995  # a property on so many of the events is drafted as required
_SURE = 50  # events below which nothing is required and no list of values is drawn up
_VALUES = 12  # at most so many different values make a list
_PER_VALUE = 20  # ... seen so often each, on average
_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of one property of one event.

    Attributes:
        event: name of the event.
        property: flat name of the property.
        events: events that had it.
        texts: ... as text, of which ``flags`` were true or false and ``lists`` were lists.
        numbers: ... as a number, of which ``whole`` were whole.
        flags: see ``texts``.
        lists: see ``texts``.
        whole: see ``numbers``.
        least: smallest number, None without numbers.
        values: different texts, at most one more than make a list of values.
    """

    event: str
    property: str
    events: int
    texts: int = 0
    numbers: int = 0
    flags: int = 0
    lists: int = 0
    whole: int = 0
    least: float | None = None
    values: tuple[str, ...] = ()


def draft(counts: Mapping[str, int], seen: Iterable[Seen], *, plan: str) -> tuple[PlannedEvent, ...]:
    """Planned events as traffic suggests them, the most frequent first.

    Args:
        counts: number of events by name.
        seen: what was seen of their properties.
        plan: key of the plan they shall belong to.
    """
    by_event: dict[str, list[Seen]] = {}
    for one in seen:
        by_event.setdefault(one.event, []).append(one)
    return tuple(
        PlannedEvent(
            key=_key(name),
            event=name,
            plans=(plan,),
            schema=_schema(by_event.get(name, []), total),
            name_en=name,
            name_zh=name,
            description=f"Drafted from {total:,} events.",
        )
        for name, total in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )


def _key(name: str) -> str:
    word = _WORD.sub("_", name.lower()).strip("_")[:50]
    if word and word[0].isalpha():
        return word
    return f"event_{stable_key(name)[:10]}"


def _schema(seen: list[Seen], total: int) -> dict[str, object]:
    found: dict[str, object] = {"type": "object"}
    properties = {one.property: _property(one) for one in sorted(seen, key=lambda one: one.property)}
    if properties:
        found["properties"] = properties
    required = [one.property for one in seen if total >= _SURE and one.events >= total * _ALWAYS]
    if required:
        found["required"] = sorted(required)
    return found


def _property(one: Seen) -> dict[str, object]:
    kinds = []
    plain = one.texts - one.flags - one.lists
    if plain:
        kinds.append("string")
    if one.flags and not plain:
        kinds.append("boolean")
    if one.lists:
        kinds.append("array")
    if one.numbers:
        kinds.append("integer" if one.whole == one.numbers else "number")
    found: dict[str, object] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    if kinds == ["string"] and len(one.values) <= _VALUES and one.texts >= max(_SURE, _PER_VALUE * len(one.values)):
        found["enum"] = sorted(one.values)
    if kinds in (["integer"], ["number"]) and one.least is not None and one.least >= 0:
        found["minimum"] = 0
    return found
