"""Tags: kinds of values that people have, built in versions from what they did."""

from .document import Tag, read_tag
from .model import TagBuild, TagLineage, TagShare
from .rfm import CELLS
from .service import Tags

__all__ = ["CELLS", "Tag", "TagBuild", "TagLineage", "TagShare", "Tags", "read_tag"]
