"""deletion notices: other systems are told whom to forget"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_KEY = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "privacy_notices",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("request", sa.BigInteger, nullable=False),
        sa.Column("person", _KEY, nullable=False, comment="public id"),
        sa.Column("destination", _KEY, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("settled_at", _TIME),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.Column("payload", pg.JSONB, comment="what is told; null once settled, for it names the person"),
        sa.UniqueConstraint("request", "destination", name=op.f("uq_privacy_notices_request_destination")),
    )
    op.create_index(
        "ix_privacy_notices_due", "privacy_notices", ["due_at"], postgresql_where=sa.text("state = 'pending'")
    )


def downgrade() -> None:
    op.drop_table("privacy_notices")
