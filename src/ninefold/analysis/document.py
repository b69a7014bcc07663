"""The one document of all methods: header, method, crowd, window, and the method's own part. Pure.

``{method: funnel, over: 30d, who: {...}, funnel: {...}}``; saved with ``kind: analysis``, key, name and owner.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from ninefold.base import HEADER_FIELDS, Fields, invalid
from ninefold.predicate import parse, parse_filters, parse_window, read_span, tree

from .model import Analysis, By, Grouping, Pick

KIND = "analysis"
PICKED_MAX = 50
ANY = "*"
Reader = Callable[[Fields, str], object]
"""Reads a method's own part: the document's fields and the name of the part."""

_ALL = ("method", "who", "over")


def read_analysis(document: object, readers: Mapping[str, Reader], *, saved: bool, version: int = 0) -> Analysis:
    """An analysis from its document.

    Args:
        document: as it came from YAML or JSON.
        readers: by method, what reads its part.
        saved: whether it must say key, name and owner.
        version: its version, where it is one that was saved.

    Raises:
        Error: invalid, naming the first wrong field, what was got and what is allowed.
    """
    method = document.get("method") if isinstance(document, Mapping) else None
    part = method if isinstance(method, str) and method in readers else ""
    fields = Fields(document, allowed=(*HEADER_FIELDS, *_ALL, *([part] if part else list(readers))))
    fields.choice("method", tuple(readers))
    header = fields.header(KIND) if saved or fields.has("key") else None
    who = fields.raw("who")
    return Analysis(
        key=header.key if header else "",
        name_en=header.name_en if header else "",
        name_zh=header.name_zh if header else "",
        owner=header.owner if header else "",
        method=part,
        matter=readers[part](fields, part),
        who=None if who is None else parse(who, path="who"),
        over=parse_window(fields.raw("over") if fields.has("over") else "30d", path="over"),
        version=version,
    )


def read_pick(document: object, path: str, *more: str) -> tuple[Pick, Fields]:
    """Which events are meant: ``event`` (a name, a list of names, or ``*`` for any), ``where``, ``label``.

    Args:
        document: the object.
        path: its place, for messages.
        more: further fields it may have; the caller reads them from the fields given back.
    """
    if isinstance(document, str):
        document = {"event": document}
    fields = Fields(document, path=path, allowed=("event", "where", "label", *more))
    given = fields.raw("event")
    names = [given] if isinstance(given, str) else given
    if (
        not isinstance(names, Sequence)
        or not 1 <= len(names) <= PICKED_MAX
        or not all(isinstance(one, str) and 0 < len(one) <= tree.NAME_MAX for one in names)
    ):
        raise fields.wrong("event", f'the name of an event, 1 to {PICKED_MAX} names, or "{ANY}" for any')
    events = () if ANY in names else tuple(dict.fromkeys(map(str, names)))
    where = parse_filters(fields.raw("where") or (), path=fields.at("where"))
    label = fields.text("label", "") or (" / ".join(events) or "any event")
    return Pick(events=events, where=where, label=label), fields


def read_grouping(document: object, path: str, *more: str, allowed: Sequence[By] = tuple(By)) -> Grouping:
    """What is grouped by: ``{property: channel}``, ``{trait: city}``, ``{tag: rfm}`` or ``{segment: vip}``."""
    words = [one.value for one in allowed]
    fields = Fields(document, path=path, allowed=(*words, "most", *more))
    given = [word for word in words if fields.has(word)]
    if len(given) != 1:
        raise invalid(
            "bad_grouping", "a grouping is by one thing", field=path, got=", ".join(given), allowed=", ".join(words)
        )
    name = fields.text(given[0])
    if given[0] == By.PROPERTY and name == "time":
        raise fields.wrong("property", "a property with few values; split by time with split")
    return Grouping(by=By(given[0]), name=name, most=fields.integer("most", 20, low=1, high=100))


def read_groupings(fields: Fields, name: str, *, most: int) -> tuple[Grouping, ...]:
    """One grouping, or a list of some; none if the field is absent."""
    given = fields.raw(name)
    listed = [given] if isinstance(given, Mapping) else items(fields, name, low=0, high=most)
    return tuple(
        read_grouping(one, fields.at(name) if given is one else f"{fields.at(name)}[{place}]")
        for place, one in enumerate(listed)
    )


def read_length(value: object, field: str, *, most: timedelta) -> int:
    """A span of time in ms, such as ``30m``, ``24h``, ``14d``."""
    span = read_span(value)
    if span is None or span > most:
        raise invalid(
            "bad_span",
            "not a span that fits here",
            field=field,
            got=value,
            allowed=f"a number and a unit: 15m, 24h, 30d or 4w; up to {most.days}d",
        )
    return span // timedelta(milliseconds=1)


def items(fields: Fields, name: str, *, low: int, high: int) -> Sequence[object]:
    """A list field with so many entries."""
    found = fields.raw(name)
    if found is None and low == 0:
        return ()
    if not isinstance(found, Sequence) or isinstance(found, str) or not low <= len(found) <= high:
        raise fields.wrong(name, f"a list of {low} to {high}")
    return found


def texts(fields: Fields, name: str, *, high: int) -> tuple[str, ...]:
    """A list of different texts, or one text."""
    found = fields.raw(name)
    listed = [found] if isinstance(found, str) else items(fields, name, low=0, high=high)
    if not all(isinstance(one, str) and 0 < len(one) <= tree.NAME_MAX for one in listed):
        raise fields.wrong(name, f"up to {high} names")
    return tuple(dict.fromkeys(map(str, listed)))


def names_grouped(document: object) -> tuple[str, ...]:
    """The traits and properties that a document groups by, wherever in it they stand."""
    if isinstance(document, Mapping):
        own = [str(document[word]) for word in (By.TRAIT, By.PROPERTY) if word in document and "op" not in document]
        return (*own, *(name for one in document.values() for name in names_grouped(one)))
    if isinstance(document, Sequence) and not isinstance(document, str | bytes):
        return tuple(name for one in document for name in names_grouped(one))
    return ()
