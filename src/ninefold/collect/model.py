"""Values of collection: events as they are kept, receipts, rejections, limits, inbox rows.

Pure: no I/O, no clock, no settings. `Event` is what every wire and importer produces and what the pipeline reads;
its fields are stored by position, so new ones are added at the end only.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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


class Source(Protocol):
    """Where events come from, as governance knows it."""

    @property
    def key(self) -> str:
        """Stable key, stored with every event."""
        ...

    @property
    def channel(self) -> str:
        """Channel stored with every event, e.g. ``web``; empty lets the event say."""
        ...


class WriteKeys(Protocol):
    """Who may write: looks a write key up."""

    def source_of(self, write_key: str) -> Source | None:
        """The enabled source that owns the key, or nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request and one event may be.

    Attributes:
        max_request_bytes: a body, as sent and after decompression. rudder-sdk-python closes a batch only after crossing
            4 MiB, so a lawful one can come near 8 MiB.
        max_event_bytes: one event as JSON; larger ones are quarantined. Segment documents 32 KiB, counted before
            non-ASCII text is escaped.
        max_properties: properties or traits of one event after flattening; more are quarantined.
        max_depth: nesting of objects in properties and traits; deeper events are quarantined.
        max_ahead_ms: how far in the future a corrected time may lie before the arrival time is taken instead.
        earliest_ms: times before it (2000-01-01) are clocks that were never set; the arrival time is taken instead.
    """

    max_request_bytes: int = 10 * 1024 * 1024
    max_event_bytes: int = 64 * 1024
    max_properties: int = 1_000
    max_depth: int = 16
    max_ahead_ms: int = 86_400_000
    earliest_ms: int = 946_684_800_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """An event that cannot be kept as an event; it goes to quarantine with its bytes.

    Attributes:
        code: stable reason, e.g. ``no_identifier``.
        reason: one sentence for a person.
        field: path of the field at fault.
        raw: the event as it came.
        envelope: what the request said around it (type, sentAt, context), JSON, for a replay.
        message_id: its id, given or derived.
    """

    code: str
    reason: str
    field: str = ""
    raw: bytes = b""
    envelope: bytes = b""
    message_id: str = ""


class Verdict(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer about one event of a request, in the order they were sent.

    Attributes:
        message_id: the id under which the event is known.
        verdict: kept, or put aside.
        code: why it was put aside.
        reason: the same as a sentence.
        warnings: what was mended, e.g. ``timestamp_in_future``.
    """

    message_id: str
    verdict: Verdict
    code: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a request held: events and rejections, in the order they were sent."""

    outcomes: tuple[Event | Rejection, ...]

    @property
    def events(self) -> list[Event]:
        """The good ones."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Event)]

    @property
    def rejections(self) -> list[Rejection]:
        """The bad ones."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Rejection)]

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """One receipt per event."""
        return tuple(
            Receipt(
                message_id=outcome.message_id,
                verdict=Verdict.ACCEPTED,
                warnings=tuple(outcome.props.get("$warnings", "").split()),
            )
            if isinstance(outcome, Event)
            else Receipt(
                message_id=outcome.message_id,
                verdict=Verdict.QUARANTINED,
                code=outcome.code,
                reason=outcome.reason,
            )
            for outcome in self.outcomes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One write request, free of any web framework.

    Attributes:
        call: identify, track, page, screen, group, alias or batch.
        body: bytes as they came.
        authorization: the header of that name.
        encoding: the Content-Encoding header.
        query: query parameters, the last of equal names.
        receipts: whether the answer shall list a receipt per event.
    """

    call: str
    body: bytes
    authorization: str = ""
    encoding: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    receipts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The answer to a write request: status, JSON body, extra headers."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A batch of inbox rows that is to be worked on; its composition never changes."""

    batch_id: int
    row_count: int
    event_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One row of the inbox: the accepted events of one request, import chunk or state change."""

    id: int
    source: str
    received_at: datetime
    kind: str
    event_count: int
    payload: bytes

    def events(self) -> list[Event]:
        """The events of the row."""
        return decode_events(self.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits in the inbox.

    Attributes:
        rows: rows not finished yet.
        events: events in them.
        oldest: when the oldest of them arrived.
        quarantined: quarantined events that were not replayed.
    """

    rows: int
    events: int
    oldest: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """An event in quarantine, as an operator sees it."""

    id: int
    source: str
    received_at: datetime
    kind: str
    code: str
    reason: str
    field: str
    raw: bytes
    envelope: bytes
    message_id: str
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatus:
    """What is known of one message of a source.

    Attributes:
        verdict: accepted, quarantined, or nothing when it was never seen or still waits for its batch.
        batch_id: batch that took it.
        finished: whether that batch can be queried.
        code: reason of the quarantine.
        reason: the same as a sentence.
    """

    verdict: Verdict | None
    batch_id: int = 0
    finished: bool = False
    code: str = ""
    reason: str = ""
