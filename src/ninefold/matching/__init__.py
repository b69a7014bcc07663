"""Uncertain matches: people who may be one, scored, put before an operator, decided."""

from .candidates import Run
from .desk import Counts, Decided, Filter, Item, Page, Preview, ReviewDesk, Vote, masked_item
from .document import parse_matching
from .engine import Engine, Means
from .model import KIND, Evidence, FieldKind, MatchField, MatchingRules, Model, Pair
from .people import People
from .rules import Outcome, Quality, Suggestion, quality, suggest
from .running import Matching, Status

__all__ = [
    "KIND", "Counts", "Decided", "Engine", "Evidence", "FieldKind", "Filter", "Item", "MatchField", "Matching",
    "MatchingRules", "Means", "Model", "Outcome", "Page", "Pair", "People", "Preview", "Quality", "ReviewDesk", "Run",
    "Status", "Suggestion", "Vote", "masked_item", "parse_matching", "quality", "suggest",
]
