"""Tables of the org tree."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

org_nodes = sa.Table(
    "org_nodes",
    metadata,
    sa.Column("code", _TEXT, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", _TEXT, nullable=False),
    sa.Column("parent", _TEXT, nullable=False, server_default=""),
    sa.Column("path", _TEXT, nullable=False, comment="/root/.../code/; a subtree is a beginning of it"),
    sa.Column("matching", _TEXT, nullable=False),
    sa.Column("sources", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("member_namespace", sa.Text, nullable=False, server_default=""),
    sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("changed_at", _TIME, nullable=False),
    sa.Index("ix_org_nodes_path", "path"),
)

org_moves = sa.Table(
    "org_moves",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("code", _TEXT, nullable=False, index=True),
    sa.Column("from_path", _TEXT, nullable=False),
    sa.Column("to_path", _TEXT, nullable=False),
    sa.Column("nodes", sa.Integer, nullable=False, comment="how many moved, the node itself included"),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
)
