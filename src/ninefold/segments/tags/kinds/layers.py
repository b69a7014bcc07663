"""Layers: values in order, each with a condition; the first that fits is a person's value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from ninefold.base import Fields
from ninefold.predicate import Condition, Lineage, lineage, members, parse, tree
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, NamedValue
from ninefold.segments.tags.queries.layers import with_value
from ninefold.segments.tags.reading import named_value, read_as_of, read_value
from ninefold.store import Statement

_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One value and who gets it."""

    named: NamedValue
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers(Matter):
    """The matter of a tag of layers.

    Attributes:
        layers: the values, the first that fits wins.
        otherwise: the value of everybody else; None leaves them without.
        as_of: the instant of the conditions.
    """

    layers: tuple[Layer, ...]
    otherwise: NamedValue | None = None
    as_of: AsOf = AsOf.NOW

    def plan(self, building: Building) -> Plan:
        """One statement per layer."""
        return Plan(parts=self._parts(building))

    def uses(self) -> Lineage:
        """What all conditions read."""
        return reduce(_joined, (lineage(layer.condition) for layer in self.layers))

    def conditions(self) -> tuple[tuple[str, Condition], ...]:
        """The conditions of the layers."""
        return tuple((f"layers[{place}].condition", layer.condition) for place, layer in enumerate(self.layers))

    def names(self) -> tuple[NamedValue, ...]:
        """The values in order."""
        last = () if self.otherwise is None else (self.otherwise,)
        return (*(layer.named for layer in self.layers), *last)

    def _parts(self, building: Building) -> Iterator[Statement]:
        rest = () if self.otherwise is None else (Layer(named=self.otherwise, condition=tree.Everyone()),)
        for layer in (*self.layers, *rest):
            people = members(layer.condition, now=building.base, zone=building.zone, reading=building.reading)
            yield with_value(people, layer.named.value)


def read_layers(document: object) -> Layers:
    """Check the ``layers`` part of a tag document: a list of layers, or an object with more fields; raises invalid."""
    given = {"layers": document} if isinstance(document, Sequence) and not isinstance(document, str) else document
    body = Fields(given, path="layers", allowed=("layers", "otherwise", "as_of"))
    raw = body.raw("layers")
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not 0 < len(raw) <= _MOST:
        raise body.wrong("layers", f'a list of 1 to {_MOST} layers: {{"value": ..., "condition": ...}}')
    otherwise = read_value(body.raw("otherwise"), "layers.otherwise") if body.has("otherwise") else None
    layers = tuple(_layer(one, f"layers[{place}]") for place, one in enumerate(raw))
    return Layers(layers=layers, otherwise=otherwise, as_of=read_as_of(body, AsOf.NOW))


def _layer(document: object, path: str) -> Layer:
    body = Fields(document, path=path, allowed=("value", "name", "condition"))
    return Layer(named=named_value(body), condition=parse(body.raw("condition"), path=f"{path}.condition"))


def _joined(one: Lineage, other: Lineage) -> Lineage:
    return Lineage(
        events=one.events | other.events, properties=one.properties | other.properties,
        traits=one.traits | other.traits, tags=one.tags | other.tags, segments=one.segments | other.segments,
    )  # fmt: skip
