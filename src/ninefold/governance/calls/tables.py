"""Tables of calls: the state of each key's limit, answers kept for repeats, secrets of the installation."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

# Unlogged: one row per key written by every call; after a crash of the database everybody starts with a full burst.
call_limits = sa.Table(
    "call_limits",
    metadata,
    sa.Column("caller", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("full_at", _TIME, nullable=False, comment="when the whole burst is free again (GCRA's arrival time)"),
    prefixes=["UNLOGGED"],
)

call_answers = sa.Table(
    "call_answers",
    metadata,
    sa.Column("caller", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", _TEXT, primary_key=True, comment="the Idempotency-Key"),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False, comment="SHA-256 of method, address and body"),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("at", _TIME, nullable=False, index=True),
)

call_secrets = sa.Table(
    "call_secrets",
    metadata,
    sa.Column("name", _TEXT, primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
)
