"""What people own follows them: an example with points in lots, proved under any sequence of merges and unmerges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from ninefold.base import Error
from ninefold.identity import Identity, IdentityDesk, Redirects
from ninefold.identity.assets import AssetLine, Blocker, Regrouping
from ninefold.store import Events, Records
from tests.identity.batches import NOW, Event, resolve

ANA: Event = {"user_id": "ana", "phone": "13812345601", "device_id": "d1"}
BEN: Event = {"user_id": "ben", "email": "ben@example.org"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points earned at once, with their own end."""

    account: int
    earned: int
    ends: int
    spent: int = 0


class Points:
    """A loyalty programme in small: lots stay under their account, a person has those of all accounts.

    What is spent comes from the lot that ends first, whoever earned it; so after an unmerge everybody has what is left
    of their own lots.
    """

    key = "points"

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.disputes: set[int] = set()
        self.followed: dict[int, tuple[int, int]] = {}

    def balance(self, accounts: Sequence[int]) -> int:
        return sum(lot.earned - lot.spent for lot in self.lots if lot.account in accounts)

    def spend(self, accounts: Sequence[int], points: int) -> int:
        """Take points, first from what ends first; gives what was taken."""
        wanted = points
        for place, lot in sorted(enumerate(self.lots), key=lambda pair: (pair[1].ends, pair[0])):
            if lot.account in accounts and wanted:
                taken = min(wanted, lot.earned - lot.spent)
                self.lots[place] = Lot(account=lot.account, earned=lot.earned, ends=lot.ends, spent=lot.spent + taken)
                wanted -= taken
        return points - wanted

    def preview(self, conn: Connection, change: Regrouping, *, now: datetime) -> Sequence[AssetLine]:
        before, after = (tuple(str(self.balance(g)) for g in groups) for groups in (change.before, change.after))
        return [AssetLine(asset=self.key, subject="balance", before=before, after=after, rule="lots keep their end")]

    def blockers(self, conn: Connection, change: Regrouping, *, now: datetime) -> Sequence[Blocker]:
        open_ones = self.disputes & {number for group in change.before for number in group}
        return [Blocker(asset=self.key, code="open_dispute", reason=f"{one} has an open dispute") for one in open_ones]

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        for number, root, version in zip(
            moved.oneid.tolist(), moved.root.tolist(), moved.version.tolist(), strict=True
        ):
            assert self.followed.setdefault(version, (number, root)) == (number, root)


def happen(records: Records, *seen: Event, start: int = 0) -> list[int]:
    with records.begin() as conn:
        return [int(root) for root in resolve(conn, Identity.load(conn), *seen, start=start).root]


def test_a_blocker_speaks_against_a_merge_and_says_why(records: Records, events: Events) -> None:
    points = Points()
    desk = IdentityDesk(records, events, [points])
    one, two = happen(records, ANA, BEN)
    points.lots += [Lot(account=one, earned=100, ends=9), Lot(account=two, earned=40, ends=3)]
    points.disputes.add(two)
    trial = desk.try_merge(one, two, now=NOW)
    assert [(line.before, line.after) for line in trial.lines] == [(("100", "40"), ("140",))]
    assert (trial.regrouping.before, trial.regrouping.after) == (((one,), (two,)), ((one, two),))
    assert [(blocker.asset, blocker.code) for blocker in trial.blockers] == [("points", "open_dispute")]
    with pytest.raises(Error, match="open dispute") as caught:
        desk.merge(one, two, author="ann", reason="", now=NOW)
    assert caught.value.code == "merge_blocked"
    assert points.followed == {}
    with records.begin() as conn:
        assert Identity().find(conn, "user_id", "ben") == two
    points.disputes.clear()
    desk.merge(one, two, author="ann", reason="", now=NOW)
    assert list(points.followed.values()) == [(two, one)]
    back = desk.try_unmerge(one, [("user_id", "ben"), ("email", "ben@example.org")], now=NOW)
    assert [(line.before, line.after) for line in back.lines] == [(("140",), ("100", "40"))]
    told = {("100", "40")}
    assert {line.after for line in back.lines} == told


def test_what_an_operator_kept_apart_is_shown_by_the_trial(records: Records, events: Events) -> None:
    desk = IdentityDesk(records, events)
    one, two = happen(records, ANA, BEN)
    desk.cannot_link(("user_id", "ana"), ("user_id", "ben"), author="ann", reason="", now=NOW)
    assert desk.try_merge(one, two, now=NOW).kept_apart
    assert desk.try_merge(one, two, now=NOW).change.merged == 1
    with pytest.raises(Error, match="not one"):
        desk.merge(one, two, author="ann", reason="", now=NOW)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(0, 3), st.integers(1, 100)),
        st.tuples(st.just("spend"), st.integers(0, 3), st.integers(1, 150)),
        st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("unmerge"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("meet"), st.integers(0, 3), st.integers(0, 3)),
    ),
    max_size=12,
)
RUNS = iter(range(10**6))


@given(steps=STEPS)
@settings(max_examples=12)
def test_points_are_conserved_under_any_merges_and_unmerges(
    records: Records, events: Events, steps: list[tuple[str, int, int]]
) -> None:
    run = next(RUNS)
    points = Points()
    desk = IdentityDesk(records, events, [points])
    who: list[Event] = [
        {"email": f"u{run}-{k}@example.org"} if k < 2 else {"phone": f"138{run:04}{k:04}"} for k in range(4)
    ]
    leaving = [(namespace, str(value)) for one in who for namespace, value in one.items()]
    homes = happen(records, *who, start=run * 1000)
    at, spent, earned = NOW + timedelta(days=run), 0, dict.fromkeys(homes, 0)

    def root(number: int) -> int:
        with records.begin() as conn:
            return min(Identity().accounts(conn, homes[number]))

    def accounts(number: int) -> list[int]:
        with records.begin() as conn:
            return list(Identity().accounts(conn, homes[number]))

    for place, (verb, one, other) in enumerate(steps):
        at += timedelta(minutes=1)
        if verb == "earn":
            points.lots.append(Lot(account=homes[one], earned=other, ends=place % 3))
            earned[homes[one]] += other
        elif verb == "spend":
            spent += points.spend(accounts(one), other)
        elif verb == "merge" and root(one) != root(other):
            desk.merge(homes[one], homes[other], author="ann", reason="", now=at, override=True)
        elif verb == "unmerge" and one != other and root(one) == root(other):
            desk.unmerge(homes[one], [leaving[other]], author="ann", reason="", now=at)
            assert root(one) != root(other)
        elif verb == "meet" and one < 2 <= other:  # by rule: both are seen together
            with records.begin() as conn:
                seen: Event = {**who[one], **who[other]}
                found = resolve(conn, Identity.load(conn), seen, start=run * 1000 + place + 10)
                points.follow(conn, found.redirects, now=at)
        people = {tuple(sorted(accounts(k))) for k in range(4)}
        total = sum(points.balance(group) for group in people)
        assert total == sum(earned.values()) - spent  # nothing is lost, nothing counts twice
        assert all(points.balance([home]) <= earned[home] for home in homes)  # nobody leaves with others' points
    last: dict[int, int] = {}
    for _, (number, leads) in sorted(points.followed.items()):
        last[number] = leads
    with records.begin() as conn:
        rows = conn.execute(sa.text("SELECT oneid, merged_into FROM persons WHERE oneid = ANY (:all)"), {"all": homes})
        assert {row.oneid: row.merged_into or row.oneid for row in rows} == {
            home: last.get(home, home) for home in homes
        }  # told of every change, so that an owner could carry it out and undo it
