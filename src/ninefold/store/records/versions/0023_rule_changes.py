"""rule changes: drafted, simulated, applied or discarded, with the people they concern by number"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "identity_rule_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("document", pg.JSONB, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("requested_at", _TIME, nullable=False),
        sa.Column("by_itself", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("round", sa.Integer, nullable=False, server_default="1", comment="grows with every work asked for"),
        sa.Column("stage", _TEXT, nullable=False, server_default=""),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("began_at", _TIME, comment="when the work under way began"),
        sa.Column("stage_at", _TIME, comment="when its stage began"),
        sa.Column("told_at", _TIME, comment="when its progress was told last"),
        sa.Column("report", pg.JSONB),
        sa.Column("simulated_at", _TIME),
        sa.Column("settled_at", _TIME),
        sa.Column("settled_by", sa.Text, nullable=False, server_default=""),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("former", pg.JSONB, comment="the rules that it replaced"),
        sa.Column("merged", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("split", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("undoes", sa.BigInteger),
    )
    op.create_index(
        "ix_identity_rule_changes_due",
        "identity_rule_changes",
        ["id"],
        postgresql_where=sa.text("state IN ('queued', 'simulating', 'applying')"),
    )
    op.create_table(
        "identity_rule_change_people",
        sa.Column("change", sa.BigInteger, primary_key=True),
        sa.Column("kind", _TEXT, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("identifiers", sa.Integer, nullable=False),
        sa.Column("before", pg.ARRAY(sa.Integer), nullable=False),
        sa.Column("after", pg.ARRAY(sa.Integer), nullable=False),
        sa.Column("members", pg.ARRAY(sa.BigInteger, dimensions=2), nullable=False, comment="identifier, was, becomes"),
        sa.Column("causes", pg.JSONB, nullable=False, comment="two identifiers, reason, namespace"),
    )


def downgrade() -> None:
    op.drop_table("identity_rule_change_people")
    op.drop_table("identity_rule_changes")
