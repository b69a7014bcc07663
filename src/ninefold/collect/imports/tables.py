"""Tables of the file import: runs with their cursor, and what was wrong with which row."""

import sqlalchemy as sa

from ninefold.store import metadata

_TIME = sa.DateTime(timezone=True)

import_runs = sa.Table(
    "import_runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("mapping_version", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("file_hash", sa.Text, nullable=False),
    sa.Column("file_bytes", sa.BigInteger, nullable=False),
    sa.Column("rows_total", sa.BigInteger, nullable=False),  # an estimate for text files until the run is done
    sa.Column("rows_done", sa.BigInteger, nullable=False, server_default="0"),  # the cursor
    sa.Column("events", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rejected", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("skipped", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("repaired", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("started_at", _TIME),
    sa.Column("finished_at", _TIME),
    sa.CheckConstraint("rows_done = events + rejected + skipped", name="balance"),
    sa.Index("ix_import_runs_file", "mapping", "file_hash"),
)
"""Imports of files. The cursor moves in the transaction that hands the rows over, so a crash repeats no row."""

import_errors = sa.Table(
    "import_errors",
    metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey("import_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("row_number", sa.BigInteger, primary_key=True),  # as a spreadsheet numbers it
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("got", sa.Text, nullable=False),
    sa.Column("allowed", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False, server_default=""),  # of its entry in quarantine
)
"""Why rows of a run were rejected; their raw text is in quarantine, under that message id."""
