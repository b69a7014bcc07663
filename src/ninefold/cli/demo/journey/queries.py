"""What Ninefold has of The Complete Journey, in ClickHouse SQL. No I/O.

People are counted after merges: a raw oneid counts for the person it is now.
"""

from typing import Final

from ninefold.store import Statement

from .model import LINE, RECEIVED, REDEEMED

_NAMES: Final = {"line": LINE, "received": RECEIVED, "redeemed": REDEEMED}

EVENT_TOTALS: Final = Statement(
    """
    SELECT
        countIf(name = {line:String}) AS lines,
        sumIf(revenue_minor, name = {line:String}) AS sales_cents,
        toInt64(sumIf(quantity, name = {line:String})) AS units,
        uniqExactIf(order_id, name = {line:String}) AS baskets,
        uniqExactIf(person, name = {line:String}) AS buyers,
        countIf(name = {received:String}) AS received,
        countIf(name = {redeemed:String}) AS redeemed,
        uniqExactIf(person, name = '$identify') AS profiles,
        uniqExact(person) AS households
    FROM
    (
        SELECT name, revenue_minor, quantity, order_id, if(r.root = 0, e.oneid, r.root) AS person
        FROM events AS e
        LEFT ANY JOIN (SELECT oneid, argMax(root, version) AS root FROM redirects GROUP BY oneid) AS r USING (oneid)
        WHERE e.source = 'grocer'
    )
    """,
    _NAMES,
)
"""One row with the totals of everything that came from the grocer."""
