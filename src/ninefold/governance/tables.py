"""Tables of governance: who may send and who may ask."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

access_keys = sa.Table(
    "access_keys",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # write | token
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("secret", sa.Text, nullable=False),  # a write key as it is; of a token only the SHA-256
    sa.Column("scope", pg.JSONB, comment="of a token; null is everything"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("kind", "secret"),
    sa.CheckConstraint("kind IN ('write', 'token')", name="kind"),
)
