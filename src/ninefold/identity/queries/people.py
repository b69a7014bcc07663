"""SQL of people: their identifiers, names and evidence, and the state of single identifiers. Pure."""

from typing import Final

import sqlalchemy as sa

# A person: a row per account (public_id), then one per identifier. `was` stands in the person's own row: who was asked
# for. The last part is what only says something about them: identifiers of namespaces that take no part, met by theirs.
WHOLE: Final = sa.text(
    """
    WITH root AS (
        SELECT coalesce(merged_into, oneid) AS oneid, oneid AS was FROM persons WHERE oneid = CAST(:oneid AS integer)
        UNION ALL
        SELECT coalesce(merged_into, oneid), oneid FROM persons WHERE public_id = CAST(:public_id AS text)
    )
    SELECT p.oneid, p.public_id, p.created_at, root.was, CAST(NULL AS text) AS namespace, CAST(NULL AS text) AS value,
           CAST(NULL AS bigint) AS first_seen_ms, CAST(NULL AS bigint) AS last_seen_ms, CAST(NULL AS smallint) AS state
    FROM root JOIN persons p ON p.oneid = root.oneid
    UNION ALL
    SELECT p.oneid, p.public_id, p.created_at, NULL, NULL, NULL, NULL, NULL, NULL
    FROM root JOIN persons p ON p.merged_into = root.oneid
    UNION ALL
    SELECT i.oneid, NULL, NULL, NULL, i.namespace, i.value, i.first_seen_ms, i.last_seen_ms, i.state
    FROM root JOIN identifiers i ON i.oneid = root.oneid AND i.until_ms = 9223372036854775807
    UNION ALL
    SELECT DISTINCT CAST(NULL AS integer), NULL, CAST(NULL AS timestamptz), CAST(NULL AS integer), h.namespace, h.value,
           h.first_seen_ms, h.last_seen_ms, h.state
    FROM root
    JOIN identifiers i ON i.oneid = root.oneid
    CROSS JOIN LATERAL (
        SELECT b AS other FROM identity_assertions WHERE a = i.id AND reason = 6
        UNION ALL
        SELECT a FROM identity_assertions WHERE b = i.id AND reason = 6
    ) l
    JOIN identifiers h ON h.id = l.other AND h.state = 2
    """
)

ACCOUNTS: Final = sa.text(
    """
    WITH root AS (SELECT coalesce(merged_into, oneid) AS oneid FROM persons WHERE oneid = :oneid)
    SELECT p.oneid, p.public_id FROM root JOIN persons p ON p.oneid = root.oneid
    UNION ALL
    (SELECT p.oneid, p.public_id FROM root JOIN persons p ON p.merged_into = root.oneid ORDER BY p.oneid)
    """
)

# The people of whom such an identifier says something, a hundred at most.
ATTACHED_TO: Final = sa.text(
    """
    SELECT DISTINCT h.namespace, h.value, i.oneid
    FROM unnest(string_to_array(:names, chr(31)), string_to_array(:values, chr(31))) AS k (namespace, value)
    JOIN identifiers h ON h.namespace = k.namespace AND h.value = k.value AND h.state = 2
    CROSS JOIN LATERAL (
        SELECT b AS other FROM identity_assertions WHERE a = h.id AND reason = 6
        UNION ALL
        SELECT a FROM identity_assertions WHERE b = h.id AND reason = 6
    ) l
    JOIN identifiers i ON i.id = l.other AND i.oneid IS NOT NULL AND i.state = 0
    ORDER BY 3 LIMIT 100
    """
)

PUBLIC_IDS: Final = sa.text(
    """
    SELECT p.oneid, p.public_id
    FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (oneid)
    JOIN persons p ON p.oneid = k.oneid
    """
)

HOW_LINKED: Final = sa.text(
    """
    SELECT x.namespace AS a_namespace, x.value AS a_value, y.namespace AS b_namespace, y.value AS b_value,
           l.action, l.reason, l.source, l.seen_ms, l.recorded_at, l.rule_version, l.evidence, l.batch_id
    FROM (
        SELECT l.* FROM identifiers i JOIN identity_assertions l ON l.a = i.id WHERE i.oneid = :oneid
        UNION
        SELECT l.* FROM identifiers i JOIN identity_assertions l ON l.b = i.id WHERE i.oneid = :oneid
    ) l
    JOIN identifiers x ON x.id = l.a
    JOIN identifiers y ON y.id = l.b
    ORDER BY l.id
    LIMIT :limit
    """
)

KNOW: Final = sa.text(
    """
    INSERT INTO identifiers (namespace, value, first_seen_ms, last_seen_ms)
    VALUES (:namespace, :value, :now_ms, :now_ms) ON CONFLICT DO NOTHING
    """
)

SET_STATE: Final = sa.text(
    """
    UPDATE identifiers SET state = :state
    WHERE namespace = :namespace AND value = :value AND state <> :state AND until_ms = 9223372036854775807
    RETURNING id, oneid
    """
)

STATE_OF: Final = sa.text(
    """
    SELECT id, oneid FROM identifiers
    WHERE namespace = :namespace AND value = :value AND until_ms = 9223372036854775807
    """
)

# Who is who, in bulk.
ROOTS: Final = sa.text(
    """
    SELECT oneid, merged_into AS root FROM persons WHERE oneid = ANY (:people) AND merged_into IS NOT NULL
    """
)

MERGED_INTO: Final = sa.text("SELECT oneid, merged_into AS root FROM persons WHERE merged_into = ANY (:people)")

HOLDER: Final = sa.text(
    """
    SELECT oneid FROM identifiers
    WHERE namespace = :namespace AND value = :value AND state = 0 AND until_ms = 9223372036854775807
    """
)

ADDRESSES: Final = sa.text(
    """
    SELECT DISTINCT ON (oneid) oneid, value FROM identifiers
    WHERE oneid = ANY (:people) AND namespace = :namespace AND state = 0 AND until_ms = 9223372036854775807
    ORDER BY oneid, last_seen_ms DESC, id DESC
    """
)

FIND_MANY: Final = sa.text(
    """
    SELECT k.n - 1 AS n, i.oneid
    FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) WITH ORDINALITY AS k (namespace, value, n)
    JOIN identifiers i ON i.namespace = k.namespace AND i.value = k.value
      AND i.until_ms = 9223372036854775807 AND i.state = 0 AND i.oneid IS NOT NULL
    """
)
FIND_NAMED: Final = sa.text(
    """
    SELECT k.n - 1 AS n, coalesce(p.merged_into, p.oneid) AS oneid
    FROM unnest(CAST(:values AS text[])) WITH ORDINALITY AS k (value, n) JOIN persons p ON p.public_id = k.value
    """
)
