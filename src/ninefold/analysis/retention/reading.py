"""Retention from its part of the document. Pure."""

from collections.abc import Sequence

from ninefold.analysis.document import read_pick
from ninefold.analysis.model import Grain
from ninefold.base import Fields

from .model import COLUMNS_MAX, Birth, Bracket, Clock, Retention

_FIELDS = ("start", "back", "grain", "clock", "birth", "columns", "count")
_ALLOWED = f"how many periods, 1 to {COLUMNS_MAX}, or brackets: [[1, 1], [2, 3], [4, 7]]"


def read_retention(document: Fields, part: str) -> Retention:
    """The retention of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    start, _ = read_pick(fields.raw("start"), fields.at("start"))
    back = read_pick(fields.raw("back"), fields.at("back"))[0] if fields.has("back") else start
    count = fields.choice("count", ("on", "on_or_after"), "on")
    return Retention(
        start=start,
        back=back,
        grain=Grain(fields.choice("grain", tuple(Grain), Grain.DAY)),
        clock=Clock(fields.choice("clock", tuple(Clock), Clock.CALENDAR)),
        birth=Birth(fields.choice("birth", tuple(Birth), Birth.FIRST)),
        brackets=_brackets(fields, after=count == "on_or_after"),
    )


def _brackets(fields: Fields, *, after: bool) -> tuple[Bracket, ...]:
    given = fields.raw("columns")
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        last = fields.integer("columns", 7, low=1, high=COLUMNS_MAX)
        return tuple((k, last if after else k) for k in range(last + 1))
    if after or not isinstance(given, Sequence) or isinstance(given, str) or not 1 <= len(given) <= COLUMNS_MAX:
        raise fields.wrong("columns", _ALLOWED)
    found = []
    for pair in given:
        if (
            not isinstance(pair, Sequence)
            or len(pair) != 2
            or not all(isinstance(one, int) and not isinstance(one, bool) for one in pair)
            or not 0 <= pair[0] <= pair[1] <= 400
        ):
            raise fields.wrong("columns", _ALLOWED)
        found.append((pair[0], pair[1]))
    return tuple(found)
