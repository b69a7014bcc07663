"""SQL of parts of the ledger: whole components, and what operators said. Pure."""

from typing import Final

import sqlalchemy as sa

_MEMBER = """i.id, i.namespace, i.value, i.since_ms, coalesce(i.oneid, 0), coalesce(i.origin, 0), i.state = 0,
    i.first_seen_ms, i.until_ms"""

MEMBERS: Final = sa.text(
    f"""
    SELECT {_MEMBER} FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (oneid)
    JOIN identifiers i ON i.oneid = k.oneid
    """
)

IDENTIFIERS: Final = sa.text(
    f"""
    SELECT {_MEMBER} FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
    JOIN identifiers i ON i.id = k.id
    """
)

# Every statement about identifiers and another one.
STATEMENTS: Final = sa.text(
    """
    SELECT string_agg(int8send(0) || int8send(a) || int8send(b) || int8send(action) || int8send(reason)
                      || int8send(seen_ms) || int8send(id), ''::bytea)
    FROM (
        SELECT DISTINCT l.a, l.b, l.action, l.reason, l.seen_ms, l.id
        FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
        CROSS JOIN LATERAL (
            SELECT * FROM identity_assertions WHERE a = k.id AND b <> k.id
            UNION ALL
            SELECT * FROM identity_assertions WHERE b = k.id AND a <> k.id
        ) l
    ) s
    """
)

# Every statement of operators about two identifiers.
WORDS: Final = sa.text(
    """
    SELECT string_agg(int8send(a) || int8send(b) || int8send(action) || int8send(reason)
                      || int8send(seen_ms) || int8send(id), ''::bytea)
    FROM identity_assertions
    WHERE action >= 6 AND a <> b
    """
)

SAID: Final = sa.text(
    """
    SELECT x.namespace AS a_namespace, x.value AS a_value, y.namespace AS b_namespace, y.value AS b_value,
           l.action, l.evidence, coalesce(l.note, '') AS note, l.recorded_at
    FROM unnest(CAST(string_to_array(:a, chr(31)) AS bigint[]), CAST(string_to_array(:b, chr(31)) AS bigint[]),
                CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (a, b, id)
    JOIN identity_assertions l ON l.a = k.a AND l.b = k.b AND l.id = k.id
    JOIN identifiers x ON x.id = k.a
    JOIN identifiers y ON y.id = k.b
    ORDER BY l.id DESC
    """
)
