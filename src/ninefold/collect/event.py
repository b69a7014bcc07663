"""The event: what every wire and importer produces, and the form in which the inbox keeps it.

Pure. Fields are stored by position, so new ones are added at the end only.
"""

import threading
from collections.abc import Sequence

import msgspec
import zstandard

NAMES = {"identify": "$identify", "page": "$page", "screen": "$screen", "group": "$group", "alias": "$alias"}
"""Stored names of the calls that carry no event name of their own."""


class Event(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One thing that happened to a person, normalised from any wire.

    Attributes:
        message_id: unique per source; repeats are dropped when the batch is resolved.
        type: track, identify, page, screen, group, alias.
        name: a track keeps its own name; the others are ``$identify``, ``$page``...
        ts: when it happened, ms UTC, corrected for the client's clock skew.
        received: when it arrived, ms UTC.
        source: key of the source it came from.
        channel: channel of that source (web, app, pos...).
        identifiers: (namespace, raw value) pairs, most specific first.
        oneid: the person, only in our own facts about a known person; 0 elsewhere.
        traits: what an identify says about the person; ``None`` removes a trait.
        props: text and ``true``/``false`` properties, nested ones by dotted names, lists as JSON text.
        nums: numeric properties.
        session_id: session of the client.
        order_id: order the event belongs to.
        product_id: the product, when it is about one.
        campaign_id: campaign that brought the visit or caused our own fact.
        revenue_minor: money in minor units of ``currency``.
        currency: ISO 4217 code, empty without revenue.
        quantity: pieces.
        once: what is said about the person only where nothing else is: the earliest such statement holds until a trait
            is stated, whatever the order of arrival.
        changes: what changes a trait instead of stating it, as (operation, trait, operand): ``add`` a number,
            ``append`` an item to a list (once per item), ``delete`` all traits (no trait, no operand).
    """

    message_id: str
    type: str
    name: str
    ts: int
    received: int
    source: str
    channel: str
    identifiers: tuple[tuple[str, str], ...]
    oneid: int = 0
    traits: dict[str, str | float | bool | None] = {}
    props: dict[str, str] = {}
    nums: dict[str, float] = {}
    session_id: str = ""
    order_id: str = ""
    product_id: str = ""
    campaign_id: str = ""
    revenue_minor: int = 0
    currency: str = ""
    quantity: float = 0.0
    once: dict[str, str | float | bool | None] = {}
    changes: tuple[tuple[str, str, str | float | bool], ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Event])


class _Codecs(threading.local):
    """One zstd context per thread: they are costly to make and may not be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_codecs = _Codecs()


def encode_events(events: Sequence[Event]) -> bytes:
    """Events as one inbox payload: a msgpack array, compressed with zstd.

    >>> one = Event("m1", "track", "Seen", 1, 2, "web", "web", (("user_id", "u1"),))
    >>> decode_events(encode_events([one])) == [one]
    True
    """
    return _codecs.compressor.compress(_ENCODER.encode(events))


def decode_events(payload: bytes) -> list[Event]:
    """The events of an inbox payload, in the order they were put in."""
    return _DECODER.decode(_codecs.decompressor.decompress(payload))
