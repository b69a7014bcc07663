"""The collector: from a write request to a durable inbox row and the answer its SDK expects.

The answer 200 is given only after the commit. Bad events of a good request go to quarantine; the request still
succeeds, for SDKs drop a whole batch on 400. What is vendor's own - paths, keys, forms, answers - is said by a `Wire`.
"""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import sqlalchemy as sa
import structlog

from ninefold.base import Clock, Error, span, to_ms, unavailable
from ninefold.governance import Source
from ninefold.store import Records

from .event import encode_events
from .items import item_values
from .model import Decoded, Limits, Request, Response, WriteKeys
from .plans import Checker, Plans
from .plans.gate import judged
from .quarantine import rejection_values
from .wires import SEGMENT, Arrival, Envelope, Wire
from .wires.answers import unauthorised, with_receipts
from .writer import Entry, Writer

_log = structlog.get_logger(__name__)
_KEY_SECONDS = 1.0  # a looked-up key is trusted this long before it is looked up again, off the event loop
_KEYS_KEPT = 10_000
_KEY_LENGTH = 200
_OFF_LOOP_BYTES = 256 * 1024  # larger bodies are decoded in a thread, so that small ones are not held up


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectSettings:
    """How the collector behaves.

    Attributes:
        limits: sizes and times of requests and events.
        currency: ISO 4217 code of amounts that name none.
        max_waiting_bytes: accepted but uncommitted bytes held in memory; beyond it requests are answered 503.
    """

    limits: Limits = field(default_factory=Limits)
    currency: str = "CNY"
    max_waiting_bytes: int = 64 * 1024 * 1024


class Collector:
    """Accepts write requests. Start it, mount its routes, stop it.

    Attributes:
        settings: as given.
    """

    def __init__(
        self,
        records: Records,
        keys: WriteKeys,
        clock: Clock,
        settings: CollectSettings | None = None,
        plans: Plans | None = None,
    ) -> None:
        """Wire the collector.

        Args:
            records: the store that holds the inbox.
            keys: who may write.
            clock: gives the time of arrival.
            settings: limits and defaults.
            plans: tracking plans that events are judged by.
        """
        self.settings = settings or CollectSettings()
        self._keys = keys
        self._clock = clock
        self._writer = Writer(records, max_waiting_bytes=self.settings.max_waiting_bytes)
        self._plans = plans
        self._known: dict[str, tuple[float, Source | None]] = {}

    def start(self) -> None:
        """Start to accept."""
        self._writer.start()

    def stop(self) -> None:
        """Refuse new requests and wait until all accepted ones are durable."""
        self._writer.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def accept(self, request: Request, wire: Wire = SEGMENT) -> Response:
        """Answer a write request in the wire's own form; never raises for anything a client sends.

        Returns:
            200 after the commit; 400 broken or empty; 401 wrong key; 413 too large; 503 with Retry-After when the inbox
            is overloaded or the database is away - as far as the wire's SDKs understand these.
        """
        try:
            with span("collect.accept", wire=wire.kind, bytes=len(request.body)) as note:
                decoded = await self._accept(request, wire)
                note.add(events=len(decoded.events), rejected=len(decoded.rejections), dry_run=request.dry_run)
        except Error as error:
            return wire.failure(request, error)
        return with_receipts(wire.told, decoded) if request.receipts else wire.success(request, decoded)

    async def source_of(self, write_key: str) -> Source | None:
        """The source that owns a write key, or nothing; from memory when it was asked for within a second."""
        if not (write_key.isascii() and write_key.isprintable() and 0 < len(write_key) <= _KEY_LENGTH):
            return None
        now = time.monotonic()
        known = self._known.get(write_key)
        if known is not None:
            if now < known[0]:
                return known[1]
            self._known[write_key] = (now + _KEY_SECONDS, known[1])  # the others go on while this one looks it up
        try:
            source = await asyncio.to_thread(self._keys.source_of, write_key)
        except sa.exc.SQLAlchemyError as exc:
            raise unavailable("keys_unavailable", "write keys cannot be looked up now") from exc
        if len(self._known) >= _KEYS_KEPT:
            self._known.clear()
        self._known[write_key] = (now + _KEY_SECONDS, source)
        return source

    async def _accept(self, request: Request, wire: Wire) -> Decoded:
        outer = list(wire.keys(request))
        source = await self._known_source(outer)
        if outer and source is None:
            raise unauthorised(given=True)
        received = self._clock.now()
        envelope = await self._unpacked(request, wire)
        if source is None:
            source = await self._known_source([envelope.write_key] if envelope.write_key else [])
        if source is None:
            raise unauthorised(given=bool(envelope.write_key))
        settings = self.settings
        arrival = Arrival(
            source=source.key,
            channel=source.channel,
            received=to_ms(received),
            currency=settings.currency,
            limits=settings.limits,
        )
        checker = await self._checker(source.key)
        large = sum(map(len, envelope.items)) > _OFF_LOOP_BYTES
        work = partial(_outcomes, wire, envelope, arrival, checker)
        decoded, payload = await asyncio.to_thread(work) if large else work()
        if request.dry_run:
            return decoded
        bad = rejection_values(decoded.rejections, source=source.key, kind=wire.kind, received_at=received)
        row = {
            "source": source.key,
            "received_at": received,
            "kind": wire.kind,
            "event_count": len(decoded.events),
            "payload": payload,
        }
        size = len(payload) + sum(len(rejection.raw) for rejection in decoded.rejections) + 1_000
        items = item_values(decoded.items, source=source.key, now=received)
        await self._writer.write(Entry(inbox=row if payload else None, quarantine=bad, items=items, size=size))
        return decoded

    async def _checker(self, source: str) -> Checker | None:
        """The tracking plan of a source; while plans cannot be read, those known before hold."""
        plans = self._plans
        if plans is None:
            return None
        if plans.stale:
            try:
                await asyncio.to_thread(plans.refresh)
            except (Error, sa.exc.SQLAlchemyError) as exc:
                _log.warning("plans_not_read", error=str(exc))
        return plans.checker(source)

    async def _unpacked(self, request: Request, wire: Wire) -> Envelope:
        if len(request.body) <= _OFF_LOOP_BYTES:
            return wire.unpack(request, self.settings.limits)
        return await asyncio.to_thread(wire.unpack, request, self.settings.limits)

    async def _known_source(self, write_keys: list[str]) -> Source | None:
        for write_key in write_keys:
            if (source := await self.source_of(write_key)) is not None:
                return source
        return None


def _outcomes(wire: Wire, envelope: Envelope, arrival: Arrival, checker: Checker | None) -> tuple[Decoded, bytes]:
    """The costly part of a request: decoded, judged by the plan, packed for the inbox (empty without events)."""
    decoded = wire.decode(envelope, arrival)
    if checker is not None:
        decoded = judged(decoded, envelope.items, checker, around=partial(envelope.around, arrival.channel))
    events = decoded.events
    return decoded, encode_events(events) if events else b""
