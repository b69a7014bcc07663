"""SQL of taking people out of inbox and quarantine."""

from typing import Final

import sqlalchemy as sa

ROWS: Final = sa.text(
    """
    SELECT i.id, i.payload FROM inbox AS i LEFT JOIN inbox_batches AS b ON b.id = i.batch_id
    WHERE i.id > :after AND (i.batch_id IS NULL OR b.done_at IS NOT NULL) ORDER BY i.id LIMIT :limit
    """
)
LOCK_ROW: Final = sa.text(
    """
    SELECT i.payload FROM inbox AS i LEFT JOIN inbox_batches AS b ON b.id = i.batch_id
    WHERE i.id = :id AND (i.batch_id IS NULL OR b.done_at IS NOT NULL) FOR UPDATE OF i
    """
)
REPLACE: Final = sa.text("UPDATE inbox SET payload = :payload WHERE id = :id")
LOCK_CLAIMS: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('collect/claim', 0))")
AT_WORK: Final = sa.text("SELECT id FROM inbox_batches WHERE done_at IS NULL")
STILL_AT_WORK: Final = sa.text("SELECT count(*) FROM inbox_batches WHERE done_at IS NULL AND id = ANY (:ids)")

SUSPECTS: Final = sa.text(
    """
    SELECT id, raw, envelope, reason, message_id FROM quarantine
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:bytes AS bytea[]), CAST(:texts AS text[])) AS n (bytes, text)
      WHERE position(n.bytes IN raw) > 0 OR position(n.bytes IN envelope) > 0
        OR position(n.text IN reason) > 0 OR position(n.text IN message_id) > 0)
    ORDER BY id
    """
)
DROP: Final = sa.text("DELETE FROM quarantine WHERE id = ANY (:ids)")

ORDER_LINES: Final = sa.text(
    """
    SELECT seq, cells::text AS said FROM import_lines
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:texts AS text[])) AS n (needle) WHERE position(needle IN cells::text) > 0)
    """
)
DROP_LINES: Final = sa.text("DELETE FROM import_lines WHERE seq = ANY (:lines)")

IMPORT_ERRORS: Final = sa.text(
    """
    SELECT run_id, row_number, got || chr(10) || message AS said FROM import_errors
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:texts AS text[])) AS n (needle)
      WHERE position(needle IN got) > 0 OR position(needle IN message) > 0)
    """
)
CLEAR_ERROR: Final = sa.text(
    """
    UPDATE import_errors AS e SET got = '(erased)', message = '(erased)'
    FROM unnest(CAST(:runs AS bigint[]), CAST(:rows AS bigint[])) AS d (run_id, row_number)
    WHERE e.run_id = d.run_id AND e.row_number = d.row_number
    """
)

# Files that were sent to us or fetched by connectors, and what is meant to happen with them.
FILES: Final = sa.text("SELECT id, path, state FROM import_runs WHERE path = ANY (:paths) ORDER BY id")
FILE_GONE: Final = sa.text(
    "UPDATE import_runs SET error = 'the file was deleted: it held an erased person' WHERE id = :id"
)
