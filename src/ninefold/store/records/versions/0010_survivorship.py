"""survivorship: which traits are added to"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "changed_traits",
        sa.Column("key", _TEXT, primary_key=True, comment="a trait that a number or item was ever added to"),
    )


def downgrade() -> None:
    op.drop_table("changed_traits")
