"""Member numbers: never one twice, whoever asks at once; members are found by them; files of members are taken back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection
from tests.support.world import World

from ninefold.base import Error
from ninefold.governance import org
from ninefold.identity import Identity
from ninefold.profiles import memberships, numbers
from ninefold.store import Events, Records

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TREE = [
    org.NodeSpec(code="acme", name="Acme", level="group"),
    org.NodeSpec(code="casa", name="Casa", level="brand", parent="acme", member_namespace="card"),
    org.NodeSpec(code="vino", name="Vino", level="brand", parent="acme"),
]
CARDS = {"key": "cards", "node": "casa", "prefix": "8", "digits": 4, "check": "luhn"}
PEOPLE = 12


@given(digits=st.integers(2, 3), check=st.sampled_from(["none", "luhn", "mod11"]), secret=st.integers(0, 2**63 - 1))
def test_random_numbers_are_all_of_them_once(digits: int, check: str, secret: int) -> None:
    pattern = numbers.parse_pattern({"key": "k", "node": "n", "digits": digits, "check": check, "order": "random"})
    drawn = list(islice(numbers.numbers_from(pattern, 0, secret), 10**digits))
    assert len(set(drawn)) == len(drawn) == 10**digits
    assert all(numbers.reads(pattern, one) for one in drawn[:50])


@given(number=st.integers(0, 10**6 - 1), place=st.integers(0, 6), other=st.integers(1, 9))
@pytest.mark.parametrize("check", ["luhn", "mod11"])
def test_a_wrong_digit_is_found(check: str, number: int, place: int, other: int) -> None:
    pattern = numbers.parse_pattern({"key": "k", "node": "n", "digits": 6, "check": check})
    right = f"{number:06d}"
    right += numbers.check_digit(right, pattern.check)
    assert numbers.reads(pattern, right)
    if right[place] == "X":
        return
    wrong = right[:place] + str((int(right[place]) + other) % 10) + right[place + 1 :]
    assert not numbers.reads(pattern, wrong)


@pytest.fixture
def tree() -> org.Org:
    return org.Org()


@pytest.fixture
def desk(tree: org.Org) -> memberships.Memberships:
    return memberships.Memberships(Identity(), tree)


@pytest.fixture
def issuing(tree: org.Org) -> numbers.Numbers:
    return numbers.Numbers(tree)


@pytest.fixture
def peopled(records: Records, events: Events, desk: memberships.Memberships, issuing: numbers.Numbers) -> Records:
    World(events).meet(records, *([("user_id", f"u{n:02d}")] for n in range(1, PEOPLE + 1)))
    with records.begin() as conn:
        org.Org().put(conn, TREE, now=NOW, author="t")
        issuing.save(conn, CARDS, now=NOW)
        desk.state(conn, [_said(n) for n in range(1, PEOPLE + 1)], now=NOW)
    return records


@pytest.fixture
def conn(peopled: Records) -> Iterator[Connection]:
    with peopled.begin() as conn:
        yield conn


def _said(oneid: int, number: str = "", **more: str) -> memberships.Statement:
    return memberships.Statement(oneid=oneid, node=more.pop("node", "casa"), number=number, at_ms=1, **more)


def _number(desk: memberships.Memberships, conn: Connection, oneid: int) -> str:
    [held] = desk.of(conn, oneid)
    return held.number


def test_numbers_lead_to_people_and_events_with_them_to_the_membership(
    conn: Connection, desk: memberships.Memberships, issuing: numbers.Numbers
) -> None:
    assert issuing.preview(conn, "casa").sample == issuing.issue(conn, "casa", people=[1, 2, 3, 4, 5], now=NOW,
                                                                 author="t").sample  # fmt: skip
    number = _number(desk, conn, 3)
    assert number.startswith("8")
    assert Identity.load(conn).find(conn, "card", number) == 3
    [found] = desk.with_number(conn, number, under="acme")
    assert found.membership.node == "casa"
    assert desk.with_number(conn, number, within="vino") == ()
    desk.state(conn, [_said(3, number, tier="gold")], now=NOW)  # the till reads the card
    [held] = desk.of(conn, 3)
    assert (held.number, held.tier) == (number, "gold")
    assert issuing.preview(conn, "casa").waiting == PEOPLE - 5
    assert [(one.field, one.after) for one in desk.history(conn, 3)] == [("number", number)]


def test_many_at_once_get_numbers_that_differ(
    peopled: Records, desk: memberships.Memberships, issuing: numbers.Numbers
) -> None:
    def issue(people: list[int]) -> int:
        with peopled.begin() as conn:
            return issuing.issue(conn, "casa", people=people, now=NOW, author="t").issued

    asked = [[n, n + 1, n + 2] for n in range(1, PEOPLE - 1)]  # they overlap
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(issue, asked))
    with peopled.begin() as conn:
        given = [_number(desk, conn, n) for n in range(1, PEOPLE + 1)]
    assert sum(done) == len(set(given)) == PEOPLE
    assert "" not in given


def test_numbers_of_others_are_left_out_and_those_of_the_past_never_come_again(
    conn: Connection, desk: memberships.Memberships, issuing: numbers.Numbers
) -> None:
    first, second, third = issuing.preview(conn, "casa").sample[:3]
    desk.state(conn, [_said(9, first)], now=NOW)  # somebody came with it from elsewhere
    Identity.load(conn).link(conn, ("user_id", "u10"), ("card", second), author="t", now=NOW)
    issuing.issue(conn, "casa", people=[1], now=NOW, author="t")
    assert _number(desk, conn, 1) == third
    desk.erase(conn, [1])
    issuing.issue(conn, "casa", people=[2], now=NOW, author="t")
    assert _number(desk, conn, 2) > third


def test_numbers_run_out_with_a_word(conn: Connection, issuing: numbers.Numbers) -> None:
    issuing.save(conn, {"key": "cards", "node": "casa", "digits": 2, "start": 97}, now=NOW)
    with pytest.raises(Error) as wrong:
        issuing.issue(conn, "casa", now=NOW, author="t")
    assert wrong.value.code == "numbers_exhausted"
    with pytest.raises(Error) as wrong:
        issuing.save(conn, CARDS | {"key": "more"}, now=NOW)
    assert wrong.value.code == "node_has_numbers"
    with pytest.raises(Error) as wrong:
        issuing.preview(conn, "vino")
    assert wrong.value.code == "no_number_pattern"


def test_a_merge_keeps_both_numbers_until_somebody_decides(
    conn: Connection, desk: memberships.Memberships, issuing: numbers.Numbers
) -> None:
    issuing.issue(conn, "casa", people=[1, 2], now=NOW, author="t")
    second = _number(desk, conn, 2)
    conn.execute(sa.text("UPDATE persons SET merged_into = 1 WHERE oneid = 2"))
    assert [one.conflict for one in desk.of(conn, 1)] == [True, True]
    kept = next(one for one in desk.of(conn, 1) if one.number == second)
    assert desk.settle(conn, kept.id, reason="the card in use", now=LATER, author="ann") == 1
    assert desk.conflicts(conn) == ()
    leading = next(one for one in desk.of(conn, 1) if one.leading)
    assert (leading.number, leading.conflict) == (second, False)


def test_a_number_of_two_people_is_a_conflict(conn: Connection, desk: memberships.Memberships) -> None:
    desk.state(conn, [_said(1, "V-1", node="vino"), _said(2, "V-1", node="vino")], now=NOW)
    found = desk.conflicts(conn, under="vino")
    assert [(one.kind, one.number, len(one.memberships)) for one in found] == [("number", "V-1", 1)] * 2
    assert desk.settle(conn, found[0].memberships[0], reason="r", now=LATER, author="t") == 1
    assert desk.conflicts(conn) == ()


FILE = """person,node,number,status,tier,joined_at
user_id:u01,vino,V-1,active,gold,2024-05-01
user_id:u02,vino,V-1,active,,
user_id:nobody,vino,V-3,active,,
user_id:u03,vino,V-4,lost,,
user_id:u04,nowhere,V-5,active,,
user_id:u05,casa,800009,active,,
user_id:u06,casa,C-6,active,,2025-01-01
user_id:u07,casa,,paused,silver,
user_id:u08,casa,C-77,active,,
"""


def test_a_file_is_tried_taken_and_taken_back(
    conn: Connection, desk: memberships.Memberships, tree: org.Org, issuing: numbers.Numbers, tmp_path: Path
) -> None:
    path = tmp_path / "members.csv"
    path.write_text(FILE, encoding="utf-8")
    Identity.load(conn).link(conn, ("user_id", "u12"), ("card", "C-77"), author="t", now=NOW)
    files = numbers.MembershipImports(tree, desk, issuing, zone="Asia/Shanghai")
    before = {n: desk.of(conn, n) for n in range(1, PEOPLE + 1)}

    tried = files.bring(conn, path, files.reader(conn), now=LATER, author="t", dry=True)
    assert {n: desk.of(conn, n) for n in before} == before
    assert [(one.row, one.code) for one in tried.wrong] == [
        (2, "number_taken"), (3, "number_taken"), (4, "unknown_person"), (5, "bad_membership"), (6, "unknown_node"),
        (7, "bad_check_digit"), (10, "number_taken"),
    ]  # fmt: skip
    assert (tried.rows, tried.made, tried.changed) == (9, 0, 2)

    done = files.bring(conn, path, files.reader(conn), now=LATER, author="t")
    assert (done.made, done.changed, done.wrong) == (tried.made, tried.changed, tried.wrong)
    assert Identity.load(conn).find(conn, "card", "C-6") == 6
    assert _number(desk, conn, 6) == "C-6"
    assert [(one.status, one.tier) for one in desk.of(conn, 7)] == [("paused", "silver")]
    assert files.history(conn)[0].rejected == 7

    back = files.undo(conn, done.id, now=LATER + timedelta(days=1), author="t")
    assert (back.gone, back.restored, back.kept) == (0, 2, 0)
    assert Identity.load(conn).find(conn, "card", "C-6") is None
    state = {n: [(one.number, one.status, one.tier, one.joined_at) for one in desk.of(conn, n)] for n in before}
    assert state == {
        n: [(one.number, one.status, one.tier, one.joined_at) for one in held] for n, held in before.items()
    }
    with pytest.raises(Error) as wrong:
        files.undo(conn, done.id, now=LATER, author="t")
    assert wrong.value.code == "already_undone"


def test_what_somebody_changed_since_stays(
    conn: Connection, desk: memberships.Memberships, tree: org.Org, issuing: numbers.Numbers, tmp_path: Path
) -> None:
    path = tmp_path / "members.csv"
    path.write_text("会员,会员等级\nu01,gold\nu02,gold\n", encoding="utf-8")
    files = numbers.MembershipImports(tree, desk, issuing, zone="UTC")
    done = files.bring(conn, path, files.reader(conn, namespace="user_id", node="casa"), now=LATER, author="t")
    assert (done.changed, done.wrong) == (2, ())
    at = LATER + timedelta(hours=1)
    desk.transfer(conn, memberships.Transfer(people=(1,), to_owner="bob", reason="r"), now=at, author="t")
    back = files.undo(conn, done.id, now=at, author="t")
    assert (back.restored, back.kept) == (1, 1)
    assert [desk.of(conn, n)[0].tier for n in (1, 2)] == ["gold", ""]
