"""The table of consent: rows are only added, and deleted when a person is erased."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")

consent_records = sa.Table(
    "consent_records",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("oneid", sa.Integer, nullable=False, comment="the home account; reads fold merged accounts"),
    sa.Column("purpose", _TEXT, nullable=False),
    sa.Column("node", _TEXT, nullable=False, server_default="", comment="empty: everywhere"),
    sa.Column("said", _TEXT, nullable=False, comment="granted, denied or withdrawn"),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger),
    sa.Column("text_version", sa.Text, nullable=False, server_default=""),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("evidence", _TEXT, nullable=False, server_default=""),
    sa.Column("source", _TEXT, nullable=False, server_default=""),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("oneid", "purpose", "node", "at_ms", "said", "source", "evidence"),
)
