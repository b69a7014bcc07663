"""Which traits are not only stated but added to: those are replayed, the others read as they stand."""

import sqlalchemy as sa

from ninefold.store import metadata

changed_traits = sa.Table(
    "changed_traits",
    metadata,
    sa.Column(
        "key", sa.Text(collation="C"), primary_key=True, comment="a trait that a number or item was ever added to"
    ),
)
