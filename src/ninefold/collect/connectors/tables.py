"""Tables of connectors: where each stands, its runs, and the files of file drops."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TIME = sa.DateTime(timezone=True)
_EMPTY = sa.text("'{}'::jsonb")


def _counts() -> list[sa.Column[int]]:
    names = ("rows", "accepted", "rejected", "skipped", "duplicates")
    return [sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in names]


connectors = sa.Table(
    "connectors",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),  # raised by whatever must stop a run at work
    sa.Column("steps", sa.BigInteger, nullable=False, server_default="0"),  # pages so far: the lock of the cursor
    sa.Column("cursor", pg.JSONB, nullable=False, server_default=_EMPTY),
    sa.Column("next_at", _TIME),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
    sa.Column("newest", _TIME),  # time of the newest event
    sa.Column("success_at", _TIME),
    *_counts(),
    sa.CheckConstraint("rows = accepted + rejected + skipped + duplicates", name="balance"),
)
"""The cursor moves in the transaction that hands its rows over, so a crash repeats no row and loses none."""

connector_runs = sa.Table(
    "connector_runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),  # schedule | manual | backfill
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("cursor", pg.JSONB, nullable=False, server_default=_EMPTY),  # of a backfill, which has its own
    sa.Column("range_from", sa.Text, nullable=False, server_default=""),
    sa.Column("range_to", sa.Text, nullable=False, server_default=""),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("started_at", _TIME),
    sa.Column("finished_at", _TIME),
    *_counts(),
    sa.Index("ix_connector_runs_connector", "connector", "id"),
    sa.Index("ix_connector_runs_open", "connector", postgresql_where=sa.text("state IN ('queued', 'running')")),
)
"""What ran when, and what it did; a run that a crash interrupted is carried on."""

connector_files = sa.Table(
    "connector_files",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("seen_at", _TIME, nullable=False),  # first seen with this size and time
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retry_at", _TIME),
    sa.Column("import_id", sa.BigInteger),
    sa.Column("content_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("rows", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("accepted", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rejected", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("connector", "path", "size", "modified"),
    sa.Index("ix_connector_files_state", "connector", "state"),
)
"""Files of file drops, each version of each file once."""
