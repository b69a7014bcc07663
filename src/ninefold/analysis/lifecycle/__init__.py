"""Life cycle and stickiness: who is new, stays, comes back and leaves; daily, weekly and monthly active people."""

from .model import Lifecycle, LifecycleActive, LifecyclePeriod, LifecycleResult, StickyPeople
from .run import CROWD, read_lifecycle, run

__all__ = [
    "CROWD", "Lifecycle", "LifecycleActive", "LifecyclePeriod", "LifecycleResult", "StickyPeople", "read_lifecycle",
    "run",
]
