"""Erasure is resumable after a crash at any step; receipts cannot be changed; suppressed people stay away."""

from dataclasses import asdict
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

    def count(self, subject: privacy.Subject) -> int:
        return self.entries if subject == SUBJECT else 0

    def content(self, subject: privacy.Subject) -> object:
        return [subject.public_ids[0]] * self.entries

    def erase(self, subject: privacy.Subject) -> str:
        died, self.dies = self.dies, ""
        if died == "before":
            raise Died
        self.entries = 0
        if died == "after":
            raise Died
        return "done" if subject == SUBJECT else ""


@pytest.fixture
def desk(records: Records) -> privacy.Privacy:
    return privacy.Privacy(records, FixedClock(NOW), SEAL)


def _open(desk: privacy.Privacy, records: Records, kind: privacy.RequestKind) -> int:
    with records.begin() as conn:
        return desk.open(conn, kind, SUBJECT, author="ann", reason="letter").id


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_death_at_any_step_leaves_a_right_receipt(
    desk: privacy.Privacy, records: Records, where: str, which: int
) -> None:
    shelves = [Shelf(f"s{n}", 3 + n, where if n == which else "") for n in range(3)]
    number = _open(desk, records, privacy.RequestKind.ERASE)
    with pytest.raises(Died):
        desk.erase(number, shelves)
    assert _open(desk, records, privacy.RequestKind.ERASE) == number  # asked again: the same request
    done = desk.erase(number, shelves)
    assert done.receipt is not None
    assert [(one["store"], one["before"], one["after"]) for one in done.receipt["stores"]] == [  # type: ignore[attr-defined]
        ("s0", 3, 0), ("s1", 4, 0), ("s2", 5, 0),
    ]  # fmt: skip
    assert done.receipt["complete"] is True
    assert desk.verify(done.receipt)
    assert desk.erase(number, shelves) == done
    with records.begin() as conn, pytest.raises(Exception, match="no such open request"):
        desk.subject(conn, number)  # nothing in the clear stays with the request


def test_a_receipt_says_what_is_left(desk: privacy.Privacy, records: Records) -> None:
    class Stubborn(Shelf):
        def erase(self, subject: privacy.Subject) -> str:
            return f"cannot reach {subject.public_ids[0]} now"

    done = desk.erase(_open(desk, records, privacy.RequestKind.ERASE), [Stubborn("far", 2)])
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
