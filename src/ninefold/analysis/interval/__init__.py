"""Interval: how long people take from one event to another."""

from .model import Interval, IntervalResult, Pairing
from .run import CROWD, read_interval, run

__all__ = ["CROWD", "Interval", "IntervalResult", "Pairing", "read_interval", "run"]
