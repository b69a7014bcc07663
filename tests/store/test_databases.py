"""The databases of these tests: one that is given again is as one that was just made."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ninefold.app import Ninefold, Settings
from ninefold.store import EmbeddedPostgres, Records
from tests.support.databases import Databases, content


@pytest.fixture
def own(postgres: EmbeddedPostgres, template_database: str) -> Iterator[Databases]:
    databases = Databases(postgres.url, postgres.ensure_database, template_database)
    yield databases
    databases.close()


def test_rows_and_numbers_are_gone(
    own: Databases, postgres: EmbeddedPostgres, template_database: str, events_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgres.ensure_database(template_database), autocommit=True) as conn:
        new = content(conn)
    assert new.rows, "what migrations write is kept"
    name = own.take()
    url = postgres.ensure_database(name)
    settings = Settings(data_dir=tmp_path, records_url=url, events_url=events_url, role="api")
    with Ninefold.open(settings) as brand:
        brand.operator_token()
    left = psycopg.connect(url)
    with psycopg.connect(url, autocommit=True) as conn:
        for table in new.rows:
            conn.execute(f"DELETE FROM {table}")
        assert content(conn) != new
    own.give_back(name)
    assert own.take() == name
    with psycopg.connect(url, autocommit=True) as conn:
        assert content(conn) == new
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()
    own.give_back(name)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "ALTER TABLE access_keys ADD COLUMN more int",
        "CREATE SCHEMA more",
        "CREATE INDEX ON access_keys (name)",
    ],
)
def test_one_of_another_shape_is_not_given_again(own: Databases, postgres: EmbeddedPostgres, change: str) -> None:
    name = own.take()
    records = Records(postgres.ensure_database(name))
    with records.begin() as conn:
        conn.exec_driver_sql(change)
    records.close()
    own.give_back(name)
    assert own.take() != name
