"""What the pipeline must not forget between its two stores."""

import sqlalchemy as sa

from ninefold.store import metadata

# New people and redirects of a batch, committed with them and kept until they stand in the events store too: a repeat
# of the batch finds these people known already and would not name them again.
pipeline_outbox = sa.Table(
    "pipeline_outbox",
    metadata,
    sa.Column("batch_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("people", sa.LargeBinary, nullable=False),
    sa.Column("redirects", sa.LargeBinary, nullable=False),
)
