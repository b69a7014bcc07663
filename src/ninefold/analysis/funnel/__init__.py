"""Funnels: how many people go through steps in order, and where they leave."""

from .model import Funnel, FunnelGroup, FunnelPeriod, FunnelResult, FunnelStep
from .reading import read_funnel
from .run import CROWD, FunnelRun, run

__all__ = [
    "CROWD", "Funnel", "FunnelGroup", "FunnelPeriod", "FunnelResult", "FunnelRun", "FunnelStep",
    "read_funnel", "run",
]
