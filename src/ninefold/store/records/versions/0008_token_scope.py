"""token scope"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "access_keys",
        sa.Column(
            "scope", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="of a token; null is everything"
        ),
    )


def downgrade() -> None:
    op.drop_column("access_keys", "scope")
