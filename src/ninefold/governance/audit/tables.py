"""Tables of the audit log. Changing or deleting an entry is refused by the database; the chain shows it if forced."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")

audit_entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor", _TEXT, nullable=False),
    sa.Column("verb", _TEXT, nullable=False),
    sa.Column("target", _TEXT, nullable=False),
    sa.Column("origin", _TEXT, nullable=False),
    sa.Column("detail", _TEXT, nullable=False, comment="JSON text, exactly as hashed"),
    sa.Column("former", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Index("ix_audit_entries_target", "target", "seq"),
    sa.Index("ix_audit_entries_actor", "actor", "seq"),
    sa.Index("ix_audit_entries_at_ms", "at_ms", postgresql_using="brin"),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("id = 1", name="one"),
)
"""The last entry; its row is the lock under which entries are added."""

GUARD = (
    """
    CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege'; END $$
    """,
    """
    CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE TRIGGER audit_entries_whole BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """,
)
for _statement in GUARD:
    sa.event.listen(audit_entries, "after_create", sa.DDL(_statement))  # type: ignore[no-untyped-call]  # SQLAlchemy's
