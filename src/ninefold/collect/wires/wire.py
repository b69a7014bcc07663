"""What a wire is: one vendor's way to send events, as a value made of pure functions.

The collector is the shell around it: it reads the body, looks the write key up, commits, and answers. A new wire is a
module with one `Wire`, listed in `ninefold.collect.wires.WIRES`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from ninefold.base import Error
from ninefold.collect.model import Decoded, Limits, Request, Response
from ninefold.governance import Source

from . import answers

_WIDE = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where and when a request came in, and what is allowed.

    Attributes:
        source: key of the source.
        channel: its channel; empty lets each event say.
        received: arrival time, ms UTC.
        currency: of amounts that name none.
        limits: sizes and times allowed.
    """

    source: str
    channel: str
    received: int
    currency: str = "CNY"
    limits: Limits = _WIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A request taken apart, in a form that can be kept beside a quarantined item and decoded again.

    Attributes:
        call: what the path says about the items; its meaning is the wire's own.
        items: each event as JSON bytes, as it came as far as that is possible.
        write_key: key found in the body, or empty.
        sent_at: when the client sent it, in the client's own form.
        context: JSON that all items share, or empty.
        warnings: what is doubtful about the whole request; becomes a warning of each event.
    """

    call: str
    items: tuple[bytes, ...]
    write_key: str = ""
    sent_at: str | float | None = None
    context: bytes = b""
    warnings: tuple[str, ...] = ()

    def around(self, channel: str) -> bytes:
        """The envelope without its items, as JSON, for a later replay from quarantine."""
        context = msgspec.Raw(self.context) if self.context else None
        kept: dict[str, object] = {
            "call": self.call, "channel": channel, "sentAt": self.sent_at, "context": context,
        }  # fmt: skip
        if self.warnings:
            kept["warnings"] = self.warnings
        return msgspec.json.encode(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A path that takes events.

    Attributes:
        path: exact path, or one with ``{parameters}``.
        call: handed to the wire as ``Request.call``.
        methods: allowed ones; OPTIONS is answered by the collector.
    """

    path: str
    call: str
    methods: tuple[str, ...] = ("POST",)


SourceOf = Callable[[str], Awaitable[Source | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A path by which an SDK asks something before it sends: settings, flags, remote configuration.

    Attributes:
        path: exact path, or one with ``{parameters}``.
        answer: from the request and a look-up of write keys to the answer; an `Error` is answered by the wire.
        methods: allowed ones.
    """

    path: str
    answer: Callable[[Request, SourceOf], Awaitable[Response]]
    methods: tuple[str, ...] = ("GET",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One vendor's way to send events.

    Attributes:
        kind: its name in the inbox, in quarantine and in the documents; never changes.
        endpoints: paths that take events.
        keys: write keys outside of the body, likeliest first. When there are some, one of them must be right.
        unpack: from a request to its items; raises an `Error` only when nothing in it can be read.
        decode: from items to events and rejections, in order; raises nothing.
        asks: paths that only answer.
        success: the answer after the commit.
        failure: the answer to an error.
        told: members of the JSON answer when receipts are asked for, beside ``success`` and ``receipts``.
        openapi: OpenAPI 3.1 path items by path, with an example for every body.
    """

    kind: str
    endpoints: tuple[Endpoint, ...]
    keys: Callable[[Request], Iterable[str]]
    unpack: Callable[[Request, Limits], Envelope]
    decode: Callable[[Envelope, Arrival], Decoded]
    asks: tuple[Ask, ...] = ()
    success: Callable[[Request, Decoded], Response] = answers.success
    failure: Callable[[Request, Error], Response] = answers.failure
    told: Mapping[str, object] = field(default_factory=dict)
    openapi: Mapping[str, object] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Endpoint | Ask, ...]:
        """All of its paths."""
        return (*self.endpoints, *self.asks)
