"""Reading the parts that documents of several kinds of tags share: sources, currencies, bands, names. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ninefold.base import Fields, invalid
from ninefold.predicate import Lineage, parse_filters

from .model import AsOf, Bands, NamedValue, Source

SOURCE_FIELDS = ("event", "where", "window_days", "as_of")
LONGEST_WINDOW_DAYS = 36_500
_MOST_BANDS = 100


def read_source(body: Fields) -> Source:
    """The fields ``event``, ``where`` and ``window_days``."""
    return Source(
        event=body.text("event", allowed="the name of an event"),
        where=parse_filters(body.raw("where") or (), path=body.at("where")),
        window_days=body.integer("window_days", 0, low=0, high=LONGEST_WINDOW_DAYS),
    )


def read_as_of(body: Fields, default: AsOf = AsOf.TODAY) -> AsOf:
    """The field ``as_of``."""
    return AsOf(body.choice("as_of", tuple(AsOf), default))


def read_currency(body: Fields) -> str:
    """The field ``currency``: three letters or the like, in capitals; empty when it is not given."""
    currency = body.text("currency", "")
    if currency and not (currency.isascii() and currency.isalnum()):
        raise body.wrong("currency", "CNY, USD, ...")
    return currency.upper()


def read_bands(body: Fields) -> Bands | None:
    """The field ``bands``: ``{"quantiles": 5}`` or ``{"points": [100, 500]}``, with ``values`` from low to high."""
    if not body.has("bands"):
        return None
    part = body.section("bands", ("quantiles", "points", "values"))
    if part.has("quantiles") == part.has("points"):
        raise invalid(
            "bad_bands", "bands are cut by quantiles or by points", field=part.path,
            got="both" if part.has("points") else "neither", allowed='{"quantiles": 5} or {"points": [100, 500]}',
        )  # fmt: skip
    points = _points(part) if part.has("points") else ()
    quantiles = 0 if points else part.integer("quantiles", None, low=2, high=_MOST_BANDS)
    wanted = quantiles or len(points) + 1
    if not part.has("values"):
        values = tuple(NamedValue(value=str(k), name_en=str(k), name_zh=str(k)) for k in range(1, wanted + 1))
        return Bands(points=points, quantiles=quantiles, values=values)
    return Bands(points=points, quantiles=quantiles, values=read_values(part, "values", count=wanted))


def read_values(body: Fields, name: str, *, count: int) -> tuple[NamedValue, ...]:
    """A list of values, each a text or ``{"value": ..., "name": ...}``; so many of them, no two the same."""
    raw = body.raw(name)
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != count:
        raise body.wrong(name, f"a list of {count} values, from low to high")
    values = tuple(read_value(one, f"{body.at(name)}[{place}]") for place, one in enumerate(raw))
    if len({one.value for one in values}) != count:
        raise body.wrong(name, "values that all differ")
    return values


def read_value(document: object, path: str) -> NamedValue:
    """A value with its names: text, or an object with ``value`` and ``name``."""
    body = Fields({"value": document} if isinstance(document, str) else document, path=path, allowed=("value", "name"))
    return named_value(body)


def named_value(body: Fields) -> NamedValue:
    """The fields ``value`` and ``name``; without a name the value is its own."""
    value = body.text("value")
    name = body.raw("name")
    if name is None or isinstance(name, str):
        text = (name or value).strip() or value
        return NamedValue(value=value, name_en=text, name_zh=text)
    if isinstance(name, Mapping) and name and set(name) <= {"en", "zh"}:
        given = {code: text.strip() for code, text in name.items() if isinstance(text, str) and text.strip()}
        if len(given) == len(name):
            other = next(iter(given.values()))
            return NamedValue(value=value, name_en=given.get("en", other), name_zh=given.get("zh", other))
    raise body.wrong("name", 'text, or {"en": ..., "zh": ...}')


def uses_of(source: Source, *properties: str) -> Lineage:
    """What a source and properties of its events read."""
    named = {name for name in (*properties, *(one.property for one in source.where)) if name}
    return Lineage(events=frozenset({source.event}), properties=frozenset((source.event, name) for name in named))


def _points(body: Fields) -> tuple[float, ...]:
    raw = body.raw("points")
    given = list(raw) if isinstance(raw, Sequence) and not isinstance(raw, str) else []
    numbers = tuple(float(one) for one in given if isinstance(one, int | float) and not isinstance(one, bool))
    ascending = all(low < high for low, high in pairwise(numbers))
    if not ascending or len(numbers) != len(given) or not 0 < len(given) < _MOST_BANDS:
        raise body.wrong("points", "ascending numbers, no two equal")
    return numbers
