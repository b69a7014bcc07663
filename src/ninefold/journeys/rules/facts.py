"""Campaigns tell what they do as events about the person, with message ids that are the same for ever."""

from collections.abc import Mapping
from datetime import datetime

from ninefold.base import stable_key, to_ms
from ninefold.collect import Event
from ninefold.journeys.model import ENTERED, SOURCE


def entered(campaign: str, occurrence: str, oneid: int, arm: str, *, at: datetime, now: datetime) -> Event:
    """A person entered a campaign, on whichever side: the exposure that reports start from."""
    return Event(
        message_id=stable_key(campaign, occurrence, oneid, ENTERED),
        type="track",
        name=ENTERED,
        ts=to_ms(at),
        received=to_ms(now),
        source=SOURCE,
        channel="",
        identifiers=(),
        oneid=oneid,
        campaign_id=campaign,
        props={"arm": arm, "occurrence": occurrence},
    )


def about_message(name: str, key: str, row: Mapping[str, object], *, now: datetime, **props: str) -> Event:
    """Something became of a message.

    Args:
        name: one of the facts about messages.
        key: of the effect.
        row: its ``campaign``, ``occurrence``, ``oneid`` and ``channel``.
        now: when it became known.
        props: further properties; empty ones are left out.
    """
    return Event(
        message_id=stable_key(key, name),
        type="track",
        name=name,
        ts=to_ms(now),
        received=to_ms(now),
        source=SOURCE,
        channel=str(row["channel"]),
        identifiers=(),
        oneid=int(str(row["oneid"])),
        campaign_id=str(row["campaign"]),
        props={"effect": key, "occurrence": str(row["occurrence"]), **{k: v for k, v in props.items() if v}},
    )
