"""Silences: a recycled number, a forgotten cookie, a late event that closes the gap, unbinds across spans."""

from collections.abc import Mapping

import numpy as np
import pytest
from sqlalchemy.engine import Connection

from ninefold.base import Error, FixedClock
from ninefold.identity import IdentifierBatch, Identity, IdentityDesk, describe_rules, parse_rules
from ninefold.identity.desk.rebuilding import rebuild
from ninefold.profiles import ByIdentifier, Profiles
from ninefold.store import Events, Records
from tests.identity.batches import DAY_MS, NOW, Event, batch_of, rows
from tests.support.world import World, day

NUMBER = "13812345601"
PHONE: Event = {"phone": NUMBER}
ANA: Event = {"member_no": "M1", "phone": NUMBER}
RECYCLED = {"recycle_after_days": 90, "ttl_days": 730}
BEN: Event = {"member_no": "M2", "phone": NUMBER}


def identity_with(**namespaces: Mapping[str, object]) -> Identity:
    return Identity(parse_rules({"namespaces": namespaces}))


def at(conn: Connection, identity: Identity, on: int, event: Event, *, unbind: bool = False) -> tuple[int, int]:
    """Home and person of an event of a day; checks that a rebuild would say the same."""
    plain = batch_of([event], start=on, ts_ms=[on * DAY_MS])
    found = identity.resolve(
        conn,
        IdentifierBatch(row=plain.row, namespace=plain.namespace, value=plain.value, ts_ms=plain.ts_ms,
                        source=plain.source, message_id=plain.message_id, unbind=np.array([unbind])),
        now=NOW,
    )  # fmt: skip
    assert rebuild(conn, identity.rules, now=NOW).moved == 0
    return int(found.oneid[0]), int(found.root[0])


@pytest.fixture
def recycling() -> Identity:
    """A number may have changed hands after 90 days, and is forgotten after two years."""
    return identity_with(phone=RECYCLED)


def test_a_recycled_number_does_not_carry_the_old_owners_orders(
    records: Records, events: Events, clock: FixedClock, recycling: Identity
) -> None:
    """Ana's number is silent for a year; who calls with it then has an order before the shop learns that she is Ben."""
    world = World(events)

    def revenue(namespace: str, value: str) -> int:
        found = Profiles(records, events, recycling).read(
            ByIdentifier(namespace=namespace, value=value), now=clock.now()
        )
        return sum(one.total_minor for one in found.counters.revenue)

    with records.begin() as conn:
        old, ana = at(conn, recycling, 1, ANA)
        new, person = at(conn, recycling, 400, PHONE)  # nothing speaks against Ana yet
        assert (new != old, person) == (True, ana)
    world.order(old, 5_000, day(1))
    world.order(new, 700, day(100))
    world.flush()
    IdentityDesk(records, events).rebuild(now=NOW)
    assert revenue("member_no", "M1") == 5_700
    with records.begin() as conn:
        _, ben = at(conn, recycling, 401, BEN)
        assert at(conn, recycling, 402, PHONE)[1] == ben != ana
        assert at(conn, recycling, 2, PHONE)[1] == ana  # late, but of Ana's time
    IdentityDesk(records, events).rebuild(now=NOW)
    assert (revenue("member_no", "M1"), revenue("member_no", "M2")) == (5_000, 700)
    assert revenue("phone", NUMBER) == 700


def test_the_spans_of_an_identifier_name_their_owners(records: Records, recycling: Identity) -> None:
    with records.begin() as conn:
        _, ana = at(conn, recycling, 1, ANA)
        _, ben = at(conn, recycling, 400, BEN)
        at(conn, recycling, 500, BEN, unbind=True)
        spans = recycling.spans(conn, "phone", NUMBER)
        assert [(one.began, one.oneid, one.first_seen_ms // DAY_MS) for one in spans] == [
            ("first", ana, 1), ("silence", ben, 400), ("unbind", None, 500),
        ]  # fmt: skip
        assert (spans[0].since_ms, spans[0].until_ms) == (None, spans[1].since_ms)
        assert (spans[1].until_ms, spans[2].until_ms) == (500 * DAY_MS, None)
        assert recycling.spans(conn, "phone", "no number") == ()


def test_after_the_ttl_a_number_begins_anew_even_alone(records: Records, recycling: Identity) -> None:
    with records.begin() as conn:
        _, ana = at(conn, recycling, 1, ANA)
        home, person = at(conn, recycling, 800, PHONE)
        assert person == home != ana
        assert recycling.find(conn, "phone", NUMBER) == person
        assert at(conn, recycling, 801, ANA)[1] == at(conn, recycling, 802, PHONE)[1] == ana  # her account says so


def test_a_forgotten_cookie_does_not_chain_two_people(records: Records) -> None:
    """A shared computer: Ana's address in spring, Ben's number in autumn. Without a limit they would be one person."""
    history: list[tuple[int, Event]] = [
        (1, {"email": "ana@example.org", "anonymous_id": "c1"}),
        (200, {"phone": NUMBER, "anonymous_id": "c1"}),
    ]
    people = {}
    for limit in (None, 30):
        identity = identity_with(anonymous_id={"ttl_days": limit})
        with records.engine.connect() as conn, conn.begin() as transaction:
            people[limit] = {at(conn, identity, on, event)[1] for on, event in history}
            transaction.rollback()
    assert [len(found) for found in people.values()] == [1, 2]


@pytest.mark.parametrize("late", [60, 91])
def test_a_late_event_closes_the_gap(records: Records, recycling: Identity, late: int) -> None:
    """The two spans are one again: one number is a part of the other from then on, also for an unmerge."""
    with records.begin() as conn:
        _, ana = at(conn, recycling, 1, ANA)
        other, _ = at(conn, recycling, 130, {"phone": NUMBER, "email": "ana@example.org"})
        assert rows(conn, "identifiers") == 4
        assert at(conn, recycling, late, PHONE)[1] == ana
        assert recycling.find(conn, "email", "ana@example.org") == ana
        assert [one.namespace for one in recycling.identifiers_of(conn, ana)] == ["member_no", "phone", "email"]
        assert at(conn, recycling, 140, PHONE)[1] == ana
        assert other in recycling.accounts(conn, ana)
        assert at(conn, recycling, 141, BEN)[1] != ana
        assert recycling.find(conn, "phone", NUMBER) == ana  # not recycled: one account per number
        assert at(conn, recycling, 100, {"phone": NUMBER, "member_no": "M1"}, unbind=True)[1]
        assert at(conn, recycling, 99, PHONE)[1] == ana


def test_a_number_that_was_unbound_does_not_follow_its_old_owner(records: Records, recycling: Identity) -> None:
    with records.begin() as conn:
        _, ana = at(conn, recycling, 1, ANA)
        assert at(conn, recycling, 200, PHONE)[1] == ana
        assert at(conn, recycling, 150, ANA, unbind=True)[1] == ana  # it arrives late: in the silence
        assert recycling.find(conn, "phone", NUMBER) != ana
        assert at(conn, recycling, 210, BEN)[1] == recycling.find(conn, "phone", NUMBER)
        assert at(conn, recycling, 3, PHONE)[1] == ana


def test_what_an_operator_blocked_stays_blocked_after_a_silence(records: Records, recycling: Identity) -> None:
    with records.begin() as conn:
        at(conn, recycling, 1, ANA)
        recycling.block(conn, "phone", NUMBER, author="ann", now=NOW)
        assert at(conn, recycling, 400, PHONE)[1] == 0


def test_other_rules_make_spans_one_again_or_leave_them(records: Records, events: Events, recycling: Identity) -> None:
    """A longer limit, or none, joins what silences cut; a shorter one cuts what comes: not all of the past is known."""
    desk = IdentityDesk(records, events)
    with records.begin() as conn:
        _, ana = at(conn, recycling, 1, ANA)
        _, ben = at(conn, recycling, 400, BEN)
        assert ana != ben
    desk.change_rules({"namespaces": {"phone": {"recycle_after_days": 500}}}, author="ann", now=NOW)
    with records.begin() as conn:
        assert recycling.find(conn, "phone", NUMBER) == ana
        assert recycling.find(conn, "member_no", "M2") == ben
    desk.change_rules({"namespaces": {"phone": RECYCLED}}, author="ann", now=NOW)
    with records.begin() as conn:
        assert recycling.find(conn, "phone", NUMBER) == ana
        assert at(conn, recycling, 600, PHONE)[1] == ana


@pytest.mark.parametrize(
    ("rule", "field", "allowed"),
    [
        ({"ttl_days": 0}, "namespaces.phone.ttl_days", "a whole number from 1 to 36500, or null"),
        ({"ttl_days": 30, "recycle_after_days": 30}, "namespaces.phone.recycle_after_days",
         "fewer days than ttl_days (30), or null"),
        ({"recycle_after_days": 30, "immutable": True}, "namespaces.phone.recycle_after_days",
         "null, since the namespace is immutable"),
        ({"recycle_after": 30}, "namespaces.phone.recycle_after", None),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_what_is_allowed(rule: dict[str, object], field: str, allowed: str | None) -> None:
    with pytest.raises(Error) as caught:
        parse_rules({"namespaces": {"phone": rule}})
    assert caught.value.field == field
    assert allowed is None or caught.value.allowed == allowed


def test_the_rules_say_so_in_both_languages(recycling: Identity) -> None:
    [english] = [line for line in describe_rules(recycling.rules) if line.startswith("phone ")]
    assert "not seen for 90 days, it may have changed hands; forgotten after 730 days unseen" in english
    [chinese] = [line for line in describe_rules(recycling.rules, "zh") if line.startswith("phone")]
    assert "90 天未出现则可能已换主" in chinese
