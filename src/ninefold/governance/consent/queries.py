"""SQL of consent: the same rules as ``rules.effective``, for many accounts in one statement."""

from typing import Final

import sqlalchemy as sa

ADD: Final = sa.text(
    """
    INSERT INTO consent_records (oneid, purpose, node, said, at_ms, expires_ms, text_version, channel, evidence, source,
      recorded_at)
    SELECT *, CAST(:now AS timestamptz)
    FROM unnest(CAST(:oneid AS int[]), CAST(:purpose AS text[]), CAST(:node AS text[]), CAST(:said AS text[]),
      CAST(:at_ms AS bigint[]), CAST(:expires_ms AS bigint[]), CAST(:text_version AS text[]), CAST(:channel AS text[]),
      CAST(:evidence AS text[]), CAST(:source AS text[]))
    ON CONFLICT DO NOTHING
    RETURNING oneid, purpose, node, said
    """
)

STANDINGS: Final = sa.text(
    """
    WITH latest AS (
      SELECT DISTINCT ON (oneid, node) oneid, at_ms, expires_ms, said = 'granted' AS yes,
        array_position(CAST(:line AS text[]), node) AS depth
      FROM consent_records
      WHERE purpose = :purpose AND said <> 'requested' AND node = ANY (:line) AND at_ms <= :now_ms
        AND (CAST(:accounts AS int[]) IS NULL OR oneid = ANY (:accounts))
      ORDER BY oneid, node, at_ms DESC, said = 'granted'
    ), folded AS (
      SELECT oneid, max(at_ms) FILTER (WHERE NOT yes) AS last_no,
        (array_agg(yes ORDER BY depth DESC))[1] AS yes,
        (array_agg(at_ms ORDER BY depth DESC))[1] AS at_ms,
        (array_agg(expires_ms ORDER BY depth DESC))[1] AS expires_ms
      FROM latest GROUP BY oneid
    )
    SELECT oneid, CASE WHEN NOT yes OR last_no >= at_ms THEN 'denied' WHEN expires_ms <= :now_ms THEN 'expired'
      ELSE 'granted' END AS standing
    FROM folded
    """
)
