"""Deletion notices: other systems are told whom to forget, again and again until they say that they did."""

from .document import parse_destination
from .model import DESTINATION_KIND, Answer, Destination, Notice, NoticeState, Sender, Told
from .service import Notices

__all__ = [
    "DESTINATION_KIND", "Answer", "Destination", "Notice", "NoticeState", "Notices", "Sender", "Told",
    "parse_destination",
]  # fmt: skip
