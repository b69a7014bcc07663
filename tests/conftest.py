"""One embedded PostgreSQL and one chDB per run; a fresh database of each per test."""

import importlib
import os
import pkgutil
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

import ninefold
from ninefold.base import FixedClock
from ninefold.store import EmbeddedPostgres, Events, Records, Statement, metadata
from tests.support.databases import Databases

hypothesis.settings.register_profile(
    "house",
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("house")


def load_every_table() -> None:
    """Import every tables module, so that the metadata is whole."""
    for module in pkgutil.walk_packages(ninefold.__path__, "ninefold."):
        if module.name.endswith(".tables") and ".store." not in module.name:
            importlib.import_module(module.name)


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ninefold-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Iterator[EmbeddedPostgres]:
    # Tests of durability start servers of their own; here speed counts.
    # Databases are used again: what autovacuum knows of one test's tables would mislead the plans of the next.
    settings = {"fsync": "off", "synchronous_commit": "off", "autovacuum": "off"}
    server = EmbeddedPostgres(run_folder / "records", settings=settings)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres) -> str:
    url = postgres.ensure_database("template_house")
    records = Records.open(url)
    load_every_table()
    metadata.create_all(records.engine)
    records.close()
    return "template_house"


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres, template_database: str) -> Iterator[Databases]:
    databases = Databases(postgres.url, postgres.ensure_database, template_database)
    yield databases
    databases.close()


@pytest.fixture
def records_url(postgres: EmbeddedPostgres, databases: Databases) -> Iterator[str]:
    name = databases.take()
    yield postgres.ensure_database(name)
    databases.give_back(name)


@pytest.fixture
def records(records_url: str) -> Iterator[Records]:
    records = Records(records_url)
    yield records
    records.close()


@pytest.fixture(scope="session")
def events_folder(run_folder: Path) -> Iterator[Path]:
    folder = run_folder / "events"
    anchor = Events(f"chdb://{folder}?database=anchor")  # keeps the one engine of this process open
    anchor.make_database()
    yield folder
    anchor.close()


@pytest.fixture
def events_url(events_folder: Path) -> str:
    return f"chdb://{events_folder}?database=t_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def events(events_url: str) -> Iterator[Events]:
    events = Events.open(events_url)
    yield events
    events.command(Statement(f"DROP DATABASE {events_url.rpartition('=')[2]}"))
    events.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC))


@pytest.fixture
def shared_data() -> Path:
    """Real data sets beside the checkout; tests that use them skip where they are absent."""
    folder = Path(os.environ.get("NINEFOLD_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared data sets are not on this machine")
    return folder
