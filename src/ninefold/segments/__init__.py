"""Segments and tags: definitions, membership as bitmaps with versions, RFM."""

from .tag_model import CELLS, Borders, Rfm, Tag, TagBuild, TagShare
from .tags import Tags, read_tag

__all__ = ["CELLS", "Borders", "Rfm", "Tag", "TagBuild", "TagShare", "Tags", "read_tag"]
