"""Event analysis: how many, how much, by whom, over time, by group, and against another period."""

from .model import EventAnalysis, EventMeasure, EventNumber, EventPoint, EventResult, EventSeries, Measure
from .reading import read_event
from .run import CROWD, run

__all__ = [
    "CROWD", "EventAnalysis", "EventMeasure", "EventNumber", "EventPoint", "EventResult", "EventSeries", "Measure",
    "read_event", "run",
]
