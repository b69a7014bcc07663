"""When a document runs by itself; one run at a time, whoever asks; the values that hold under the policies."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from ninefold.base import Error
from ninefold.matching import Run, parse_matching
from ninefold.matching.timetable import Wish, due
from ninefold.predicate import survivorship
from tests.support.world import day

from . import house
from .conftest import Town

ADA = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
FULL, NEW, AGAIN = Wish(scope="all"), Wish(scope="new"), Wish(scope="all", retrain=True)


BASE = Run(
    id=1, key="people", scope="all", state="done", stage="", retrain=False, document_version=3, model=1, parts=1,
    parts_done=1, people=9, pairs=0, opened=0, joined=0, refused=0, expired=0, superseded=0,
    marks={"at_ms": 0, "redirects": 0, "identifiers": 0, "policies": 2}, error="", requested_by="schedule",
    requested_at=day(1), started_at=None, done_at=None,
)  # fmt: skip
LATER = replace(BASE, id=9, scope="new", requested_at=day(7.5))
FAILED = replace(BASE, id=9, state="failed", requested_at=day(5))


@pytest.mark.parametrize(
    ("schedule", "runs", "days", "changed", "wish"),
    [
        (None, [], 1, 9, None),
        ({"every_hours": 24}, [], 1, 0, FULL),
        ({"every_hours": 24}, [replace(BASE, state="running")], 99, 9, None),
        ({"every_hours": 24}, [replace(BASE, state="queued")], 99, 9, None),
        ({"every_hours": 24}, [BASE], 1.9, 9, None),
        ({"every_hours": 24}, [BASE], 2, 9, NEW),
        ({"every_hours": 24}, [BASE], 2, 0, None),
        ({"new_people": 10}, [BASE], 1.01, 9, None),
        ({"new_people": 10}, [BASE], 1.01, 10, NEW),
        ({"new_people": 10, "every_hours": 24}, [BASE], 2, 9, NEW),
        ({"every_hours": 24}, [replace(BASE, document_version=2)], 1.01, 0, FULL),
        ({"every_hours": 24}, [replace(BASE, marks={"policies": 1})], 1.01, 0, FULL),
        ({"every_hours": 24, "full_days": 7}, [BASE], 8, 0, AGAIN),
        ({"every_hours": 24, "full_days": 7}, [LATER, BASE], 8, 0, AGAIN),
        ({"every_hours": 24}, [LATER, BASE], 8, 9, None),
        ({"every_hours": 24}, [FAILED, BASE], 5.03, 9, None),
        ({"every_hours": 24}, [FAILED, BASE], 5.05, 9, NEW),
    ],
)  # fmt: skip
def test_when_a_document_runs(schedule: object, runs: list[Run], days: float, changed: int, wish: Wish | None) -> None:
    rules = parse_matching(house.DOCUMENT | ({"schedule": schedule} if schedule else {}), version=3)
    assert due(rules, runs, lambda _: changed, policies=2, now=day(days)) == wish


@pytest.mark.parametrize(
    ("schedule", "field"),
    [({}, "schedule"), ({"every_hours": 0}, "schedule.every_hours"), ({"new_people": 1.5}, "schedule.new_people"),
     ({"every_hour": 1}, "schedule.every_hour"), ({"full_days": 3}, "schedule")],
)  # fmt: skip
def test_a_schedule_is_read_strictly(schedule: object, field: str) -> None:
    with pytest.raises(Error) as caught:
        parse_matching(house.DOCUMENT | {"schedule": schedule})
    assert caught.value.field == field


def test_a_schedule_scores_everybody_once_and_then_who_is_new(town: Town) -> None:
    town.apply(schedule={"new_people": 2})
    town.arrive([ADA])
    [first] = town.matching.start_due()
    assert (first.scope, first.requested_by) == ("all", "schedule")
    assert town.matching.start_due() == ()
    assert [run.id for run in town.matching.left_over()] == [first.id]
    town.matching.advance(f"{first.id}/20260601T0800")
    assert town.matching.left_over() == ()
    assert town.matching.start_due() == ()

    town.arrive([replace(ADA, phone="", email="")], at=200)
    assert town.matching.start_due() == ()
    town.arrive([replace(ADA, phone="", email="", name="emma smith")], at=200)
    [second] = town.matching.start_due()
    assert second.scope == "new"
    town.matching.advance(str(second.id))
    assert town.matching.get(second.id).opened == 3  # all share a birth date and an address


def test_a_model_learnt_from_a_fraction_of_the_people_is_learnt_anew(town: Town) -> None:
    town.arrive([ADA])
    first = town.matching.run("people")
    town.arrive([ADA])
    second = town.matching.run("people", "new")
    assert first.model == second.model
    town.arrive([ADA])
    third = town.matching.run("people", "new")
    assert third.model != second.model
    assert third.opened + third.joined > 0


def test_of_two_who_start_or_carry_out_a_run_one_does(town: Town) -> None:
    people, pairs = house.register(200, 20)
    town.arrive(people)
    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(lambda _: _code(town), range(4)))
    assert sorted(tried) == ["", "run_under_way", "run_under_way", "run_under_way"]
    [run] = town.matching.left_over()
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(town.matching.advance, [str(run.id)] * 3)) == [False] * 3
    done = town.matching.get(run.id)
    assert (done.state, done.parts_done, done.stage) == ("done", 1, "")
    assert done.opened == len(town.rows()) > len(pairs) // 2
    assert done.joined == len(town.rows(state="auto"))


def _code(town: Town) -> str:
    try:
        town.matching.start("people", author="op")
    except Error as error:
        return error.code
    return ""


def test_values_hold_under_the_survivorship_policies(town: Town) -> None:
    a, b = town.arrive([ADA, replace(ADA, phone="", email="", name="nobody knows")])
    town.world.trait(b, "name", "ada lovelace", day(0.5), source="passport")
    town.world.flush()
    rules = house.rules()
    newest = town.people.read(rules, town.clock.now()).to_pylist()
    assert [row["name"] for row in newest] == ["ada lovelace", "nobody knows"]
    policy = {"kind": "trait-policies", "traits": {"name": {"choose": [{"sources": ["passport"]}]},
                                                   "email": {"combine": "union"}}}  # fmt: skip
    with town.records.begin() as conn:
        survivorship.save(conn, policy, now=town.clock.now())
    rows = town.people.read(rules, town.clock.now()).to_pylist()
    assert [(row["oneid"], row["name"], row["email"]) for row in rows] == [
        (a, "ada lovelace", "ada@example.org"), (b, "ada lovelace", None),
    ]  # fmt: skip
    town.matching.run("people")
    [row] = town.rows()
    assert {e["field"]: (e["a"], e["b"]) for e in row["evidence"]}["name"] == ("ada lovelace", "ada lovelace")


def test_other_policies_score_everybody_anew(town: Town) -> None:
    town.apply(schedule={"every_hours": 1})
    town.arrive([ADA])
    town.matching.run("people")
    assert town.matching.start_due() == ()
    with town.records.begin() as conn:
        survivorship.save(conn, {"kind": "trait-policies", "traits": {"name": {"choose": "oldest"}}}, now=day(1))
    [run] = town.matching.start_due()
    assert run.scope == "all"
    assert timedelta(0) == run.requested_at - town.clock.now()


def test_an_engine_that_fails_says_so_without_values(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.arrive([ADA])

    def breaks(*_: object) -> object:
        raise MemoryError("ada lovelace")

    monkeypatch.setattr(town.people, "read", breaks)
    run = town.matching.run("people")
    assert (run.state, run.error) == ("failed", "MemoryError; the log says more")
