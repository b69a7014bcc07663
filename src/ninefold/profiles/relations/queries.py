"""SQL of roles and relations."""

from typing import Final

import sqlalchemy as sa

END: Final = sa.text(
    """
    UPDATE person_roles AS held SET until = :now FROM persons AS p
    WHERE p.oneid = held.oneid AND held.role = :role AND held.origin = 'rule' AND held.until IS NULL
      AND NOT coalesce(p.merged_into, held.oneid) = ANY (CAST(:people AS int[]))
    """
)

BEGIN: Final = sa.text(
    """
    INSERT INTO person_roles (oneid, role, since, origin, author, evidence)
    SELECT fresh.oneid, :role, :now, 'rule', '', CAST(:evidence AS jsonb)
    FROM unnest(CAST(:people AS int[])) AS fresh (oneid)
    WHERE NOT EXISTS (
      SELECT 1 FROM person_roles AS held JOIN persons AS p USING (oneid)
      WHERE held.role = :role AND held.origin = 'rule' AND held.until IS NULL
        AND coalesce(p.merged_into, held.oneid) = fresh.oneid)
    ON CONFLICT DO NOTHING
    """
)

RELATIONS: Final = sa.text(
    """
    WITH mine AS (
      SELECT id, kind,
        CASE WHEN product <> '' THEN 'product' WHEN oneid = ANY (:accounts) THEN 'from' ELSE 'to' END AS side,
        CASE WHEN oneid = ANY (:accounts) THEN other ELSE oneid END AS other, product, since, source, evidence
      FROM relations WHERE oneid = ANY (:accounts) OR other = ANY (:accounts)
    ), told AS (
      SELECT -t.id AS id, t.kind, CASE t.side WHEN 'to' THEN 'from' WHEN 'from' THEN 'to' ELSE t.side END AS side,
        coalesce(i.oneid, 0) AS other, CASE t.side WHEN 'product' THEN t.value ELSE '' END AS product, t.since_ms,
        t.source, t.message_id AS evidence
      FROM told_relations AS t LEFT JOIN identifiers AS i
        ON i.namespace = t.namespace AND i.value = t.value AND t.since_ms >= i.since_ms AND t.since_ms < i.until_ms
      WHERE t.oneid = ANY (:accounts) AND (t.side = 'product' OR i.oneid IS NOT NULL)
      UNION ALL
      SELECT -t.id, t.kind, t.side, t.oneid, '', t.since_ms, t.source, t.message_id
      FROM identifiers AS i JOIN told_relations AS t USING (namespace, value)
      WHERE i.oneid = :root AND t.since_ms >= i.since_ms AND t.since_ms < i.until_ms
    ), every AS (
      SELECT * FROM mine
      UNION ALL SELECT id, kind, side, other, product, to_timestamp(since_ms / 1000.0), source, evidence FROM told
    )
    SELECT e.*, coalesce(p.merged_into, p.oneid) AS root FROM every AS e LEFT JOIN persons AS p ON p.oneid = e.other
    WHERE e.product <> '' OR coalesce(p.merged_into, p.oneid) <> :root OR e.id > 0
    ORDER BY e.since DESC, e.id DESC LIMIT :limit
    """
)
"""Relations of a person, those written down and those that events told; of the latter none with oneself."""

REACHED: Final = sa.text(
    """
    WITH accounts AS (
      SELECT oneid, coalesce(merged_into, oneid) AS root FROM persons
      WHERE oneid = ANY (CAST(:people AS int[])) OR merged_into = ANY (CAST(:people AS int[]))
    ), ends AS (
      SELECT a.root AS source, r.other AS oneid, CAST(extract(epoch FROM r.since) * 1000 AS bigint) AS since_ms
      FROM accounts AS a JOIN relations AS r USING (oneid) WHERE r.kind = :kind AND r.other <> 0
      UNION ALL
      SELECT a.root, i.oneid, t.since_ms
      FROM accounts AS a JOIN told_relations AS t USING (oneid) JOIN identifiers AS i USING (namespace, value)
      WHERE t.kind = :kind AND t.side = 'to' AND t.since_ms >= i.since_ms AND t.since_ms < i.until_ms
      UNION ALL
      SELECT i.oneid, t.oneid, t.since_ms
      FROM identifiers AS i JOIN told_relations AS t USING (namespace, value)
      WHERE i.oneid = ANY (CAST(:people AS int[])) AND t.kind = :kind AND t.side = 'from'
        AND t.since_ms >= i.since_ms AND t.since_ms < i.until_ms
    )
    SELECT DISTINCT ON (root) coalesce(p.merged_into, p.oneid) AS root, e.source, e.since_ms
    FROM ends AS e JOIN persons AS p ON p.oneid = e.oneid
    WHERE coalesce(p.merged_into, p.oneid) <> ALL (CAST(:seen AS int[]))
    ORDER BY root, e.since_ms, e.source LIMIT :limit
    """
)
"""Who is one step away from some people, each once: with the earliest of the relations that lead there."""

EXPIRE: Final = sa.text(
    """
    UPDATE person_roles AS held SET until = held.ends_at FROM persons AS p
    WHERE held.until IS NULL AND held.ends_at <= :now AND p.oneid = held.oneid RETURNING held.role, p.public_id
    """
)

HOLDERS: Final = sa.text(
    """
    SELECT DISTINCT coalesce(p.merged_into, held.oneid) AS root
    FROM person_roles AS held JOIN persons AS p USING (oneid)
    WHERE held.role = :role AND held.until IS NULL AND (held.ends_at IS NULL OR held.ends_at > :now)
    ORDER BY root LIMIT :limit
    """
)

COUNTED: Final = sa.text(
    """
    SELECT oneid, count(*) AS rows FROM (
      SELECT oneid FROM person_roles WHERE oneid = ANY (:accounts)
      UNION ALL SELECT oneid FROM relations WHERE oneid = ANY (:accounts)
      UNION ALL SELECT other FROM relations WHERE other = ANY (:accounts)
    ) AS mine GROUP BY oneid
    """
)
