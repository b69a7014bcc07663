"""organisation and consent"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("oneid", sa.Integer(), nullable=False, comment="the home account; reads fold merged accounts"),
        sa.Column("purpose", sa.Text(collation="C"), nullable=False),
        sa.Column("node", sa.Text(collation="C"), server_default="", nullable=False, comment="empty: everywhere"),
        sa.Column("said", sa.Text(collation="C"), nullable=False, comment="granted, denied or withdrawn"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("text_version", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("source", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_records")),
        sa.UniqueConstraint(
            "oneid",
            "purpose",
            "node",
            "at_ms",
            "said",
            "source",
            "evidence",
            name=op.f("uq_consent_records_oneid_purpose_node_at_ms_said_source_evidence"),
        ),
    )
    op.create_table(
        "membership_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("membership", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.Text(collation="C"), nullable=False),
        sa.Column("before", sa.Text(collation="C"), nullable=False),
        sa.Column("after", sa.Text(collation="C"), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_changes")),
    )
    op.create_index(op.f("ix_membership_changes_membership"), "membership_changes", ["membership"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "oneid", sa.Integer(), nullable=False, comment="the home account; after a merge the person has it too"
        ),
        sa.Column("node", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("status", sa.Text(collation="C"), nullable=False),
        sa.Column("tier", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("owner", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("joined_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "status_ms", sa.BigInteger(), nullable=False, comment="since when the status is said; the latest wins"
        ),
        sa.Column("tier_ms", sa.BigInteger(), nullable=False),
        sa.Column("owner_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("oneid", "node", "number", name=op.f("uq_memberships_oneid_node_number")),
    )
    op.create_index("ix_memberships_node", "memberships", ["node", "owner"], unique=False)
    op.create_table(
        "org_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("from_path", sa.Text(collation="C"), nullable=False),
        sa.Column("to_path", sa.Text(collation="C"), nullable=False),
        sa.Column("nodes", sa.Integer(), nullable=False, comment="how many moved, the node itself included"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_moves")),
    )
    op.create_index(op.f("ix_org_moves_code"), "org_moves", ["code"], unique=False)
    op.create_table(
        "org_nodes",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(collation="C"), nullable=False),
        sa.Column("parent", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column(
            "path", sa.Text(collation="C"), nullable=False, comment="/root/.../code/; a subtree is a beginning of it"
        ),
        sa.Column("matching", sa.Text(collation="C"), nullable=False),
        sa.Column("sources", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("member_namespace", sa.Text(), server_default="", nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_org_nodes")),
    )
    op.create_index("ix_org_nodes_path", "org_nodes", ["path"], unique=False)
    op.create_table(
        "person_roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("oneid", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("origin", sa.Text(collation="C"), nullable=False, comment="rule or hand"),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_roles")),
    )
    op.create_index("ix_person_roles_oneid", "person_roles", ["oneid"], unique=False)
    op.create_index(
        "uq_person_roles_open",
        "person_roles",
        ["role", "oneid", "origin"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "relations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("oneid", sa.Integer(), nullable=False, comment="from whom"),
        sa.Column("other", sa.Integer(), server_default="0", nullable=False, comment="to whom; 0 for a product"),
        sa.Column("product", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
        sa.UniqueConstraint("kind", "oneid", "other", "product", name=op.f("uq_relations_kind_oneid_other_product")),
    )
    op.create_index("ix_relations_oneid", "relations", ["oneid"], unique=False)
    op.create_index("ix_relations_other", "relations", ["other"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_relations_other", table_name="relations")
    op.drop_index("ix_relations_oneid", table_name="relations")
    op.drop_table("relations")
    op.drop_index("uq_person_roles_open", table_name="person_roles", postgresql_where=sa.text("until IS NULL"))
    op.drop_index("ix_person_roles_oneid", table_name="person_roles")
    op.drop_table("person_roles")
    op.drop_index("ix_org_nodes_path", table_name="org_nodes")
    op.drop_table("org_nodes")
    op.drop_index(op.f("ix_org_moves_code"), table_name="org_moves")
    op.drop_table("org_moves")
    op.drop_index("ix_memberships_node", table_name="memberships")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_membership_changes_membership"), table_name="membership_changes")
    op.drop_table("membership_changes")
    op.drop_table("consent_records")
