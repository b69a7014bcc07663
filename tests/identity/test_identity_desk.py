"""Operators' verbs: merge, unmerge, words that survive, retraction, rebuild, simulation, tombstones."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Error
from ninefold.identity import KIND, Group, Identity, IdentityDesk, publish
from ninefold.store import Events, Records, Statement, put_definition
from tests.identity.batches import NOW, Event, check_consistency, resolve


class Why(TypedDict):
    """Who said something, why and when."""

    author: str
    reason: str
    now: datetime


WHY: Why = {"author": "ann", "reason": "they called", "now": NOW}


@pytest.fixture
def desk(records: Records, events: Events) -> IdentityDesk:
    return IdentityDesk(records, events)


def happen(records: Records, *seen: Event, start: int = 0) -> list[int]:
    """Events in one batch; the person of each."""
    with records.begin() as conn:
        return [int(root) for root in resolve(conn, Identity.load(conn), *seen, start=start).root]


def state(conn: Connection) -> tuple[set[tuple[str, str, int | None]], set[tuple[int, int | None]]]:
    held = {tuple(row) for row in conn.execute(sa.text("SELECT namespace, value, oneid FROM identifiers"))}
    return held, {tuple(row) for row in conn.execute(sa.text("SELECT oneid, merged_into FROM persons"))}


def redirects(events: Events) -> dict[int, int]:
    rows = events.query(Statement("SELECT oneid, root FROM redirects FINAL WHERE oneid != root")).to_pylist()
    return {row["oneid"]: row["root"] for row in rows}


def holds(people: Sequence[Group]) -> list[list[str]]:
    return [[value for _, value in one.identifiers] for one in people]


ANA: Event = {"user_id": "ana", "phone": "13812345601", "device_id": "d1"}
BEN: Event = {"user_id": "ben", "email": "ben@example.org"}


def test_merge_then_unmerge_is_the_identity(records: Records, events: Events, desk: IdentityDesk) -> None:
    one, two = happen(records, ANA, BEN)
    with records.begin() as conn:
        before = state(conn)
    preview, blockers = desk.preview_merge(one, two, now=NOW)
    assert (holds(preview.people), blockers) == ([["d1", "ben@example.org", "+8613812345601", "ana", "ben"]], ())
    with records.begin() as conn:
        assert state(conn) == before  # a preview writes nothing
    change = desk.merge(one, two, **WHY)
    assert change.people == preview.people
    assert redirects(events) == {two: one}
    assert happen(records, BEN, start=5) == [one]
    back = [("user_id", "ben"), ("email", "ben@example.org")]
    assert [len(group.identifiers) for group in desk.preview_unmerge(one, back, now=NOW).people] == [3, 2]
    desk.unmerge(one, back, **WHY)
    assert redirects(events) == {}
    with records.begin() as conn:
        assert state(conn) == before
        check_consistency(conn, Identity())
    assert desk.rebuild(now=NOW).moved == 0


def test_what_an_operator_took_apart_stays_apart(records: Records, events: Events, desk: IdentityDesk) -> None:
    """The phone leaves; neither the same event again nor a new device brings it back."""
    [one] = happen(records, ANA)
    desk.unmerge(one, [("phone", "13812345601")], **WHY)
    [same, device, phone] = happen(
        records, ANA, {"phone": "13812345601", "device_id": "d2"}, {"phone": "13812345601"}, start=9
    )
    assert same == one != phone == device
    assert happen(records, {"user_id": "ana", "device_id": "d2"}, {"device_id": "d2"}, start=20) == [one, phone]
    assert desk.rebuild(now=NOW).moved == 0
    [word] = [word for word in desk.decisions() if ("phone", "+8613812345601") in {word.a, word.b}]
    assert (word.one, word.author, word.reason) == (False, "ann", "they called")
    with pytest.raises(Error, match="not one"):
        desk.merge(one, phone, **WHY)
    assert len(desk.merge(one, phone, override=True, **WHY).people) == 1
    assert all(word.one for word in desk.decisions())


def test_words_hold_before_anything_is_seen_and_can_be_taken_back(
    records: Records, events: Events, desk: IdentityDesk
) -> None:
    happen(records, {"user_id": "u"}, {"email": "a@example.org"})
    pair = (("user_id", "u"), ("email", "a@example.org"))
    desk.cannot_link(*pair, **WHY)
    both: Event = {"user_id": "u", "email": "a@example.org"}
    happen(records, both, start=5)
    with records.begin() as conn:
        identity = Identity.load(conn)
        assert identity.find(conn, "user_id", "u") != identity.find(conn, "email", "a@example.org")
    assert desk.free(*pair, **WHY).merged == 1
    desk.retract(*pair, **WHY)
    with records.begin() as conn:
        assert identity.find(conn, "user_id", "u") != identity.find(conn, "email", "a@example.org")
    assert desk.must_link(*pair, **WHY).merged == 1
    assert desk.rebuild(now=NOW).moved == 0


def test_blocking_lets_people_come_apart_and_unblocking_brings_them_together(
    records: Records, events: Events, desk: IdentityDesk
) -> None:
    one, _, two = happen(
        records, {"phone": "13812345601", "device_id": "d"}, {"device_id": "d"}, {"openid": "o", "device_id": "d"}
    )
    assert one == two
    assert desk.block("device_id", "d", author="ann", now=NOW)
    with records.begin() as conn:
        identity = Identity.load(conn)
        assert identity.find(conn, "phone", "13812345601") != identity.find(conn, "openid", "o")
        check_consistency(conn, identity)
    assert desk.rebuild(now=NOW).moved == 0
    assert desk.unblock("device_id", "d", author="ann", now=NOW)
    with records.begin() as conn:
        assert identity.find(conn, "phone", "13812345601") == identity.find(conn, "openid", "o") == one
    assert redirects(events) == {2: 1, 3: 1}


def test_other_rules_are_tried_then_in_force_with_numbers_kept(
    records: Records, events: Events, desk: IdentityDesk
) -> None:
    mails = [f"e{k}@example.org" for k in range(4)]
    happen(records, *[{"user_id": "u", "email": mail} for mail in mails], *[{"email": mail} for mail in mails])
    with records.begin() as conn:
        before = state(conn)
    tried, last = desk.try_rules({"namespaces": {"email": {"cap": 2}}})
    assert sorted(set(tried.judged.root.tolist())) == [1, 4, 5]
    assert last > 0
    with records.begin() as conn:
        assert state(conn) == before
    assert desk.change_rules({"namespaces": {"email": {"cap": 2}}}, author="ann", now=NOW).split == 2
    with records.begin() as conn:
        assert Identity.load(conn).counts(conn).people == 3
    assert desk.change_rules({}, author="ann", now=NOW).merged == 2
    with records.begin() as conn:
        assert state(conn) == before


def test_a_rebuild_repairs_what_drifted(records: Records, events: Events, desk: IdentityDesk) -> None:
    one, _ = happen(records, ANA, BEN)
    with records.begin() as conn:
        before = state(conn)
        conn.execute(sa.text("UPDATE identifiers SET oneid = NULL WHERE namespace = 'phone'"))
    assert desk.rebuild(now=NOW).moved == 1
    with records.begin() as conn:
        assert state(conn) == before
        assert Identity().find(conn, "phone", "13812345601") == one


def test_an_erased_person_leaves_a_number_that_is_never_given_again(
    records: Records, events: Events, desk: IdentityDesk
) -> None:
    one, two = happen(records, ANA, BEN)
    assert desk.erase(one, now=NOW) == (one,)
    with records.begin() as conn:
        identity = Identity.load(conn)
        assert identity.find(conn, "user_id", "ana") is None
        assert identity.how_linked(conn, one) == ()
    [again] = happen(records, ANA, start=9)
    assert again > two
    assert desk.rebuild(now=NOW).moved == 0


def test_what_a_crash_kept_from_the_events_store_is_sent_later(
    records: Records, events: Events, desk: IdentityDesk
) -> None:
    phone: Event = {"phone": "13812345601"}
    one, two = happen(records, phone, {"email": "ben@example.org"})
    with records.begin() as conn:
        Identity.load(conn).link(conn, ("phone", "13812345601"), ("email", "ben@example.org"), author="ann", now=NOW)
    assert redirects(events) == {}
    assert publish(records, events) == 1
    assert publish(records, events) == 0
    assert redirects(events) == {two: one}


def test_a_must_link_pushes_nothing_out_of_anybody_and_asks_about_a_full_cap(
    records: Records, desk: IdentityDesk
) -> None:
    """Ana has the three telephones her cap allows, Ben has one and a login: all of it stays, and somebody is asked."""
    phones = [f"1381234560{k}" for k in range(4)]
    one, *_ = happen(records, *[{"user_id": "ana", "phone": phone} for phone in phones[:3]])
    [two] = happen(records, {"user_id": "ben", "phone": phones[3]}, start=9)
    both = desk.merge(one, two, **WHY)
    assert [len(person.identifiers) for person in both.people] == [6]
    with records.begin() as conn:
        asked = {(review.kind, review.namespace): review for review in Identity.load(conn).reviews(conn)}
    assert {("cap_breach", "phone"), ("cap_breach", "user_id")} <= set(asked)
    [detail] = [review.detail for (_, name), review in asked.items() if name == "phone"]
    assert detail == {"over": "phone", "values": 4, "limit": 3, "must_link": True}


def test_not_even_an_operator_joins_two_values_that_never_change(records: Records, desk: IdentityDesk) -> None:
    with records.begin() as conn:
        put_definition(conn, KIND, "default", {"namespaces": {"user_id": {"immutable": True}}}, now=NOW, author="ann")
    one, two = happen(records, ANA, BEN)
    with pytest.raises(Error, match="user_id") as raised:
        desk.merge(one, two, **WHY)
    assert raised.value.code == "immutable_identifier"
    assert desk.decisions() == ()


def test_rules_and_people_change_together_or_not_at_all(
    records: Records, desk: IdentityDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in the middle of the replay leaves the old rules with the old people; then both change at once."""
    happen(records, {"user_id": "u", "device_id": "a"}, {"user_id": "u", "device_id": "b"})
    document = {"namespaces": {"device_id": {"cap": 1}}}
    with monkeypatch.context() as broken:
        broken.setattr("ninefold.identity.regions.write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.change_rules(document, author="ann", now=NOW)
    with records.begin() as conn:
        assert Identity.load(conn).rules.of("device_id").cap > 1
        assert len(Identity.load(conn).identifiers_of(conn, 1)) == 3
    desk.change_rules(document, author="ann", now=NOW)
    with records.begin() as conn:
        assert Identity.load(conn).rules.of("device_id").cap == 1
        assert len(Identity.load(conn).identifiers_of(conn, 1)) == 2
