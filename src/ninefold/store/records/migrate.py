"""Brings the records database to the present schema by Alembic, at every start."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from ninefold.base import Error, Kind

_LOCK = 8_617_033_212  # one fixed advisory lock for all migrating processes


def migrate(engine: Engine) -> None:
    """Apply what is missing, each migration in a transaction; of processes that start at once one does it.

    Raises:
        Error: conflict ``newer_schema`` when a newer release has migrated the database.
    """
    from alembic import command  # noqa: PLC0415 - half a second of loading that commands without stores need not pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect() as conn:
        conn.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        conn.commit()
        try:
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            conn.commit()
        except CommandError as exc:
            raise Error(
                Kind.CONFLICT,
                "newer_schema",
                f"the records database was migrated by a newer Ninefold: {exc}",
                hint="upgrade Ninefold, or use another database",
            ) from exc
        finally:
            conn.rollback()
            conn.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
            conn.commit()
