"""identity digests: hashed values meet the clear ones they stand for; reviews keep what was decided"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "identity_hash_states",
        sa.Column("namespace", _TEXT, primary_key=True),
        sa.Column(
            "state", _TEXT, primary_key=True, comment="a hash state in which a value of the namespace ever arrived"
        ),
    )
    op.create_table(
        "identity_digests",
        sa.Column("namespace", _TEXT, primary_key=True),
        sa.Column("digest", _TEXT, primary_key=True, comment="<state>:<hex>, in every writing that partners hash"),
        sa.Column("value", _TEXT, nullable=False, comment="the stored value that means the same"),
    )

    op.add_column(
        "identity_reviews",
        sa.Column("decision", _TEXT, comment="confirm or release; the same is not asked again after a release"),
    )
    op.add_column("identity_reviews", sa.Column("decided_by", _TEXT))


def downgrade() -> None:
    op.drop_column("identity_reviews", "decided_by")
    op.drop_column("identity_reviews", "decision")
    op.drop_table("identity_digests")
    op.drop_table("identity_hash_states")
