"""Reading segment documents, and what follows from segments using segments: cycles and order. Pure.

A condition is a predicate document, or set algebra over segments, which may nest and may mix the two:
``{"union": ["vip", {"minus": ["buyers", {"event": "Order Refunded"}]}]}``. A place in a priority list is
``{"first_of": ["gold", "silver"], "place": "silver"}``. Algebra becomes a predicate, so that
there is one evaluator and one explanation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from ninefold.base import did_you_mean, invalid
from ninefold.predicate import Catalog, Condition, Problem, check, lineage, parse, tree

from .header import KEY, read_header
from .model import Segment

KIND = "segment"
ALGEBRA = ("union", "intersect", "minus")
FIRST_OF = "first_of"


@dataclass(slots=True)
class _Leaves:
    """What a condition is made of, with its place in the document."""

    named: list[tuple[str, str]] = field(default_factory=list)
    conditions: list[tuple[str, Condition]] = field(default_factory=list)


def read_segment(document: object, version: int = 0) -> Segment:
    """A segment from its document; names of events, traits and segments are not looked up.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    header = read_header(document, kind=KIND, body=("condition", "list"))
    if isinstance(document, Mapping) and "list" in document:
        _refuse_bad_list(document)
        own = tree.SegmentClause(segment=header.key)  # a new version of a list is the version before, merges followed
        return Segment(header=header, condition=own, uses=frozenset(), version=version)
    condition = read_condition(document.get("condition") if isinstance(document, Mapping) else None)
    return Segment(header=header, condition=condition, uses=lineage(condition).segments, version=version)


def asked_of(document: Mapping[str, object]) -> object:
    """The condition document of a segment document; of a list the membership in its own newest version."""
    return {"in_segment": document.get("key")} if "list" in document else document.get("condition")


def _refuse_bad_list(document: Mapping[str, object]) -> None:
    origin = document["list"]
    if "condition" in document or not isinstance(origin, Mapping) or not isinstance(origin.get("from"), str):
        raise invalid(
            "bad_list", "a list is a segment whose people were chosen once; it has no condition", field="list",
            got=origin, allowed='{"from": "what it came from", "as_of": ..., "people": ...}',
        )  # fmt: skip


def read_condition(document: object) -> Condition:
    """A condition from a predicate document or set algebra; raises invalid.

    >>> read_condition({"minus": ["vip", "staff"]})
    AllOf(parts=(SegmentClause(segment='vip'), Not(part=SegmentClause(segment='staff'))))
    """
    return _read(document, "condition", _Leaves())


def problems(document: object, catalog: Catalog) -> tuple[Problem, ...]:
    """Everything wrong with a condition document, measured against the names that are known.

    Raises:
        Error: invalid, where the document cannot be read at all.
    """
    leaves = _Leaves()
    _read(document, "condition", leaves)
    found = [problem for path, part in leaves.conditions for problem in check(part, catalog, path=path)]
    for path, key in leaves.named:
        if key not in catalog.segments:
            known = sorted(catalog.segments)
            found.append(
                Problem(code="unknown_segment", message="unknown segment", field=path, got=key,
                        allowed=", ".join(known[:10]), hint=did_you_mean(key, known))
            )  # fmt: skip
    return tuple(found)


def _read(document: object, path: str, leaves: _Leaves) -> Condition:
    if isinstance(document, str):
        if not KEY.fullmatch(document):
            raise invalid("bad_key", "not the key of a segment", field=path, got=document, allowed="a segment's key")
        leaves.named.append((path, document))
        return tree.SegmentClause(segment=document)
    if isinstance(document, Mapping) and FIRST_OF in document:
        return _first_of(document, path, leaves)
    word = next(iter(document), "") if isinstance(document, Mapping) and len(document) == 1 else ""
    if not isinstance(document, Mapping) or word not in ALGEBRA:
        if isinstance(document, Mapping):
            _refuse_mixed(document, path)
        condition = parse(document, path=path)
        leaves.conditions.append((path, condition))
        return condition
    operands = document[word]
    if not isinstance(operands, Sequence) or isinstance(operands, str) or len(operands) < 2:
        raise invalid(
            "bad_algebra",
            f'"{word}" needs at least two segments or conditions',
            field=f"{path}.{word}",
            got=operands,
            allowed=f'{{"{word}": ["a_segment", "another"]}}',
        )
    parts = tuple(_read(operand, f"{path}.{word}[{i}]", leaves) for i, operand in enumerate(operands))
    if word == "union":
        return tree.AnyOf(parts=parts)
    if word == "intersect":
        return tree.AllOf(parts=parts)
    return tree.AllOf(parts=(parts[0], *(tree.Not(part=part) for part in parts[1:])))


def _first_of(document: Mapping[str, object], path: str, leaves: _Leaves) -> Condition:
    """A place in a priority list: in that segment, and in none of those before it."""
    order, place = document[FIRST_OF], document.get("place")
    listed = isinstance(order, Sequence) and not isinstance(order, str)
    keys = [str(key) for key in order] if listed and isinstance(order, Sequence) else []
    if len(document) != 2 or len(set(keys)) != len(keys) or place not in keys:
        raise invalid(
            "bad_priority", "not a place in a priority list", field=path, got=document,
            allowed='{"first_of": ["first", "second"], "place": "second"}, each segment once',
            hint=did_you_mean(str(place), keys) if keys else "",
        )  # fmt: skip
    taken = keys[: keys.index(str(place)) + 1]
    parts = [_read(key, f"{path}.{FIRST_OF}[{number}]", leaves) for number, key in enumerate(taken)]
    return tree.AllOf(parts=(parts[-1], *(tree.Not(part=part) for part in parts[:-1])))


def _refuse_mixed(document: Mapping[str, object], path: str) -> None:
    for name in document:
        if name in ALGEBRA:
            raise invalid(
                "bad_algebra",
                f'"{name}" stands alone',
                field=path,
                got=", ".join(map(str, document)),
                allowed=f'{{"{name}": [...]}}',
                hint="nest it: an operand may be algebra or a condition",
            )


def refuse_cycle(key: str, uses: Iterable[str], known: Mapping[str, frozenset[str]]) -> None:
    """Make sure that a segment does not come to use itself.

    Args:
        key: the segment that is being saved.
        uses: the segments it names.
        known: what every other segment names.

    Raises:
        Error: invalid, with the way round named.
    """
    graph = {**known, key: frozenset(uses)}
    back: dict[str, str] = {}
    waiting = [key]
    while waiting:
        user = waiting.pop()
        for used in sorted(graph.get(user, ())):
            if used == key:
                way = [user]
                while way[-1] != key:
                    way.append(back[way[-1]])
                path = " > ".join([*reversed(way), key])
                raise invalid(
                    "segment_cycle",
                    f"the segment would use itself: {path}",
                    field="condition",
                    got=path,
                    allowed="segments that do not lead back to this one",
                )
            if used not in back:
                back[used] = user
                waiting.append(used)


def build_order(wanted: Iterable[str], uses: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The wanted segments and all they are made from, parts before wholes; those without a definition are left out.

    >>> build_order(["c"], {"a": frozenset(), "b": frozenset({"a"}), "c": frozenset({"b", "a"})})
    ('a', 'b', 'c')
    """
    needed: dict[str, frozenset[str]] = {}
    waiting = list(wanted)
    while waiting:
        key = waiting.pop()
        if key in uses and key not in needed:
            needed[key] = uses[key]
            waiting.extend(uses[key])
    try:
        order = TopologicalSorter({key: sorted(needed[key]) for key in sorted(needed)}).static_order()
        return tuple(key for key in order if key in needed)
    except CycleError as exc:
        path = " > ".join(exc.args[1])
        raise invalid("segment_cycle", f"segments use each other: {path}", field="condition", got=path) from exc


def inlined(condition: Condition, definitions: Mapping[str, Condition]) -> Condition:
    """The condition with the named segments replaced by their own conditions, all the way down.

    >>> inlined(tree.Not(part=tree.SegmentClause(segment="a")), {"a": tree.SegmentClause(segment="b")})
    Not(part=SegmentClause(segment='b'))
    """
    match condition:
        case tree.SegmentClause(segment=key) if definitions.get(key, condition) != condition:
            return inlined(definitions[key], definitions)
        case tree.Not(part=part):
            return tree.Not(part=inlined(part, definitions))
        case tree.AllOf(parts=parts):
            return tree.AllOf(parts=tuple(inlined(part, definitions) for part in parts))
        case tree.AnyOf(parts=parts):
            return tree.AnyOf(parts=tuple(inlined(part, definitions) for part in parts))
        case tree.Limited(part=part):
            return replace(condition, part=inlined(part, definitions))
        case _:
            return condition
