"""What the migrations make is what the tables say."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ninefold.store import EmbeddedPostgres, Records, metadata
from tests.conftest import load_every_table

from .house import GENERATED, listing

_VERSIONS = sorted(GENERATED.glob("*.py")) if GENERATED.exists() else []


@pytest.fixture
def migrated(postgres: EmbeddedPostgres) -> Iterator[Records]:
    """A database made by the migrations alone."""
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS by_migrations WITH (FORCE)")
    records = Records.open(postgres.ensure_database("by_migrations"))
    yield records
    records.close()
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        conn.execute("DROP DATABASE by_migrations WITH (FORCE)")


@pytest.mark.skipif(not _VERSIONS, reason="no migration has been written yet")
def test_migrations_make_exactly_the_tables_of_the_source(migrated: Records) -> None:
    load_every_table()
    with migrated.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": False})
        difference = compare_metadata(context, metadata)
        kept = set(sa.inspect(conn).get_table_names())
    advice = "Write a migration: alembic revision --autogenerate (see docs/architecture.md). Differences:"
    assert not difference, listing([str(item) for item in difference], advice)
    assert set(metadata.tables) <= kept


def test_migrations_are_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(GENERATED.parent))
    heads = ScriptDirectory.from_config(config).get_heads()
    assert len(heads) == (1 if _VERSIONS else 0), f"merge these heads into one line: {heads}"
