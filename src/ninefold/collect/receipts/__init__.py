"""Receipts: what became of each event, by message id and as a stream, on whichever wire it came."""

from .dropped import forget_dropped, note_dropped
from .model import Delivery, DeliveryPage, Progress
from .service import find, recent

__all__ = ["Delivery", "DeliveryPage", "Progress", "find", "forget_dropped", "note_dropped", "recent"]
