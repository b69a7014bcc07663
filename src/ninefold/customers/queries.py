"""SQL of the open API. People are folded by the table of persons: a merged account's row leads to its root."""

from typing import Final

import sqlalchemy as sa
import sqlglot
import sqlglot.expressions as exp

from ninefold.predicate import writing
from ninefold.store import Statement, render

ACCOUNTS: Final = sa.text(
    """
    SELECT coalesce(merged_into, oneid) AS root, oneid, public_id, created_at FROM persons
    WHERE (oneid = ANY (:people) OR merged_into = ANY (:people)) AND erased_at IS NULL
    ORDER BY root, oneid <> coalesce(merged_into, oneid), oneid
    """
)

MEMBERS: Final = sa.text("SELECT DISTINCT oneid FROM memberships WHERE oneid = ANY (:accounts) AND node = ANY (:nodes)"
                         " AND status <> 'left'")  # fmt: skip

ROOTS: Final = sa.text(
    """
    SELECT oneid FROM persons WHERE oneid > :after AND merged_into IS NULL AND erased_at IS NULL
    ORDER BY oneid LIMIT :limit
    """
)

MEMBERSHIPS: Final = sa.text(
    """
    SELECT m.*, p.public_id AS home, coalesce(p.merged_into, m.oneid) AS root
    FROM memberships AS m JOIN persons AS p USING (oneid)
    WHERE m.oneid = ANY (:accounts) AND (CAST(:nodes AS text[]) IS NULL OR m.node = ANY (:nodes))
    ORDER BY m.joined_ms, m.id
    """
)

IDENTIFIERS: Final = sa.text(
    """
    SELECT i.oneid AS root, i.namespace, i.value, i.first_seen_ms, i.last_seen_ms, i.state,
      CASE WHEN CAST(:sources AS boolean) THEN ARRAY(
        SELECT DISTINCT s.source FROM identity_assertions AS s WHERE s.a = i.id OR s.b = i.id
      ) END AS sources
    FROM identifiers AS i
    WHERE i.oneid = ANY (:people) AND i.until_ms = :present
    """
)

LINKED_BY: Final = sa.text(
    """
    SELECT DISTINCT s.source FROM identifiers AS i
    JOIN identity_assertions AS s ON s.a = i.id OR s.b = i.id
    WHERE i.namespace = :namespace AND i.value = :value AND i.until_ms = :present AND s.action IN (1, 2, 6)
    """
)

WAIT: Final = sa.text("SELECT set_config('lock_timeout', :wait, true)")


_AFTER = "SELECT oneid FROM wanted_people AS w WHERE oneid > {after_number:UInt32} ORDER BY oneid LIMIT {most:UInt32}"


def people_after(wanted: Statement, *, after: int, limit: int) -> Statement:
    """People of a condition by number, above one: oneid.

    Args:
        wanted: a statement with one column ``oneid``, each present person once.
        after: the last number of the page before.
        limit: at most so many.
    """
    tree = sqlglot.parse_one(_AFTER, dialect="clickhouse")
    for table in list(tree.find_all(exp.Table)):
        if table.name == "wanted_people":
            table.replace(writing.nested(wanted, "w"))
    return render(tree, {**wanted.parameters, "after_number": after, "most": limit})
