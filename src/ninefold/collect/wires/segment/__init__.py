"""The wire of Segment's and RudderStack's SDKs."""

from .decoding import CALLS, decode, open_envelope
from .wire import SEGMENT

__all__ = ["CALLS", "SEGMENT", "decode", "open_envelope"]
