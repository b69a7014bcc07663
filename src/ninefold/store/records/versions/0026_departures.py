"""departures: staff who leave; roles that end by themselves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff_departures",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("memberships", sa.Integer, nullable=False, comment="how many were handed over"),
        sa.Column("keys", pg.ARRAY(sa.BigInteger), nullable=False, comment="tokens that ended by it"),
        sa.Column("roles", pg.ARRAY(sa.BigInteger), nullable=False, comment="roles that ended by it"),
        sa.Column("undone_at", _TIME),
    )
    op.create_index("ix_staff_departures_name", "staff_departures", ["name"])
    op.add_column(
        "membership_changes",
        sa.Column("departure", sa.BigInteger, comment="of a member of staff that made the change"),
    )
    op.create_index(
        "ix_membership_changes_departure", "membership_changes", ["departure"],
        postgresql_where=sa.text("departure IS NOT NULL"),
    )  # fmt: skip
    op.add_column("person_roles", sa.Column("ends_at", _TIME, comment="when one given by hand ends by itself"))


def downgrade() -> None:
    op.drop_column("person_roles", "ends_at")
    op.drop_index("ix_membership_changes_departure", "membership_changes")
    op.drop_column("membership_changes", "departure")
    op.drop_table("staff_departures")
