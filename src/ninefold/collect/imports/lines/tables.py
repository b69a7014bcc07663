"""Tables of orders that spread over several rows."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

import_orders = sa.Table(
    "import_orders",
    metadata,
    sa.Column("mapping", sa.Text(collation="C"), primary_key=True),
    sa.Column("order_hash", sa.Uuid, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),  # how often events were made of it
    sa.Column("told", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),  # what its events said, by message id
    sa.Column("changed", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Index("ix_import_orders_changed", "mapping", "order_hash", postgresql_where=sa.text("changed")),
)
"""Orders whose lines wait or were made into events."""

import_lines = sa.Table(
    "import_lines",
    metadata,
    sa.Column("mapping", sa.Text(collation="C"), primary_key=True),
    sa.Column("order_hash", sa.Uuid, primary_key=True),
    sa.Column("line_hash", sa.Uuid, primary_key=True),
    sa.Column("occurrence", sa.Integer, primary_key=True),  # of equal lines of one order, from 0
    sa.Column("seq", sa.BigInteger, sa.Identity(), nullable=False),  # lines keep the order in which they first came
    sa.Column("run_id", sa.BigInteger, nullable=False),  # import that saw it last
    sa.Column("row_number", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Uuid, nullable=False),  # hash of the cells
    sa.Column("cells", pg.JSONB, nullable=False),
    sa.Index("ix_import_lines_run", "run_id"),
)
"""Lines of orders as they came last."""
