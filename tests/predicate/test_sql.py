"""Compiled conditions against SQL written by hand for the same question, on some thousands of people."""

from datetime import UTC, datetime

import pytest

from ninefold.predicate import count, event_filter, parse, parse_filters
from ninefold.store import Events, Statement, render

NOW = datetime(2026, 6, 1, tzinfo=UTC)

MADE = (
    "INSERT INTO people SELECT number + 1, now64(3) FROM numbers(3000)",
    "INSERT INTO redirects SELECT number * 10 + 1, number * 10 + 2, 1 FROM numbers(300)",
    """
    INSERT INTO events (oneid, name, ts, received_at, message_id, revenue_minor, currency, props, nums)
    SELECT
      1 + intHash32(number * 7) % 3000,
      ['order', 'view', 'open', 'cart'][1 + intHash32(number * 3) % 4],
      toDateTime64('2026-06-01 00:00:00', 3, 'UTC') - INTERVAL intHash32(number * 11) % 31536000 SECOND,
      now64(3), toString(number),
      if(number % 2 = 0, intHash32(number) % 50000, 0), if(number % 2 = 0, 'USD', ''),
      map('category', ['shoes', 'hats', 'food'][1 + number % 3]), map('price', number % 300)
    FROM numbers(30000)
    """,
    """
    INSERT INTO traits
    SELECT 'age', number + 1, 'crm', toString(18 + intHash32(number) % 60), 18 + intHash32(number) % 60, 0,
      toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + INTERVAL number SECOND, now64(3)
    FROM numbers(3000)
    """,
    """
    INSERT INTO traits
    SELECT 'city', intDiv(number, 2) + 1, ['crm', 'web'][1 + number % 2], concat('c', toString(intHash32(number) % 9)),
      NULL, number % 7 = 0, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + INTERVAL intHash32(number) % 999 SECOND,
      now64(3)
    FROM numbers(5000)
    """,
    "INSERT INTO tag_runs VALUES ('rfm', 1, now64(3), 0), ('rfm', 2, now64(3), 0)",
    """
    INSERT INTO tags
    SELECT 'rfm', 1 + number % 2, intDiv(number, 2) + 1, concat('t', toString(number % 5)), NULL FROM numbers(5000)
    """,
)
BY_HAND = """
WITH
  moved AS (SELECT oneid, root FROM redirects FINAL WHERE oneid != root),
  present AS (SELECT DISTINCT oneid FROM people WHERE oneid NOT IN (SELECT oneid FROM moved)),
  done AS (
    SELECT if(m.root = 0, e.oneid, m.root) AS id, e.*
    FROM events AS e LEFT JOIN moved AS m ON m.oneid = e.oneid
    WHERE ts <= toDateTime64('2026-06-01 00:00:00', 3, 'UTC')
  ),
  known AS (
    SELECT id, key, v.1 AS value, v.2 AS num
    FROM (
      SELECT if(m.root = 0, t.oneid, m.root) AS id, key, argMax(tuple(value, num, deleted), tuple(ts, source)) AS v
      FROM traits AS t LEFT JOIN moved AS m ON m.oneid = t.oneid
      GROUP BY id, key
    )
    WHERE v.3 = 0
  ),
  labelled AS (
    SELECT id, argMax(value, own) AS value
    FROM (
      SELECT if(m.root = 0, t.oneid, m.root) AS id, value, m.root = 0 AS own
      FROM tags AS t LEFT JOIN moved AS m ON m.oneid = t.oneid
      WHERE tag = 'rfm' AND version = 2
    )
    GROUP BY id
  )
SELECT count() FROM present WHERE """
DAY = "toDateTime64('2026-06-01 00:00:00', 3, 'UTC') - INTERVAL {} DAY"

CASES: list[tuple[object, str]] = [
    (
        {"event": "order", "within": "90d"},
        f"oneid IN (SELECT id FROM done WHERE name = 'order' AND ts >= {DAY.format(90)})",
    ),
    (
        {"event": "open", "measure": "did_not", "within": "30d"},
        f"oneid NOT IN (SELECT id FROM done WHERE name = 'open' AND ts >= {DAY.format(30)})",
    ),
    (
        {"event": "view", "measure": "count", "op": "gte", "value": 4},
        "oneid IN (SELECT id FROM done WHERE name = 'view' GROUP BY id HAVING count() >= 4)",
    ),
    (
        {"event": "view", "measure": "count", "op": "lt", "value": 2, "within": "90d"},
        f"""
        oneid NOT IN (SELECT id FROM done WHERE name = 'view' AND ts >= {DAY.format(90)} GROUP BY id HAVING count() > 1)
        """,
    ),
    (
        {"event": "order", "measure": "sum", "of": "revenue", "op": "between", "value": [100, 400.5]},
        """
        oneid IN (
          SELECT id FROM done WHERE name = 'order' GROUP BY id HAVING sum(revenue_minor) BETWEEN 10000 AND 40050
        )
        """,
    ),
    (
        {"event": "order", "measure": "avg", "of": "price", "op": "gt", "value": 150},
        "oneid IN (SELECT id FROM done WHERE name = 'order' GROUP BY id HAVING avg(nums['price']) > 150)",
    ),
    (
        {"event": "cart", "where": [{"property": "category", "op": "ne", "value": "hats"}]},
        "oneid IN (SELECT id FROM done WHERE name = 'cart' AND props['category'] != 'hats')",
    ),
    (
        {"event": "order", "measure": "last", "of": "category", "op": "eq", "value": "shoes"},
        """
        oneid IN (
          SELECT id FROM done WHERE name = 'order' GROUP BY id HAVING argMax(props['category'], ts) = 'shoes'
        )
        """,
    ),
    (
        {"trait": "age", "op": "between", "value": [30, 40]},
        "oneid IN (SELECT id FROM known WHERE key = 'age' AND num BETWEEN 30 AND 40)",
    ),
    (
        {"trait": "city", "op": "in", "value": ["c1", "c2"]},
        "oneid IN (SELECT id FROM known WHERE key = 'city' AND value IN ('c1', 'c2'))",
    ),
    ({"trait": "city", "op": "not_exists"}, "oneid NOT IN (SELECT id FROM known WHERE key = 'city')"),
    ({"tag": "rfm", "op": "ne", "value": "t1"}, "oneid IN (SELECT id FROM labelled WHERE value != 't1')"),
    (
        {
            "all": [
                {"event": "order", "measure": "count", "op": "gte", "value": 2, "within": "365d"},
                {"not": {"event": "open", "within": "30d"}},
                {"any": [{"trait": "age", "op": "gt", "value": 30}, {"tag": "rfm", "op": "eq", "value": "t1"}]},
            ]
        },
        f"""
        oneid IN (SELECT id FROM done WHERE name = 'order' AND ts >= {DAY.format(365)} GROUP BY id HAVING count() >= 2)
        AND oneid NOT IN (SELECT id FROM done WHERE name = 'open' AND ts >= {DAY.format(30)})
        AND (oneid IN (SELECT id FROM known WHERE key = 'age' AND num > 30)
             OR oneid IN (SELECT id FROM labelled WHERE value = 't1'))
        """,
    ),
]


@pytest.fixture
def made(events: Events) -> Events:
    for text in MADE:
        events.command(Statement(text))
    return events


def test_compiled_equals_hand_written(made: Events) -> None:
    for document, test in CASES:
        by_hand = made.count(Statement(BY_HAND + test))
        assert 0 < by_hand < 2700
        assert made.count(count(parse(document), now=NOW, zone="UTC")) == by_hand, document


def test_filters_of_events_for_other_queries(made: Events) -> None:
    filters = parse_filters([{"property": "category", "op": "eq", "value": "shoes"}, {"property": "revenue"}])
    test, parameters = event_filter(filters, now=NOW, zone="UTC", prefix="mine_")
    assert len(parameters) == 2
    assert all(name.startswith("mine_") for name in parameters)
    text = render(test).text
    found = made.count(Statement(f"SELECT count() FROM events AS e WHERE {text}", parameters))
    hand = "SELECT count() FROM events WHERE props['category'] = 'shoes' AND currency != ''"
    assert found == made.count(Statement(hand)) > 0
    nothing, unbound = event_filter((), now=NOW, zone="UTC")
    assert (render(nothing).text, unbound) == ("TRUE", {})


def test_the_window_narrows_what_is_read(made: Events) -> None:
    statement = count(parse({"event": "order", "within": "2d"}), now=NOW, zone="UTC")
    start = statement.text.index("SELECT\n    groupBitmapState(e.oneid)")
    clause = statement.text[start : statement.text.rindex(") AS clause_1")]
    text = f"EXPLAIN indexes = 1 {clause} SETTINGS optimize_use_projections = 0"
    steps = made.query(Statement(text, statement.parameters)).column(0).to_pylist()
    at = next(number for number, step in enumerate(steps) if "PrimaryKey" in step)
    keys = [step.strip() for step in steps[at + 2 : at + 5]]
    assert keys == ["name", "toDate(ts)", "ts"]


def test_windows_of_dates_that_the_index_cannot_say(made: Events) -> None:
    made.command(
        Statement("INSERT INTO events (oneid, name, ts) SELECT 5, 'old', toDateTime64('1960-01-01 00:00:00', 3, 'UTC')")
    )
    for window, found in (
        ({"since": "1950-01-01"}, 1),
        ({"from": "1950-01-01", "to": "1970-06-01"}, 1),
        ({"since": "1970-01-03"}, 0),
        ({"before": "2026-01-01"}, 1),
    ):
        statement = count(parse({"event": "old", "within": window}), now=NOW, zone="UTC")
        assert made.count(statement) == found
