"""What people own, and what becomes of it when they are joined or taken apart: the interface that owners implement."""

from .guard import AssetGuard
from .interface import AssetClass, MergeGuard
from .model import AssetLine, Blocker, Regrouping, Trial, regrouping

__all__ = ["AssetClass", "AssetGuard", "AssetLine", "Blocker", "MergeGuard", "Regrouping", "Trial", "regrouping"]
