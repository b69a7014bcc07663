"""The desk where webhooks come in: checked, mapped, durable, then answered as the vendor wants it."""

import asyncio
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from ninefold.base import Error, Kind, from_ms, missing, to_ms, unavailable
from ninefold.collect.connectors import book, queries
from ninefold.collect.connectors.model import Counts, Plan
from ninefold.collect.connectors.settings import HookKind, Webhook
from ninefold.collect.connectors.taking.house import House
from ninefold.collect.connectors.taking.intake import entries_of, map_rows
from ninefold.collect.connectors.taking.objects import chunk_of, name_of, records_of, rows_of
from ninefold.collect.event import encode_events
from ninefold.collect.imports.rows import Mapped
from ninefold.collect.quarantine import rejection_values
from ninefold.collect.writer import Entry, Writer

from .model import Answer, HookRequest, Opened
from .rules import open_hmac, open_shopify, open_woocommerce

_log = structlog.get_logger("ninefold.connectors")
_PLAN_SECONDS = 1.0
_COUNT_SECONDS = 1.0
_MOST_PLANS = 1_000
_SUCCESS = Answer(body=b"success", media_type="text/plain; charset=utf-8")
_PLAIN = Answer()


@dataclass(slots=True)
class _Seen:
    """What came in since the counts were last written."""

    counts: Counts = field(default_factory=Counts)
    newest: datetime | None = None


class Hooks:
    """Takes webhooks. Events are durable before the answer; the counts follow within a second."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._writer = Writer(house.records)
        self._plans: dict[str, tuple[float, Plan, bool]] = {}
        self._seen: defaultdict[str, _Seen] = defaultdict(_Seen)
        self._counted_at = 0.0
        self._guard = threading.Lock()

    def start(self) -> None:
        """Start to accept; doing it twice is harmless."""
        self._writer.start()

    def stop(self) -> None:
        """Refuse new calls, and write what was accepted."""
        self._writer.stop()
        self.write_counts()

    async def accept(self, key: str, request: HookRequest) -> Answer:
        """Answer one call.

        Raises:
            Error: missing ``unknown_connector``; refused ``bad_signature`` and its kin; invalid for a body that is no
                message; unavailable while the connector is paused or the inbox is away, so that the vendor tries again.
        """
        plan, paused = await self._plan(key)
        hook = plan.connector.settings
        if not isinstance(hook, Webhook):
            raise missing("unknown_connector", f'there is no webhook "{key}"', field="connector", got=key)
        now = self._house.clock.now()
        if request.method == "GET":
            return self._echo(request, hook, now)
        opened = self._open(request, hook, now)
        if paused:
            raise unavailable("connector_paused", f'connector "{key}" is paused', hint="send it again later")
        await self._take(plan, hook, opened, now)
        return _SUCCESS if hook.kind in {HookKind.WECHAT, HookKind.WECOM} else _PLAIN

    def write_counts(self) -> None:
        """Write what came in since the last time."""
        with self._guard:
            seen, self._seen = self._seen, defaultdict(_Seen)
        if not seen:
            return
        with self._house.records.begin() as conn:
            for key, one in sorted(seen.items()):
                conn.execute(queries.count(key, one.counts, one.newest, self._house.clock.now()))

    def _echo(self, request: HookRequest, hook: Webhook, now: datetime) -> Answer:
        if hook.kind not in {HookKind.WECHAT, HookKind.WECOM}:
            raise Error(Kind.INVALID, "wrong_method", "GET is not possible here", allowed="POST")
        from .wechat import echo  # noqa: PLC0415 - loads a cipher library

        token, aes_key = self._house.secrets.get(hook.secret), self._house.secrets.get(hook.aes_key)
        body = echo(request, hook, token, aes_key, now_s=to_ms(now) / 1000)
        return Answer(body=body, media_type="text/plain; charset=utf-8")

    def _open(self, request: HookRequest, hook: Webhook, now: datetime) -> Opened:
        secret = self._house.secrets.get(hook.secret)
        match hook.kind:
            case HookKind.SHOPIFY:
                return open_shopify(request, secret)
            case HookKind.WOOCOMMERCE:
                return open_woocommerce(request, secret)
            case HookKind.HMAC:
                return open_hmac(request, hook, secret, now_s=to_ms(now) / 1000)
            case HookKind.WECHAT | HookKind.WECOM:
                from .wechat import open_wechat  # noqa: PLC0415 - loads a cipher library

                aes_key = self._house.secrets.get(hook.aes_key)
                return open_wechat(request, hook, secret, aes_key, now_s=to_ms(now) / 1000)

    async def _take(self, plan: Plan, hook: Webhook, opened: Opened, now: datetime) -> None:
        records = records_of(opened.payload, hook.records)
        rows = []
        for number, record in enumerate(records):
            name = opened.name or name_of(record, ())
            whole = f"{name}~{number}" if opened.name and len(records) > 1 else name
            rows += [{**opened.around, **row} for row in rows_of(record, whole, hook.each)]
        if not rows:
            return
        chunk = chunk_of(rows)
        mapped = await asyncio.to_thread(map_rows, self._house, plan, chunk, now)
        source, key = plan.mapping.source, plan.connector.key
        events, payload = mapped.events, b""
        if events:
            payload = encode_events(events)
        bad = entries_of(plan, chunk, mapped)
        entry = Entry(
            inbox={"source": source, "received_at": now, "kind": queries.QUARANTINE_KIND, "event_count": len(events),
                   "payload": payload} if events else None,
            quarantine=rejection_values(bad, source=source, kind=queries.QUARANTINE_KIND, received_at=now),
            size=len(payload) + sum(len(one.raw) for one in bad) + 1_000,
        )  # fmt: skip
        await self._writer.write(entry)
        self._note(key, mapped, len(rows))
        if time.monotonic() - self._counted_at > _COUNT_SECONDS:
            self._counted_at = time.monotonic()
            await asyncio.to_thread(self.write_counts)

    def _note(self, key: str, mapped: Mapped, rows: int) -> None:
        rejected = len(mapped.aside)
        counts = Counts(rows=rows, accepted=rows - rejected - mapped.skipped, rejected=rejected, skipped=mapped.skipped)
        with self._guard:
            seen = self._seen[key]
            seen.counts = seen.counts.plus(counts)
            if mapped.events:
                newest = from_ms(max(event.ts for event in mapped.events))
                seen.newest = newest if seen.newest is None else max(seen.newest, newest)

    async def _plan(self, key: str) -> tuple[Plan, bool]:
        """The connector as it is now, or was a second ago."""
        held = self._plans.get(key)
        if held is None or time.monotonic() > held[0]:
            plan, paused = await asyncio.to_thread(self._look_up, key)
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = held = (time.monotonic() + _PLAN_SECONDS, plan, paused)
        return held[1], held[2]

    def _look_up(self, key: str) -> tuple[Plan, bool]:
        with self._house.records.begin() as conn:
            return book.plan_of(conn, key), book.standing_of(conn, key).paused
