"""Memberships: any order of statements gives the same, merges bring them together, unmerging takes nothing along."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection
from tests.support.world import World

from ninefold.base import Error, from_ms
from ninefold.collect import Event
from ninefold.governance import org
from ninefold.identity import Identity
from ninefold.profiles import memberships
from ninefold.store import Events, Records

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TREE = [
    org.NodeSpec(code="acme", name="Acme", level="group"),
    org.NodeSpec(code="east", name="East", level="dealer", parent="acme"),
    org.NodeSpec(code="s1", name="Store 1", level="store", parent="east", sources=("pos1",), member_namespace="card"),
    org.NodeSpec(code="s2", name="Store 2", level="store", parent="east"),
    org.NodeSpec(code="old", name="Old", level="store", parent="acme", closed=True),
]

_statements = st.lists(
    st.builds(
        memberships.Statement, oneid=st.integers(1, 2), node=st.sampled_from(["s1", "s2"]),
        number=st.sampled_from(["", "n1"]), at_ms=st.integers(1, 5), status=st.sampled_from(["", "active", "left"]),
        tier=st.sampled_from(["", "gold", "silver"]), owner=st.sampled_from(["", "ann", "bob"]), source=st.just("pos"),
    ),
    max_size=12,
)  # fmt: skip


@given(statements=_statements, seed=st.randoms())
def test_the_order_of_statements_never_matters(statements: list[memberships.Statement], seed: object) -> None:
    shuffled = sorted(statements, key=lambda one: hash((one.at_ms, one.owner, id(seed))))
    key = lambda row: (row[0].oneid, row[0].node, row[0].number)  # noqa: E731 - a sort key
    assert sorted(memberships.folded(statements), key=key) == sorted(memberships.folded(shuffled), key=key)


@pytest.fixture
def desk() -> memberships.Memberships:
    return memberships.Memberships(Identity(), org.Org())


@pytest.fixture
def conn(records: Records, events: Events) -> Iterator[Connection]:
    World(events).meet(records, [("user_id", "u1")], [("user_id", "u2")], [("user_id", "u3")])
    with records.begin() as conn:
        org.Org().put(conn, TREE, now=NOW, author="t")
        yield conn


def _said(oneid: int, at_ms: int, node: str = "s1", number: str = "c1", **more: str) -> memberships.Statement:
    return memberships.Statement(oneid=oneid, node=node, number=number, at_ms=at_ms, source="pos1", **more)


def test_batches_in_any_order_come_to_the_same(conn: Connection, desk: memberships.Memberships) -> None:
    said = [_said(1, 10, status="active", owner="ann"), _said(1, 30, status="left"), _said(1, 20, owner="bob")]
    for turn in (said, said[::-1], [said[1], said[0], said[2]]):
        for one in turn:
            desk.state(conn, [one], now=NOW)
        [held] = desk.of(conn, 1)
        assert (held.status, held.owner, held.joined_at) == ("left", "bob", from_ms(10))
        desk.erase(conn, [1])


def test_events_make_members(conn: Connection, desk: memberships.Memberships) -> None:
    def event(n: int, source: str, name: str, ids: tuple[tuple[str, str], ...], **props: str) -> Event:
        return Event(f"m{n}", "track", name, 1000 + n, 2000, source, "", ids, props=props)

    seen = [
        event(1, "pos1", "Order Completed", (("card", "C-1"),)),
        event(2, "pos1", "Order Completed", (("phone", "139"),)),  # no member number
        event(3, "web", "Order Completed", (("card", "C-1"),)),  # a source of no node
        event(4, "web", "Membership Updated", (), node="s2", tier="gold", owner="ann"),
        event(5, "web", "Membership Updated", (), node="old", tier="gold"),  # closed
        event(6, "web", "Membership Updated", (), node="nowhere"),
    ]
    people = np.asarray([1, 2, 3, 1, 2, 3], np.uint32)
    for _ in range(2):  # a batch may come again
        desk.observe(conn, seen, people, now=NOW)
    assert [(one.node, one.number, one.tier, one.owner) for one in desk.of(conn, 1)] == [
        ("s1", "C-1", "", ""), ("s2", "", "gold", "ann"),
    ]  # fmt: skip
    assert desk.of(conn, 2) == desk.of(conn, 3) == ()
    assert desk.members(conn, "acme").tolist() == [1]
    assert desk.counts(conn, "east") == (("s1", "active", 1, 0), ("s2", "active", 1, 1))


def test_a_merge_brings_both_and_marks_the_conflict(conn: Connection, desk: memberships.Memberships) -> None:
    desk.state(conn, [_said(1, 1), _said(2, 2, number="c2"), _said(2, 3, node="s2", number="c3")], now=NOW)
    before = desk.of(conn, 1), desk.of(conn, 2)
    conn.execute(sa.text("UPDATE persons SET merged_into = 1 WHERE oneid = 2"))
    assert [(one.node, one.number, one.conflict) for one in desk.of(conn, 2)] == [
        ("s1", "c1", True), ("s1", "c2", True), ("s2", "c3", False),
    ]  # fmt: skip
    assert desk.members(conn, "acme").tolist() == [1]
    [found] = desk.conflicts(conn, under="east")
    assert (found.kind, found.node, len(found.memberships)) == ("merged", "s1", 2)
    conn.execute(sa.text("UPDATE persons SET merged_into = NULL WHERE oneid = 2"))
    assert (desk.of(conn, 1), desk.of(conn, 2)) == before
    assert desk.conflicts(conn) == ()


def test_owners_change_in_bulk_with_history(conn: Connection, desk: memberships.Memberships) -> None:
    desk.state(conn, [_said(n, n, number=f"c{n}", owner="ann") for n in (1, 2, 3)], now=NOW)
    order = memberships.Transfer(node="east", owner="ann", people=(1, 2), to_owner="bob", reason="ann left")
    assert desk.transfer(conn, order, now=NOW, author="boss") == 2
    assert desk.transfer(conn, order, now=NOW, author="boss") == 0
    assert [desk.of(conn, n)[0].owner for n in (1, 2, 3)] == ["bob", "bob", "ann"]
    [change] = desk.history(conn, 1)
    assert (change.field, change.before, change.after, change.author, change.reason) == (
        "owner", "ann", "bob", "boss", "ann left",
    )  # fmt: skip
    desk.state(conn, [_said(1, 5, owner="late")], now=NOW)  # an older event does not undo it
    assert desk.of(conn, 1)[0].owner == "bob"
    moved = memberships.Transfer(node="s1", to_node="s2", reason="store closes")
    assert desk.transfer(conn, moved, now=NOW, author="boss") == 3
    assert desk.members(conn, "s1").size == 0


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (memberships.Transfer(node="s1"), "bad_transfer"),
        (memberships.Transfer(to_owner="bob"), "bad_transfer"),
        (memberships.Transfer(node="s1", to_node="old"), "closed_node"),
        (memberships.Transfer(node="nope", to_owner="x"), "unknown_node"),
    ],
)
def test_a_transfer_says_whose_and_to_whom(
    conn: Connection, desk: memberships.Memberships, order: memberships.Transfer, code: str
) -> None:
    with pytest.raises(Error) as wrong:
        desk.transfer(conn, order, now=NOW, author="boss")
    assert wrong.value.code == code
