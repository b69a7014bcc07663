"""Tables of segments and tags in the records store."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

# How each version of a tag came about; the events store says which of them were published.
tag_builds = sa.Table(
    "tag_builds",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("definition_version", sa.Integer, nullable=False),
    sa.Column("base_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("details", pg.JSONB, nullable=False),
)
