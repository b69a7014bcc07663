"""What a merge or its taking back would change in everything that is seen of people, before it is done."""

from .model import Difference, MergePreview, Sketch
from .rules import masked
from .service import MergePreviews

__all__ = ["Difference", "MergePreview", "MergePreviews", "Sketch", "masked"]
