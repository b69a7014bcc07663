"""Alembic's entry: runs the versions beside it on the connection that `migrate` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    transaction_per_migration=True,
    compare_type=True,
    include_name=lambda name, kind, _parents: kind != "schema" or name is None,
)
with context.begin_transaction():
    context.run_migrations()
