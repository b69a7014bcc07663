"""Erasure is resumable after a crash at any step; receipts cannot be changed; suppressed people stay away."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import FixedClock
from ninefold.governance import privacy
from ninefold.store import Records

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SEAL = privacy.Seal(key=b"k" * 32)
SUBJECT = privacy.Subject(
    accounts=(1, 5), public_ids=("p_1", "p_5"),
    identifiers=(("phone", "+8613912340001"), ("user_id", "u1"), ("device_id", "d-tablet")),
)  # fmt: skip


class Died(BaseException):
    """The process ends here."""


class Shelf:
    """A store that can die before or after it erases."""

    def __init__(self, name: str, entries: int, dies: str = "") -> None:
        self.name, self.entries, self.dies = name, entries, dies

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        return [self.entries if one == SUBJECT else 0 for one in subjects]

    def content(self, subject: privacy.Subject) -> object:
        return [subject.public_ids[0]] * self.entries

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        died, self.dies = self.dies, ""
        if died == "before":
            raise Died
        self.entries = 0
        if died == "after":
            raise Died
        return "done" if SUBJECT in subjects else ""


@pytest.fixture
def desk(records: Records) -> privacy.Privacy:
    return privacy.Privacy(records, FixedClock(NOW), SEAL)


def _open(desk: privacy.Privacy, records: Records, kind: privacy.RequestKind) -> int:
    with records.begin() as conn:
        return desk.open(conn, kind, [SUBJECT], author="ann", reason="letter")[0].id


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_death_at_any_step_leaves_a_right_receipt(
    desk: privacy.Privacy, records: Records, where: str, which: int
) -> None:
    shelves = [Shelf(f"s{n}", 3 + n, where if n == which else "") for n in range(3)]
    number = _open(desk, records, privacy.RequestKind.ERASE)
    with pytest.raises(Died):
        desk.erase([number], shelves)
    assert _open(desk, records, privacy.RequestKind.ERASE) == number  # asked again: the same request
    (done,) = desk.erase([number], shelves)
    assert done.receipt is not None
    assert [(one["store"], one["before"], one["after"]) for one in done.receipt["stores"]] == [  # type: ignore[attr-defined]
        ("s0", 3, 0), ("s1", 4, 0), ("s2", 5, 0),
    ]  # fmt: skip
    assert done.receipt["complete"] is True
    assert desk.verify(done.receipt)
    assert desk.erase([number], shelves) == (done,)
    with records.begin() as conn, pytest.raises(Exception, match="no such open request"):
        desk.subject(conn, number)  # nothing in the clear stays with the request


def test_a_receipt_says_what_is_left(desk: privacy.Privacy, records: Records) -> None:
    class Stubborn(Shelf):
        def erase(self, subjects: Sequence[privacy.Subject]) -> str:
            return f"cannot reach {subjects[0].public_ids[0]} now"

    (done,) = desk.erase([_open(desk, records, privacy.RequestKind.ERASE)], [Stubborn("far", 2)])
    assert done.receipt is not None
    assert (done.receipt["complete"], done.receipt["stores"][0]["note"]) == (False, "cannot reach p_1 now")  # type: ignore[index]


@given(field=st.sampled_from(["person", "complete", "stores", "done_at"]), value=st.text())
def test_a_changed_receipt_is_refused(field: str, value: str) -> None:
    receipt = privacy.sealed(
        SEAL,
        privacy.Receipt(request=1, person="p", requested_at="a", done_at="b", stores=(), kept=(), complete=True),
    )
    plain = asdict(receipt)
    assert privacy.verified(SEAL, plain)
    assert not privacy.verified(SEAL, plain | {field: value})
    assert not privacy.verified(privacy.Seal(key=b"x" * 32), plain)


def test_the_suppressed_are_screened_and_the_others_at_their_device_are_not(
    desk: privacy.Privacy, records: Records
) -> None:
    seen = [
        [("user_id", "u1"), ("device_id", "d-tablet")],
        [("user_id", "new"), ("phone", "+8613912340001")],  # comes back under another account
        [("user_id", "other"), ("device_id", "d-tablet")],  # somebody else at the same device
        [("device_id", "d-tablet")],
        [("user_id", "other")],
        [],
    ]
    with records.begin() as conn:
        assert not desk.any_suppressed(conn)
    _open(desk, records, privacy.RequestKind.SUPPRESS)
    with records.begin() as conn:
        assert desk.screen(conn, seen) == (True, True, False, True, False, False)
        assert desk.suppressed(conn, [1, 2, 5]) == {1, 5}
    _open(desk, records, privacy.RequestKind.RESUME)
    with records.begin() as conn:
        assert not any(desk.screen(conn, seen))
        assert not desk.any_suppressed(conn)


def test_only_the_key_connects_a_hash_with_a_value() -> None:
    one = privacy.identifier_hash(SEAL, "phone", "+8613912340001")
    assert one != privacy.identifier_hash(privacy.Seal(key=b"x" * 32), "phone", "+8613912340001")
    assert one != privacy.identifier_hash(SEAL, "card", "+8613912340001")


def test_many_are_erased_by_one_look_at_each_store_and_each_has_a_receipt(
    desk: privacy.Privacy, records: Records
) -> None:
    looks: list[int] = []

    class Cupboard:
        name = "cupboard"

        def __init__(self) -> None:
            self.held = dict.fromkeys(range(10, 310), 2)

        def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
            looks.append(len(subjects))
            return [sum(self.held.get(number, 0) for number in one.accounts) for one in subjects]

        def content(self, subject: privacy.Subject) -> object:
            return list(subject.accounts)

        def erase(self, subjects: Sequence[privacy.Subject]) -> str:
            for one in subjects:
                for number in one.accounts:
                    self.held.pop(number, None)
            return ""

    people = [privacy.Subject(accounts=(n, n + 150), public_ids=(f"p_{n}", f"p_{n + 150}")) for n in range(10, 160)]
    with records.begin() as conn:
        taken = desk.open(conn, privacy.RequestKind.ERASE, people, author="ann")
        again = desk.open(conn, privacy.RequestKind.ERASE, people[:3], author="ben")
    assert [one.id for one in again] == [one.id for one in taken[:3]]
    done = desk.erase([one.id for one in taken], [Cupboard()])
    assert looks == [150, 150]
    assert all(one.receipt and one.receipt["stores"] == [
        {"store": "cupboard", "before": 4, "after": 0, "note": ""}] for one in done)  # fmt: skip


def test_what_becomes_known_while_a_request_waits_is_suppressed_too(desk: privacy.Privacy, records: Records) -> None:
    number = _open(desk, records, privacy.RequestKind.ERASE)
    late = replace(SUBJECT, accounts=(1, 5, 9), public_ids=("p_1", "p_5", "p_9"), identifiers=(("email", "l@x.org"),))
    with records.begin() as conn:
        desk.widen(conn, {number: late})
        known = desk.subject(conn, number)
        assert known.accounts == (1, 5, 9)
        assert known.identifiers == (*SUBJECT.identifiers, ("email", "l@x.org"))
        assert desk.suppressed(conn, [9]) == {9}
        assert desk.screen(conn, [[("email", "l@x.org")]]) == (True,)
