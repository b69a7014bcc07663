"""SQL of the whole ledger at once. Pure."""

from typing import Final

import sqlalchemy as sa

# The first statement of a transaction that reads one state of all tables while others go on writing.
SNAPSHOT: Final = sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

LAST_STATEMENT: Final = sa.text("SELECT pg_sequence_last_value(pg_get_serial_sequence('identity_assertions', 'id'))")

# A range of a table's pages as one array per column. (Text, since psycopg itself runs it, for binary answers; a COPY
# would hand over a message per row, which costs ten times the rest.)
PAGES: Final = sa.text(
    "SELECT pg_relation_size(CAST(:table AS regclass)) / CAST(current_setting('block_size') AS bigint)"
)

# Several small numbers share an integer, since every element of an array costs as much as reading its row.
ALL_IDENTIFIERS: Final = """
    SELECT array_send(array_agg(id)), array_send(array_agg(first_seen_ms)),
           array_send(array_agg((coalesce(oneid, 0)::bigint << 32) | coalesce(origin, 0))),
           array_send(array_agg((array_position(string_to_array(%(names)s, chr(31)), namespace)::bigint - 1) * 16
                                + state)),
           array_send(array_agg(id) FILTER (WHERE since_ms > %(never)s OR until_ms < %(ever)s)),
           array_send(array_agg(since_ms) FILTER (WHERE since_ms > %(never)s OR until_ms < %(ever)s)),
           array_send(array_agg(until_ms) FILTER (WHERE since_ms > %(never)s OR until_ms < %(ever)s))
    FROM identifiers WHERE ctid >= %(first)s::tid AND ctid < %(past)s::tid
    """
ALL_STATEMENTS: Final = """
    SELECT array_send(array_agg(a)), array_send(array_agg(b)), array_send(array_agg(seen_ms)),
           array_send(array_agg(id * 256 + action * 16 + reason))
    FROM identity_assertions WHERE ctid >= %(first)s::tid AND ctid < %(past)s::tid AND a <> b
    """

VALUES: Final = sa.text(
    """
    SELECT i.id, i.value FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
    JOIN identifiers i ON i.id = k.id
    """
)

MARKS: Final = """
    SELECT array_send(array_agg(oneid::bigint)), array_send(array_agg(contested::bigint))
    FROM persons WHERE ctid >= %(first)s::tid AND ctid < %(past)s::tid AND contested > 0
    """

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
