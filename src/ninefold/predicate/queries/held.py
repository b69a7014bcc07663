"""SQL of the value of traits under a policy: one definition, from which profiles, conditions, lists and messages read.

Rows keep the account they were said of; everybody's accounts are joined by the relation ``merged`` (oneid, root) that
the statement around defines. So a merge and an unmerge change the value at once, and nothing is ever counted twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlglot.expressions as exp

from ninefold.base import to_ms
from ninefold.predicate.survivorship.model import Alike, Choice, Combination, Per, Policies, Policy
from ninefold.store import Statement, render

from .text import Bindings, every, select, sql

_STATED = """
SELECT if(r.root > 0, r.root, t.oneid) AS person, toString(t.key) AS trait, t.oneid AS oneid,
  toString(t.source) AS source, t.value AS value, t.num AS num, t.deleted AS deleted,
  toUnixTimestamp64Milli(t.ts) AS ms, 'set' AS operation, '' AS message_id, 0 AS place
FROM traits AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
WHERE _rows
"""
_ADDED = """
SELECT if(r.root > 0, r.root, t.oneid) AS person, toString(t.key) AS trait, t.oneid AS oneid,
  toString(t.source) AS source, t.value AS value, toNullable(t.num) AS num, toUInt8(0) AS deleted,
  toUnixTimestamp64Milli(t.ts) AS ms, toString(t.operation) AS operation, t.message_id AS message_id, t.place AS place
FROM trait_changes AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
WHERE _rows
"""
_BOTH = "SELECT * FROM _stated UNION ALL SELECT * FROM _added"

# One candidate per group: its last word.
_LAST = """
SELECT person, trait, tupleElement(last, 1) AS value, tupleElement(last, 2) AS num, tupleElement(last, 4) AS ms,
  tupleElement(last, 5) AS oneid, tupleElement(last, 6) AS source
FROM (
  SELECT person, trait, _who AS who,
    argMax(tuple(value, num, deleted, ms, oneid, source), tuple(ms, source, value, deleted)) AS last
  FROM _said
  GROUP BY person, trait, who
)
WHERE tupleElement(last, 3) = 0
"""
# The same where numbers and items are added: the last word, and on top what was added at or after it, each operand of
# a message once.
_REPLAYED = """
SELECT person, trait,
  multiIf(notEmpty(items), concat('[', arrayStringConcat(arrayDistinct(arrayConcat(
      multiIf(begins = 0 OR value = '', [], startsWith(value, '['), JSONExtractArrayRaw(value),
        isValidJSON(value), [value], [toJSONString(value)]), items)), ','), ']'),
    notEmpty(numbers), toString(total), value) AS value,
  if(notEmpty(items), NULL, if(notEmpty(numbers), toNullable(total), num)) AS num,
  ms, oneid, source
FROM (
  SELECT person, trait, begins, items, numbers,
    if(begins = 1, tupleElement(last, 1), '') AS value,
    if(begins = 1, tupleElement(last, 2), NULL) AS num,
    round(ifNull(num, 0) + arraySum(numbers), 6) AS total,
    tupleElement(latest, 1) AS ms, tupleElement(latest, 2) AS oneid, tupleElement(latest, 3) AS source
  FROM (
    SELECT person, trait, last,
      (stated > 0 AND tupleElement(last, 3) = 0) AS begins,
      arraySort(arrayFilter(x -> stated = 0 OR tupleElement(x, 1) >= tupleElement(last, 4), changes)) AS live,
      arrayMap(x -> tupleElement(x, 6), arrayFilter(x -> tupleElement(x, 5) = 'append', live)) AS items,
      arrayMap(x -> tupleElement(x, 7), arrayFilter(x -> tupleElement(x, 5) = 'add', live)) AS numbers,
      if(empty(live), tuple(tupleElement(last, 4), tupleElement(last, 5), tupleElement(last, 6)),
        tuple(tupleElement(arrayElement(live, -1), 1), tupleElement(arrayElement(live, -1), 4),
          tupleElement(arrayElement(live, -1), 8))) AS latest
    FROM (
      SELECT person, trait, _who AS who, countIf(operation = 'set') AS stated,
        argMaxIf(tuple(value, num, deleted, ms, oneid, source), tuple(ms, source, value, deleted), operation = 'set')
          AS last,
        groupUniqArrayIf(
          tuple(ms, message_id, toUInt16(place), oneid, operation, value, ifNull(num, 0), source), operation != 'set'
        ) AS changes
      FROM _said
      GROUP BY person, trait, who
    )
  )
  WHERE begins = 1 OR notEmpty(live)
)
"""

_CHOSEN = """
SELECT person, trait, tupleElement(best, 1) AS value, tupleElement(best, 2) AS num, tupleElement(best, 3) AS ms,
  tupleElement(best, 4) AS oneid, tupleElement(best, 5) AS source, candidates
FROM (
  SELECT person, trait, count() AS candidates, argMax(tuple(value, num, ms, oneid, source), _rank) AS best
  FROM _counted
  GROUP BY person, trait
)
"""
_SUM = """
SELECT person, trait, toString(total) AS value, toNullable(total) AS num, ms, oneid, source, candidates
FROM (
  SELECT person, trait, count() AS candidates, round(arraySum(arraySort(groupArray(ifNull(c.num, 0)))), 6) AS total,
    max(c.ms) AS ms, argMax(c.oneid, tuple(c.ms, c.source)) AS oneid, argMax(c.source, tuple(c.ms, c.source)) AS source
  FROM _candidates
  WHERE c.num IS NOT NULL
  GROUP BY person, trait
)
"""
_UNION = """
SELECT person, trait, value, CAST(NULL AS Nullable(Float64)) AS num, ms, oneid, source, candidates
FROM (
  SELECT person, trait, count() AS candidates,
    concat('[', arrayStringConcat(arraySort(groupUniqArrayArray(multiIf(c.value = '', [],
      startsWith(c.value, '['), JSONExtractArrayRaw(c.value),
      isValidJSON(c.value), [c.value], [toJSONString(c.value)]))), ','), ']') AS value,
    max(c.ms) AS ms, argMax(c.oneid, tuple(c.ms, c.source)) AS oneid, argMax(c.source, tuple(c.ms, c.source)) AS source
  FROM _candidates
  GROUP BY person, trait
)
"""
_WHO = {Per.STATEMENT: "tuple(oneid, source)", Per.SOURCE: "source", Per.ACCOUNT: "oneid"}
# What is stated only where there is nothing else stands under a time mirrored at 2000-01-01: when it was said.
_RANKS = {
    Choice.NEWEST: "ms",
    Choice.OLDEST: "-greatest(ms, 1893369600000 - ms)",
    Choice.VERIFIED: "verified",
    Choice.LONGEST: "lengthUTF8(value)",
    Choice.MOST_FREQUENT: "held",
    Choice.MIN: "if(num IS NULL, tuple(0, 0.), tuple(1, -assumeNotNull(num)))",
    Choice.MAX: "if(num IS NULL, tuple(0, 0.), tuple(1, assumeNotNull(num)))",
}
_BY_SOURCE = "-indexOf(arrayPushBack(_sources, source), source)"
_HELD = "SELECT *, count() OVER (PARTITION BY person, trait, value) AS held FROM _candidates"
_VERIFIED = """
SELECT c.*, v.verified AS verified
FROM _candidates
LEFT ANY JOIN (
  SELECT t.oneid AS oneid, toString(t.source) AS source,
    argMax(t.value = 'true' AND t.deleted = 0, tuple(t.ts, t.value)) AS verified
  FROM traits AS t
  WHERE _rows
  GROUP BY oneid, source
) AS v ON v.oneid = c.oneid AND v.source = c.source
"""
_FRESH = "SELECT * FROM _candidates WHERE greatest(ms, 1893369600000 - ms) >= _since"


def held(
    keys: Sequence[str],
    policy: Policy,
    bindings: Bindings,
    *,
    changed: bool,
    now: datetime,
    reach: Sequence[exp.Expr] = (),
) -> exp.Select:
    """The values in force of some traits with one policy, over a relation ``merged`` that the statement defines.

    Columns: person, trait, value, num, ms (kept time), oneid and source (of the winner; of a combination the latest
    part), candidates. Somebody without a value has no row.

    Args:
        keys: the traits.
        policy: of all of them.
        bindings: where values are bound.
        changed: whether something was ever added to one of them.
        now: the instant, for validity.
        reach: further tests on the rows, under the alias ``t``.
    """
    named = [bindings.text(key) for key in keys]
    trait = exp.column("key", "t")
    wanted: exp.Expr = (
        exp.EQ(this=trait, expression=named[0]) if len(named) == 1 else exp.In(this=trait, expressions=named)
    )
    said: exp.Expr = select(_STATED, rows=every([wanted, *reach]))
    if changed:
        added = select(_ADDED, rows=every([wanted.copy(), *(one.copy() for one in reach)]))
        said = sql(_BOTH, stated=_sub(said), added=_sub(added))
    who = sql("0") if policy.plain else sql(_WHO[policy.per])
    found = select(_REPLAYED if changed else _LAST, said=_sub(said), who=who)
    if policy.valid_for is not None:
        found = select(_FRESH, candidates=_sub(found), since=bindings.bind(to_ms(now) - _ms(policy.valid_for), "Int64"))
    match policy.combine:
        case Combination.SUM:
            return select(_SUM, candidates=_sub(found))
        case Combination.UNION:
            return select(_UNION, candidates=_sub(found))
        case None:
            return _chosen(found, policy, bindings, reach)


def _chosen(found: exp.Select, policy: Policy, bindings: Bindings, reach: Sequence[exp.Expr]) -> exp.Select:
    choices = {step.choice for step in policy.steps}
    if Choice.VERIFIED in choices:
        companion = exp.EQ(this=exp.column("key", "t"), expression=bindings.text(policy.verified_by))
        rows = every([companion, *(one.copy() for one in reach)])
        found = select(_VERIFIED, candidates=_sub(found), rows=rows)
    if Choice.MOST_FREQUENT in choices:
        found = select(_HELD, candidates=_sub(found))
    ranks = [
        sql(_BY_SOURCE, sources=bindings.bind(list(step.sources), "Array(String)"))
        if step.choice is Choice.SOURCES
        else sql(_RANKS[step.choice])
        for step in policy.steps
    ]
    rank = exp.Tuple(expressions=[*ranks, sql("ms"), sql("source"), sql("value")])
    return select(_CHOSEN, counted=_sub(found), rank=rank)


def _sub(tree: exp.Expr) -> exp.Subquery:
    return exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier("c")))


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


_REDIRECTS = "SELECT oneid, root FROM redirects FINAL WHERE oneid <> root"
_PAIRS = """
SELECT tupleElement(pair, 1) AS oneid, tupleElement(pair, 2) AS root
FROM (SELECT arrayJoin(arrayZip(_accounts, _people)) AS pair)
"""
_OF = """
SELECT arrayJoin(_people) AS oneid, oneid AS root
UNION ALL
SELECT oneid, root FROM redirects FINAL WHERE has(_people, root) AND oneid <> root
"""
_DIFFERENCES = """
SELECT trait, count() AS people, groupArray(20)(tuple(person, was, becomes)) AS samples
FROM (
  SELECT person, trait, maxIf(value, side = 0) AS was, maxIf(value, side = 1) AS becomes
  FROM (
    SELECT person, trait, value, 0 AS side FROM _was
    UNION ALL
    SELECT person, trait, value, 1 AS side FROM _becomes
  )
  GROUP BY person, trait
  HAVING was != becomes OR countIf(side = 0) != countIf(side = 1)
  ORDER BY person
)
GROUP BY trait
ORDER BY trait
"""
_WITHIN = "t.oneid IN (SELECT oneid FROM merged)"


def trait_values(
    keys: Iterable[str] | None,
    policies: Policies,
    *,
    now: datetime,
    whose: Mapping[int, int] | Sequence[int] | None = None,
) -> Statement | None:
    """The values in force of traits: person, trait, value, num, ms, oneid, source, candidates.

    Args:
        keys: the traits; None means those that are not simply the newest statement.
        policies: in force.
        now: the instant.
        whose: the person of each account, whatever is stored about that; or present people; None means everybody.

    Returns:
        The statement; None when no trait is asked for.
    """
    groups = policies.special() if keys is None else policies.grouped(keys)
    if not groups:
        return None
    bindings = Bindings("t")
    if whose is None:
        merged = sql(_REDIRECTS)
    elif isinstance(whose, Mapping):
        pairs = (bindings.bind(list(each), "Array(UInt32)", name) for each, name in (
            (whose.keys(), "accounts"), (whose.values(), "people")))  # fmt: skip
        merged = sql(_PAIRS, accounts=next(pairs), people=next(pairs))
    else:
        merged = sql(_OF, people=bindings.bind(list(whose), "Array(UInt32)", "people"))
    reach = [] if whose is None else [sql(_WITHIN)]
    return _over(_all(groups, bindings, now=now, reach=reach), merged, bindings)


def trait_differences(keys: Iterable[str], before: Policies, after: Policies, *, now: datetime) -> Statement:
    """Whose traits have another value under other policies, over everybody.

    Rows: trait, people (how many), samples (a list of person, value before, value after; '' where there is none).

    Args:
        keys: the traits, one at least.
        before: the policies in force.
        after: the others.
        now: the instant, for validity.
    """
    bindings, wanted = Bindings("t"), sorted(set(keys))
    was, becomes = (_all(each.grouped(wanted), bindings, now=now) for each in (before, after))
    return _over(select(_DIFFERENCES, was=_sub(was), becomes=_sub(becomes)), sql(_REDIRECTS), bindings)


def _all(groups: Sequence[Alike], bindings: Bindings, *, now: datetime, reach: Sequence[exp.Expr] = ()) -> exp.Query:
    """The values in force of traits under several policies."""
    parts = [held(names, policy, bindings, changed=changed, now=now, reach=reach) for policy, changed, names in groups]
    tree: exp.Query = parts[0]
    for part in parts[1:]:
        tree = exp.Union(this=tree, expression=part, distinct=False)
    return tree


def _over(tree: exp.Query, merged: exp.Expr, bindings: Bindings) -> Statement:
    """The statement of values over a relation of accounts and people."""
    cte = exp.CTE(this=merged, alias=exp.TableAlias(this=exp.to_identifier("merged")))
    tree.set("with_", exp.With(expressions=[cte]))
    return render(tree, bindings.used(tree))
