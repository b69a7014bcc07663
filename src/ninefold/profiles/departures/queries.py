"""SQL of departures. Memberships are dealt out in turn, in the order of node and number: preview and deed agree."""

from typing import Final

import sqlalchemy as sa

LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('staff/' || CAST(:name AS text), 0))")

STAFF: Final = sa.text(
    """
    SELECT DISTINCT owner FROM memberships
    WHERE node = ANY (:nodes) AND owner NOT IN ('', :name) AND status <> 'left' ORDER BY owner
    """
)

SHARES: Final = sa.text(
    """
    SELECT heir, count(*) AS rows FROM (
      SELECT h.list[1 + (row_number() OVER (ORDER BY m.node, m.id) - 1) % cardinality(h.list)] AS heir
      FROM memberships AS m CROSS JOIN (SELECT CAST(:heirs AS text[]) AS list) AS h WHERE m.owner = :name
    ) AS dealt GROUP BY heir ORDER BY heir
    """
)

HAND_OVER: Final = sa.text(
    """
    WITH owned AS (SELECT id, node FROM memberships WHERE owner = :name ORDER BY id FOR UPDATE),
    dealt AS (
      SELECT o.id, h.list[1 + (row_number() OVER (ORDER BY o.node, o.id) - 1) % cardinality(h.list)] AS heir
      FROM owned AS o CROSS JOIN (SELECT CAST(:heirs AS text[]) AS list) AS h
    ), said AS (
      INSERT INTO membership_changes (membership, at, field, before, after, author, reason, departure)
      SELECT id, :now, 'owner', :name, heir, :author, :reason, :departure FROM dealt
    )
    UPDATE memberships AS m SET owner = dealt.heir, owner_ms = :now_ms, changed_at = :now
    FROM dealt WHERE m.id = dealt.id
    """
)

GIVE_BACK: Final = sa.text(
    """
    WITH due AS (
      SELECT m.id, c.before, c.after FROM membership_changes AS c JOIN memberships AS m ON m.id = c.membership
      WHERE c.departure = :departure AND m.owner = c.after ORDER BY m.id FOR UPDATE OF m
    ), said AS (
      INSERT INTO membership_changes (membership, at, field, before, after, author, reason)
      SELECT id, :now, 'owner', after, before, :author, :reason FROM due
    )
    UPDATE memberships AS m SET owner = due.before, owner_ms = :now_ms, changed_at = :now FROM due WHERE m.id = due.id
    """
)
"""Only what is still where the departure put it."""

END_ROLES: Final = sa.text(
    """
    UPDATE person_roles AS held SET until = :now FROM persons AS p
    WHERE p.oneid = held.oneid AND coalesce(p.merged_into, p.oneid) = :root
      AND held.origin = 'hand' AND held.until IS NULL
    RETURNING held.id
    """
)
HAND_ROLES: Final = sa.text(
    """
    SELECT DISTINCT held.role FROM person_roles AS held JOIN persons AS p USING (oneid)
    WHERE coalesce(p.merged_into, p.oneid) = :root AND held.origin = 'hand' AND held.until IS NULL ORDER BY 1
    """
)
GO_ON: Final = sa.text(
    """
    UPDATE person_roles AS held SET until = NULL
    WHERE held.id = ANY (CAST(:roles AS bigint[])) AND (held.ends_at IS NULL OR held.ends_at > :now)
      AND NOT EXISTS (SELECT 1 FROM person_roles AS other WHERE other.role = held.role AND other.oneid = held.oneid
        AND other.origin = held.origin AND other.until IS NULL)
    """
)
