"""SQL of forgetting pairs."""

from typing import Final

import sqlalchemy as sa

COUNT: Final = sa.text(
    """
    SELECT one AS oneid, count(DISTINCT c.id) AS rows FROM match_candidates c
    CROSS JOIN LATERAL unnest(ARRAY[c.a, c.b, c.root_a, c.root_b]) AS one
    WHERE one = ANY (CAST(:accounts AS int[])) GROUP BY one
    """
)
CONTENT: Final = sa.text(
    """
    SELECT state, score, decided_at FROM match_candidates
    WHERE a = ANY (:accounts) OR b = ANY (:accounts) OR root_a = ANY (:accounts) OR root_b = ANY (:accounts) ORDER BY id
    """
)
FORGET: Final = sa.text(
    """
    WITH gone AS (
      DELETE FROM match_candidates
      WHERE a = ANY (:accounts) OR b = ANY (:accounts) OR root_a = ANY (:accounts) OR root_b = ANY (:accounts)
      RETURNING 'm-' || id AS item
    ), claims AS (DELETE FROM review_claims WHERE item IN (SELECT item FROM gone))
    DELETE FROM review_votes WHERE item IN (SELECT item FROM gone)
    """
)
