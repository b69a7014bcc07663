"""File drops: each version of each file once, nothing half written, bad files set aside."""

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs
from tests.support.collecting import quarantined, stored

from ninefold.base import Error, FixedClock
from ninefold.collect.connectors import Connectors, FileState
from ninefold.store import Records, put_definition

from .conftest import ORDERS, Save

HEADER = "member,order,at,paid\n"


def orders(first: int, count: int) -> str:
    return HEADER + "".join(f"M{i},o{i},2026-05-01 10:00:00,{i}.50\n" for i in range(first, first + count))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    (folder / "2026" / "05").mkdir(parents=True)
    return folder


def drop(folder: Path, **more: object) -> dict[str, object]:
    return {"key": "drop", "type": "files", "files": {"folder": str(folder), "glob": "**/*", "stable": "30s", **more}}


def settle(connectors: Connectors, clock: FixedClock) -> None:
    """Look once, wait until files count as complete, and look again."""
    connectors.run("drop")
    clock.advance(timedelta(seconds=31))
    connectors.run("drop")


def states(connectors: Connectors) -> dict[str, FileState]:
    return {one.path: one.state for one in connectors.files("drop")}


def test_each_file_comes_in_once_from_folders_and_all_formats(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path, records: Records
) -> None:
    (folder / "a.csv").write_text(orders(0, 25))
    lines = [{"member": f"M{i}", "order": f"o{i}", "at": "2026-05-01T10:00:00Z", "paid": i} for i in range(25, 40)]
    (folder / "2026" / "05" / "b.jsonl").write_text("\n".join(map(json.dumps, lines)))
    save(drop(folder))
    settle(connectors, clock)
    settle(connectors, clock)
    events = stored(records)
    assert sorted(event.order_id for event in events) == sorted(f"o{i}" for i in range(40))
    assert {event.revenue_minor for event in events} == {i * 100 + 50 for i in range(25)} | {
        i * 100 for i in range(25, 40)
    }
    status = connectors.get("drop")
    assert (status.counts.rows, status.counts.accepted, status.files) == (40, 40, {"done": 2})
    assert [run.counts.rows for run in connectors.runs("drop")] == [0, 0, 40, 0]


def test_a_file_that_still_grows_is_left_alone(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path, records: Records
) -> None:
    save(drop(folder))
    path = folder / "slow.csv"
    for rows in (2, 4, 6):
        path.write_text(orders(0, rows))
        os.utime(path, (1_000, 1_000))  # a copy that keeps its time: only the size tells
        connectors.run("drop")
        clock.advance(timedelta(seconds=20))
    assert states(connectors) == {"slow.csv": FileState.SEEN}
    assert not stored(records)
    clock.advance(timedelta(seconds=20))
    connectors.run("drop")
    assert len(stored(records)) == 6


def test_with_a_marker_a_file_is_taken_at_once_and_only_then(
    connectors: Connectors, save: Save, folder: Path, records: Records
) -> None:
    save(drop(folder, marker=".done"))
    (folder / "a.csv").write_text(orders(0, 3))
    (folder / "b.csv").write_text(orders(3, 3))
    (folder / "c.csv.part").write_text(orders(6, 3))
    (folder / "b.csv.done").touch()
    connectors.run("drop")
    assert sorted(event.order_id for event in stored(records)) == ["o3", "o4", "o5"]
    assert states(connectors) == {"b.csv": FileState.DONE}


def test_a_changed_file_is_another_one_and_only_its_new_rows_count(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path, records: Records
) -> None:
    save(drop(folder))
    (folder / "a.csv").write_text(orders(0, 5))
    settle(connectors, clock)
    (folder / "a.csv").write_text(orders(0, 8))
    settle(connectors, clock)
    assert sorted(event.order_id for event in stored(records)) == [f"o{i}" for i in range(8)]
    assert [one.state for one in connectors.files("drop")] == [FileState.DONE, FileState.DONE]


def test_a_bad_file_is_set_aside_and_the_others_go_on(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path, records: Records
) -> None:
    (folder / "a.csv").write_text("no,such\n1,2\n")
    (folder / "b.csv").write_text(orders(0, 3) + "M9,o9,someday,1\n")
    save(drop(folder))
    settle(connectors, clock)
    assert len(stored(records)) == 3
    found = {one.path: one for one in connectors.files("drop")}
    assert found["a.csv"].state is FileState.FAILED
    assert "no column" in found["a.csv"].error
    assert (found["b.csv"].rows, found["b.csv"].rejected) == (4, 1)
    assert [row.code for row in quarantined(records)] == ["bad_time"]
    with pytest.raises(Error, match="set aside"):
        connectors.decide("drop", found["b.csv"].id, retry=True)
    with pytest.raises(Error, match="no such file"):
        connectors.decide("drop", 999_999, retry=False)
    with records.begin() as conn:  # a mapping that fits makes the retry succeed
        lenient = {**ORDERS, "identifiers": [{"namespace": "member_no", "column": "no"}], "time": None, "amount": None,
                   "order_id": None, "message_id": ["such"]}  # fmt: skip
        put_definition(conn, "mapping", "orders", lenient, now=clock.now())
    connectors.decide("drop", found["a.csv"].id, retry=True)
    connectors.run("drop")
    assert states(connectors)["a.csv"] is FileState.DONE
    assert stored(records)[-1].identifiers == (("member_no", "1"),)


def test_a_file_may_be_tried_again_by_itself_with_growing_pauses(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path
) -> None:
    (folder / "a.csv").write_text("no,such\n1,2\n")
    save({**drop(folder, on_error="retry"), "retry": {"first": "10s", "longest": "1h"}})
    settle(connectors, clock)
    first = connectors.files("drop")[0]
    assert (first.state, first.tries) == (FileState.READY, 1)
    assert first.retry_at is not None
    connectors.run("drop")
    assert connectors.files("drop")[0].tries == 1, "not before its time"
    clock.advance(first.retry_at - clock.now())
    connectors.run("drop")
    second = connectors.files("drop")[0]
    assert second.tries == 2
    assert second.retry_at is not None
    assert second.retry_at - clock.now() > timedelta(seconds=5)


def test_skipped_files_stay_skipped_and_reset_reads_all_again(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path, records: Records
) -> None:
    (folder / "a.csv").write_text("no,such\n1,2\n")
    (folder / "b.csv").write_text(orders(0, 3))
    save(drop(folder))
    settle(connectors, clock)
    bad = next(one for one in connectors.files("drop") if one.state is FileState.FAILED)
    connectors.decide("drop", bad.id, retry=False)
    settle(connectors, clock)
    assert states(connectors) == {"a.csv": FileState.SKIPPED, "b.csv": FileState.DONE}
    with pytest.raises(Error, match="reads everything again"):
        connectors.reset("drop", confirmed=False)
    connectors.reset("drop", confirmed=True)
    settle(connectors, clock)
    assert states(connectors) == {"a.csv": FileState.FAILED, "b.csv": FileState.DONE}
    assert len(stored(records)) == 3, "what is known is recognised"


def test_a_test_shows_mapped_rows_and_stores_nothing(
    connectors: Connectors, save: Save, folder: Path, records: Records
) -> None:
    (folder / "a.csv").write_text(orders(0, 30))
    save(drop(folder))
    trial = connectors.test("drop")
    assert trial.headers == ("member", "order", "at", "paid")
    assert len(trial.events) == 10
    assert trial.events[3]["revenue_minor"] == 350
    assert not stored(records)
    assert connectors.get("drop").counts.rows == 0
    assert not connectors.files("drop")


def test_a_paused_connector_rests_and_a_missing_folder_is_told(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path
) -> None:
    save(drop(folder / "nowhere"))
    with pytest.raises(Error, match="no such folder"):
        connectors.run("drop")
    status = connectors.get("drop")
    assert status.failures == 1
    assert "no such folder" in status.last_error
    assert status.next_at is not None
    assert status.next_at > clock.now()
    connectors.pause("drop")
    with pytest.raises(Error, match="paused"):
        connectors.run("drop")
    assert connectors.step() == 0
    assert connectors.resume("drop").failures == 0


def test_due_connectors_are_run_by_the_worker(
    connectors: Connectors, save: Save, clock: FixedClock, folder: Path, records: Records
) -> None:
    (folder / "a.csv").write_text(orders(0, 3))
    save({**drop(folder, stable="0s"), "schedule": {"every": "1m"}})
    assert connectors.step() == 1
    deadline = time.monotonic() + 30
    while connectors.get("drop").success_at is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(stored(records)) == 3
    status = connectors.get("drop")
    assert status.next_at == clock.now() + timedelta(minutes=1)
    assert connectors.runs("drop")[0].trigger == "schedule"


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """An S3-compatible server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_files_of_an_s3_storage_come_in_once(
    connectors: Connectors, save: Save, clock: FixedClock, storage: str, records: Records
) -> None:
    s3 = fs.S3FileSystem(
        endpoint_override=storage.partition("//")[2], scheme="http", access_key="me", secret_key="hunter-two-and-more",
        region="us-east-1", allow_bucket_creation=True,
    )  # fmt: skip
    s3.create_dir("brand")
    for name, text in (("in/a.csv", orders(0, 12)), ("in/deep/b.csv", orders(12, 3)), ("out/c.csv", orders(90, 3))):
        with s3.open_output_stream(f"brand/{name}") as stream:
            stream.write(text.encode())
    secret = {"env": "SECRET_ONE"}
    save({"key": "drop", "type": "s3", "s3": {"bucket": "brand/in", "endpoint": storage, "access_key": secret,
                                              "secret_key": secret, "stable": "0s", "glob": ["**/*.csv"]}})  # fmt: skip
    connectors.run("drop")
    connectors.run("drop")
    assert sorted(event.order_id for event in stored(records)) == sorted(f"o{i}" for i in range(15))
    assert states(connectors) == {"a.csv": FileState.DONE, "deep/b.csv": FileState.DONE}
    assert not [one for one in connectors.house.settings.spool.rglob("*") if one.is_file()], "copies are not kept"
    with s3.open_output_stream("brand/in/a.csv") as stream:
        stream.write(orders(0, 14).encode())
    connectors.run("drop")
    assert len(stored(records)) == 0 + 2 - 2, "orders 12 and 13 are known by their message id"
