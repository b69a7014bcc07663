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

# Orders that spread over several rows, by what stands in their lines or in the names of their messages.
ORDERS_NAMING: Final = sa.text(
    """
    WITH said AS (
      SELECT mapping, order_hash, cells::text AS said FROM import_lines
      UNION ALL SELECT mapping, order_hash, told::text FROM import_orders
    )
    SELECT * FROM said
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:texts AS text[])) AS n (needle) WHERE position(needle IN said) > 0)
    """
)
ORDERS_TOLD: Final = sa.text(
    """
    SELECT o.mapping, o.order_hash, message_id
    FROM import_orders AS o CROSS JOIN LATERAL jsonb_object_keys(o.told) AS one (message_id)
    JOIN unnest(CAST(:messages AS text[])) AS sent (message_id) USING (message_id)
    """
)
LINES_OF: Final = sa.text(
    """
    SELECT l.cells FROM import_lines AS l
    JOIN unnest(CAST(:mappings AS text[]), CAST(:hashes AS uuid[])) AS d (mapping, order_hash)
    USING (mapping, order_hash) ORDER BY l.seq
    """
)
DROP_LINES: Final = sa.text(
    """
    DELETE FROM import_lines AS l USING unnest(CAST(:mappings AS text[]), CAST(:hashes AS uuid[])) AS d (mapping, hash)
    WHERE l.mapping = d.mapping AND l.order_hash = d.hash
    """
)
DROP_ORDERS: Final = sa.text(
    """
    DELETE FROM import_orders AS o USING unnest(CAST(:mappings AS text[]), CAST(:hashes AS uuid[])) AS d (mapping, hash)
    WHERE o.mapping = d.mapping AND o.order_hash = d.hash
    """
)
MESSAGES: Final = "SELECT DISTINCT oneid, message_id FROM events WHERE oneid IN {people:Array(UInt32)}"
"""In the events store: the messages of some people."""

# Things: what they are called, and what is said of them.
ITEMS_NAMING: Final = sa.text(
    """
    WITH said AS (
      SELECT hash, '' AS name, item_id AS said FROM item_statements
      UNION ALL
      SELECT hash, one.name, one.said
      FROM item_statements CROSS JOIN LATERAL jsonb_each_text(properties) AS one (name, said)
    )
    SELECT * FROM said
    WHERE EXISTS (SELECT 1 FROM unnest(CAST(:texts AS text[])) AS n (needle) WHERE position(needle IN said) > 0)
    """
)
DROP_ITEMS: Final = sa.text("DELETE FROM item_statements WHERE hash = ANY (CAST(:hashes AS uuid[]))")
CLEAR_ITEMS: Final = sa.text(
    """
    UPDATE item_statements AS i SET properties = i.properties - d.names
    FROM (SELECT hash, array_agg(name) AS names
      FROM unnest(CAST(:hashes AS uuid[]), CAST(:names AS text[])) AS one (hash, name) GROUP BY hash) AS d
    WHERE i.hash = d.hash
    """
)

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
