"""Totals of The Complete Journey and of what Ninefold has of it, compared to the line and the cent. Pure."""

from dataclasses import dataclass, fields
from datetime import datetime

from ninefold.cli.demo.files import Check

LINE, RECEIVED, REDEEMED = "Order Line", "Campaign Received", "Coupon Redeemed"
"""Names of the events: a line of a basket, a household that got a campaign, a coupon redeemed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyTotals:
    """What must agree between the source and Ninefold.

    Attributes:
        lines: transaction lines.
        sales_cents: their sales value.
        units: their quantity.
        baskets: distinct baskets.
        buyers: households with a line.
        received: campaigns received, one per household and campaign.
        redeemed: coupons redeemed.
        profiles: households with demographics.
        households: households that occur anywhere.
    """

    lines: int
    sales_cents: int
    units: int
    baskets: int
    buyers: int
    received: int
    redeemed: int
    profiles: int
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One of the grocer's campaigns as it really was.

    Nobody was held out at random, so a comparison of those who got it with the others describes, and proves nothing:
    the grocer chose its better customers.

    Attributes:
        campaign: its number.
        kind: Type A, B or C.
        start: first day.
        end: last day.
        received: household ids that got it.
        others: household ids with a line before the start that did not get it.
        redeemers: household ids that redeemed one of its coupons.
        redemptions: coupons redeemed.
    """

    campaign: int
    kind: str
    start: datetime
    end: datetime
    received: tuple[str, ...]
    others: tuple[str, ...]
    redeemers: tuple[str, ...]
    redemptions: int


def reconcile(source: JourneyTotals, found: JourneyTotals) -> tuple[Check, ...]:
    """One exact check per total.

    >>> one = JourneyTotals(**dict.fromkeys(JourneyTotals.__slots__, 1))
    >>> all(check.ok for check in reconcile(one, one))
    True
    """
    return tuple(
        Check(
            name=field.name.replace("_", " "),
            expected=getattr(source, field.name),
            found=getattr(found, field.name),
        )
        for field in fields(JourneyTotals)
    )
