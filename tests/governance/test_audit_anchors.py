"""Anchors show a log that was written anew as a whole, and between which entries; who forges them is seen."""

import json
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.governance import audit
from ninefold.governance.audit.rules import GENESIS, linked
from ninefold.governance.audit.tables import audit_entries, audit_head
from ninefold.store import Records

from .conftest import Api
from .test_audit import _entry, _force

KEY = b"k" * 32


@pytest.fixture
def log(records: Records, clock: FixedClock) -> audit.AuditLog:
    return audit.AuditLog(records, clock)


@pytest.fixture
def anchors(log: audit.AuditLog, clock: FixedClock, tmp_path: Path) -> audit.Anchors:
    """Anchors at entries 3, 6 and 9 of 10."""
    made = audit.Anchors(log, clock, key=KEY, file=tmp_path / "away" / "anchors.jsonl")
    assert made.cast() is None  # nothing to anchor
    for _ in range(3):
        log.record(*map(_entry, range(3)))
        cast = made.cast()
        assert cast is not None
    assert made.cast() is None  # nothing came since
    log.record(_entry(9))
    return made


def test_an_untouched_log_fits_its_anchors(anchors: audit.Anchors) -> None:
    done, compared = anchors.verify()
    assert (done.whole, done.entries, compared) == (True, 10, 3)
    assert [one.seq for one in anchors.kept() if one is not None] == [3, 6, 9]


def test_a_changed_row_is_named_first(anchors: audit.Anchors, records: Records) -> None:
    _force(records, sa.update(audit_entries).where(audit_entries.c.seq == 5).values(actor="nobody"))
    done, _ = anchors.verify()
    assert (done.faults[0].seq, done.faults[0].kind) == (5, "edited")


def test_a_log_that_was_written_anew_no_longer_fits(
    anchors: audit.Anchors, log: audit.AuditLog, records: Records
) -> None:
    """Somebody changes entry 5 and links everything after it again, so that the chain is whole."""
    with records.begin() as conn:
        rows = {row.seq: row for row in conn.execute(sa.select(audit_entries))}
    former, changes = bytes(rows[4].hash), []
    for seq in range(5, 11):
        actor = "nobody" if seq == 5 else rows[seq].actor
        entry = audit.AuditEntry(actor=actor, verb=rows[seq].verb, target=rows[seq].target,
                                 origin=rows[seq].origin, detail=json.loads(rows[seq].detail))  # fmt: skip
        (link,) = linked([entry], seq=seq - 1, former=former, at_ms=rows[seq].at_ms)
        changes.append(sa.update(audit_entries).where(audit_entries.c.seq == seq).values(asdict(link)))
        former = link.hash
    _force(records, *changes, sa.update(audit_head).values(hash=former))
    assert log.verify().whole
    done, _ = anchors.verify()
    assert [one.seq for one in done.faults] == [6, 9]
    assert "from 4 on" in done.faults[0].detail
    assert former != GENESIS


def test_a_forged_anchor_is_seen_and_a_torn_line_is_none(anchors: audit.Anchors, tmp_path: Path) -> None:
    file = tmp_path / "away" / "anchors.jsonl"
    lines = file.read_text().splitlines()
    forged = json.dumps(json.loads(lines[1]) | {"hash": "0" * 64})
    file.write_text("\n".join([lines[0], forged, lines[2], '{"seq": 12, "ha']))
    made = anchors.cast()
    assert made is not None
    assert made.seq == 10
    assert [one.seq if one else 0 for one in anchors.kept()] == [3, 6, 9, 0, 10]
    done, compared = anchors.verify()
    assert compared == 3
    assert [(one.seq, one.kind) for one in done.faults] == [(6, "anchor")]


def test_the_api_compares_with_the_file(api: Api) -> None:
    api.ok("POST", "/v1/keys", json={"kind": "token", "name": "a"})
    made = api.ok("POST", "/v1/audit/anchors")
    assert made["seq"] == 1
    assert api.ok("GET", "/v1/audit/anchors", params={"limit": 5}) == [made]
    done = api.ok("POST", "/v1/audit/verify", json={})
    assert (done["whole"], done["anchors"]) == (True, 1)
    file = api.ninefold.settings.data_dir / "audit" / "anchors.jsonl"
    assert json.loads(file.read_text()) == made


def test_anchors_are_posted_and_a_dead_address_keeps_nothing_from_it(
    records_url: str, events_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    posted: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    settings = Settings(
        data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC",
        audit_anchors=tmp_path / "mounted" / "anchors", audit_anchors_url=f"http://127.0.0.1:{server.server_port}/",
    )  # fmt: skip
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.audit.record(_entry(1))
        first = ninefold.cast_anchor()
        assert first is not None
        assert posted == [asdict(first)]
        server.shutdown()
        server.server_close()
        thread.join()
        ninefold.audit.record(_entry(2))
        assert ninefold.cast_anchor() is not None
        assert len((tmp_path / "mounted" / "anchors").read_text().splitlines()) == 2
