"""Segments and tags: definitions, membership as bitmaps with versions, set algebra; tags of many kinds."""

from .header import UsedBy
from .model import Difference, MembersPage, Overlap, Place, Preview, Refresh, Segment, Snapshot
from .retention import Keep, Trimmed, trim_versions
from .rules import asked_of, read_segment
from .service import Segments
from .tags import CELLS, Tag, TagBuild, TagLineage, Tags, TagShare, read_tag

__all__ = [
    "CELLS", "Difference", "Keep", "MembersPage", "Overlap", "Place", "Preview", "Refresh", "Segment", "Segments",
    "Snapshot", "Tag", "TagBuild", "TagLineage", "TagShare", "Tags", "Trimmed", "UsedBy", "asked_of", "read_segment",
    "read_tag", "trim_versions",
]
