"""The review desk: decide, second pair of eyes, take back, expire, two operators, many at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from ninefold.base import Error
from ninefold.matching import Filter, ReviewDesk, masked_item

from . import house
from .conftest import Town

ADA = house.Someone("ada lovelace", "1815-12-10", "12 ockham street", "447000000001", "ada@example.org", "bath")
BOB = house.Someone("王小芳", "1980-02-03", "上海市南京路12号3室", "13912340001", "wang@qq.com", "上海")


@pytest.fixture
def desk(town: Town) -> ReviewDesk:
    town.apply(thresholds={"review": 0.1})
    return town.desk


def _ask(town: Town, *people: house.Someone) -> list[str]:
    """Each person twice; the items that ask about them, in that order."""
    for one in people:
        town.arrive([one, replace(one, phone="", email="")])
    run = town.matching.run("people", "new" if len(town.rows()) else "all")
    assert run.state == "done", run.error
    rows = town.rows()
    assert len(rows) == len(people), rows
    return [f"m-{row['id']}" for row in rows]


def test_the_queue_shows_evidence_side_by_side(town: Town, desk: ReviewDesk) -> None:
    first, second = _ask(town, ADA, BOB)
    page = desk.page(Filter())
    assert {one.item for one in page.items} == {first, second}
    one = desk.get(first)
    assert (one.kind, one.state, one.key, len(one.people)) == ("match", "open", "people", 2)
    shown = {e.field: (e.a, e.b, e.level, e.agrees) for e in one.evidence}
    assert shown["name"] == ("ada lovelace", "ada lovelace", "same", True)
    assert shown["phone"][2:] == ("no value", None)
    assert one.score is not None
    assert one.score > 0.9
    assert desk.counts(Filter()).by_kind == {"match": 2}


def test_filters_and_pages(town: Town, desk: ReviewDesk) -> None:
    items = _ask(
        town, ADA, BOB, replace(ADA, name="zoe baker", birth="1990-04-05", address="9 king street", phone="", email="")
    )
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = desk.page(Filter(), limit=1, cursor=cursor)
        seen += [one.item for one in page.items]
        cursor = page.next
    assert cursor == ""
    assert sorted(seen) == sorted(items)
    scores = [desk.get(one).score for one in seen]
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    assert len(desk.page(Filter(agrees=("name", "birth"))).items) == 3
    assert desk.page(Filter(differs=("name",))).items == ()
    assert desk.page(Filter(people=(town.numbers[0],))).items[0].item == items[0]
    assert desk.page(Filter(kinds=("storm",))).items == ()
    assert desk.page(Filter(score_from=0.0, score_to=0.05)).items == ()
    assert len(desk.page(Filter(state="open", key="people", assigned="none", valuable=False, skipped=False)).items) == 3
    for wrong in (Filter(kinds=("nonsense",)), Filter(state="nonsense"), Filter(score_from=0.9, score_to=0.1)):
        with pytest.raises(Error):
            desk.page(wrong)
    with pytest.raises(Error, match="no cursor"):
        desk.page(Filter(), cursor="zzz")


def test_same_person_joins_and_undo_takes_them_apart(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    a, b = town.numbers
    assert desk.decide(item, "same", principal="op", reason="told me").outcome == "done"
    assert town.root(a) == town.root(b)
    assert desk.page(Filter()).items == ()
    with pytest.raises(Error, match="decided already"):
        desk.decide(item, "different", principal="op2")
    undone = desk.undo(item, principal="op2", reason="she has a sister")
    assert (undone.outcome, undone.apart) == ("undone", True)
    assert town.root(a) != town.root(b)
    again = desk.get(item)
    assert (again.state, [vote.verdict for vote in again.votes]) == ("open", ["same", "undo"])
    town.apply(thresholds={"auto": 0.5, "review": 0.1})
    town.matching.run("people")
    assert desk.get(item).state == "open"  # what was undone is never joined by itself again


def test_different_people_stay_apart_in_every_later_run(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    a, b = town.numbers
    assert desk.decide(item, "different", principal="op", reason="twins").apart
    town.apply(thresholds={"auto": 0.5, "review": 0.1})
    run = town.matching.run("people")
    assert (run.opened, run.joined) == (0, 0)
    assert desk.get(item).state == "rejected"
    assert town.root(a) != town.root(b)
    with pytest.raises(Error):
        town.identity.merge(a, b, author="op", reason="x", now=town.clock.now())


def test_decisions_outlive_merges_with_third_people(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    b = town.numbers[1]
    desk.decide(item, "different", principal="op", reason="twins")
    [other] = town.arrive([BOB])
    town.identity.merge(b, other, author="op", reason="same card", now=town.clock.now())
    run = town.matching.run("people")
    assert run.opened == 0
    assert desk.page(Filter()).items == ()
    assert desk.get(item).state == "rejected"


def test_valuable_people_need_two(town: Town, desk: ReviewDesk) -> None:
    town.apply(thresholds={"review": 0.1}, valuable={"trait": "city", "op": "eq", "value": "bath"})
    [item] = _ask(town, ADA)
    a, b = town.numbers
    assert desk.get(item).valuable
    assert desk.decide(item, "same", principal="op", reason="first").outcome == "second"
    assert desk.decide(item, "same", principal="op", reason="me again").outcome == "second"
    assert town.root(a) != town.root(b)
    assert desk.decide(item, "different", principal="op3", reason="no").outcome == "second"
    assert desk.decide(item, "same", principal="op2", reason="yes").outcome == "done"
    assert town.root(a) == town.root(b)
    votes = [(vote.principal, vote.verdict, vote.counts) for vote in desk.get(item).votes]
    assert votes == [("op", "same", False), ("op", "same", True), ("op3", "different", True), ("op2", "same", True)]


def test_who_became_valuable_since_needs_two_as_well(town: Town, desk: ReviewDesk) -> None:
    town.apply(thresholds={"review": 0.1}, valuable={"trait": "city", "op": "eq", "value": "rome"})
    [item] = _ask(town, ADA)
    assert not desk.get(item).valuable
    town.world.trait(town.numbers[0], "city", "rome", town.clock.now())
    town.world.flush()
    assert desk.decide(item, "same", principal="op").outcome == "second"
    assert desk.preview(Filter(), "op2").valuable == 1


def test_two_operators_at_the_same_moment(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)

    def decide(number: int) -> str:
        try:
            return desk.decide(item, "same" if number % 2 else "different", principal=f"op{number}").outcome
        except Error as error:
            return error.code

    with ThreadPoolExecutor(4) as many:
        found = sorted(many.map(decide, range(4)))
    assert found == ["done", "review_closed", "review_closed", "review_closed"]


def test_claims_keep_others_out_until_they_run_out(town: Town, desk: ReviewDesk) -> None:
    items = _ask(town, ADA, BOB)
    with ThreadPoolExecutor(2) as many:
        got = list(many.map(lambda who: desk.take(who, Filter()), ["op1", "op2"]))
    assert sorted(one.item for some in got for one in some) == sorted(items)
    mine = got[0][0]
    assert mine.holder == "op1"
    with pytest.raises(Error, match="op1 works on it"):
        desk.decide(mine.item, "same", principal="op2")
    assert desk.claim([mine.item], "op2") == ()
    assert desk.preview(Filter(), "op2").held == 1
    assert [one.item for one in desk.page(Filter(assigned="op1")).items] == [mine.item]
    assert desk.claim([mine.item], "op1", to="op3") == (mine.item,)
    assert desk.release([mine.item], "op1") == 0
    town.clock.advance(timedelta(minutes=31))
    assert desk.decide(mine.item, "same", principal="op2").outcome == "done"
    with pytest.raises(Error):
        desk.claim(["m-999"], "op1")


def test_skipping_says_why_and_leaves_it_to_others(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    desk.take("op", Filter())
    assert desk.decide(item, "skip", principal="op", reason="ask the shop").outcome == "skipped"
    assert [one.item for one in desk.page(Filter(skipped=True)).items] == [item]
    assert desk.get(item).holder == ""
    assert desk.decide(item, "same", principal="op2").outcome == "done"


def test_many_at_once_with_a_preview(town: Town, desk: ReviewDesk) -> None:
    people = [replace(ADA, name=f"{first} baker", birth=f"19{k}-01-02", address=f"{k} king street", email="", phone="")
              for k, first in enumerate(house.FIRST[:12], start=40)]  # fmt: skip
    items = _ask(town, *people)
    wanted = Filter(agrees=("name",))
    seen = desk.preview(wanted, "op")
    assert (seen.count, seen.valuable, seen.held, seen.cap) == (12, 0, 0, 100)
    with pytest.raises(Error, match="12 items fit"):
        desk.bulk(wanted, "same", principal="op", reason="", count=11)
    done = desk.bulk(wanted, "same", principal="op", reason="same register", count=12)
    assert {one.outcome for one in done} == {"done"}
    assert sorted(one.item for one in done) == sorted(items)
    pairs = zip(town.numbers[::2], town.numbers[1::2], strict=True)
    assert all(town.root(a) == town.root(b) for a, b in pairs)
    assert desk.counts(Filter()).total == 0
    town.apply(thresholds={"review": 0.1}, desk={"bulk_max": 2})
    desk.undo(items[0], principal="op", reason="x")
    assert desk.preview(Filter(), "op").cap == 2


@pytest.mark.parametrize(("keeps", "apart"), [("retract", True), ("keep", False)])
def test_a_decision_expires_when_a_key_field_changes(town: Town, desk: ReviewDesk, keeps: str, apart: bool) -> None:
    town.apply(thresholds={"review": 0.1}, expiry={"fields": ["name", "birth"], "same": keeps})
    [item] = _ask(town, ADA)
    a, b = town.numbers
    desk.decide(item, "same", principal="op", reason="told me")
    assert town.matching.run("people").expired == 0
    town.world.trait(b, "name", "augusta byron", town.clock.now())
    town.world.flush()
    run = town.matching.run("people")
    assert run.expired == 1
    one = desk.get(item)
    assert (one.state, one.kind) == ("expired", "match")
    assert [(what["field"], what["after"]) for what in one.changed] == [("name", "augusta byron")]
    assert (town.root(a) != town.root(b)) is apart
    assert [found.item for found in desk.page(Filter()).items] == [item]
    assert town.matching.run("people").expired == 0
    assert desk.decide(item, "different", principal="op", reason="two").outcome == "done"
    assert town.root(a) != town.root(b)


def test_a_cannot_link_expires_too(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    a, b = town.numbers
    desk.decide(item, "different", principal="op", reason="?")
    town.world.trait(b, "birthday", "1815-12-11", town.clock.now())
    town.world.flush()
    assert town.matching.run("people", "new").expired == 1
    one = desk.get(item)
    assert [(what["field"], what["side"], what["before"]) for what in one.changed] == [("birth", "b", "1815-12-10")]
    assert {e.field: e.b for e in one.evidence}["birth"] == "1815-12-11"  # scored anew
    assert town.identity.decisions() == ()
    assert desk.decide(item, "same", principal="op").outcome == "done"
    assert town.root(a) == town.root(b)


def test_automatic_merges_are_sampled_and_can_be_taken_back(town: Town) -> None:
    town.apply(desk={"check_percent": 100}, thresholds={"auto": 0.9, "review": 0.5})
    town.arrive([ADA, ADA, BOB, BOB])
    assert town.matching.run("people").joined == 2
    desk = town.desk
    checks = desk.page(Filter(kinds=("check",))).items
    assert len(checks) == 2
    right, wrong = checks
    assert desk.decide(right.item, "same", principal="op").outcome == "done"
    assert desk.decide(wrong.item, "different", principal="op", reason="no").outcome == "done"
    assert sorted(row["state"] for row in town.rows()) == ["accepted", "rejected"]
    [row] = town.rows(state="rejected")
    assert town.root(row["a"]) != town.root(row["b"])
    assert town.matching.run("people").joined == 0


def test_questions_of_identity_stand_in_the_same_queue(town: Town) -> None:
    people = town.world.meet(town.records, [("user_id", "u1"), ("phone", "+8613912340001")],
                             [("user_id", "u2"), ("phone", "+8613912340001")])  # fmt: skip
    desk = town.desk
    items = desk.page(Filter(), sort="oldest").items
    assert items, "a cap or a veto asks"
    one = items[0]
    assert one.item.startswith("i-")
    assert one.kind in {"cap_breach", "veto"}
    with pytest.raises(Error, match="does not fit"):
        desk.decide(one.item, "different", principal="op")
    if len(one.people) == 2:
        assert desk.decide(one.item, "same", principal="op").outcome == "done"
        assert town.root(people[0]) == town.root(people[1])
    else:
        assert desk.decide(one.item, "confirm", principal="op").outcome == "done"
    assert desk.get(one.item).state == "decided"
    with pytest.raises(Error, match="decided already"):
        desk.decide(one.item, "confirm", principal="op2")


def test_a_blocker_refuses_and_says_why(town: Town) -> None:
    town.apply(thresholds={"review": 0.1})
    [item] = _ask(town, ADA)
    town.identity.cannot_link(("card", "n0"), ("card", "n1"), author="op", reason="twins", now=town.clock.now())
    found = town.desk.decide(item, "same", principal="op")
    assert (found.outcome, found.refusal) == ("refused", "an operator said that these people are not one")
    assert town.desk.get(item).state == "open"


def test_masked_items_still_show_what_agrees(town: Town, desk: ReviewDesk) -> None:
    town.arrive([ADA, ADA])
    town.matching.run("people")
    [item] = [f"m-{row['id']}" for row in town.rows()]
    shown = masked_item(desk.get(item), frozenset({"email"}))
    values = {e.field: (e.a, e.b, e.agrees) for e in shown.evidence}
    assert values["name"] == ("a***********", "a***********", True)
    assert values["address"] == ("12 ***", "12 ***", True)
    assert values["birth"][0] == "1815"
    assert values["email"][0] == "ada@example.org"
    assert values["city"][0] == "bath"
    assert "lovelace" not in repr(shown)


def test_thresholds_follow_from_decisions(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    desk.decide(item, "same", principal="op")
    assert desk.suggest("people").decisions == 1
    steps = {one.threshold: one for one in desk.evaluate("people")}
    assert (steps[0.5].found, steps[0.5].right, steps[0.5].precision, steps[0.5].recall) == (1, 1, 1.0, 1.0)


def test_everything_decided_is_in_the_audit_log_without_values(town: Town, desk: ReviewDesk) -> None:
    [item] = _ask(town, ADA)
    desk.decide(item, "same", principal="op", reason="told me")
    desk.undo(item, principal="op2", reason="no")
    entries = desk.book.entries()
    assert [(one.actor, one.verb) for one in entries][:2] == [("op2", "review undone"), ("op", "review same")]
    assert "lovelace" not in repr(entries)
