"""SQL of things."""

from typing import Final

import sqlalchemy as sa

ITEMS: Final = sa.text(
    """
    WITH wanted AS (
      SELECT DISTINCT item_type, item_id FROM item_statements
      WHERE item_type = :item_type AND (CAST(:item_id AS text) IS NULL OR item_id = :item_id) AND item_id > :after
      ORDER BY item_id LIMIT :limit
    ), live AS (
      SELECT s.item_id, s.ts, s.hash, s.properties
      FROM wanted AS w JOIN item_statements AS s USING (item_type, item_id)
      WHERE NOT s.removed AND s.ts > coalesce((
        SELECT max(d.ts) FROM item_statements AS d
        WHERE d.item_type = s.item_type AND d.item_id = s.item_id AND d.removed), -1)
    ), said AS (
      -- of several statements about one property the latest holds; of two at the same time the same one for all
      SELECT DISTINCT ON (item_id, key) item_id, key, value
      FROM live CROSS JOIN LATERAL jsonb_each(properties) ORDER BY item_id, key, ts DESC, hash
    )
    SELECT l.item_id, max(l.ts) AS ts,
      coalesce((SELECT jsonb_object_agg(key, value) FROM said AS x
        WHERE x.item_id = l.item_id AND value <> 'null'::jsonb), '{}'::jsonb) AS properties
    FROM live AS l GROUP BY l.item_id ORDER BY l.item_id
    """
)
"""Things of a type as they are now: later statements replace earlier ones property by property."""
