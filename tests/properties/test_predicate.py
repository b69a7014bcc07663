"""The compiled SQL against a plain evaluator, over random worlds; and the algebra of conditions."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.predicate.reference import NOW, ZONE, World, evaluate, random_world
from tests.predicate.strategies import CLAUSES, CONDITIONS

from ninefold.predicate import check, count, describe, explain, json_schema, lineage, members, parse, to_document
from ninefold.predicate.model import AllOf, AnyOf, Catalog, Condition, Not
from ninefold.store import Events

SCHEMA = jsonschema.Draft202012Validator(json_schema())


@pytest.fixture(params=[1, 2, 3])
def world(request: pytest.FixtureRequest, events: Events) -> World:
    world = random_world(request.param)
    world.load(events)
    return world


def people(condition: Condition, events: Events, only: list[int] | None = None) -> set[int]:
    table = events.query(members(condition, now=NOW, zone=ZONE, only=only))
    found = table.column("oneid").to_pylist()
    assert len(found) == len(set(found))
    return set(found)


def test_compiled_equals_reference(world: World, events: Events) -> None:
    @settings(max_examples=25)
    @given(CONDITIONS)
    def agree(condition: Condition) -> None:
        assert people(condition, events) == evaluate(condition, world)

    agree()


def test_every_kind_of_clause_equals_reference(world: World, events: Events) -> None:
    @settings(max_examples=40)
    @given(CLAUSES)
    def agree(clause: Condition) -> None:
        assert people(clause, events) == evaluate(clause, world)

    agree()


def test_restricted_is_full_cut_to_the_restriction(world: World, events: Events) -> None:
    @settings(max_examples=12)
    @given(CONDITIONS, st.lists(st.sampled_from([*world.people, 777]), max_size=8))
    def agree(condition: Condition, only: list[int]) -> None:
        full = people(condition, events)
        assert people(condition, events, only=only) == full & set(only)
        assert events.count(count(condition, now=NOW, zone=ZONE, only=only)) == len(full & set(only))

    agree()


def test_laws_of_logic(world: World, events: Events) -> None:
    @settings(max_examples=8)
    @given(CONDITIONS, CONDITIONS)
    def agree(left: Condition, right: Condition) -> None:
        assert people(Not(part=Not(part=left)), events) == people(left, events)
        both = AllOf(parts=(left, right))
        flipped = Not(part=AnyOf(parts=(Not(part=left), Not(part=right))))
        assert people(both, events) == people(flipped, events) == people(left, events) & people(right, events)

    agree()


def test_explanation_agrees_with_membership(world: World, events: Events) -> None:
    @settings(max_examples=10)
    @given(CONDITIONS, st.sampled_from(sorted(world.people)))
    def agree(condition: Condition, oneid: int) -> None:
        found = explain(condition, oneid, events, now=NOW, zone=ZONE)
        assert found.oneid == world.root(oneid)
        assert found.verdict == (found.oneid in evaluate(condition, world))
        level = [found.tree]
        while level:
            for each in level:
                assert each.verdict == (found.oneid in evaluate(each.condition, world))
            level = [part for each in level for part in each.parts]
        assert len(found.lines()) == len(found.lines("zh", ZONE))

    agree()


@settings(max_examples=30)
@given(CONDITIONS)
def test_documents_round_trip_and_fit_the_schema(condition: Condition) -> None:
    document = to_document(condition)
    assert parse(document) == condition
    assert to_document(parse(document)) == document
    SCHEMA.validate(document)


@given(CONDITIONS)
def test_any_condition_can_be_read_out_and_checked(condition: Condition) -> None:
    assert describe(condition)
    assert describe(condition, "zh")
    used = lineage(condition)
    assert {each.got for each in check(condition, Catalog()) if each.code == "unknown_event"} == used.events
