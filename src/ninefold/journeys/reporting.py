"""Reads a campaign's result: one statement on the events store, two on the records store."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy.engine import Connection

from ninefold.base import minor_digits
from ninefold.predicate import event_filter
from ninefold.store import Events

from .model import Arm, Campaign, EffectState
from .queries import outcomes
from .queries import records as sql
from .rules.report import ArmFigures, CampaignReport, Counted, MessageCounts, conclude


def report(conn: Connection, events: Events, campaign: Campaign, *, now: datetime, zone: str) -> CampaignReport:
    """The result of a campaign as of now.

    Args:
        conn: a transaction on the records store.
        events: the events store.
        campaign: the campaign.
        now: later events do not count.
        zone: business zone, for dates in filters.
    """
    goal, within = None, timedelta(0)
    if campaign.goal is not None:
        within = campaign.goal.within
        goal = (campaign.goal.event, event_filter(campaign.goal.where, now=now, zone=zone))
    statement = outcomes.arms(campaign.key, goal, within=within, currency=campaign.currency, now=now)
    rows = events.query(statement).to_pylist()
    clean = {row["arm"]: row for row in rows if not row["contaminated"]}
    members = conn.execute(sql.COUNT_MEMBERS, {"campaign": campaign.key}).one()
    messages = _messages(conn, campaign)
    counted = Counted(
        control=_figures(clean.get(Arm.CONTROL.value)),
        treated=_figures(clean.get(Arm.TREATED.value)),
        contaminated=sum(row["people"] for row in rows if row["contaminated"]),
        first_entry=min((row["first_entry"] for row in rows), default=None),
        last_entry=max((row["last_entry"] for row in rows), default=None),
        events=sum(row["entries"] for row in rows),
        records=members.members,
        drawn=members.drawn,
        shares=tuple(sorted(share for share in members.shares if share is not None)),
        messages=messages,
    )
    return conclude(campaign, counted, cost_minor=_cost(campaign, messages.delivered), now=now)


def _figures(row: dict[str, object] | None) -> ArmFigures:
    if row is None:
        return ArmFigures()
    names = {
        "people": "people",
        "converted": "converted",
        "goals": "goals",
        "revenue_minor": "revenue",
        "revenue_squares": "revenue_squares",
        "unfinished": "unfinished",
        "other_money": "other_money",
    }
    return ArmFigures(**{own: int(str(row[theirs])) for own, theirs in names.items()})


def _messages(conn: Connection, campaign: Campaign) -> MessageCounts:
    by_state: dict[str, dict[str, int]] = defaultdict(dict)
    for row in conn.execute(sql.COUNT_EFFECTS, {"campaign": campaign.key}):
        by_state[row.state][row.reason] = row.messages
    waiting = (EffectState.PLANNED, EffectState.CLAIMED, EffectState.HANDED)
    return MessageCounts(
        waiting=sum(sum(by_state[state].values()) for state in waiting),
        delivered=sum(by_state[EffectState.DELIVERED].values()),
        held=sum(by_state[EffectState.HELD].values()),
        failed=dict(by_state[EffectState.FAILED]),
        suppressed=dict(by_state[EffectState.SUPPRESSED]),
    )


def _cost(campaign: Campaign, delivered: int) -> int:
    """Cost of messages delivered, in minor units, rounded once at the end."""
    cost = campaign.cost_per_send * delivered * Decimal(10) ** minor_digits(campaign.currency)
    return int(cost.to_integral_value(ROUND_HALF_EVEN))
