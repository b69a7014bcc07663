"""Paths: where people go from step to step, where they leave, and how two crowds differ."""

from .model import Clean, Path, PathDifference, PathEdge, PathNode, PathResult
from .reading import read_path
from .run import CROWD, run

__all__ = [
    "CROWD", "Clean", "Path", "PathDifference", "PathEdge", "PathNode", "PathResult", "read_path", "run",
]
