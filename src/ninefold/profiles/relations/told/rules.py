"""What events say of relations. Pure: the order of events never matters."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ninefold.collect import Event

from .model import RelationRule, Said

PRODUCT = "product_id"
_WHOLE = 2.0**53


def said_of(
    events: Sequence[Event], people: Sequence[int], rules: Sequence[RelationRule]
) -> Iterator[tuple[RelationRule, Said]]:
    """The events that name somebody or something, with the rule they do it by.

    Args:
        events: in any order.
        people: the person of each, as stored.
        rules: in force.
    """
    about: defaultdict[str, list[RelationRule]] = defaultdict(list)
    for rule in rules:
        about[rule.event].append(rule)
    for event, oneid in zip(events, people, strict=True):
        for rule in about.get(event.name, ()):
            if name := named(event, rule.property):
                yield rule, Said(oneid=oneid, name=name, ts=event.ts, source=event.source, message_id=event.message_id)


def named(event: Event, name: str) -> str:
    """A property as the text of an identifier; a whole number without its point; empty when it is not there."""
    if name == PRODUCT and event.product_id:
        return event.product_id
    if text := event.props.get(name, "").strip():
        return text
    number = event.nums.get(name)
    if number is None:
        return ""
    return str(int(number)) if number == int(number) and abs(number) < _WHOLE else str(number)
