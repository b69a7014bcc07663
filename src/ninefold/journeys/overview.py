"""Members and messages of all campaigns at a glance."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.engine import Connection

from .queries import overview as sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How large a campaign is.

    Attributes:
        treated: entries to be sent a message.
        control: entries left alone.
        latest: the latest entry.
        messages: by state.
    """

    treated: int = 0
    control: int = 0
    latest: datetime | None = None
    messages: dict[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Messages on their way."""
        return sum(self.messages.get(state, 0) for state in ("planned", "claimed", "handed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """An occasion of a campaign that people are entering now, and how many did so far."""

    campaign: str
    occurrence: str
    entered: int
    started_at: datetime


def underway(conn: Connection) -> tuple[Underway, ...]:
    """Occasions that are being carried out, the oldest first; also those that a crash interrupted."""
    return tuple(
        Underway(campaign=row.campaign, occurrence=row.occurrence, entered=row.entered, started_at=row.started_at)
        for row in conn.execute(sql.UNDERWAY)
    )


def totals(conn: Connection) -> dict[str, Totals]:
    """Totals of every campaign that has members, by key."""
    messages: dict[str, dict[str, int]] = {}
    for row in conn.execute(sql.MESSAGES):
        messages.setdefault(row.campaign, {})[row.state] = row.messages
    return {
        row.campaign: Totals(
            treated=row.treated, control=row.control, latest=row.latest, messages=messages.get(row.campaign, {})
        )
        for row in conn.execute(sql.MEMBERS, {"campaign": "", "occurrence": ""})
    }


def occasion(conn: Connection, campaign: str, occurrence: str) -> Totals:
    """Entries of one occasion of a campaign."""
    row = conn.execute(sql.MEMBERS, {"campaign": campaign, "occurrence": occurrence}).one_or_none()
    return Totals(treated=row.treated, control=row.control, latest=row.latest) if row else Totals()
