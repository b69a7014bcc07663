"""SQL of the log of changes. Pure."""

from typing import Final

import sqlalchemy as sa

# Whoever has the row is the only assigner until the transaction ends; made by whoever comes first.
LOCK: Final = sa.text(
    """
    INSERT INTO change_head AS h (id, seq, floor) VALUES (1, 0, 0)
    ON CONFLICT (id) DO UPDATE SET seq = h.seq RETURNING seq, floor
    """
)
HEAD: Final = sa.text("SELECT seq, floor FROM change_head")
WAITING: Final = sa.text("SELECT EXISTS (SELECT 1 FROM changes WHERE seq IS NULL)")

# In the order in which they were noted: whoever saw a change before making another noted the other one later.
NUMBER: Final = sa.text(
    """
    WITH fresh AS (
      SELECT id, row_number() OVER (ORDER BY id) AS place
      FROM (SELECT id FROM changes WHERE seq IS NULL ORDER BY id LIMIT :most) AS waiting
    ), written AS (
      UPDATE changes AS c SET seq = :last + fresh.place, at = :now FROM fresh WHERE c.id = fresh.id RETURNING c.seq
    )
    UPDATE change_head SET seq = greatest(seq, (SELECT max(seq) FROM written)) RETURNING seq
    """
)

# As many entries as hold so many changes, at least one.
READ: Final = sa.text(
    """
    SELECT seq, kind, at, accounts, refs, nodes, detail FROM (
      SELECT *, sum(size) OVER (ORDER BY seq) - size AS before FROM (
        SELECT * FROM changes
        WHERE seq >= :first AND seq <= :last AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY (:kinds))
        ORDER BY seq LIMIT :entries
      ) AS next
    ) AS counted
    WHERE before < :most ORDER BY seq
    """
)

PRUNE: Final = sa.text(
    """
    WITH old AS (SELECT coalesce(max(seq), 0) AS seq FROM changes WHERE at < :older_than),
    moved AS (UPDATE change_head SET floor = greatest(floor, (SELECT seq FROM old)) RETURNING floor)
    DELETE FROM changes WHERE seq <= (SELECT floor FROM moved)
    """
)
OF_KIND: Final = sa.text("SELECT accounts FROM changes WHERE kind = :kind")
