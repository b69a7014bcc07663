"""Events survive the death of the process: what was acknowledged is there, and a batch counts once."""

import random
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from ninefold.base import Error, Kind
from ninefold.store import Events, Statement, embedded_url
from ninefold.store.events.schema import VERSION
from tests.support.processes import Child, Outlet, call

ROWS = 500


def batch(number: int) -> pa.Table:
    """Rows of a batch, over two years, so that an insert writes two parts."""
    start = datetime(2025, 12, 31, 20, tzinfo=UTC)
    times = [start + timedelta(minutes=k) for k in range(ROWS)]
    return pa.table(
        {
            "oneid": pa.array(range(ROWS), pa.uint32()),
            "name": ["order"] * ROWS,
            "ts": pa.array(times, pa.timestamp("ms", "UTC")),
            "batch_id": pa.array([number] * ROWS, pa.uint64()),
        }
    )


def insert_for_ever(outlet: Outlet, url: str, first: int) -> None:
    """Insert batch after batch, saying which are acknowledged; the first may have been tried before."""
    events = Events.open(url)
    for number in range(first, first + 10_000):
        outlet.say(("begun", number))
        events.insert_batch("events", batch(number), batch_id=number)
        outlet.say(("done", number))


def insert_and_count(outlet: Outlet, url: str, *numbers: int) -> dict[int, int]:
    """Insert batches, and tell how many rows each batch has then."""
    events = Events.open(url)
    for number in numbers:
        events.insert_batch("events", batch(number), batch_id=number)
    found = events.query(Statement("SELECT batch_id, count() AS rows FROM events GROUP BY batch_id"))
    events.close()
    return dict(zip(found["batch_id"].to_pylist(), found["rows"].to_pylist(), strict=True))


@pytest.mark.crash
def test_a_killed_process_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    url = embedded_url(tmp_path / "events")
    chance = random.Random(7)
    acknowledged = -1
    for _ in range(5):
        child = Child(insert_for_ever, url, max(acknowledged, 0))  # what was on its way is sent again, and one more
        heard = [child.receive() for _ in range(chance.randint(4, 17))]
        time.sleep(chance.uniform(0, 0.02))
        child.process.kill()
        heard += child.rest()
        child.close()
        acknowledged = max([acknowledged, *(number for what, number in heard if what == "done")])
    found = call(insert_and_count, url, acknowledged + 1)
    assert found == dict.fromkeys(range(acknowledged + 2), ROWS)
    assert acknowledged > 5


@pytest.fixture(scope="module")
def one_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds one batch."""
    folder = tmp_path_factory.mktemp("one-batch") / "events"
    assert call(insert_and_count, embedded_url(folder), 1) == {1: ROWS}
    return folder


@pytest.mark.crash
@pytest.mark.parametrize("lost", ["both parts", "one part", "the memory of tokens"])
def test_a_crash_between_the_rows_and_the_memory_of_their_token_is_mended(
    one_batch: Path, tmp_path: Path, lost: str
) -> None:
    """The engine writes the token first and the rows after it: a crash between them must not lose the batch."""
    subprocess.run(["cp", "-a", one_batch, tmp_path / "events"], check=True)
    url = embedded_url(tmp_path / "events")
    tables = [log.parent for log in (tmp_path / "events" / "store").glob("*/*/deduplication_logs")
              if list(log.parent.glob("2025_*"))]  # fmt: skip
    assert len(tables) == 1
    parts = sorted(tables[0].glob("202[56]_*"))
    assert len(parts) == 2
    for path in {"both parts": parts, "one part": parts[:1]}.get(lost, [tables[0] / "deduplication_logs"]):
        shutil.rmtree(path)
    assert call(insert_and_count, url, 1, 1, 2) == {1: ROWS, 2: ROWS}


def keep_open(outlet: Outlet, url: str) -> None:
    events = Events.open(url)
    outlet.say("open")
    outlet.wait()
    events.close()


def open_once(outlet: Outlet, url: str) -> str:
    Events.open(url).close()
    return "opened"


def test_a_folder_that_another_process_has_open_is_a_conflict_with_words(tmp_path: Path) -> None:
    url = embedded_url(tmp_path / "events")
    holder = Child(keep_open, url)
    holder.receive()
    with pytest.raises(Error) as used:
        call(open_once, url)
    assert used.value.kind is Kind.CONFLICT
    assert used.value.code == "events_in_use"
    assert f"process {holder.pid}" in used.value.message
    holder.kill()
    assert call(open_once, url) == "opened"


def test_a_folder_that_cannot_be_made_is_an_error_with_words() -> None:
    with pytest.raises(Error) as wrong:
        call(open_once, "chdb:///proc/ninefold/events")
    assert wrong.value.code == "events_not_opened"
    assert "/proc/ninefold/events" in wrong.value.message


def two_folders(outlet: Outlet, one: str, other: str) -> None:
    first = Events.open(one)
    try:
        Events.open(other)
    finally:
        first.close()


def test_a_second_folder_in_one_process_is_a_conflict_with_words(tmp_path: Path) -> None:
    with pytest.raises(Error) as second:
        call(two_folders, embedded_url(tmp_path / "one"), embedded_url(tmp_path / "two"))
    assert second.value.code == "one_events_folder"


@pytest.mark.parametrize("name", ["客户 ünï quote'\"$(x)`,;%20#", "deep/" + "d" * 120])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    place = tmp_path / name / "events"
    place.parent.mkdir(parents=True)
    assert call(insert_and_count, embedded_url(place), 3) == {3: ROWS}
    assert (place / "store").is_dir()


def grown(outlet: Outlet, url: str) -> tuple[int, str]:
    """Make an older release's tables, then open them with this one's."""
    old = Events(url)
    old.make_database()
    for ddl in (
        "CREATE TABLE people (oneid UInt32, PROJECTION p (SELECT * ORDER BY oneid)) ENGINE = MergeTree ORDER BY oneid",
        "INSERT INTO people VALUES (1), (2)",
        "CREATE TABLE schema_versions (version UInt32) ENGINE = MergeTree ORDER BY version",
        "INSERT INTO schema_versions VALUES (0)",
    ):
        old.command(Statement(ddl))
    events = Events.open(url)
    seen = events.count(Statement("SELECT count() FROM people WHERE toYear(first_seen) = 1970"))
    version = events.scalar(Statement("SELECT max(version) FROM schema_versions"))
    old.command(Statement("INSERT INTO schema_versions (version) VALUES (999)"))
    try:
        Events.open(url)
    except Error as error:
        return seen, f"{version} {error.code}"
    return seen, ""


def test_tables_of_an_older_release_grow_and_those_of_a_newer_one_are_left_alone(tmp_path: Path) -> None:
    assert call(grown, embedded_url(tmp_path / "events")) == (2, f"{VERSION} newer_schema")
