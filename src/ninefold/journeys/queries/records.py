"""SQL of members and effects, in the records store. Statements only; nothing here runs them."""

from typing import Final

import sqlalchemy as sa

LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")

CANDIDATES: Final = sa.Table(
    "campaign_candidates",
    sa.MetaData(),
    sa.Column("oneid", sa.Integer),
    sa.Column("occurrence", sa.Text),
    sa.Column("bucket", sa.Integer),
    sa.Column("arm", sa.Text),
    sa.Column("entered_at", sa.DateTime(timezone=True)),
)
"""Temporary: who is to enter, roots, each occasion once."""

KIN: Final = sa.Table("campaign_kin", sa.MetaData(), sa.Column("oneid", sa.Integer), sa.Column("root", sa.Integer))
"""Temporary: accounts that were merged into a candidate."""

MAKE_CANDIDATES: Final = (
    sa.text(
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS campaign_candidates (
          oneid integer NOT NULL, occurrence text COLLATE "C" NOT NULL, bucket integer, arm text COLLATE "C" NOT NULL,
          entered_at timestamptz NOT NULL
        ) ON COMMIT DELETE ROWS
        """
    ),
    sa.text(
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS campaign_kin (oneid integer NOT NULL, root integer NOT NULL)
        ON COMMIT DELETE ROWS
        """
    ),
    sa.text("TRUNCATE campaign_candidates, campaign_kin"),
)

ANALYZE_CANDIDATES: Final = sa.text("ANALYZE campaign_candidates, campaign_kin")

# Members are looked up one index probe per account (LATERAL, LIMIT): a campaign may just have filled the table, and
# the planner would not know.

# Who took part in the very occasion before, under whatever account.
DROP_ALREADY_ENTERED: Final = sa.text(
    """
    DELETE FROM campaign_candidates c
    USING (
      SELECT a.root, a.occurrence
      FROM (
        SELECT oneid AS root, oneid, occurrence FROM campaign_candidates
        UNION ALL
        SELECT k.root, k.oneid, d.occurrence FROM campaign_kin k JOIN campaign_candidates d ON d.oneid = k.root
      ) a
      CROSS JOIN LATERAL (
        SELECT 1 FROM campaign_members m
        WHERE m.campaign = :campaign AND m.occurrence = a.occurrence AND m.oneid = a.oneid
        LIMIT 1
      ) m
    ) found
    WHERE c.oneid = found.root AND c.occurrence = found.occurrence
    """
)

# Who entered on another occasion after a given time, under whatever account.
DROP_NOT_AGAIN: Final = sa.text(
    """
    DELETE FROM campaign_candidates c
    USING (
      SELECT a.root
      FROM (
        SELECT DISTINCT oneid AS root, oneid FROM campaign_candidates UNION ALL SELECT root, oneid FROM campaign_kin
      ) a
      CROSS JOIN LATERAL (
        SELECT 1 FROM campaign_members m
        WHERE m.oneid = a.oneid AND m.campaign = :campaign AND m.entered_at > :since
        LIMIT 1
      ) m
    ) found
    WHERE c.oneid = found.root
    """
)

# The arm that a person first got under the same draw holds for ever, whatever the share is now.
ENTER: Final = sa.text(
    """
    WITH past AS (
      SELECT DISTINCT ON (a.root) a.root, m.arm
      FROM (
        SELECT DISTINCT oneid AS root, oneid FROM campaign_candidates UNION ALL SELECT root, oneid FROM campaign_kin
      ) a
      CROSS JOIN LATERAL (
        SELECT m.arm, m.entered_at, m.oneid, m.occurrence FROM campaign_members m
        WHERE m.oneid = a.oneid AND m.campaign = :campaign AND m.salt = :salt
        ORDER BY m.entered_at, m.occurrence
        LIMIT 1
      ) m
      ORDER BY a.root, m.entered_at, m.oneid, m.occurrence
    )
    INSERT INTO campaign_members (campaign, occurrence, oneid, arm, bucket, salt, holdout, version, entered_at)
    SELECT :campaign, c.occurrence, c.oneid, coalesce(p.arm, c.arm), c.bucket, CAST(:salt AS integer),
           CAST(:holdout AS integer), :version, c.entered_at
    FROM campaign_candidates c LEFT JOIN past p ON p.root = c.oneid
    ON CONFLICT DO NOTHING
    RETURNING occurrence, oneid, arm, entered_at
    """
)

# Which of some campaigns have anything to send.
DUE_CAMPAIGNS: Final = sa.text(
    """
    SELECT c.campaign FROM unnest(CAST(:campaigns AS text[])) AS c (campaign)
    WHERE EXISTS (
      SELECT 1 FROM effects e
      WHERE e.state = 'planned' AND e.campaign = c.campaign COLLATE "C" AND e.next_attempt_at <= :now
    )
    ORDER BY c.campaign
    """
)

CLAIM: Final = sa.text(
    """
    WITH due AS (
      SELECT key FROM effects
      WHERE state = 'planned' AND campaign = :campaign AND next_attempt_at <= :now
      ORDER BY next_attempt_at, key
      LIMIT :limit
      FOR UPDATE SKIP LOCKED
    )
    UPDATE effects e SET state = 'claimed', claim = :claim, lease_until = :lease_until
    FROM due WHERE e.key = due.key
    RETURNING e.key, e.occurrence, e.oneid, e.version, e.channel, e.attempts, e.planned_at,
              e.handed_at IS NOT NULL AS in_doubt
    """
)

HAND: Final = sa.text(
    """
    UPDATE effects SET state = 'handed', attempts = attempts + 1, handed_at = :now
    WHERE key = ANY (:keys) AND claim = :claim AND state = 'claimed'
    RETURNING key
    """
)

SETTLE: Final = sa.text(
    """
    UPDATE effects e
    SET state = s.state, next_attempt_at = coalesce(s.next_attempt_at, e.next_attempt_at), reason = s.reason,
        detail = s.detail, reference = s.reference, claim = NULL, lease_until = NULL,
        handed_at = CASE WHEN s.arrived THEN e.handed_at END,
        settled_at = CASE WHEN s.state <> 'planned' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:keys AS text[]), CAST(:states AS text[]), CAST(:next AS timestamptz[]), CAST(:reasons AS text[]),
                CAST(:details AS text[]), CAST(:references AS text[]), CAST(:arrived AS boolean[]))
         AS s (key, state, next_attempt_at, reason, detail, reference, arrived)
    WHERE e.key = s.key AND e.claim = :claim AND e.state IN ('claimed', 'handed')
    RETURNING e.key
    """
)

EXTEND_LEASE: Final = sa.text(
    """
    UPDATE effects SET lease_until = lease_until + CAST(:span AS interval)
    WHERE claim = :claim AND state IN ('claimed', 'handed')
    """
)

# What dead workers had only claimed was surely not sent.
FREE_CLAIMED: Final = sa.text(
    """
    UPDATE effects SET state = 'planned', claim = NULL, lease_until = NULL
    WHERE key IN (SELECT key FROM effects WHERE state = 'claimed' AND lease_until <= :until FOR UPDATE SKIP LOCKED)
    """
)

DOUBTFUL_CHANNELS: Final = sa.text(
    "SELECT DISTINCT channel FROM effects WHERE state = 'handed' AND lease_until <= :until"
)

# What they had handed over may have arrived. Its place under the cap stays taken (handed_at).
FREE_HANDED: Final = sa.text(
    """
    UPDATE effects SET state = 'planned', claim = NULL, lease_until = NULL, next_attempt_at = :now
    WHERE key IN (
      SELECT key FROM effects
      WHERE state = 'handed' AND lease_until <= :until AND channel = ANY (:channels) FOR UPDATE SKIP LOCKED
    )
    """
)

HOLD_HANDED: Final = sa.text(
    """
    UPDATE effects SET state = 'held', claim = NULL, lease_until = NULL, reason = 'in_doubt', settled_at = :now,
      detail = 'the process died while sending'
    WHERE key IN (
      SELECT key FROM effects
      WHERE state = 'handed' AND lease_until <= :until AND channel = ANY (:channels) FOR UPDATE SKIP LOCKED
    )
    RETURNING key, campaign, occurrence, oneid, channel
    """
)

# Messages of each effect's person that its cap counts: person, campaign ('' for any), start of the window.
COUNT_SENT: Final = sa.text(
    """
    SELECT w.own, count(*) AS sent
    FROM unnest(CAST(:own AS text[]), CAST(:people AS integer[]), CAST(:campaigns AS text[]),
                CAST(:since AS timestamptz[])) AS w (own, oneid, campaign, since)
    JOIN effects e ON e.oneid = w.oneid AND e.handed_at > w.since AND e.key <> w.own
      AND (w.campaign = '' OR e.campaign = w.campaign)
    GROUP BY w.own
    """
)

# For people with accounts merged since: were these held out, or sent the same occasion's message?
KIN_FACTS: Final = sa.text(
    """
    SELECT w.own, bool_or(m.arm = 'control') AS held_out, bool_or(e.handed_at IS NOT NULL) AS repeated
    FROM unnest(CAST(:own AS text[]), CAST(:people AS integer[]), CAST(:campaigns AS text[]),
                CAST(:occurrences AS text[])) AS w (own, oneid, campaign, occurrence)
    LEFT JOIN campaign_members m ON m.oneid = w.oneid AND m.campaign = w.campaign
    LEFT JOIN effects e ON e.oneid = w.oneid AND e.campaign = w.campaign AND e.occurrence = w.occurrence
      AND e.key <> w.own
    GROUP BY w.own
    """
)

HELD: Final = sa.text(
    """
    SELECT key, campaign, oneid, channel, detail, settled_at FROM effects
    WHERE state = 'held' AND (:campaign = '' OR campaign = :campaign)
    ORDER BY settled_at, key
    LIMIT :limit
    """
)

DECIDE_HELD: Final = sa.text(
    """
    UPDATE effects
    SET state = :state, next_attempt_at = :now, reason = :reason, detail = :detail,
        attempts = CASE WHEN :state = 'planned' THEN 0 ELSE attempts END,
        handed_at = CASE WHEN :state = 'delivered' THEN handed_at END,
        settled_at = CASE WHEN :state = 'planned' THEN NULL ELSE CAST(:now AS timestamptz) END
    WHERE key = ANY (:keys) AND state = 'held'
    RETURNING key, campaign, occurrence, oneid, channel
    """
)

COUNT_EFFECTS: Final = sa.text(
    """
    SELECT state, reason, count(*) AS messages FROM effects WHERE campaign = :campaign GROUP BY state, reason
    ORDER BY state, reason
    """
)

COUNT_MEMBERS: Final = sa.text(
    """
    SELECT count(*) AS members, count(bucket) AS drawn, coalesce(array_agg(DISTINCT holdout), '{}') AS shares
    FROM campaign_members WHERE campaign = :campaign
    """
)

BEGIN_RUN: Final = sa.text(
    """
    INSERT INTO campaign_runs (campaign, occurrence, version, started_at, finished_at, missed)
    VALUES (:campaign, :occurrence, :version, :now, CASE WHEN :missed THEN CAST(:now AS timestamptz) END, :missed)
    ON CONFLICT DO NOTHING
    """
)

RUN: Final = sa.text("SELECT finished_at FROM campaign_runs WHERE campaign = :campaign AND occurrence = :occurrence")

FINISH_RUN: Final = sa.text(
    """
    UPDATE campaign_runs SET finished_at = :now, missed = missed OR :missed
    WHERE campaign = :campaign AND occurrence = :occurrence AND finished_at IS NULL
    """
)

UNFINISHED_RUNS: Final = sa.text(
    "SELECT campaign, occurrence FROM campaign_runs WHERE finished_at IS NULL ORDER BY started_at, campaign"
)
