"""Tables of the log of changes.

An entry is written in the transaction of its change, without a number. One assigner at a time numbers what it finds
committed; so whoever reads up to a number has seen everything that will ever stand before it.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store.records import metadata

_TEXT = sa.Text(collation="C")

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True, comment="the order in which changes were noted"),
    sa.Column("seq", sa.BigInteger, unique=True, comment="place in the log; null until it is numbered"),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("size", sa.Integer, nullable=False, comment="how many changes the entry holds"),
    sa.Column("accounts", sa.LargeBinary, nullable=False, comment="numbers of accounts as 4-byte integers each"),
    sa.Column("refs", sa.LargeBinary, comment="what each change is about, as 8-byte integers each"),
    sa.Column("nodes", pg.ARRAY(_TEXT), comment="nodes that are told whoever sees the account"),
    sa.Column("detail", pg.JSONB, nullable=False, comment="names and numbers of ours, never personal values"),
    sa.Column("at", sa.DateTime(timezone=True), comment="when it was numbered"),
    sa.Index("ix_changes_waiting", "id", postgresql_where=sa.text("seq IS NULL")),
    sa.Index("ix_changes_deleted", "id", postgresql_where=sa.text("kind = 'customer.deleted'")),
)

change_head = sa.Table(
    "change_head",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="the last number given"),
    sa.Column("floor", sa.BigInteger, nullable=False, comment="the last number that is not kept any more"),
)
