"""SQL of the whole ledger at once. Pure."""

from typing import Final

import sqlalchemy as sa

# For binary COPY: fixed rows of 8-byte integers. (Text, since a COPY takes its values from psycopg.)
ALL_IDENTIFIERS: Final = """
    COPY (
        SELECT id, coalesce(oneid, 0)::bigint, coalesce(origin, 0)::bigint, state::bigint,
               array_position(string_to_array(%(names)s, chr(31)), namespace)::bigint - 1, since_ms, until_ms,
               first_seen_ms
        FROM identifiers
    ) TO STDOUT (FORMAT binary)
    """

ALL_STATEMENTS: Final = """
    COPY (
        SELECT a, b, action::bigint * 16 + reason, seen_ms, id FROM identity_assertions WHERE a <> b
    ) TO STDOUT (FORMAT binary)
    """

VALUES: Final = sa.text(
    """
    SELECT i.id, i.value FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
    JOIN identifiers i ON i.id = k.id
    """
)

MARKS: Final = sa.text("SELECT oneid, contested FROM persons WHERE contested > 0")

# The last word of an operator on whether an identifier takes part.
BLOCKED_BY_HAND: Final = sa.text(
    """
    SELECT DISTINCT ON (a) a, action FROM identity_assertions
    WHERE a = b AND action IN (4, 5) AND reason = 5 ORDER BY a, id DESC
    """
)

# What would count if some identifiers were blocked.
BESIDE: Final = sa.text(
    """
    SELECT string_agg(int8send(0) || int8send(a) || int8send(b) || int8send(seen_ms) || int8send(last_ms), ''::bytea)
    FROM identity_beside WHERE top = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[]))
    """
)
