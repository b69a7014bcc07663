"""The review desk: one queue of uncertain matches and of what identity's own limits ask."""

from .model import Counts, Decided, Filter, Item, Page, Preview, Vote
from .rules import masked_item
from .service import ReviewDesk

__all__ = ["Counts", "Decided", "Filter", "Item", "Page", "Preview", "ReviewDesk", "Vote", "masked_item"]
