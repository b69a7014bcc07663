"""told relations: what events say of relations between people"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_KEY = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "told_relations",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("document", _KEY, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="of the document whose rule told it last"),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("oneid", sa.Integer, nullable=False, comment="the event's person, as stored"),
        sa.Column("side", _KEY, nullable=False, comment="what the named one is: from, to or product"),
        sa.Column("namespace", _KEY, nullable=False, comment="of the named one; empty for a product"),
        sa.Column("value", _KEY, nullable=False, comment="normalised; id of a product"),
        sa.Column("since_ms", sa.BigInteger, nullable=False, comment="of the earliest event"),
        sa.Column("source", _KEY, nullable=False),
        sa.Column("message_id", _KEY, nullable=False),
        sa.UniqueConstraint(
            "document",
            "kind",
            "oneid",
            "side",
            "namespace",
            "value",
            name=op.f("uq_told_relations_document_kind_oneid_side_namespace_value"),
        ),
    )
    op.create_index("ix_told_relations_oneid", "told_relations", ["oneid"])
    op.create_index("ix_told_relations_named", "told_relations", ["namespace", "value"])


def downgrade() -> None:
    op.drop_table("told_relations")
