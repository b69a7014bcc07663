"""A brand with people, a pipeline and campaigns, on the real stores; messages go to a letter box one can look into."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import FixedClock, missing, to_ms
from ninefold.channels import Channel, Delivered, InDoubt, Message, Outcome
from ninefold.collect import Event, append
from ninefold.identity import Identity
from ninefold.jobs import Pipeline, Processed
from ninefold.journeys import Campaigns, CampaignSettings, Enrolment
from ninefold.segments import Segments
from ninefold.store import Events, Records, put_definition


class Crash(BaseException):
    """The process dies here: nothing catches it, nothing after it runs."""


class LetterBox:
    """A receiver that keeps what it gets; a repeated key is recognised."""

    def __init__(self, key: str = "box", namespace: str = "person", in_doubt: InDoubt = InDoubt.RESEND) -> None:
        self.key = key
        self.namespace = namespace
        self.in_doubt = in_doubt
        self.letters: dict[str, Message] = {}
        self.handed: Counter[str] = Counter()
        self.answer: Callable[[Message, int], Outcome] = lambda _message, _time: Delivered()
        self.before: Callable[[Sequence[Message]], None] = lambda _messages: None
        self.after: Callable[[Sequence[Message]], None] = lambda _messages: None

    def deliver(self, messages: Sequence[Message], *, now: datetime) -> tuple[Outcome, ...]:
        self.before(messages)
        outcomes = []
        for message in messages:
            self.handed[message.key] += 1
            outcome = self.answer(message, self.handed[message.key])
            if isinstance(outcome, Delivered):
                self.letters[message.key] = message
            outcomes.append(outcome)
        self.after(messages)
        return tuple(outcomes)

    def close(self) -> None:
        """Nothing to close."""

    @property
    def people(self) -> list[str]:
        return sorted(message.to for message in self.letters.values())


class Post:
    """The channels by key."""

    def __init__(self, *channels: Channel) -> None:
        self.channels = {channel.key: channel for channel in channels}

    def get(self, _conn: Connection, key: str) -> Channel:
        if key not in self.channels:
            raise missing("unknown_channel", "no such channel", got=key)
        return self.channels[key]


class House:
    """Everything a campaign needs."""

    def __init__(self, records: Records, events: Events, clock: FixedClock) -> None:
        self.records = records
        self.events = events
        self.clock = clock
        self.identity = Identity()
        self.box = LetterBox()
        self.post = Post(self.box)
        self.enrolled: list[dict[str, Enrolment]] = []
        self._numbers = itertools.count()
        self.restart()

    def restart(self) -> None:
        """A new process on the same stores."""
        segments = Segments(self.records, self.events, self.identity, zone="Asia/Shanghai")
        self.segments = segments
        self.campaigns = Campaigns(
            self.records,
            self.events,
            self.identity,
            segments,
            self.post,
            settings=CampaignSettings(zone="Asia/Shanghai", currency="CNY"),
        )
        self.pipeline = Pipeline(self.records, self.events, self.clock, self._on_batch)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def event(self, name: str, who: str = "", at: datetime | None = None, **more: Any) -> Event:
        identifiers = more.pop("identifiers", (("openid", who),))
        return Event(
            f"m{next(self._numbers)}",
            more.pop("type", "track"),
            name,
            to_ms(at or self.now),
            to_ms(self.now),
            "shop",
            "web",
            identifiers,
            **more,
        )

    def take(self, *events: Event, pump: bool = True) -> None:
        for start in range(0, len(events), 5000):
            with self.records.begin() as conn:
                append(conn, events[start : start + 5000], source="shop", kind="segment", now=self.now)
        if pump:
            self.pump()

    def pump(self) -> None:
        self.pipeline.drain()

    def people(self, *names: str, **traits: Any) -> None:
        """Let people sign up, with an e-mail address each."""
        self.take(
            *(
                self.event(
                    "$identify",
                    name,
                    type="identify",
                    traits={"name": name, **traits},
                    identifiers=(("openid", name), ("email", f"{name}@x.example")),
                )
                for name in names
            )
        )

    def oneid(self, name: str) -> int:
        with self.records.begin() as conn:
            found = self.identity.find(conn, "openid", name)
        assert found is not None
        return found

    def oneids(self, *names: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
        return np.asarray([self.oneid(name) for name in names], np.uint32)

    def merge(self, one: str, other: str) -> None:
        """It turns out that two accounts belong to one person."""
        self.take(
            self.event(
                "login", at=self.now, identifiers=(("email", f"{one}@x.example"), ("email", f"{other}@x.example"))
            )
        )

    def define(self, kind: str, **document: Any) -> None:
        head = {"kind": kind, "name": document["key"], "owner": "crm"}
        with self.records.begin() as conn:
            put_definition(conn, kind, document["key"], {**head, **document}, now=self.now)

    def campaign(self, key: str = "spring", **changes: Any) -> str:
        base: dict[str, Any] = {
            "kind": "campaign",
            "key": key,
            "name": key,
            "owner": "crm",
            "status": "live",
            "start": {"schedule": {"at": "2026-06-01T16:00"}},
            "audience": {"condition": {"everyone": True}},
            "channel": "box",
            "template": {"subject": "Hi", "body": "Dear {{ traits.name }}"},
            "goal": {"event": "order", "within": "7d", "revenue": True},
        }
        document = {name: value for name, value in {**base, **changes}.items() if value is not None}
        if document.get("channel"):
            self.define("channel", key=document["channel"], type="outbox")
        with self.records.begin() as conn:
            self.campaigns.save(conn, document, now=self.now)
        return key

    def wait(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def _on_batch(self, batch: Processed) -> None:
        entered = self.campaigns.on_batch(batch.batch_id, batch.people, batch.names, now=self.now)
        if entered:
            self.enrolled.append(entered)
