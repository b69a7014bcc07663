"""Wires: pure decoding of what client SDKs send into events and rejections."""

from .body import open_body
from .mapping import Arrival
from .segment import CALLS, Envelope, decode, open_envelope

__all__ = ["CALLS", "Arrival", "Envelope", "decode", "open_body", "open_envelope"]
