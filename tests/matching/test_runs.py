"""Runs over the real stores: candidates, automatic merges under identity's rules, new people, restarts."""

from dataclasses import replace

import pytest

from ninefold.base import Error
from ninefold.matching import Run
from ninefold.profiles.memberships import Statement

from . import house
from .conftest import Town


def _planted(town: Town, people: int = 260, doubles: int = 40) -> set[tuple[int, int]]:
    found, pairs = house.register(people, doubles)
    numbers = town.arrive(found)
    return {(min(numbers[a], numbers[b]), max(numbers[a], numbers[b])) for a, b in pairs}


def _of(rows: list[dict[str, object]]) -> set[tuple[object, object]]:
    return {(row["a"], row["b"]) for row in rows}


def test_planted_doubles_are_joined_or_asked_about(town: Town) -> None:
    truth = _planted(town)
    run = town.matching.run("people")
    assert run.state == "done", run.error
    assert (run.parts, run.parts_done, run.people) == (1, 1, 300)
    auto, asked = town.rows(state="auto"), town.rows(state="open")
    assert len(_of(auto) & truth) > 15
    assert _of(auto) <= truth
    assert len((_of(auto) | _of(asked)) & truth) > 32
    assert run.joined == len(auto)
    for row in auto:
        assert town.root(row["a"]) == town.root(row["b"])
    assert {row["check"] for row in auto} == {True, False}  # half of them are put before somebody
    one = (asked or auto)[0]
    assert {e["field"] for e in one["evidence"]} == {"name", "birth", "address", "phone", "email", "city"}
    assert set(one["agrees"]).isdisjoint(one["differs"])


def test_a_second_run_asks_nothing_again_and_new_people_alone_are_scored(town: Town) -> None:
    _planted(town)
    town.matching.run("people")
    before = town.rows()
    again = town.matching.run("people")
    assert (again.opened, again.joined) == (0, 0)
    assert [(row["id"], row["state"]) for row in town.rows()] == [(row["id"], row["state"]) for row in before]

    someone = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    town.arrive([someone, replace(someone, phone="", email="")])
    new = town.matching.run("people", "new")
    assert (new.state, new.scope, new.opened) == ("done", "new", 1)
    fresh = town.rows(run=new.id)
    assert [(row["a"], row["b"]) for row in fresh] == [tuple(sorted(town.numbers[-2:]))]
    assert new.model == again.model


def test_what_identity_refuses_goes_to_people_and_says_why(town: Town) -> None:
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    members = town.arrive([one], namespace="member_no") + town.arrive([one], namespace="member_no")
    town.matching.run("people")
    [row] = town.rows()
    assert row["state"] == "open"
    assert "member_no" in row["refusal"]
    assert town.root(members[0]) != town.root(members[1])


@pytest.mark.parametrize(
    ("namespace", "weighed", "refusal"),
    [("openid", None, ""), ("openid", [], "veto: each has a openid of its own"),
     ("taobao_id", None, "veto: each has a taobao_id of its own"), ("taobao_id", ["taobao_id"], ""),
     ("user_id", ["user_id"], "cap: a person may have at most 1 user_id")],
)  # fmt: skip
def test_what_a_field_compares_is_weighed_and_any_other_strong_identifier_is_a_veto(
    town: Town, namespace: str, weighed: list[str] | None, refusal: str
) -> None:
    fields = [one | ({"identifiers": ["openid"]} if one["key"] == "phone" else {}) for one in house.DOCUMENT["fields"]]
    town.apply(fields=fields, **({} if weighed is None else {"weighed": weighed}))
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    a, b = town.arrive([one, one], namespace=namespace)
    town.matching.run("people")
    [row] = town.rows()
    assert row["refusal"] == refusal
    assert (town.root(a) == town.root(b)) is (not refusal)


def test_kept_apart_by_an_operator_is_never_joined(town: Town) -> None:
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    a, b = town.arrive([one, one])
    town.identity.cannot_link(("card", "n0"), ("card", "n1"), author="op", reason="twins", now=town.clock.now())
    town.matching.run("people")
    [row] = town.rows()
    assert (row["state"], row["refusal"]) == ("open", "an operator said that these people are not one")
    assert town.root(a) != town.root(b)


def test_people_who_became_one_by_other_means_are_not_asked_about(town: Town) -> None:
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "", "", "bath")
    a, b = town.arrive([one, replace(one, birth="1815-12-11")])
    town.apply(thresholds={"review": 0.01})
    town.matching.run("people")
    assert [row["state"] for row in town.rows()] == ["open"]
    town.identity.merge(a, b, author="op", reason="told so", now=town.clock.now())
    town.matching.run("people")
    assert [row["state"] for row in town.rows()] == ["superseded"]


def test_a_run_that_was_cut_off_goes_on_where_it_was(town: Town) -> None:
    _planted(town)
    started = town.matching.start("people", author="op")
    with pytest.raises(Error, match="under way"):
        town.matching.start("people", author="op")
    people = town.people
    boom = people.valuable

    class PowerCutError(BaseException):
        """Nothing is left to say that the run failed."""

    def breaks(*_: object, **__: object) -> object:
        raise PowerCutError

    town.people.valuable = breaks  # type: ignore[method-assign,assignment]
    with pytest.raises(PowerCutError):
        town.matching.advance(str(started.id))
    left = town.matching.get(started.id)
    assert (left.state, left.model is not None) == ("running", True)
    town.people.valuable = boom  # type: ignore[method-assign]
    assert town.matching.advance(str(started.id)) is False
    done: Run = town.matching.get(started.id)
    assert (done.state, done.model, done.parts_done) == ("done", left.model, 1)
    assert town.matching.advance(str(started.id)) is False


def test_only_people_of_the_documents_node_are_compared(town: Town) -> None:
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    a, b, _ = town.arrive([one, one, one])
    now = town.clock.now()
    with town.records.begin() as conn:
        document = {"kind": "org", "key": "o", "nodes": [{"code": "s1", "level": "store"}]}
        town.tree.save(conn, document, now=now)
        for number in (a, b):
            town.memberships.state(conn, [Statement(oneid=number, node="s1", at_ms=1, source="crm")], now=now)
    town.apply(node="s1")
    town.matching.run("people")
    assert [(row["a"], row["b"], row["node"]) for row in town.rows()] == [(a, b, "s1")]


def test_automatic_merges_of_valuable_people_wait_for_two(town: Town) -> None:
    town.apply(valuable={"trait": "city", "op": "eq", "value": "bath"})
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    town.arrive([one, one])
    town.matching.run("people")
    [row] = town.rows()
    assert (row["state"], row["valuable"]) == ("open", True)
    assert "two people" in row["refusal"]


def test_everything_is_written_in_the_audit_log(town: Town) -> None:
    one = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
    town.arrive([one, one])
    town.matching.run("people", author="op")
    verbs = [entry.verb for entry in town.matching.book.entries()]
    assert verbs == ["people joined", "matching run"]
    assert "lovelace" not in str(town.matching.book.entries())
