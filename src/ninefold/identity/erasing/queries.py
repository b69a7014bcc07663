"""SQL of forgetting people, many at once."""

from typing import Final

import sqlalchemy as sa

ROOTS: Final = sa.text(
    "SELECT DISTINCT coalesce(merged_into, oneid) FROM persons WHERE oneid = ANY (CAST(:people AS int[])) ORDER BY 1"
)
ACCOUNTS: Final = sa.text(
    """
    SELECT coalesce(merged_into, oneid) AS root, oneid, public_id FROM persons
    WHERE oneid = ANY (CAST(:roots AS int[])) OR merged_into = ANY (CAST(:roots AS int[]))
    ORDER BY 1, oneid <> coalesce(merged_into, oneid), oneid
    """
)
# Identifiers of people: their own, and those that only say something about them.
VALUES: Final = sa.text(
    """
    SELECT oneid AS root, namespace, value FROM identifiers
    WHERE oneid = ANY (CAST(:roots AS int[])) AND until_ms = 9223372036854775807
    UNION
    SELECT i.oneid, h.namespace, h.value
    FROM identifiers i
    CROSS JOIN LATERAL (
      SELECT b AS other FROM identity_assertions WHERE a = i.id AND reason = 6
      UNION ALL SELECT a FROM identity_assertions WHERE b = i.id AND reason = 6
    ) l
    JOIN identifiers h ON h.id = l.other AND h.state = 2
    WHERE i.oneid = ANY (CAST(:roots AS int[]))
    ORDER BY 1, 2, 3
    """
)

# Everything that is about the people and nobody else. What only says something about a person goes unless it says
# something about others too.
MINE: Final = sa.text(
    """
    WITH own AS (SELECT id FROM identifiers WHERE oneid = ANY (CAST(:roots AS int[]))),
    beside AS (
      SELECT DISTINCT h.id FROM own
      CROSS JOIN LATERAL (
        SELECT b AS other FROM identity_assertions WHERE a = own.id AND reason = 6
        UNION ALL SELECT a FROM identity_assertions WHERE b = own.id AND reason = 6
      ) l
      JOIN identifiers h ON h.id = l.other AND h.state = 2
    )
    SELECT id FROM own
    UNION
    SELECT id FROM beside WHERE NOT EXISTS (
      SELECT 1 FROM (
        SELECT b AS other FROM identity_assertions WHERE a = beside.id
        UNION ALL SELECT a FROM identity_assertions WHERE b = beside.id
      ) l JOIN identifiers o ON o.id = l.other
      WHERE o.oneid IS NOT NULL AND NOT o.oneid = ANY (CAST(:roots AS int[])))
    """
)
FORGET_SAID: Final = (
    sa.text("DELETE FROM identity_assertions WHERE a = ANY (CAST(:ids AS bigint[]))"),
    sa.text("DELETE FROM identity_assertions WHERE b = ANY (CAST(:ids AS bigint[]))"),
    sa.text("DELETE FROM identity_beside WHERE top = ANY (CAST(:ids AS bigint[]))"),
    sa.text("DELETE FROM identity_beside WHERE a = ANY (CAST(:ids AS bigint[])) OR b = ANY (CAST(:ids AS bigint[]))"),
)
FORGET_VALUES: Final = sa.text(
    "DELETE FROM identifiers WHERE id = ANY (CAST(:ids AS bigint[])) RETURNING namespace, value"
)
FORGET_DIGESTS: Final = sa.text(
    """
    DELETE FROM identity_digests d
    USING unnest(CAST(:names AS text[]), CAST(:values AS text[])) AS k (namespace, value)
    WHERE d.namespace = k.namespace AND d.value = k.value
      AND NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.namespace = k.namespace AND i.value = k.value)
    """
)
FORGET_QUESTIONS: Final = sa.text(
    """
    DELETE FROM identity_reviews r
    USING unnest(CAST(:names AS text[]), CAST(:values AS text[])) AS k (namespace, value)
    WHERE (r.namespace = k.namespace AND r.value = k.value)
      OR (r.detail -> 'beside' ->> 'namespace' = k.namespace AND r.detail -> 'beside' ->> 'value' = k.value)
    """
)
LEAVE_QUESTIONS: Final = sa.text(
    """
    UPDATE identity_reviews SET people =
      ARRAY(SELECT one FROM unnest(people) AS one WHERE NOT one = ANY (CAST(:roots AS int[])))
    WHERE people && CAST(:roots AS int[])
    """
)
TOMBSTONES: Final = sa.text(
    """
    UPDATE persons SET erased_at = coalesce(erased_at, :now), contested = 0
    WHERE oneid = ANY (CAST(:roots AS int[])) OR merged_into = ANY (CAST(:roots AS int[])) RETURNING oneid
    """
)

COUNT: Final = sa.text(
    """
    WITH who AS (SELECT * FROM unnest(CAST(:accounts AS int[]), CAST(:owners AS int[])) AS w (account, place)),
    named AS (
      SELECT * FROM unnest(CAST(:names AS text[]), CAST(:values AS text[]), CAST(:holders AS int[]))
        AS n (namespace, value, place)
    )
    SELECT place, count(*) AS rows FROM (
      SELECT who.place FROM who JOIN identifiers i ON i.oneid = who.account
      UNION ALL
      SELECT who.place FROM identity_reviews r CROSS JOIN unnest(r.people) AS one JOIN who ON who.account = one
      UNION ALL
      SELECT named.place FROM named JOIN identity_digests d USING (namespace, value)
      WHERE EXISTS (
        SELECT 1 FROM identifiers i WHERE i.namespace = named.namespace AND i.value = named.value
          AND i.oneid = ANY (CAST(:accounts AS int[])))
        OR NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.namespace = named.namespace AND i.value = named.value)
    ) AS mine GROUP BY place
    """
)
