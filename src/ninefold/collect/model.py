"""Values of collection: requests and answers, receipts, rejections, limits, rows of the inbox and the quarantine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from ninefold.governance import Source

from .event import Event, decode_events

WARNINGS = "$warnings"
"""The property that says what was mended, words between blanks."""

RESOLVED = "resolved"
"""Kind of quarantine entries of events that were accepted first and named nobody when their people were looked up."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatement:
    """What a message states about a thing that is no person: a product, a shop, a company.

    Attributes:
        message_id: its id; a repeat changes nothing.
        item_type: kind of thing, e.g. ``sku``.
        item_id: which one.
        ts: when it was said, ms UTC.
        properties: what is set, by name; ``None`` removes one.
        removed: the thing is gone as of then, with all that was said before.
    """

    message_id: str
    item_type: str
    item_id: str
    ts: int
    properties: Mapping[str, str | float | bool | None] = field(default_factory=dict)
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A thing as it is now.

    Attributes:
        item_type: kind of thing.
        item_id: which one.
        changed_at: time of the latest statement.
        properties: by name.
    """

    item_type: str
    item_id: str
    changed_at: datetime
    properties: Mapping[str, str | float | bool]


Outcome: TypeAlias = Event | Rejection | ItemStatement


class Verdict(StrEnum):
    """What became of an event, as receipts say it on every wire.

    ``ok``: kept as sent. ``warning``: kept, something was mended. ``quarantined``: put aside with its bytes.
    ``duplicate``: sent before, not kept again. ``suppressed``: not kept, since the person or the purpose forbids it.
    """

    OK = "ok"
    WARNING = "warning"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer about one event of a request, in the order they were sent.

    Attributes:
        message_id: the id under which the event is known.
        verdict: kept, or put aside.
        code: why it was put aside.
        reason: the same as a sentence.
        field: path of the field at fault.
        warnings: what was mended, e.g. ``timestamp_in_future``.
    """

    message_id: str
    verdict: Verdict
    code: str = ""
    reason: str = ""
    field: str = ""
    warnings: tuple[str, ...] = ()


def receipt_of(event: Event | ItemStatement) -> Receipt:
    """The receipt of what is kept: ok, or warning with what was mended."""
    if isinstance(event, ItemStatement):
        return Receipt(message_id=event.message_id, verdict=Verdict.OK)
    warnings = tuple(event.props.get(WARNINGS, "").split())
    return Receipt(message_id=event.message_id, verdict=Verdict.WARNING if warnings else Verdict.OK, warnings=warnings)


def refusal_of(rejection: Rejection) -> Receipt:
    """The receipt of an event that was put aside."""
    return Receipt(
        message_id=rejection.message_id,
        verdict=Verdict.QUARANTINED,
        code=rejection.code,
        reason=rejection.reason,
        field=rejection.field,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a request held: events and rejections, in the order they were sent."""

    outcomes: tuple[Outcome, ...]

    @property
    def events(self) -> list[Event]:
        """The good ones."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Event)]

    @property
    def rejections(self) -> list[Rejection]:
        """The bad ones."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Rejection)]

    @property
    def items(self) -> list[ItemStatement]:
        """What is stated about things."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, ItemStatement)]

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """One receipt per event; a message id that stands twice in the request is a duplicate the second time."""
        seen: set[str] = set()
        listed = []
        for outcome in self.outcomes:
            if isinstance(outcome, Rejection):
                listed.append(refusal_of(outcome))
            elif outcome.message_id in seen:
                listed.append(Receipt(message_id=outcome.message_id, verdict=Verdict.DUPLICATE))
            else:
                listed.append(receipt_of(outcome))
                seen.add(outcome.message_id)
        return tuple(listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One write request, free of any web framework.

    Attributes:
        call: what the path says: the ``call`` of the wire's endpoint.
        body: bytes as they came.
        authorization: the header of that name.
        encoding: the Content-Encoding header.
        query: query parameters, the last of equal names.
        receipts: whether the answer shall list a receipt per event.
        dry_run: only check: answer as always, keep nothing.
        method: of HTTP.
        path: of HTTP.
        scheme: http or https, as the client sees it.
        headers: all of them, by lower-case name.
        params: parameters of the path.
    """

    call: str
    body: bytes
    authorization: str = ""
    encoding: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    receipts: bool = False
    dry_run: bool = False
    method: str = "POST"
    path: str = ""
    scheme: str = "http"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The answer to a request: status, body (JSON unless the headers say otherwise), extra headers."""

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
class QuarantineCount:
    """Open entries of one source and reason."""

    source: str
    code: str
    entries: int
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which quarantine entries; a field that is ``None`` does not filter.

    Attributes:
        source: key of the source.
        code: reason code; one that ends with ``*`` stands for all that begin so.
        kind: wire or import it came by.
        text: somewhere in its bytes or its reason.
        message_id: its id.
        since: arrived at or after.
        until: arrived before.
        replayed: whether it was replayed.
    """

    source: str | None = None
    code: str | None = None
    kind: str | None = None
    text: str | None = None
    message_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    replayed: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One quarantined entry read again.

    Attributes:
        id: the entry.
        raw: its bytes as they were read, mended.
        events: the event it became; empty when it is still bad.
        items: what it states about things.
        code: why it is still bad.
        reason: the same as a sentence.
        readable: whether entries of its kind can be read again at all.
    """

    id: int
    raw: bytes = b""
    events: tuple[Event, ...] = ()
    items: tuple[ItemStatement, ...] = ()
    code: str = ""
    reason: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay did.

    Attributes:
        accepted: entries that are events now.
        refused: entries still not good; their first reason stays.
        skipped: entries of a kind that is not read again.
        refusals: why they are not good, of the first hundred.
    """

    accepted: int
    refused: int
    skipped: int
    refusals: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatus:
    """What is known of one message of a source.

    Attributes:
        verdict: ok, quarantined, or nothing when it was never seen or still waits for its batch.
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
