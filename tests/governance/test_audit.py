"""The audit log is a chain: whatever is changed, taken out or cut off later is found, with its place."""

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import FixedClock
from ninefold.governance import audit
from ninefold.governance.audit.rules import GENESIS, linked
from ninefold.governance.audit.tables import audit_entries, audit_head
from ninefold.store import Records

_texts = st.text(max_size=20)
_entries = st.lists(
    st.builds(
        audit.AuditEntry, actor=_texts, verb=_texts, target=_texts, origin=_texts,
        detail=st.dictionaries(_texts, st.one_of(_texts, st.integers(), st.none()), max_size=3),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@pytest.fixture
def log(records: Records, clock: FixedClock) -> audit.AuditLog:
    return audit.AuditLog(records, clock)


def _entry(n: int) -> audit.AuditEntry:
    return audit.AuditEntry(actor="ann", verb="read", target=f"p_{n}", detail={"n": n, "name": "李雷"})


def _force(records: Records, *statements: sa.Executable) -> None:
    """What somebody with the database's own password can do."""
    with records.begin() as conn:
        conn.execute(sa.text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        for statement in statements:
            conn.execute(statement)
        conn.execute(sa.text("ALTER TABLE audit_entries ENABLE TRIGGER ALL"))


@given(entries=_entries, cut=st.integers(0, 8))
def test_a_chain_written_in_parts_is_the_chain_written_at_once(entries: list[audit.AuditEntry], cut: int) -> None:
    whole = linked(entries, seq=0, former=GENESIS, at_ms=5)
    head = linked(entries[:cut], seq=0, former=GENESIS, at_ms=5)
    last = head[-1] if head else None
    tail = linked(entries[cut:], seq=len(head), former=last.hash if last else GENESIS, at_ms=5)
    assert head + tail == whole


@settings(max_examples=20)
@given(entries=_entries)
def test_the_database_computes_the_same_hashes(records: Records, entries: list[audit.AuditEntry]) -> None:
    log = audit.AuditLog(records, FixedClock(datetime(2026, 6, 1, tzinfo=UTC)))
    log.record(*entries)
    assert log.verify().whole


def test_an_untouched_log_is_whole_and_lists_newest_first(log: audit.AuditLog) -> None:
    assert log.verify() == audit.Verification(entries=0, head=None, faults=())
    log.record(*map(_entry, range(5)))
    log.record(audit.AuditEntry(actor="bob", verb="erase", target="p_1"))
    done = log.verify()
    assert (done.whole, done.entries) == (True, 6)
    assert done.head == log.head()
    assert [one.seq for one in log.entries(limit=3)] == [6, 5, 4]
    assert [one.seq for one in log.entries(audit.AuditFilter(target="p_1"))] == [6, 2]
    assert [one.verb for one in log.entries(audit.AuditFilter(actor="bob"))] == ["erase"]
    assert len(list(log.export())) == 6


def test_the_database_refuses_to_change_or_delete(log: audit.AuditLog, records: Records) -> None:
    log.record(_entry(1))
    for statement in (
        sa.update(audit_entries).values(actor="x"),
        sa.delete(audit_entries),
        sa.text("TRUNCATE audit_entries"),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), records.begin() as conn:
            conn.execute(statement)


@pytest.mark.parametrize("column", ["actor", "verb", "target", "origin", "detail", "at_ms", "hash"])
def test_an_edited_entry_is_found(log: audit.AuditLog, records: Records, column: str) -> None:
    log.record(*map(_entry, range(9)))
    value: object = 7 if column == "at_ms" else b"x" * 32 if column == "hash" else "somebody else"
    _force(records, sa.update(audit_entries).where(audit_entries.c.seq == 4).values({column: value}))
    faults = log.verify().faults
    assert (faults[0].seq, faults[0].kind) == (4, "edited")


def test_an_edited_entry_with_a_fitting_hash_breaks_the_next(log: audit.AuditLog, records: Records) -> None:
    log.record(*map(_entry, range(9)))
    with records.begin() as conn:
        former = conn.execute(sa.select(audit_entries.c.hash).where(audit_entries.c.seq == 3)).scalar_one()
        at_ms = conn.execute(sa.select(audit_entries.c.at_ms).where(audit_entries.c.seq == 4)).scalar_one()
    forged = linked([_entry(99)], seq=3, former=former, at_ms=at_ms)[0]
    values = {"target": forged.target, "detail": forged.detail, "hash": forged.hash}
    _force(records, sa.update(audit_entries).where(audit_entries.c.seq == 4).values(values))
    assert [(one.seq, one.kind) for one in log.verify().faults] == [(5, "relinked")]


def test_a_hole_and_a_cut_end_are_found(log: audit.AuditLog, records: Records) -> None:
    log.record(*map(_entry, range(9)))
    _force(records, sa.delete(audit_entries).where(audit_entries.c.seq.in_([4, 5, 9])))
    assert [(one.seq, one.kind) for one in log.verify().faults] == [(6, "gap"), (9, "truncated")]
    log.record(_entry(10))  # the log goes on, and still says what is missing
    assert [(one.seq, one.kind) for one in log.verify().faults] == [(6, "gap"), (10, "gap")]


def test_an_anchor_shows_a_log_that_was_written_anew(log: audit.AuditLog, records: Records) -> None:
    log.record(*map(_entry, range(3)))
    anchor = log.head()
    assert anchor is not None
    _force(records, sa.delete(audit_entries), sa.delete(audit_head))
    log.record(*map(_entry, range(7, 11)))
    assert log.verify().whole
    assert [(one.seq, one.kind) for one in log.verify([anchor]).faults] == [(3, "anchor")]


def test_many_writers_make_one_chain(log: audit.AuditLog) -> None:
    def write() -> None:
        for n in range(20):
            log.record(_entry(n))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = log.verify()
    assert (done.whole, done.entries) == (True, 160)
