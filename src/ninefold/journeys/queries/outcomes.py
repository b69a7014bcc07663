"""SQL of campaigns on the events store: values of people for templates, trigger events, outcomes of members.

A person's rows may stand under accounts merged since; they are read for whom the person is now.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlglot
import sqlglot.expressions as exp

from ninefold.base import money_events, to_ms
from ninefold.journeys.model import ENTERED, SOURCE
from ninefold.store import Statement, render

_TRAITS: Final = """
SELECT
  key,
  oneid,
  argMax(value, (ts, source)) AS text,
  argMax(num, (ts, source)) AS number,
  argMax(deleted, (ts, source)) AS gone,
  max(ts) AS at
FROM traits
WHERE oneid IN {people:Array(UInt32)}
GROUP BY key, oneid
"""

_TAGS: Final = """
SELECT tag, oneid, value AS text, num AS number
FROM tags
WHERE oneid IN {people:Array(UInt32)}
  AND (tag, version) IN (SELECT tag, max(version) FROM tag_runs GROUP BY tag)
"""

# The events that started something, for templates that speak of them.
_STARTERS: Final = """
SELECT message_id, ts, order_id, product_id, session_id, revenue_minor, currency, quantity, props, nums
FROM events
WHERE name = {event:String} AND oneid IN {people:Array(UInt32)} AND message_id IN {messages:Array(String)}
"""

# Events of a batch that start a campaign, the oldest first.
_TRIGGERS: Final = """
SELECT if(r.root > 0, r.root, e.oneid) AS person, e.message_id AS message_id
FROM events AS e
LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = e.oneid
WHERE e.batch_id = {batch:UInt64}
  AND e.name = {event:String}
  AND e.ts >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND e.ts <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
ORDER BY e.ts, e.message_id
"""

# Members as the events tell them, as the people they are now: the earliest entry counts, also for its arm.
_MEMBERS: Final = """
SELECT
  if(r.root > 0, r.root, m.oneid) AS person,
  min(m.first) AS first,
  tupleElement(min(m.first), 1) AS entry,
  tupleElement(min(m.first), 2) AS arm,
  length(arrayDistinct(arrayFlatten(groupArray(m.arms)))) > 1 AS contaminated,
  sum(m.entries) AS entries
FROM (
  SELECT
    e.oneid AS oneid,
    min((e.ts, e.props['arm'], e.message_id)) AS first,
    groupUniqArray(e.props['arm']) AS arms,
    uniqExact(e.message_id) AS entries
  FROM events AS e
  WHERE e.name = {entered:String} AND e.source = {source:String} AND e.campaign_id = {campaign:String}
    AND e.ts <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')
  GROUP BY e.oneid
) AS m
LEFT ANY JOIN merged AS r ON r.oneid = m.oneid
GROUP BY person
"""

# What each member did within the time that counts. Money of other currencies is counted, not added.
_OUTCOMES: Final = """
SELECT
  m.person AS person,
  countIf(g.name = {goal:String}) AS goals,
  sum(if(g.currency IN ({currency:String}, ''), g.revenue_minor, 0)) AS revenue,
  countIf(g.revenue_minor != 0 AND g.currency NOT IN ({currency:String}, '')) AS other_money
FROM (
  SELECT
    if(r.root > 0, r.root, e.oneid) AS person, e.name AS name, e.ts AS ts, e.revenue_minor AS revenue_minor,
    e.currency AS currency
  FROM (
    SELECT e.oneid AS oneid, e.name AS name, e.ts AS ts, e.revenue_minor AS revenue_minor, e.currency AS currency
    FROM events AS e
    WHERE e.name IN {goals:Array(String)}
      AND e.ts > (SELECT min(entry) FROM members)
      AND e.ts <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')
      AND e.ts <= (SELECT max(entry) FROM members) + toIntervalMillisecond({within:Int64})
  ) AS e
  LEFT ANY JOIN merged AS r ON r.oneid = e.oneid
) AS g
INNER JOIN members AS m ON m.person = g.person
WHERE g.ts > m.entry AND g.ts <= m.entry + toIntervalMillisecond({within:Int64})
GROUP BY m.person
"""

_NO_OUTCOMES: Final = """
SELECT toUInt32(0) AS person, toUInt64(0) AS goals, toInt64(0) AS revenue, toUInt64(0) AS other_money
FROM system.one WHERE dummy > 0
"""

# Sums as text, since squares of money need more than 64 bits.
_ARMS: Final = """
SELECT
  m.arm AS arm,
  m.contaminated AS contaminated,
  count() AS people,
  sum(m.entries) AS entries,
  min(m.entry) AS first_entry,
  max(m.entry) AS last_entry,
  countIf(m.entry > fromUnixTimestamp64Milli({now:Int64}, 'UTC') - toIntervalMillisecond({within:Int64})) AS unfinished,
  countIf(o.goals > 0) AS converted,
  sum(o.goals) AS goals,
  toString(sum(toInt128(o.revenue))) AS revenue,
  toString(sum(toInt128(o.revenue) * toInt128(o.revenue))) AS revenue_squares,
  sum(o.other_money) AS other_money
FROM members AS m
LEFT ANY JOIN outcomes AS o ON o.person = m.person
GROUP BY m.arm, m.contaminated
ORDER BY m.arm, m.contaminated
"""

_MERGED: Final = "SELECT oneid, root FROM redirects FINAL WHERE oneid != root"


def traits(people: Sequence[int]) -> Statement:
    """The latest value of each trait per account: key, oneid, text, number, gone, at."""
    return Statement(_TRAITS, {"people": list(people)})


def tags(people: Sequence[int]) -> Statement:
    """Values of tags in their present versions: tag, oneid, text, number."""
    return Statement(_TAGS, {"people": list(people)})


def starters(event: str, people: Sequence[int], messages: Sequence[str]) -> Statement:
    """Events by message id, with what a template may say of them."""
    return Statement(_STARTERS, {"event": event, "people": list(people), "messages": list(messages)})


def triggers(
    batch: int, event: str, where: tuple[exp.Expr, Mapping[str, object]], *, since: datetime, until: datetime
) -> Statement:
    """Events of a batch that start a campaign: person (as known now), message_id; the oldest first.

    Args:
        batch: number of the pipeline's batch.
        event: name of the event.
        where: filters over ``events AS e``, with their parameters.
        since: older events do not count.
        until: nor do events of the future.
    """
    tree, parameters = where
    values = {"batch": batch, "event": event, "since": to_ms(since), "until": to_ms(until)}
    return render(_select(_TRIGGERS).where(tree), {**parameters, **values})


def arms(
    campaign: str,
    goal: tuple[str, tuple[exp.Expr, Mapping[str, object]]] | None,
    *,
    within: timedelta,
    currency: str,
    now: datetime,
) -> Statement:
    """Sufficient statistics of a campaign's arms, at most one row per arm and contamination.

    Columns: arm, contaminated (entered both arms before being merged), people, entries, first_entry, last_entry,
    unfinished (their time has not run out), converted, goals, revenue and revenue_squares (texts, minor units),
    other_money (goals paid in other currencies).

    Args:
        campaign: its key.
        goal: event name and filters over ``events AS e`` with their parameters; None for no outcomes.
        within: how long after entering a goal counts.
        currency: whose money is added.
        now: later events do not count.
    """
    outcomes, parameters = _select(_NO_OUTCOMES), {}
    values: dict[str, object] = {
        "entered": ENTERED,
        "source": SOURCE,
        "campaign": campaign,
        "now": to_ms(now),
        "within": within // timedelta(milliseconds=1),
    }
    if goal is not None:
        name, (tree, parameters_given) = goal
        outcomes, parameters = _select(_OUTCOMES), dict(parameters_given)
        _rows_of(outcomes, "goals").where(tree, copy=False)
        values |= {"goal": name, "goals": list(money_events(name)), "currency": currency}
    tree = _select(_ARMS)
    for alias, part in (("merged", _select(_MERGED)), ("members", _select(_MEMBERS)), ("outcomes", outcomes)):
        tree = tree.with_(alias, part, dialect="clickhouse")
    return render(tree, {**parameters, **values})


def _select(text: str) -> exp.Select:
    tree = sqlglot.parse_one(text, dialect="clickhouse")
    if not isinstance(tree, exp.Select):
        raise TypeError(text)
    return tree


def _rows_of(tree: exp.Select, parameter: str) -> exp.Select:
    """The innermost SELECT that uses a parameter."""
    for placeholder in tree.find_all(exp.Placeholder):
        if placeholder.name == parameter and (found := placeholder.find_ancestor(exp.Select)) is not None:
            return found
    raise KeyError(parameter)
