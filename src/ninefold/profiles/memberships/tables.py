"""Tables of memberships. Rows keep the number of the account they were made for; reads fold merged accounts."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("oneid", sa.Integer, nullable=False, comment="the home account; after a merge the person has it too"),
    sa.Column("node", _TEXT, nullable=False),
    sa.Column("number", _TEXT, nullable=False, server_default=""),
    sa.Column(
        "issued", _TEXT, nullable=False, server_default="", comment="the number given here to one that came without"
    ),
    sa.Column("status", _TEXT, nullable=False),
    sa.Column("tier", _TEXT, nullable=False, server_default=""),
    sa.Column("owner", _TEXT, nullable=False, server_default=""),
    sa.Column("joined_ms", sa.BigInteger, nullable=False),
    sa.Column("status_ms", sa.BigInteger, nullable=False, comment="since when the status is said; the latest wins"),
    sa.Column("tier_ms", sa.BigInteger, nullable=False),
    sa.Column("owner_ms", sa.BigInteger, nullable=False),
    sa.Column("source", _TEXT, nullable=False),
    sa.Column("changed_at", _TIME, nullable=False),
    sa.UniqueConstraint("oneid", "node", "number"),
    sa.Index("ix_memberships_node", "node", "owner"),
    sa.Index("ix_memberships_number", "number", "node", postgresql_where=sa.text("number <> ''")),
    sa.Index("ix_memberships_issued", "issued", "node", postgresql_where=sa.text("issued <> ''")),
)

membership_changes = sa.Table(
    "membership_changes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("membership", sa.BigInteger, nullable=False, index=True),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("field", _TEXT, nullable=False),
    sa.Column("before", _TEXT, nullable=False),
    sa.Column("after", _TEXT, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("departure", sa.BigInteger, comment="of a member of staff that made the change"),
    sa.Index("ix_membership_changes_departure", "departure", postgresql_where=sa.text("departure IS NOT NULL")),
)
