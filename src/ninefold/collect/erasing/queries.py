"""SQL of taking a person out of inbox and quarantine."""

from typing import Final

import sqlalchemy as sa

ROWS: Final = sa.text(
    """
    SELECT i.id, i.payload FROM inbox AS i LEFT JOIN inbox_batches AS b ON b.id = i.batch_id
    WHERE i.id > :after AND (i.batch_id IS NULL OR b.done_at IS NOT NULL) ORDER BY i.id LIMIT :limit
    """
)
LOCK_ROW: Final = sa.text("SELECT payload FROM inbox WHERE id = :id FOR UPDATE")
REPLACE: Final = sa.text("UPDATE inbox SET payload = :payload, event_count = :events WHERE id = :id")

SUSPECTS: Final = sa.text(
    """
    SELECT id, raw, envelope FROM quarantine
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:needles AS bytea[])) AS n (needle)
      WHERE position(needle IN raw) > 0 OR position(needle IN envelope) > 0)
    ORDER BY id
    """
)
DROP: Final = sa.text("DELETE FROM quarantine WHERE id = ANY (:ids)")

IMPORT_ERRORS: Final = sa.text(
    """
    SELECT run_id, row_number, got FROM import_errors
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:needles AS text[])) AS n (needle) WHERE position(needle IN got) > 0)
    """
)
CLEAR_ERROR: Final = sa.text(
    "UPDATE import_errors SET got = '(erased)' WHERE run_id = :run_id AND row_number = :row_number"
)
