"""SQL of memberships. People are folded by the table of persons: a merged account's row leads to its root."""

from typing import Final

import sqlalchemy as sa

STATE: Final = sa.text(
    """
    INSERT INTO memberships AS m
      (oneid, node, number, status, tier, owner, joined_ms, status_ms, tier_ms, owner_ms, source, changed_at)
    SELECT oneid, node, number, CASE status WHEN '' THEN 'active' ELSE status END, tier, owner, joined_ms,
      CASE status WHEN '' THEN 0 ELSE at_ms END, CASE tier WHEN '' THEN 0 ELSE at_ms END,
      CASE owner WHEN '' THEN 0 ELSE at_ms END, source, :now
    FROM unnest(CAST(:oneids AS int[]), CAST(:nodes AS text[]), CAST(:numbers AS text[]), CAST(:statuses AS text[]),
      CAST(:tiers AS text[]), CAST(:owners AS text[]), CAST(:joined AS bigint[]), CAST(:at AS bigint[]),
      CAST(:sources AS text[])) AS s (oneid, node, number, status, tier, owner, joined_ms, at_ms, source)
    ORDER BY oneid, node, number
    ON CONFLICT (oneid, node, number) DO UPDATE SET
      joined_ms = least(m.joined_ms, excluded.joined_ms),
      status = CASE WHEN excluded.status_ms > m.status_ms THEN excluded.status ELSE m.status END,
      tier = CASE WHEN excluded.tier_ms > m.tier_ms THEN excluded.tier ELSE m.tier END,
      owner = CASE WHEN excluded.owner_ms > m.owner_ms THEN excluded.owner ELSE m.owner END,
      status_ms = greatest(m.status_ms, excluded.status_ms), tier_ms = greatest(m.tier_ms, excluded.tier_ms),
      owner_ms = greatest(m.owner_ms, excluded.owner_ms), changed_at = excluded.changed_at
    WHERE excluded.joined_ms < m.joined_ms OR excluded.status_ms > m.status_ms OR excluded.tier_ms > m.tier_ms
      OR excluded.owner_ms > m.owner_ms
    RETURNING oneid, node, status
    """
)

OF_ACCOUNTS: Final = sa.text(
    """
    SELECT m.*, p.public_id AS home FROM memberships AS m JOIN persons AS p USING (oneid)
    WHERE m.oneid = ANY (:accounts) ORDER BY m.joined_ms, m.id
    """
)

CONFLICTS: Final = sa.text(
    """
    WITH held AS (
      SELECT m.id, m.oneid, m.node, m.number || m.issued AS number, coalesce(p.merged_into, m.oneid) AS root
      FROM memberships AS m JOIN persons AS p USING (oneid)
      WHERE m.status <> 'left' AND (CAST(:nodes AS text[]) IS NULL OR m.node = ANY (:nodes))
    ), several AS (
      SELECT node, number FROM held WHERE number <> '' GROUP BY 1, 2 HAVING count(DISTINCT root) > 1
    )
    SELECT root, node, 'merged' AS kind, '' AS number, array_agg(id ORDER BY id) AS memberships
    FROM held GROUP BY root, node HAVING count(DISTINCT oneid) > 1
    UNION ALL
    SELECT root, node, 'number', number, array_agg(id ORDER BY id)
    FROM held JOIN several USING (node, number) GROUP BY root, node, number
    ORDER BY kind, node, number, root LIMIT :limit
    """
)

WITH_NUMBER: Final = sa.text(
    """
    SELECT m.*, p.public_id AS home, r.public_id AS person
    FROM memberships AS m JOIN persons AS p USING (oneid)
    JOIN persons AS r ON r.oneid = coalesce(p.merged_into, p.oneid)
    WHERE ((m.number = :number AND m.number <> '') OR (m.issued = :number AND m.issued <> ''))
      AND (CAST(:nodes AS text[]) IS NULL OR m.node = ANY (:nodes))
    ORDER BY m.node, m.id LIMIT :limit
    """
)

ISSUED_TO: Final = sa.text(
    """
    SELECT k.n - 1 AS n, m.oneid
    FROM unnest(CAST(:oneids AS int[]), CAST(:nodes AS text[]), CAST(:numbers AS text[]))
      WITH ORDINALITY AS k (oneid, node, number, n)
    JOIN memberships AS m ON m.issued = k.number AND m.issued <> '' AND m.node = k.node
    JOIN persons AS home ON home.oneid = m.oneid JOIN persons AS said ON said.oneid = k.oneid
      AND coalesce(said.merged_into, said.oneid) = coalesce(home.merged_into, home.oneid)
    """
)
"""Statements that name a number by the membership to which it was issued, which is stored without one."""

SETTLE: Final = sa.text(
    """
    WITH kept AS (
      SELECT m.id, m.node, m.number || m.issued AS number, coalesce(p.merged_into, m.oneid) AS root
      FROM memberships AS m JOIN persons AS p USING (oneid) WHERE m.id = :keep
    ), others AS (
      SELECT m.id, m.status FROM kept, memberships AS m JOIN persons AS p USING (oneid)
      WHERE m.node = kept.node AND m.id <> kept.id AND m.status <> 'left'
        AND (coalesce(p.merged_into, m.oneid) = kept.root
          OR (kept.number <> '' AND m.number || m.issued = kept.number))
      ORDER BY m.id FOR UPDATE OF m
    ), said AS (
      INSERT INTO membership_changes (membership, at, field, before, after, author, reason)
      SELECT id, :now, 'status', status, 'left', :author, :reason FROM others
    )
    UPDATE memberships AS m SET status = 'left', status_ms = :now_ms, changed_at = :now
    FROM others WHERE m.id = others.id
    RETURNING m.oneid, m.node, m.status
    """
)

MEMBERS: Final = sa.text(
    """
    SELECT DISTINCT coalesce(p.merged_into, m.oneid) AS root FROM memberships AS m JOIN persons AS p USING (oneid)
    WHERE m.node = ANY (:nodes) AND m.status <> 'left'
    """
)

COUNTS: Final = sa.text(
    """
    SELECT node, status, count(*) AS memberships, count(DISTINCT owner) FILTER (WHERE owner <> '') AS owners
    FROM memberships WHERE node = ANY (:nodes) GROUP BY node, status ORDER BY node, status
    """
)

TRANSFER: Final = sa.text(
    """
    WITH chosen AS (
      SELECT m.id, m.owner, m.node FROM memberships AS m JOIN persons AS p USING (oneid)
      WHERE (CAST(:nodes AS text[]) IS NULL OR m.node = ANY (:nodes))
        AND (CAST(:owner AS text) IS NULL OR m.owner = :owner)
        AND (CAST(:people AS int[]) IS NULL OR coalesce(p.merged_into, m.oneid) = ANY (:people))
        AND (m.owner <> coalesce(CAST(:to_owner AS text), m.owner)
          OR m.node <> coalesce(CAST(:to_node AS text), m.node))
        AND NOT EXISTS (SELECT 1 FROM memberships AS other WHERE other.oneid = m.oneid AND other.number = m.number
          AND other.node = CAST(:to_node AS text) AND other.id <> m.id)
      ORDER BY m.id FOR UPDATE OF m
    ), said AS (
      INSERT INTO membership_changes (membership, at, field, before, after, author, reason)
      SELECT id, :now, 'owner', owner, :to_owner, :author, :reason FROM chosen
      WHERE CAST(:to_owner AS text) IS NOT NULL AND owner <> :to_owner
      UNION ALL
      SELECT id, :now, 'node', node, :to_node, :author, :reason FROM chosen
      WHERE CAST(:to_node AS text) IS NOT NULL AND node <> :to_node
    )
    UPDATE memberships AS m SET owner = coalesce(CAST(:to_owner AS text), m.owner),
      owner_ms = CASE WHEN CAST(:to_owner AS text) IS NULL THEN m.owner_ms ELSE :now_ms END,
      node = coalesce(CAST(:to_node AS text), m.node), changed_at = :now
    FROM chosen WHERE m.id = chosen.id
    RETURNING m.oneid, m.node, m.status, chosen.node AS before
    """
)
