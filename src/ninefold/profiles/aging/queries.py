"""SQL of old events and traits. Which rows is decided once, by the same test for counting, summing and deleting."""

from ninefold.governance import retention
from ninefold.store import Statement

_COUNT = ("SELECT count() FROM events WHERE ", "SELECT count() FROM traits WHERE ")
_PEOPLE = ("SELECT DISTINCT oneid FROM events WHERE ", "SELECT DISTINCT oneid FROM traits WHERE ")
_SUMS = """
INSERT INTO past_days (run, day, name, source, channel, currency, events, people, revenue_minor, quantity)
SELECT {run:UInt64}, toDate(ts, {zone:String}), name, source, channel, currency, count(), uniqExact(oneid),
  sum(revenue_minor), sum(quantity)
FROM events WHERE
"""
_PER_DAY = """
GROUP BY 2, 3, 4, 5, 6
"""


def old(rule: retention.Rule, bound: retention.Bound) -> Statement:
    """The test of the rows that a run takes."""
    tests = ["ts < {before:DateTime64(3, 'UTC')}"]
    values: dict[str, object] = {"before": bound.before}
    if bound.held:
        tests.append("oneid NOT IN {held:Array(UInt32)}")
        values["held"] = list(bound.held)
    if rule.target == "traits":
        tests.append("key IN {names:Array(String)}")
        return Statement(" AND ".join(tests), values | {"names": list(rule.names)})
    tests.append("batch_id <= {batch:UInt64}")
    values["batch"] = bound.upto_batch
    if rule.names:
        tests.append("name IN {names:Array(String)}")
        values["names"] = list(rule.names)
    if bound.sources is not None:
        tests.append("source IN {sources:Array(String)}")
        values["sources"] = list(bound.sources)
    return Statement(" AND ".join(tests), values)


def count(rule: retention.Rule, test: Statement) -> Statement:
    """How many rows that is."""
    return Statement(_COUNT[rule.target == "traits"] + test.text, test.parameters)


def people(rule: retention.Rule, test: Statement) -> Statement:
    """Whose rows they are."""
    return Statement(_PEOPLE[rule.target == "traits"] + test.text, test.parameters)


def summarise(test: Statement, *, run: int, zone: str) -> Statement:
    """Totals per business day, name, source, channel and currency, under the number of the run."""
    return Statement(_SUMS + test.text + _PER_DAY, {**test.parameters, "run": run, "zone": zone})


def past(limit: int) -> Statement:
    """What is left of anonymised events, newest day first."""
    text = """
        SELECT day, name, source, channel, currency, sum(events) AS events, sum(people) AS people,
          sum(revenue_minor) AS revenue_minor
        FROM past_days FINAL GROUP BY day, name, source, channel, currency
        ORDER BY day DESC, name, source, channel, currency LIMIT {limit:UInt32}
    """
    return Statement(text, {"limit": limit})
