"""SQL of member numbers. People are folded by the table of persons: a merged account's row leads to its root."""

from typing import Final

import sqlalchemy as sa

LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('member numbers/' || CAST(:node AS text), 0))")

WITHOUT: Final = sa.text(
    """
    SELECT id, oneid, root, count(*) OVER () AS waiting FROM (
      SELECT DISTINCT ON (coalesce(p.merged_into, m.oneid))
        m.id, m.oneid, coalesce(p.merged_into, m.oneid) AS root, m.joined_ms
      FROM memberships AS m JOIN persons AS p USING (oneid)
      WHERE m.node = :node AND m.status = 'active' AND m.number = '' AND m.issued = ''
        AND (CAST(:people AS int[]) IS NULL OR coalesce(p.merged_into, m.oneid) = ANY (:people))
        AND NOT EXISTS (
          SELECT 1 FROM memberships AS o JOIN persons AS q ON q.oneid = o.oneid
          WHERE o.node = m.node AND (o.number <> '' OR o.issued <> '')
            AND coalesce(q.merged_into, q.oneid) = coalesce(p.merged_into, m.oneid)
        )
      ORDER BY coalesce(p.merged_into, m.oneid), m.joined_ms, m.id
    ) AS held ORDER BY joined_ms, id LIMIT :most
    """
)
"""Active members of a node of whom no account has a number there; of each the membership that was joined first."""

BEGIN: Final = sa.text(
    """
    INSERT INTO number_series (node, series, passed, secret) VALUES (:node, :series, 0, :secret)
    ON CONFLICT (node, series) DO NOTHING
    """
)

PLACE: Final = sa.text("SELECT passed, secret FROM number_series WHERE node = :node AND series = :series")

PASS: Final = sa.text("UPDATE number_series SET passed = :passed WHERE node = :node AND series = :series")

TAKEN: Final = sa.text(
    """
    SELECT number FROM memberships WHERE node = :node AND number = ANY (CAST(:numbers AS text[]))
    UNION SELECT issued FROM memberships WHERE node = :node AND issued = ANY (CAST(:numbers AS text[]))
    """
)

GIVE: Final = sa.text(
    """
    WITH given AS (
      SELECT id, number FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS text[])) AS g (id, number) ORDER BY id
    ), said AS (
      INSERT INTO membership_changes (membership, at, field, before, after, author, reason)
      SELECT id, :now, 'number', '', number, :author, :reason FROM given
    )
    UPDATE memberships AS m SET issued = given.number, changed_at = :now FROM given WHERE m.id = given.id
    RETURNING m.oneid, m.node, m.status
    """
)

ANCHORS: Final = sa.text(
    """
    SELECT DISTINCT ON (k.n) k.n - 1 AS n, i.namespace, i.value
    FROM unnest(CAST(:accounts AS int[]), CAST(:roots AS int[])) WITH ORDINALITY AS k (account, root, n)
    JOIN identifiers AS i ON i.oneid = k.root AND i.state = 0 AND i.until_ms = 9223372036854775807
    JOIN unnest(CAST(:namespaces AS text[])) WITH ORDINALITY AS s (name, rank)
      ON s.name = split_part(i.namespace, ':', 1)
    ORDER BY k.n, (i.origin IS DISTINCT FROM k.account), s.rank, i.id
    """
)
"""The identifier that stands for each account: one that the account began with, else the person's strongest."""

HOLDERS: Final = sa.text(
    """
    SELECT k.n - 1 AS n, m.oneid, coalesce(p.merged_into, p.oneid) AS root
    FROM unnest(CAST(:nodes AS text[]), CAST(:numbers AS text[])) WITH ORDINALITY AS k (node, number, n)
    JOIN memberships AS m ON m.node = k.node AND k.number <> '' AND (m.number = k.number OR m.issued = k.number)
    JOIN persons AS p ON p.oneid = m.oneid
    """
)

HELD: Final = sa.text(
    """
    SELECT k.n - 1 AS n, m.id, m.issued, m.status, m.tier, m.owner, m.joined_ms, m.status_ms, m.tier_ms, m.owner_ms
    FROM unnest(CAST(:oneids AS int[]), CAST(:nodes AS text[]), CAST(:numbers AS text[]))
      WITH ORDINALITY AS k (oneid, node, number, n)
    JOIN memberships AS m ON m.oneid = k.oneid AND m.node = k.node AND m.number = k.number
    """
)

KEEP: Final = sa.text(
    """
    INSERT INTO membership_import_rows (import, membership, before)
    SELECT :import, membership, CAST(before AS jsonb)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:before AS text[])) AS k (membership, before)
    """
)

RESTORE: Final = sa.text(
    """
    WITH mine AS (
      SELECT r.membership, r.before, m.issued
      FROM membership_import_rows AS r JOIN memberships AS m ON m.id = r.membership
      WHERE r.import = :import AND r.before IS NOT NULL AND m.changed_at = :at FOR UPDATE OF m
    ), said AS (
      INSERT INTO membership_changes (membership, at, field, before, after, author, reason)
      SELECT membership, :now, 'import', CAST(:import AS text), '', :author, 'import taken back' FROM mine
    )
    UPDATE memberships AS m SET
      issued = mine.before ->> 'issued',
      status = mine.before ->> 'status', tier = mine.before ->> 'tier', owner = mine.before ->> 'owner',
      joined_ms = (mine.before ->> 'joined_ms')::bigint, status_ms = (mine.before ->> 'status_ms')::bigint,
      tier_ms = (mine.before ->> 'tier_ms')::bigint, owner_ms = (mine.before ->> 'owner_ms')::bigint,
      changed_at = :now
    FROM mine, persons AS p WHERE m.id = mine.membership AND p.oneid = m.oneid
    RETURNING m.oneid, coalesce(p.merged_into, p.oneid) AS root, m.node, m.status,
      CASE WHEN m.issued = mine.issued THEN '' ELSE mine.issued END AS number
    """
)

REMOVE: Final = sa.text(
    """
    DELETE FROM memberships AS m USING membership_import_rows AS r, persons AS p
    WHERE r.import = :import AND r.before IS NULL AND m.id = r.membership AND m.changed_at = :at AND p.oneid = m.oneid
    RETURNING m.id, m.oneid, coalesce(p.merged_into, p.oneid) AS root, m.node, m.number
    """
)
"""Only what nobody changed since; what somebody did stays."""

FORGET_CHANGES: Final = sa.text("DELETE FROM membership_changes WHERE membership = ANY (CAST(:ids AS bigint[]))")
