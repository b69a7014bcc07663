"""The org tree: group, brand, dealer, store, to any depth, with its history."""

from .model import Move, Node, NodeSpec, SourceNode
from .rules import KIND, parse_org
from .service import Org

__all__ = ["KIND", "Move", "Node", "NodeSpec", "Org", "SourceNode", "parse_org"]
