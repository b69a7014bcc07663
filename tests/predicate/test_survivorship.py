"""The value of a trait under every policy, before and after a merge, and the same in conditions."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from ninefold.base import Error
from ninefold.predicate import Reading, count, members, parse, survivorship, trait_values
from ninefold.predicate.survivorship import Policies
from ninefold.store import Events, Records
from tests.support.world import START, World, day

NOW = day(100)


def policies(changed: Sequence[str] = (), **traits: Any) -> Policies:
    return survivorship.parse_policies({"traits": traits}, changed=frozenset(changed))


def value(events: Events, key: str, given: Policies, person: int = 1) -> str | None:
    statement = trait_values([key], given, now=NOW, whose=[person])
    assert statement is not None
    rows = events.query(statement).to_pylist()
    everybody = trait_values([key], given, now=NOW)
    assert everybody is not None
    alike = [row for row in events.query(everybody).to_pylist() if row["person"] == person]
    assert rows == alike
    text = rows[0]["value"] if rows else None
    condition = parse({"trait": key, "op": "eq", "value": text} if text is not None else {"trait": key, "op": "exists"})
    found = events.query(members(condition, now=NOW, zone="UTC", reading=Reading(policies=given))).column(0).to_pylist()
    assert (person in found) is (text is not None)
    for only in ([person], [person, 999]):
        some = count(condition, now=NOW, zone="UTC", only=only, reading=Reading(policies=given))
        assert events.count(some) == int(text is not None)
    return str(text) if text is not None else None


@pytest.fixture
def world(events: Events) -> World:
    world = World(events)
    world.trait(1, "city", "Rome", day(1), source="crm")
    world.trait(1, "city", "Bonn", day(9), source="web")
    world.trait(2, "city", "Amsterdam", day(3), source="pos")
    world.trait(3, "city", "Bonn", day(2), source="app")
    world.trait(1, "points", 100, day(1), source="crm")
    world.trait(2, "points", 50, day(2), source="crm")
    world.trait(2, "points", 7, day(3), source="pos")
    world.trait(2, "city_verified", "true", day(3), source="pos")
    world.trait(1, "likes", '["tea","silk"]', day(1))
    world.trait(2, "likes", '["silk","rice"]', day(2))
    world.trait(3, "likes", "jade", day(2))
    world.flush()
    return world


CASES: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({}, "Bonn", "Bonn"),
    ({"choose": "newest"}, "Bonn", "Bonn"),
    ({"choose": ["oldest"]}, "Rome", "Rome"),
    ({"choose": [{"sources": ["pos", "crm"]}]}, "Rome", "Amsterdam"),
    ({"choose": [{"sources": ["nobody"]}, "longest", "oldest"]}, "Rome", "Amsterdam"),
    ({"choose": ["verified", "newest"]}, "Bonn", "Amsterdam"),
    ({"choose": ["longest"]}, "Bonn", "Amsterdam"),
    ({"choose": ["most_frequent", "oldest"]}, "Rome", "Bonn"),
    ({"choose": ["newest"], "valid_for": "92d"}, "Bonn", "Bonn"),
    ({"choose": ["oldest"], "valid_for": "98d"}, "Bonn", "Bonn"),
    ({"choose": ["newest"], "valid_for": "30d"}, None, None),
]


FIGURES: list[tuple[dict[str, Any], str, str]] = [
    ({"combine": "sum"}, "100", "157"),
    ({"combine": "sum", "per": "source"}, "100", "57"),
    ({"combine": "sum", "per": "account"}, "100", "107"),
    ({"choose": ["max"]}, "100", "100"),
    ({"choose": ["min"]}, "100", "7"),
]


def test_which_of_several_words_holds_and_how_figures_add_up(events: Events, world: World) -> None:
    def told(merged: bool) -> None:
        for policy, *expected in CASES:
            assert value(events, "city", policies(city=policy)) == expected[merged], policy
        for policy, *wanted in FIGURES:
            assert value(events, "points", policies(points=policy)) == wanted[merged], policy

    told(merged=False)
    world.merge(2, 1)
    world.merge(3, 1)
    world.trait(1, "points", 100, day(1), source="crm")  # a repeat of what is known
    world.flush()
    told(merged=True)
    world.merge(2, 2, version=2)
    world.merge(3, 3, version=2)
    world.flush()
    told(merged=False)


def test_lists_are_united(events: Events, world: World) -> None:
    given = policies(likes={"combine": "union"})
    assert value(events, "likes", given) == '["silk","tea"]'
    world.merge(2, 1)
    world.merge(3, 1)
    world.flush()
    assert value(events, "likes", given) == '["jade","rice","silk","tea"]'


def change(
    events: Events, oneid: int, message: str, operation: str, at: float, operand: Any, key: str = "score"
) -> None:
    ts = pa.array([day(at)], pa.timestamp("ms", "UTC"))
    rows = {
        "key": [key], "oneid": pa.array([oneid], pa.uint32()), "source": ["app"], "message_id": [message],
        "place": pa.array([0], pa.uint16()), "operation": [operation],
        "value": [f'"{operand}"'], "num": [float(operand) if operation == "add" else 0.0],
        "ts": ts, "received_at": ts,
    }  # fmt: skip
    events.insert("trait_changes", pa.table(rows))


def test_what_is_added_is_replayed_in_order_of_time_and_counts_once(events: Events) -> None:
    world = World(events)
    given = policies(["score", "tags"])
    world.person(1, 2)
    world.flush()
    assert value(events, "score", given) is None
    change(events, 1, "a", "add", 1, 3)
    change(events, 2, "b", "add", 5, 4)
    change(events, 2, "b", "add", 5, 4)  # the same message again
    assert (value(events, "score", given), value(events, "score", given, 2)) == ("3", "4")
    world.merge(2, 1)
    world.flush()
    assert value(events, "score", given) == "7"
    world.trait(1, "score", 10, day(3))  # a new start: what was added before is in it
    world.flush()
    assert value(events, "score", given) == "14"
    world.merge(2, 2, version=2)
    world.flush()
    assert (value(events, "score", given), value(events, "score", given, 2)) == ("10", "4")
    total = policies(["score"], score={"combine": "sum"})
    world.merge(2, 1, version=3)
    world.flush()
    assert value(events, "score", total) == "17"  # the sources' own counts: 10 of the shop, 3 and 4 of the app

    world.trait(1, "tags", '["x"]', day(2))
    world.flush()
    for number, item in enumerate(("y", "x", "z")):
        change(events, 2, f"t{number}", "append", 3 + number, item, "tags")
    assert value(events, "tags", given) == '["x","y","z"]'


def test_all_traits_are_taken_back_as_of_a_time(events: Events) -> None:
    world = World(events)
    world.trait(1, "city", "Rome", day(1))
    world.trait(2, "name", "Ana", day(2))
    world.trait(2, "age", 31, day(9))
    world.trait(3, "city", "Oslo", day(1))
    world.merge(2, 1)
    world.flush()
    change(events, 1, "a", "add", 2, 3)
    gone = survivorship.take_back([(2, int(day(5).timestamp() * 1000))])
    events.command(gone)
    events.command(gone)
    given = policies(["score"])
    assert [value(events, key, given) for key in ("city", "name", "score", "age")] == [None, None, None, "31"]
    assert value(events, "city", given, 3) == "Oslo"
    change(events, 1, "c", "add", 6, 5)
    assert value(events, "score", given) == "5"


def test_people_can_be_read_as_if_they_were_one(events: Events, world: World) -> None:
    given = policies(points={"combine": "sum"})
    rich = parse({"trait": "points", "op": "gte", "value": 150})
    reading = Reading(policies=given, moved=((2, 1),))
    assert events.count(count(rich, now=NOW, zone="UTC", reading=reading)) == 1
    assert events.count(count(rich, now=NOW, zone="UTC", reading=Reading(policies=given))) == 0
    whole = trait_values(["points"], given, now=NOW, whose={1: 1, 2: 1})
    assert whole is not None
    assert [row["value"] for row in events.query(whole).to_pylist()] == ["157"]
    world.merge(2, 1)
    world.flush()
    apart = Reading(policies=given, moved=((2, 2),))
    everyone = parse({"everyone": True})
    assert events.count(count(everyone, now=NOW, zone="UTC", reading=apart)) == 3
    assert events.count(count(rich, now=NOW, zone="UTC", only=[1], reading=apart)) == 0


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"traits": {"a": {"choose": ["newst"]}}}, "traits.a.choose[0]"),
        ({"traits": {"a": {"combine": "sum", "choose": ["max"]}}}, "traits.a.combine"),
        ({"traits": {"a": {"per": "person"}}}, "traits.a.per"),
        ({"traits": {"a": {"valid_for": "soon"}}}, "traits.a.valid_for"),
        ({"traits": {"a": {"choose": [{"sources": []}]}}}, "traits.a.choose[0]"),
        ({"traits": {"a": {"chose": []}}}, "traits.a.chose"),
        ({"traits": []}, "traits"),
        ({"trait": {}}, "trait"),
    ],
    ids=str,
)
def test_a_wrong_document_names_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        survivorship.parse_policies(document)
    assert caught.value.field == field
    assert caught.value.allowed


def test_the_plain_value_costs_what_it_did(events: Events, world: World) -> None:
    condition = parse({"trait": "city", "op": "eq", "value": "Bonn"})
    other = Reading(policies=policies(["likes"], points={"combine": "sum"}, city={"choose": ["newest"]}))
    assert members(condition, now=NOW, zone="UTC", reading=other) == members(condition, now=NOW, zone="UTC")


def test_policies_and_traits_that_are_added_to_are_kept(records: Records) -> None:
    with records.begin() as conn:
        survivorship.save(conn, {"traits": {"points": {"combine": "sum"}}}, now=START)
        survivorship.note_changed(conn, ["score", "score"])
    with records.begin() as conn:
        survivorship.note_changed(conn, ["score", ""])
        found = survivorship.load(conn)
    assert (found.version, found.changed, found.of("points").text()) == (1, frozenset({"score"}), "sum")
    assert not found.simple("score")
    assert found.simple("city")
