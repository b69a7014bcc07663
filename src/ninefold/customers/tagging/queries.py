"""SQL of tags by hand. Pure."""

from typing import Final

import sqlalchemy as sa

# The account that a reference names: of an identifier its own number, where it has one.
HOMES: Final = sa.text(
    """
    SELECT k.n - 1 AS n, p.oneid, coalesce(p.merged_into, p.oneid) AS root
    FROM unnest(CAST(:ids AS text[])) WITH ORDINALITY AS k (id, n) JOIN persons p ON p.public_id = k.id
    UNION ALL
    SELECT k.n - 1, coalesce(i.origin, i.oneid), i.oneid
    FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) WITH ORDINALITY AS k (namespace, value, n)
    JOIN identifiers i ON i.namespace = k.namespace AND i.value = k.value
      AND i.until_ms = 9223372036854775807 AND i.state = 0 AND i.oneid IS NOT NULL
    """
)

PUT: Final = sa.text(
    """
    INSERT INTO manual_tags AS t (oneid, tag, value, source, why, at, until)
    SELECT k.oneid, k.tag, k.value, :source, k.why, :now, k.until
    FROM unnest(CAST(:oneids AS int[]), CAST(:tags AS text[]), CAST(:values AS text[]), CAST(:whys AS text[]),
      CAST(:untils AS timestamptz[])) AS k (oneid, tag, value, why, until)
    ORDER BY k.oneid, k.tag
    ON CONFLICT (oneid, tag, source) WHERE removed_at IS NULL DO UPDATE
    SET value = excluded.value, why = excluded.why, at = excluded.at, until = excluded.until
    WHERE (t.value, t.until) IS DISTINCT FROM (excluded.value, excluded.until)
    RETURNING t.id, t.oneid, t.tag, (xmax = 0) AS fresh
    """
)

# Of a person's accounts, whichever was named; only what the source said itself, unless it may take away everything.
TAKE: Final = sa.text(
    """
    UPDATE manual_tags AS t SET removed_at = :now, removed_by = :source, removed_why = k.why
    FROM unnest(CAST(:roots AS int[]), CAST(:tags AS text[]), CAST(:whys AS text[])) AS k (root, tag, why)
    JOIN persons AS p ON p.oneid = k.root OR p.merged_into = k.root
    WHERE t.oneid = p.oneid AND t.tag = k.tag AND t.removed_at IS NULL
      AND (CAST(:everybodys AS boolean) OR t.source = :source)
    RETURNING t.id, t.oneid, t.tag, t.source, k.root
    """
)

END: Final = sa.text(
    """
    UPDATE manual_tags SET removed_at = :now, removed_why = 'ended'
    WHERE id IN (SELECT id FROM manual_tags WHERE removed_at IS NULL AND until <= :now ORDER BY until LIMIT :most
      FOR UPDATE SKIP LOCKED)
    RETURNING id, oneid, tag, source
    """
)

HELD: Final = sa.text(
    """
    SELECT oneid, tag, value, source, until FROM manual_tags
    WHERE oneid = ANY (:accounts) AND removed_at IS NULL AND (until IS NULL OR until > :now)
    ORDER BY oneid, tag, at
    """
)
