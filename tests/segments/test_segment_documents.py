"""Segment documents: reading them, what is wrong with them, cycles, the order of building. No stores needed."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error, Kind
from ninefold.predicate import Catalog, tree
from ninefold.segments import read_segment, read_tag
from ninefold.segments.rules import build_order, inlined, problems, read_condition, refuse_cycle

BUYERS = {"event": "Order Completed"}
WUHAN = {"trait": "city", "op": "eq", "value": "Wuhan"}
KNOWN = Catalog(
    events={"Order Completed": {}}, traits={"city": frozenset()}, tags={}, segments=frozenset({"buyers", "local"})
)


def document(**change: Any) -> dict[str, Any]:
    return {"kind": "segment", "key": "mine", "name": {"zh": "我的"}, "owner": "crm", "condition": BUYERS, **change}


def test_a_document_becomes_a_segment() -> None:
    condition = {"minus": ["buyers", {"union": ["local", BUYERS]}]}
    segment = read_segment(document(condition=condition, purpose=" win back "))
    assert (segment.key, segment.header.name("en"), segment.header.purpose) == ("mine", "我的", "win back")
    assert segment.uses == {"buyers", "local"}
    buyers, local = tree.SegmentClause(segment="buyers"), tree.SegmentClause(segment="local")
    others = tree.AnyOf(parts=(local, tree.EventClause(event="Order Completed")))
    assert segment.condition == tree.AllOf(parts=(buyers, tree.Not(part=others)))


def checked(body: dict[str, Any]) -> None:
    read_segment(body)
    for problem in problems(body["condition"], KNOWN):
        raise problem.error()


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"condition": {"event": "Order Complete"}}, "condition.event", 'did you mean "Order Completed"?'),
        ({"condition": {"union": ["buyer", BUYERS]}}, "condition.union[0]", 'did you mean "buyers"?'),
        ({"condition": {"minus": ["buyers", {"union": [WUHAN, {"trait": "citi"}]}]}},
         "condition.minus[1].union[1].trait", 'did you mean "city"?'),
        ({"condition": {"minus": ["buyers"]}}, "condition.minus", ""),
        ({"condition": {"minus": "buyers"}}, "condition.minus", ""),
        ({"condition": {"union": ["buyers", "No!"]}}, "condition.union[1]", ""),
        ({"condition": {"union": ["buyers", "local"], "event": "page"}}, "condition", "nest it"),
        ({"condition": None}, "condition", ""),
        ({"condition": []}, "condition", ""),
        ({"conditions": BUYERS}, "conditions", 'did you mean "condition"?'),
        ({"key": "Vip!"}, "key", ""),
        ({"owner": ""}, "owner", ""),
        ({"owner": None}, "owner", ""),
        ({"purpose": 5}, "purpose", ""),
        ({"name": {"de": "x"}}, "name", ""),
        ({"name": " "}, "name", ""),
        ({"kind": "tag"}, "kind", ""),
    ],
)  # fmt: skip
def test_a_wrong_document_is_answered_with_the_field(change: dict[str, Any], field: str, hint: str) -> None:
    with pytest.raises(Error) as wrong:
        checked(document(**change))
    assert wrong.value.kind is Kind.INVALID
    assert wrong.value.field == field
    assert hint in wrong.value.hint


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_a_document_is_an_object(body: object) -> None:
    with pytest.raises(Error) as wrong:
        read_segment(body)
    assert wrong.value.kind is Kind.INVALID


graphs = st.dictionaries(
    st.sampled_from("abcdef"), st.frozensets(st.sampled_from("abcdef"), max_size=3), min_size=1, max_size=6
)


def reaches(graph: Mapping[str, frozenset[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        key = waiting.pop()
        if key == goal:
            return True
        if key not in seen:
            seen.add(key)
            waiting += graph.get(key, ())
    return False


@given(graphs, st.sampled_from("abcdef"), st.frozensets(st.sampled_from("abcdef"), max_size=3))
def test_a_cycle_is_refused_if_and_only_if_there_is_one(
    graph: dict[str, frozenset[str]], key: str, uses: frozenset[str]
) -> None:
    graph = {name: used for name, used in graph.items() if name != key}
    whole = {**graph, key: uses}
    if not reaches(whole, key, key):
        refuse_cycle(key, uses, graph)
        return
    with pytest.raises(Error) as cycle:
        refuse_cycle(key, uses, graph)
    way = cycle.value.got.split(" > ")
    assert way[0] == way[-1] == key
    assert all(after in whole[before] for before, after in pairwise(way))


@given(graphs, st.frozensets(st.sampled_from("abcdef")))
def test_parts_are_built_before_wholes_and_nothing_else_is(
    graph: dict[str, frozenset[str]], wanted: frozenset[str]
) -> None:
    graph = {name: frozenset(used for used in uses if used < name) for name, uses in graph.items()}  # no cycles
    order = build_order(wanted, graph)
    assert len(set(order)) == len(order)
    assert all(order.index(used) < order.index(name) for name in order for used in graph[name] if used in graph)
    assert set(order) == {
        name for name in graph if name in wanted or any(reaches(graph, start, name) for start in wanted)
    }


def test_segments_already_in_a_ring_are_named() -> None:
    with pytest.raises(Error, match=" > "):
        build_order(["a"], {"a": frozenset("b"), "b": frozenset("a")})


def test_inlining_goes_all_the_way_down_and_stops_at_what_is_built() -> None:
    definitions = {"a": read_condition({"union": ["b", "built"]}), "b": tree.EventClause(event="page")}
    whole = inlined(read_condition({"minus": ["built", "a"]}), definitions)
    assert whole == tree.AllOf(
        parts=(
            tree.SegmentClause(segment="built"),
            tree.Not(part=tree.AnyOf(parts=(tree.EventClause(event="page"), tree.SegmentClause(segment="built")))),
        )
    )


LIBRARY = Path(__file__).parents[2] / "library"


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("segments/*.yaml")), ids=lambda path: path.stem)
def test_the_library_of_segments_reads(path: Path) -> None:
    segment = read_segment(yaml.safe_load(path.read_text()))
    assert segment.key == path.stem
    assert segment.header.purpose
    assert segment.header.name_zh != segment.header.name_en
    assert all((LIBRARY / "segments" / f"{used}.yaml").exists() for used in segment.uses)


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("tags/*.yaml")), ids=lambda path: path.stem)
def test_the_library_of_tags_reads(path: Path) -> None:
    tag = read_tag(yaml.safe_load(path.read_text()))
    assert tag.key == path.stem
    assert tag.header.purpose
