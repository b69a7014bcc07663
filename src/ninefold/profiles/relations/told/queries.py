"""SQL of relations that events tell."""

from typing import Final

import sqlalchemy as sa

TELL: Final = sa.text(
    """
    INSERT INTO told_relations AS t
      (document, version, kind, oneid, side, namespace, value, since_ms, source, message_id)
    SELECT DISTINCT ON (document, kind, oneid, side, namespace, value) *
    FROM unnest(CAST(:documents AS text[]), CAST(:versions AS int[]), CAST(:kinds AS text[]), CAST(:oneids AS int[]),
      CAST(:sides AS text[]), CAST(:namespaces AS text[]), CAST(:values AS text[]), CAST(:since AS bigint[]),
      CAST(:sources AS text[]), CAST(:messages AS text[]))
      AS s (document, version, kind, oneid, side, namespace, value, since_ms, source, message_id)
    ORDER BY document, kind, oneid, side, namespace, value, since_ms, source, message_id
    ON CONFLICT (document, kind, oneid, side, namespace, value) DO UPDATE SET
      version = greatest(t.version, excluded.version),
      (since_ms, source, message_id) = (
        SELECT x.* FROM (VALUES (t.since_ms, t.source, t.message_id),
          (excluded.since_ms, excluded.source, excluded.message_id)) AS x (a, b, c) ORDER BY a, b, c LIMIT 1)
    WHERE excluded.version > t.version
      OR (excluded.since_ms, excluded.source, excluded.message_id) < (t.since_ms, t.source, t.message_id)
    """
)
"""The earliest event tells it; equal in whatever order they come."""

DROP_FORMER: Final = sa.text(
    """
    DELETE FROM told_relations AS t
    WHERE NOT EXISTS (
      SELECT 1 FROM unnest(CAST(:documents AS text[]), CAST(:versions AS int[])) AS d (document, version)
      WHERE d.document = t.document AND d.version <= t.version)
    """
)

# In the events store: events of one name that name somebody, whole people at a time.
HISTORY: Final = """
    SELECT oneid, name, toUnixTimestamp64Milli(ts) AS ts, source, message_id, product_id,
      props[{property:String}] AS said,
      if(mapContains(nums, {property:String}), nums[{property:String}], NULL) AS number
    FROM events
    WHERE name = {name:String} AND oneid > {after:UInt32}
      AND (said != '' OR number IS NOT NULL OR ({property:String} = 'product_id' AND product_id != ''))
    ORDER BY oneid LIMIT {limit:UInt32} WITH TIES
    """

COUNT: Final = sa.text(
    """
    SELECT place, count(*) AS rows FROM (
      SELECT w.place, t.id FROM told_relations AS t
      JOIN unnest(CAST(:accounts AS int[]), CAST(:owners AS int[])) AS w (oneid, place) USING (oneid)
      UNION
      SELECT w.place, t.id FROM told_relations AS t
      JOIN unnest(CAST(:names AS text[]), CAST(:values AS text[]), CAST(:holders AS int[]))
        AS w (namespace, value, place) USING (namespace, value)
    ) AS mine GROUP BY place
    """
)
FORGET: Final = sa.text(
    """
    DELETE FROM told_relations WHERE oneid = ANY (CAST(:accounts AS int[]))
      OR (namespace, value) IN (SELECT * FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])))
    """
)
CONTENT: Final = sa.text(
    """
    SELECT kind, side, namespace, value, since_ms, source, message_id FROM told_relations
    WHERE oneid = ANY (CAST(:accounts AS int[])) ORDER BY since_ms, id
    """
)
