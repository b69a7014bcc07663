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
    SELECT r.*, r.oneid = ANY (:accounts) AS outward, coalesce(p.merged_into, p.oneid) AS root
    FROM relations AS r LEFT JOIN persons AS p
      ON p.oneid = CASE WHEN r.oneid = ANY (:accounts) THEN r.other ELSE r.oneid END
    WHERE r.oneid = ANY (:accounts) OR r.other = ANY (:accounts)
    ORDER BY r.since DESC, r.id DESC LIMIT :limit
    """
)

HOLDERS: Final = sa.text(
    """
    SELECT DISTINCT coalesce(p.merged_into, held.oneid) AS root
    FROM person_roles AS held JOIN persons AS p USING (oneid)
    WHERE held.role = :role AND held.until IS NULL ORDER BY root LIMIT :limit
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
