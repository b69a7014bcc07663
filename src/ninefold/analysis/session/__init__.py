"""Sessions: visits cut out of people's events, how long they last and how much happens in them."""

from .model import Session, SessionOf, SessionResult
from .run import CROWD, read_session, run

__all__ = ["CROWD", "Session", "SessionOf", "SessionResult", "read_session", "run"]
