"""SQL of orders that spread over several rows."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

MAKE_INCOMING: Final = sa.text(
    """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming_lines (
      order_hash uuid NOT NULL, line_hash uuid NOT NULL, occurrence integer NOT NULL, row_number bigint NOT NULL,
      content uuid NOT NULL, cells jsonb NOT NULL
    ) ON COMMIT DELETE ROWS
    """
)
CLEAR_INCOMING: Final = sa.text("TRUNCATE incoming_lines")

incoming = sa.Table(
    "incoming_lines",
    sa.MetaData(),
    sa.Column("order_hash", sa.Uuid), sa.Column("line_hash", sa.Uuid), sa.Column("occurrence", sa.Integer),
    sa.Column("row_number", sa.BigInteger), sa.Column("content", sa.Uuid), sa.Column("cells", pg.JSONB),
)  # fmt: skip
"""The temporary table."""

NUMBER: Final = sa.text(
    """
    UPDATE incoming_lines AS i SET occurrence = occurrence + (
      SELECT count(*) FROM import_lines AS l
      WHERE l.mapping = :mapping AND l.order_hash = i.order_hash AND l.line_hash = i.line_hash AND l.run_id = :run)
    """
)
"""Equal lines of one order are told apart by their number in the file, also when chunks cut between them."""

MARK: Final = sa.text(
    """
    INSERT INTO import_orders (mapping, order_hash)
    SELECT DISTINCT CAST(:mapping AS text), i.order_hash FROM incoming_lines AS i
    LEFT JOIN import_lines AS l ON l.mapping = :mapping AND l.order_hash = i.order_hash
      AND l.line_hash = i.line_hash AND l.occurrence = i.occurrence
    WHERE l.content IS DISTINCT FROM i.content
    ORDER BY 2
    ON CONFLICT (mapping, order_hash) DO UPDATE SET changed = true
    """
)
"""Orders with a line that is new or other than it was."""

KEEP: Final = sa.text(
    """
    INSERT INTO import_lines (mapping, order_hash, line_hash, occurrence, run_id, row_number, content, cells)
    SELECT :mapping, order_hash, line_hash, occurrence, :run, row_number, content, cells FROM incoming_lines
    ORDER BY row_number
    ON CONFLICT (mapping, order_hash, line_hash, occurrence) DO UPDATE
    SET run_id = excluded.run_id, row_number = excluded.row_number, content = excluded.content, cells = excluded.cells
    """
)

CHANGED: Final = sa.text(
    """
    SELECT order_hash, revision, told FROM import_orders WHERE mapping = :mapping AND changed
    ORDER BY order_hash LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)

LINES: Final = sa.text(
    """
    SELECT order_hash, row_number, run_id, cells FROM (
      SELECT order_hash, row_number, run_id, cells, seq,
        row_number() OVER (PARTITION BY order_hash ORDER BY seq) AS place
      FROM import_lines WHERE mapping = :mapping AND order_hash = ANY (:orders)
    ) AS numbered WHERE place <= :most ORDER BY order_hash, seq
    """
)

TOLD: Final = sa.text(
    """
    UPDATE import_orders SET changed = false, revision = revision + 1, told = CAST(:told AS jsonb)
    WHERE mapping = :mapping AND order_hash = :order_hash
    """
)

FORGET: Final = sa.text(
    """
    DELETE FROM import_lines AS l USING import_runs AS r
    WHERE r.id = l.run_id AND r.finished_at < :older_than
      AND NOT EXISTS (SELECT 1 FROM import_orders AS o
        WHERE o.mapping = l.mapping AND o.order_hash = l.order_hash AND o.changed)
    """
)
