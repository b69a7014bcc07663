"""What a JSON Schema says about names: which properties are planned, and where text stands for something else.

Events keep properties flat - text, numbers, dotted names - so that an event in the store and one on the wire are judged
alike. The shape of a schema tells how to put the object together again. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import jsonschema_rs
import msgspec

_PARTS = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")
_DEEPEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The names of one object of a schema.

    Attributes:
        names: planned properties.
        patterns: patterns of further planned names.
        anything: whether every name is planned.
        objects: shapes of properties that are objects.
        lists: properties that may be a list.
        flags: properties that may be true or false, and may not be text.
    """

    names: frozenset[str]
    patterns: tuple[jsonschema_rs.Validator, ...] = ()
    anything: bool = False
    objects: Mapping[str, "Shape"] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()

    def plans(self, name: str) -> bool:
        """Whether a property of this name is planned."""
        return self.anything or name in self.names or any(one.is_valid(name) for one in self.patterns)


def shape_of(schemas: Sequence[Mapping[str, object]]) -> Shape:
    """The shape of an object that fulfils all of the schemas; each is the root of its own references."""
    found = [part for schema in schemas for part in _parts(schema, schema, _DEEPEST)]
    return _merged(found, _DEEPEST)


Part = tuple[Mapping[str, object], Mapping[str, object]]  # a schema, and the root its references start from


def _parts(schema: object, root: Mapping[str, object], room: int) -> Iterator[Part]:
    """A schema and everything that it is composed of at the same place."""
    if not isinstance(schema, Mapping) or room <= 0:
        return
    yield schema, root
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _parts(resolved(reference, root), root, room - 1)
    for word in _PARTS:
        parts = schema.get(word)
        if isinstance(parts, Sequence) and not isinstance(parts, str):
            for part in parts:
                yield from _parts(part, root, room - 1)
    for word in _BRANCHES:
        yield from _parts(schema.get(word), root, room - 1)
    dependent = schema.get("dependentSchemas")
    if isinstance(dependent, Mapping):
        for part in dependent.values():
            yield from _parts(part, root, room - 1)


def resolved(reference: str, root: Mapping[str, object]) -> object:
    """What a reference inside a schema leads to; None when it leads outside or nowhere."""
    if not reference.startswith("#"):
        return None
    node: object = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _merged(parts: Sequence[Part], room: int) -> Shape:
    inner: dict[str, list[Part]] = {}
    patterns: list[str] = []
    anything = False
    for schema, root in parts:
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            for name, one in properties.items():
                inner.setdefault(str(name), []).extend(_parts(one, root, room - 1))
        required = schema.get("required")
        if isinstance(required, Sequence) and not isinstance(required, str):
            for name in required:
                inner.setdefault(str(name), [])
        named = schema.get("patternProperties")
        if isinstance(named, Mapping):
            patterns += map(str, named)
        anything |= bool(schema.get("additionalProperties", False)) or bool(schema.get("unevaluatedProperties", False))
    kinds = {name: _kinds(found) for name, found in inner.items()}
    return Shape(
        names=frozenset(inner),
        patterns=tuple(map(_pattern, dict.fromkeys(patterns))),
        anything=anything or not (inner or patterns),
        objects={
            name: _merged(found, room - 1)
            for name, found in inner.items()
            if room > 0 and ("object" in kinds[name] or any("properties" in schema for schema, _ in found))
        },
        lists=frozenset(name for name, found in kinds.items() if "array" in found),
        flags=frozenset(name for name, found in kinds.items() if "boolean" in found and "string" not in found),
    )


def _pattern(pattern: str) -> jsonschema_rs.Validator:
    """A pattern in linear time, whoever sends the name."""
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())


def _kinds(parts: Sequence[Part]) -> set[str]:
    found: set[str] = set()
    for schema, _ in parts:
        said = schema.get("type")
        found |= {said} if isinstance(said, str) else set(map(str, said)) if isinstance(said, Sequence) else set()
        if "items" in schema:
            found.add("array")
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if isinstance(values, Sequence) and values and all(isinstance(value, bool) for value in values):
            found.add("boolean")
    return found


def assemble(flat: Mapping[str, object], shape: Shape) -> dict[str, object]:
    """The object behind flat properties, as far as the shape knows it.

    >>> shape = shape_of([{"properties": {"a": {"properties": {"b": {"type": "boolean"}}}, "n": {"type": "number"}}}])
    >>> assemble({"a.b": "true", "n": 1.0, "c.d": "x"}, shape)
    {'a': {'b': True}, 'n': 1.0, 'c.d': 'x'}
    """
    built: dict[str, object] = {}
    for name, value in flat.items():
        here, inside, rest = built, shape, name
        while "." in rest and rest not in inside.names:
            head, _, tail = rest.partition(".")
            below = inside.objects.get(head)
            if below is None:
                break
            known = here.setdefault(head, {})
            if not isinstance(known, dict):
                break
            here, inside, rest = known, below, tail
        here[rest] = _typed(value, rest, inside) if isinstance(value, str) else value
    return built


def _typed(text: str, name: str, shape: Shape) -> object:
    if name in shape.flags and text in ("true", "false"):
        return text == "true"
    if (name in shape.lists and text[:1] == "[") or (name in shape.objects and text[:1] == "{"):
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return text
    return text


def unplanned(value: Mapping[str, object], shape: Shape, prefix: str = "") -> Iterator[str]:
    """Dotted names of the properties that a shape does not plan."""
    if shape.anything and not shape.objects:
        return
    for name, one in value.items():
        if not shape.plans(name):
            yield prefix + name
        elif (below := shape.objects.get(name)) is not None and isinstance(one, Mapping):
            yield from unplanned(one, below, f"{prefix}{name}.")
