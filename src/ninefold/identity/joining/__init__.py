"""Joining and parting many people at once, and what else packages above may read of identity as relations."""

from ninefold.identity.desk.reviewing import decide as answer

from .interface import CoolOff
from .model import Joined, Link, Said
from .queries import NUMBERS, REVIEWS
from .service import Joining

__all__ = ["NUMBERS", "REVIEWS", "CoolOff", "Joined", "Joining", "Link", "Said", "answer"]
