"""Binding and unbinding: what hangs on an identifier goes along, and what was bought stays with who bought it."""

import pytest

from ninefold.base import FixedClock
from ninefold.identity import Identity, IdentityDesk, parse_rules
from ninefold.profiles import ByIdentifier, Profiles
from ninefold.store import Events, Records, put_definition
from tests.identity.batches import NOW, Event, batch_of
from tests.support.world import World, day

PHONE = ("phone", "13812345601")
BOUND: tuple[Event, ...] = (
    {"user_id": "ana", "phone": PHONE[1], "openid": "oX1"},
    {"user_id": "ana", "phone": PHONE[1], "device_id": "d1"},
)


@pytest.mark.parametrize(("document", "goes"), [({"namespaces": {"openid": {"parent": "phone"}}}, True), ({}, False)])
def test_sensors_unbinding_a_parent_takes_its_children_along(
    records: Records, events: Events, document: dict[str, object], goes: bool
) -> None:
    identity = Identity(parse_rules(document))
    with records.begin() as conn:
        put_definition(conn, "identity-rules", "default", document, now=NOW)
        identity.resolve(conn, batch_of(BOUND), now=NOW)
        ana = identity.find(conn, "user_id", "ana")
        assert identity.find(conn, "openid", "oX1") == identity.find(conn, *PHONE) == ana
    IdentityDesk(records, events).retract(("user_id", "ana"), PHONE, author="ann", reason="sold", now=NOW)
    with records.begin() as conn:
        assert identity.find(conn, *PHONE) != ana
        assert identity.find(conn, "device_id", "d1") == ana
        assert (identity.find(conn, "openid", "oX1") != ana) is goes
        identity.resolve(conn, batch_of([{"user_id": "ben", "phone": PHONE[1]}], start=9), now=NOW)
        ben = identity.find(conn, "user_id", "ben")
        assert identity.find(conn, *PHONE) == ben
        assert (identity.find(conn, "openid", "oX1") == ben) is goes


def test_a_recycled_phone_does_not_carry_the_old_owners_orders(
    records: Records, events: Events, clock: FixedClock
) -> None:
    identity, world = Identity(), World(events)

    def revenue(namespace: str, value: str) -> int:
        found = Profiles(records, events, identity).read(
            ByIdentifier(namespace=namespace, value=value), now=clock.now()
        )
        return sum(one.total_minor for one in found.counters.revenue)

    with records.begin() as conn:
        old = identity.resolve(conn, batch_of([{"member_no": "M1", "phone": PHONE[1]}]), now=NOW)
    world.order(int(old.oneid[0]), 5_000, day(1))
    world.flush()
    assert revenue(*PHONE) == revenue("member_no", "M1") == 5_000
    IdentityDesk(records, events).retract(("member_no", "M1"), PHONE, author="ann", reason="number sold", now=NOW)
    with records.begin() as conn:
        new = identity.resolve(conn, batch_of([{"member_no": "M2", "phone": PHONE[1]}], start=9), now=NOW)
    world.order(int(new.oneid[0]), 700, day(100))
    world.flush()
    assert revenue(*PHONE) == revenue("member_no", "M2") == 700
    assert revenue("member_no", "M1") == 5_000
