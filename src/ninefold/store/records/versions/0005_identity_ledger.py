"""identity ledger: home numbers, spans, contested people, tombstones"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COMMENTS = (
    ("identifiers", "origin", sa.Integer(), True,
     "the first person it belonged to; an unmerge gives it back",
     "its own number, written in the events it is the centre of; null before"),
    ("identity_assertions", "action", sa.SmallInteger(), False,
     "1 assert 2 refuse 3 retract 4 block 5 unblock",
     "1 assert 2 refuse 3 retract 4 block 5 unblock 6 must 7 cannot 8 free 9 unbind"),
    ("identity_merges", "loser", sa.Integer(), False, None, "whose root changed"),
    ("identity_merges", "winner", sa.Integer(), False, None,
     "the new root; itself when it was taken apart"),
)  # fmt: skip


def upgrade() -> None:
    op.add_column(
        "persons",
        sa.Column(
            "contested",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="of a root: 0 no rule was ever offended, 1 derive anew whenever something is learnt, 2 too large",
        ),
    )
    op.add_column(
        "persons",
        sa.Column(
            "erased_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a tombstone: nothing of the person is kept",
        ),
    )
    op.add_column(
        "identifiers",
        sa.Column(
            "since_ms", sa.BigInteger(), server_default=str(-(2**63)), nullable=False, comment="start of its span"
        ),
    )
    op.add_column(
        "identifiers",
        sa.Column(
            "until_ms",
            sa.BigInteger(),
            server_default=str(2**63 - 1),
            nullable=False,
            comment="when it was taken from its person; a new row goes on from there",
        ),
    )
    op.add_column("identity_assertions", sa.Column("note", sa.Text(), nullable=True, comment="an operator's reason"))
    op.create_index(
        "ix_identity_assertions_words",
        "identity_assertions",
        ["a", "b"],
        unique=False,
        postgresql_where=sa.text("action >= 6"),
    )
    op.create_table(
        "identity_outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column(
            "redirects", sa.LargeBinary(), nullable=False, comment="number, root, version as 8-byte integers each"
        ),
        sa.Column("people", sa.LargeBinary(), nullable=False, comment="number, first seen in ms, likewise"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_outbox")),
    )
    op.drop_constraint("uq_identifiers_namespace_value", "identifiers", type_="unique")
    op.create_unique_constraint(
        op.f("uq_identifiers_namespace_value_until_ms"), "identifiers", ["namespace", "value", "until_ms"]
    )
    for table, column, kind, nullable, old, new in _COMMENTS:
        op.alter_column(
            table, column, existing_type=kind, existing_nullable=nullable, existing_comment=old, comment=new
        )
    # A number belongs to one identifier from here on: to the one that was stored first with it, the strongest.
    op.execute(
        "UPDATE identifiers SET origin = NULL WHERE origin IS NOT NULL AND id NOT IN"
        " (SELECT DISTINCT ON (origin) id FROM identifiers WHERE origin IS NOT NULL ORDER BY origin, id)"
    )
    # Nothing is known of offences before, but what the ledger refused: derive those people anew when they are touched.
    op.execute(
        "UPDATE persons SET contested = 1 WHERE oneid IN (SELECT i.oneid FROM identity_assertions l"
        " JOIN identifiers i ON i.id IN (l.a, l.b) WHERE l.action IN (2, 4))"
    )


def downgrade() -> None:
    raise NotImplementedError
