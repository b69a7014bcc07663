"""Asks the events store for the totals that must agree with the source."""

from ninefold.store import Events

from . import queries
from .model import JourneyTotals


def found_totals(events: Events) -> JourneyTotals:
    """The totals of what was imported of The Complete Journey."""
    (row,) = events.query(queries.EVENT_TOTALS).to_pylist()
    return JourneyTotals(**{name: int(value) for name, value in row.items()})
