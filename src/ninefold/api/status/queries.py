"""What the status page counts in the events store."""

from datetime import datetime

from ninefold.store import Statement


def totals(now: datetime) -> Statement:
    """One row: events in all, in the last hour; people with traits; distinct traits."""
    return Statement(
        """
        SELECT
          (SELECT count() FROM events) AS events,
          (SELECT count() FROM events WHERE received_at > {now:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR) AS last_hour,
          (SELECT uniqExact(oneid) FROM traits) AS people_with_traits,
          (SELECT uniqExact(key) FROM traits) AS traits
        """,
        {"now": now},
    )


def activity(now: datetime) -> Statement:
    """Events received per minute of the last thirty; minutes without are left out."""
    return Statement(
        """
        SELECT toUnixTimestamp(toStartOfMinute(received_at)) AS minute, count() AS events
        FROM events
        WHERE received_at > toStartOfMinute({now:DateTime64(3, 'UTC')}) - INTERVAL 29 MINUTE
        GROUP BY minute ORDER BY minute
        """,
        {"now": now},
    )


def buyers() -> Statement:
    """One row: people with an order, with two or more, and their orders; merged people count once."""
    return Statement(
        """
        SELECT count() AS buyers, countIf(each > 1) AS repeat_buyers, sum(each) AS orders
        FROM (
          SELECT if(r.root > 0, r.root, e.oneid) AS person, uniqExact(e.order_id) AS each
          FROM (SELECT DISTINCT oneid, order_id FROM events WHERE order_id != '') AS e
          LEFT ANY JOIN (
            SELECT oneid, argMax(root, version) AS root FROM redirects GROUP BY oneid
          ) AS r ON r.oneid = e.oneid
          GROUP BY person
        )
        """
    )


def messages(names: tuple[str, ...], now: datetime) -> Statement:
    """Facts told by campaigns in the last day, by name."""
    return Statement(
        """
        SELECT name, count() AS facts FROM events
        WHERE name IN {names:Array(String)} AND ts > {now:DateTime64(3, 'UTC')} - INTERVAL 1 DAY GROUP BY name
        """,
        {"names": list(names), "now": now},
    )


def by_name() -> Statement:
    """Events and their money by name and currency."""
    return Statement(
        """
        SELECT name, currency, count() AS events, sum(revenue_minor) AS revenue_minor
        FROM events GROUP BY name, currency ORDER BY name, currency
        """
    )
