"""Tables of users, their one-time links and recovery codes, and of sessions."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("login", _TEXT, nullable=False, unique=True, comment="case-folded e-mail address or short name"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("roles", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("node", _TEXT, nullable=False, server_default="", comment="of the org tree; empty is all of it"),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("password", sa.Text, comment="Argon2id in PHC form"),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0", comment="wrong attempts since a right one"),
    sa.Column("totp", sa.Text, comment="the secret of the app, sealed"),
    sa.Column("totp_on", sa.Boolean, nullable=False, server_default=sa.false(), comment="whether codes are asked for"),
    sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0", comment="of the last code used"),
    sa.Column("issuer", _TEXT, nullable=False, server_default="", comment="of OpenID Connect"),
    sa.Column("subject", _TEXT, nullable=False, server_default="", comment="what the issuer calls them"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("last_sign_in_at", _TIME),
    sa.CheckConstraint("state IN ('invited', 'active', 'locked', 'disabled')", name="state"),
    sa.Index("ix_users_subject", "issuer", "subject", unique=True, postgresql_where=sa.text("issuer <> ''")),
)

user_links = sa.Table(
    "user_links",
    metadata,
    sa.Column("digest", _TEXT, primary_key=True, comment="SHA-256 of the token"),
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("expires_at", _TIME, nullable=False),
)

user_codes = sa.Table(
    "user_codes",
    metadata,
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("digest", _TEXT, primary_key=True, comment="of a recovery code not used yet"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("digest", _TEXT, nullable=False, unique=True, comment="SHA-256 of the cookie"),
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), index=True),
    sa.Column("key_id", sa.BigInteger, sa.ForeignKey("access_keys.id", ondelete="CASCADE"), index=True),
    sa.Column("method", _TEXT, nullable=False),
    sa.Column("opened_at", _TIME, nullable=False),
    sa.Column("seen_at", _TIME, nullable=False, comment="to the minute"),
    sa.Column("expires_at", _TIME, nullable=False, index=True, comment="whatever happens"),
    sa.Column("ended_at", _TIME),
    sa.Column("address", _TEXT, nullable=False, server_default=""),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("num_nonnulls(user_id, key_id) = 1", name="owner"),
)
