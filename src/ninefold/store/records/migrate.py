"""Brings the records database to the present schema by Alembic, at every start."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

_LOCK = 8_617_033_212  # one fixed advisory lock for all migrating processes


def migrate(engine: Engine) -> None:
    """Apply what is missing, under a lock, in one transaction per start."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.connect() as conn:
        conn.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        conn.commit()
        try:
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            conn.commit()
        finally:
            conn.rollback()
            conn.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
            conn.commit()
