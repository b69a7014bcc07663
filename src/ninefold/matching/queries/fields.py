"""Key fields of everybody, from the events store. Pure."""

from collections.abc import Sequence
from datetime import datetime

from ninefold.predicate import survivorship, writing
from ninefold.predicate import trait_values as values_in_force
from ninefold.store import Statement, render

_NOBODY = Statement("SELECT 0 AS person, '' AS trait, '' AS value WHERE 0")
_FIRST_HELD = """
SELECT toInt64(person) AS person, argMin(said, indexOf(_keys, trait)) AS value
FROM (
  SELECT person, trait, if(startsWith(value, '['), JSONExtractString(value, 1), value) AS said
  FROM _held
)
WHERE said <> ''
GROUP BY person
"""
_MERGED = "SELECT oneid, root FROM redirects FINAL WHERE oneid <> root"


def trait_values(traits: Sequence[str], policies: survivorship.Policies, *, now: datetime) -> Statement:
    """Rows (person, value): the value in force of the first of some traits that a person has, accounts together."""
    if not all(policies.simple(key) for key in traits):
        return _by_policy(traits, policies, now)
    return Statement(
        f"""
        WITH merged AS ({_MERGED})
        SELECT toInt64(owner) AS person, argMin(said, place) AS value
        FROM (
          SELECT
            if(m.root = 0, t.oneid, m.root) AS owner,
            indexOf({{keys:Array(String)}}, toString(t.key)) AS place,
            argMax(t.value, (t.ts, t.received_at, t.source)) AS said,
            argMax(t.deleted, (t.ts, t.received_at, t.source)) AS gone
          FROM traits AS t
          LEFT JOIN merged AS m ON m.oneid = t.oneid
          WHERE t.key IN {{keys:Array(String)}}
          GROUP BY owner, place
        )
        WHERE gone = 0 AND said <> ''
        GROUP BY owner
        SETTINGS max_bytes_before_external_group_by = 500000000
        """,
        {"keys": list(traits)},
    )


def _by_policy(traits: Sequence[str], policies: survivorship.Policies, now: datetime) -> Statement:
    """The same where the newest statement is not simply what holds; of a list its first item."""
    held = values_in_force(traits, policies, now=now) or _NOBODY
    bound = writing.Bindings("f")
    tree = writing.select(
        _FIRST_HELD,
        held=writing.nested(held),
        keys=bound.bind(list(traits), "Array(String)", "keys"),
    )
    return render(tree, {**held.parameters, **bound.values})


def changed_people(traits: Sequence[str], *, since_ms: int, redirects: int) -> Statement:
    """Rows (person): present people about whom one of some traits was said since, or who were merged or parted."""
    return Statement(
        f"""
        WITH merged AS ({_MERGED})
        SELECT DISTINCT toInt64(if(m.root = 0, c.oneid, m.root)) AS person
        FROM (
          SELECT DISTINCT oneid FROM traits
          WHERE key IN {{keys:Array(String)}} AND received_at >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC')
          UNION DISTINCT
          SELECT oneid FROM redirects FINAL WHERE version > {{redirects:UInt64}}
        ) AS c
        LEFT JOIN merged AS m ON m.oneid = c.oneid
        """,
        {"keys": list(traits), "since": since_ms, "redirects": redirects},
    )


def redirect_mark() -> Statement:
    """One value: the newest version among the redirects."""
    return Statement("SELECT max(version) FROM redirects")
