"""Delivering the feed to webhooks: in order, at least once, one post at a time for each, several webhooks at once.

What a post tells of is decided and stored before it is made, under a name that stays; so a crash anywhere repeats the
post under its name, and skips nothing. A post is made of the feed anew at every attempt: who was erased meanwhile is
not told of.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error, conflict, invalid, missing, refused
from ninefold.feeds.reading import Feed
from ninefold.governance import Principal
from ninefold.store import (
    Document,
    Records,
    changes,
    get_definition,
    list_definitions,
    put_definition,
    retire_definition,
)

from . import queries
from .document import KIND, parse_subscription
from .lanes import Lanes, Wish
from .model import Answer, Attempt, Standing, State, Subscription, Trigger, Wanted
from .posting import Poster
from .rules import pause_after
from .secrets import Secrets
from .tables import webhook_attempts, webhook_states

_OVERLAP = timedelta(days=1)  # for so long an old secret signs too
_EACH = 10  # webhooks that a key may make for itself
_AT_ONCE = 50  # messages redelivered by one call
_GONE = 410
_LANES = 6  # posts at once; each holds a connection to the records store
_WHOLE = 1_000_000  # a post tells of everything between its ends that may be told by now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Changes of one post."""

    message: str
    place: changes.Position
    upto: changes.Position


class Webhooks:
    """The webhooks of an installation."""

    def __init__(self, records: Records, clock: Clock, feed: Feed, secrets: Secrets, *, private: bool = False) -> None:
        """Args: the store; the clock; what is told; the secrets that sign; whether the local network may be called."""
        self._records = records
        self._clock = clock
        self._feed = feed
        self._secrets = secrets
        self._poster = Poster(private=private)
        self._lanes = Lanes(_LANES)

    def close(self) -> None:
        """Give up the posts under way, which are made again later, and close all connections."""
        self._poster.close()
        self._lanes.close()

    def save(self, conn: Connection, document: Document, *, now: datetime, author: str = "") -> Subscription:
        """Check a document and keep it as the next version; a new webhook begins with what is to come."""
        found = parse_subscription(document)
        put_definition(conn, KIND, found.key, document, now=now, author=author)
        conn.execute(queries.START, {"webhook": found.key, "now": now, "secret": self._secrets.made(found.key)[1]})
        return found

    def list(self) -> tuple[Standing, ...]:
        """All webhooks and how they stand, by key."""
        with self._records.begin() as conn:
            known = [parse_subscription(one.document) for one in list_definitions(conn, KIND)]
            rows = {row.webhook: row for row in conn.execute(sa.select(webhook_states))}
        return tuple(_standing(one, rows[one.key]) for one in known if one.key in rows)

    def get(self, key: str) -> Standing:
        """A webhook and how it stands; raises missing."""
        with self._records.begin() as conn:
            found = parse_subscription(get_definition(conn, KIND, key).document)
            row = conn.execute(sa.select(webhook_states).where(webhook_states.c.webhook == key)).one()
        return _standing(found, row)

    def subscribe(self, conn: Connection, caller: Principal, wanted: Wanted, *, now: datetime) -> Subscription:
        """A webhook that a key makes for itself: it is told what the key may know, and ends when the key is revoked.

        Raises:
            Error: refused, for who is no key; invalid; conflict ``too_many_webhooks``.
        """
        if not caller.key:
            raise refused("not_a_key", "a webhook of one's own belongs to a key", hint="call with its token")
        key = f"key{caller.key}_{wanted.name}"
        own = {one.subscription.key for one in self.own(caller)}
        if key in own:
            raise conflict("name_taken", f"the key has a webhook {wanted.name}", hint="delete it first")
        if len(own) >= _EACH:
            raise conflict("too_many_webhooks", f"the key has {_EACH} webhooks", hint="delete one first")
        scope = caller.scope
        document = {
            "kind": KIND, "key": key, "name": caller.name, "owner": caller.name, "url": wanted.url,
            "kinds": list(wanted.kinds), "batch": wanted.batch, "node": scope.node, "purposes": sorted(scope.purposes),
            "clear": sorted(scope.clear), "sees": "own" if scope.own_only else "all", "token": caller.key,
        }  # fmt: skip
        return self.save(conn, document, now=now, author=caller.name)

    def own(self, caller: Principal) -> tuple[Standing, ...]:
        """The webhooks that a key made for itself."""
        return tuple(one for one in self.list() if caller.key and one.subscription.token == caller.key)

    def own_one(self, caller: Principal, key: str) -> Standing:
        """One of them; missing when it is another one's."""
        for one in self.own(caller):
            if one.subscription.key == key:
                return one
        raise missing("unknown_webhook", "the key has no such webhook", field="key", got=key)

    def end(self, conn: Connection, caller: Principal, key: str, *, now: datetime) -> None:
        """End a webhook that a key made for itself; raises missing."""
        self.own_one(caller, key)
        retire_definition(conn, KIND, key, now=now)

    def pause(self, key: str) -> Standing:
        """Post nothing more until it is resumed; what changes meanwhile waits."""
        self.get(key)
        self._set(key, state=State.PAUSED.value, problem="paused by hand")
        return self.get(key)

    def resume(self, key: str) -> Standing:
        """Post again, at once, from where it stood: also after it failed for too long, or the receiver said 410."""
        self.get(key)
        self._set(key, state=State.ACTIVE.value, attempts=0, failing_since=None, due_at=self._clock.now(), problem="")
        return self.get(key)

    def rotate(self, key: str) -> str:
        """A new secret, shown only here; the old one signs too for a day.

        Raises:
            Error: missing (no such webhook); invalid, when its secret stands in a variable.
        """
        found = self.get(key).subscription
        if found.secret_env:
            raise invalid("secret_elsewhere", f"the secret stands in the variable {found.secret_env}", field="key",
                          got=key, hint="set it there; a second secret after a comma signs too")  # fmt: skip
        fresh, kept = self._secrets.made(key)
        self._set(key, old_secret=webhook_states.c.secret, old_until=self._clock.now() + _OVERLAP, secret=kept)
        return fresh

    def test(self, key: str) -> Attempt:
        """Post a message without changes, whatever the state, and say what came back."""
        stands = self.get(key)
        span = _Span(message=_new_message(), place=stands.place, upto=stands.place)
        return self._post(stands.subscription, span, Trigger.TEST)[1]

    def attempts(self, key: str, *, before: int = 0, limit: int = 100) -> tuple[Attempt, ...]:
        """The log of posts, newest first.

        Args:
            key: the webhook; raises missing.
            before: go on before this attempt.
            limit: at most so many.
        """
        self.get(key)
        a = webhook_attempts.c
        wanted = sa.select(webhook_attempts).where(a.webhook == key).order_by(a.id.desc()).limit(limit)
        with self._records.begin() as conn:
            rows = conn.execute(wanted.where(a.id < before) if before else wanted)
            return tuple(_attempt(row) for row in rows)

    def redeliver(
        self, key: str, *, message: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Attempt, ...]:
        """Post messages again under their old names, at most 50, until one is not taken.

        Args:
            key: the webhook.
            message: one of them; or
            since: those posted from here,
            until: and before.

        Raises:
            Error: missing, when nothing of the kind was posted; invalid, when nothing was chosen.
        """
        if not message and since is None:
            raise invalid("bad_redelivery", "say what is to be posted again", field="message", got="",
                          allowed="a message, or since when")  # fmt: skip
        found = self.get(key).subscription
        asked = {"webhook": key, "message": message or None, "since": since, "until": until, "most": _AT_ONCE}
        with self._records.begin() as conn:
            rows = conn.execute(queries.SENT, asked).all()
        if not rows:
            raise missing("unknown_message", "nothing of the kind was posted", field="message", got=message)
        done: list[Attempt] = []
        for row in rows:
            span = _Span(
                message=row.message,
                place=changes.Position(row.seq, row.place),
                upto=changes.Position(row.upto_seq, row.upto_place),
            )
            answer, attempt = self._post(found, span, Trigger.AGAIN)
            done.append(attempt)
            if not answer.taken:
                break
        return tuple(done)

    def step(self, *, patience_seconds: float = 0.25) -> int:
        """Post what is due, one post for each webhook, several webhooks at once; how many were taken since the last
        step.

        Args:
            patience_seconds: so long is waited for these posts; what takes longer goes on, and holds nobody up.
        """
        now = self._clock.now()
        changes.assign(self._records, now=now)
        due = sorted((one for one in self.list() if self._due(one, now)), key=lambda one: one.due_at)
        with self._records.begin() as conn:
            living = {0, *conn.scalars(queries.LIVING, {"keys": [one.subscription.token for one in due]})}
        wishes = [
            Wish(key=one.subscription.key, troubled=one.attempts > 0) for one in due if one.subscription.token in living
        ]
        return self._lanes.run(wishes, self._deliver, patience_seconds=patience_seconds)

    def reseal(self) -> int:
        """Bring all stored secrets under the newest key; how many webhooks had one under an older key or none."""
        return self._secrets.reseal()

    def prune(self, conn: Connection, *, older_than: datetime) -> int:
        """Forget attempts that are too old; how many."""
        return conn.execute(sa.delete(webhook_attempts).where(webhook_attempts.c.at < older_than)).rowcount

    @staticmethod
    def _due(one: Standing, now: datetime) -> bool:
        return one.subscription.active and one.state is State.ACTIVE and one.due_at <= now

    def _deliver(self, key: str) -> int:
        with self._records.hold(f"webhook/{key}") as held:
            if not held:
                return 0
            stands = self.get(key)  # as whoever held it left it
            if not self._due(stands, self._clock.now()):
                return 0
            span = self._next(stands)
            if span is None:
                return 0
            answer, _ = self._post(stands.subscription, span, Trigger.FEED)
            self._settle(stands, span, answer)
        return int(answer.taken)

    def _next(self, stands: Standing) -> _Span | None:
        """The post under way, or the next one, stored before it is made; nothing when nothing waits for this one."""
        if stands.upto is not None:
            return _Span(message=stands.message, place=stands.place, upto=stands.upto)
        with self._records.begin() as conn:
            floor = changes.head(conn).floor
        begin = max(stands.place, changes.Position(floor + 1))
        wanted = stands.subscription
        page = self._feed.after(wanted.caller, begin, kinds=wanted.kinds, limit=wanted.batch, now=self._clock.now())
        lost = "changes were not kept until they could be delivered" if begin > stands.place else stands.problem
        if not page.changes:
            if page.place > stands.place:
                self._set(wanted.key, seq=page.place.seq, place=page.place.offset, problem=lost)
            return None
        span = _Span(message=_new_message(), place=begin, upto=page.place)
        self._set(
            wanted.key, seq=begin.seq, place=begin.offset, upto_seq=span.upto.seq, upto_place=span.upto.offset,
            message=span.message, attempts=0, failing_since=None, problem=lost,
        )  # fmt: skip
        return span

    def _post(self, wanted: Subscription, span: _Span, trigger: Trigger) -> tuple[Answer, Attempt]:
        """Make a post and write it down."""
        now = self._clock.now()
        told: tuple[dict[str, object], ...] = ()
        if span.place < span.upto:
            page = self._feed.after(
                wanted.caller, span.place, kinds=wanted.kinds, limit=_WHOLE, now=now, upto=span.upto
            )
            told = tuple(
                {"id": one.id, "kind": one.kind.value, "at": one.at, "customer": one.customer, "data": one.data}
                for one in page.changes
            )
        body = msgspec.json.encode({"type": "test" if trigger is Trigger.TEST else "changes", "webhook": wanted.key,
                                    "changes": told})  # fmt: skip
        try:
            answer = self._poster.post(wanted.url, span.message, body, self._secrets.signing(wanted, now), now=now)
        except Error as error:  # no secret: as bad as no answer, and mended by somebody in the same way
            answer = Answer(status=0, said=str(error), milliseconds=0)
        values = {
            "webhook": wanted.key, "message": span.message, "trigger": trigger.value, "at": now, "seq": span.place.seq,
            "place": span.place.offset, "upto_seq": span.upto.seq, "upto_place": span.upto.offset, "changes": len(told),
            "status": answer.status, "milliseconds": answer.milliseconds, "said": answer.said,
        }  # fmt: skip
        with self._records.begin() as conn:
            row = conn.execute(sa.insert(webhook_attempts).values(values).returning(*webhook_attempts.c)).one()
        return answer, _attempt(row)

    def _settle(self, stands: Standing, span: _Span, answer: Answer) -> None:
        """Go on behind what was taken; else try again later, or give up."""
        wanted, now = stands.subscription, self._clock.now()
        if answer.taken:
            self._set(
                wanted.key, seq=span.upto.seq, place=span.upto.offset, upto_seq=None, upto_place=None, message="",
                attempts=0, failing_since=None, due_at=now, problem="",
            )  # fmt: skip
            return
        attempts, since = stands.attempts + 1, stands.failing_since or now
        problem = f"{answer.status or 'no answer'}: {answer.said}"[:300]
        state = stands.state
        if answer.status == _GONE:
            state, problem = State.GONE, "the receiver said 410 Gone: it wants nothing more"
        elif now - since >= timedelta(days=wanted.give_up_days):
            state, problem = State.PAUSED, f"paused after failing since {since:%Y-%m-%d %H:%M} UTC; {problem}"
        self._set(
            wanted.key, attempts=attempts, failing_since=since, state=state.value, problem=problem,
            due_at=now + pause_after(wanted.key, attempts, answer.after_seconds),
        )  # fmt: skip

    def _set(self, key: str, **values: object) -> None:
        with self._records.begin() as conn:
            conn.execute(sa.update(webhook_states).where(webhook_states.c.webhook == key).values(**values))


def _new_message() -> str:
    return "msg_" + secrets.token_urlsafe(18)


def _standing(wanted: Subscription, row: sa.Row[Any]) -> Standing:
    under_way = row.upto_seq is not None
    return Standing(
        subscription=wanted, state=State(row.state), place=changes.Position(row.seq, row.place),
        upto=changes.Position(row.upto_seq, row.upto_place) if under_way else None, message=row.message,
        attempts=row.attempts, failing_since=row.failing_since, due_at=row.due_at, problem=row.problem,
    )  # fmt: skip


def _attempt(row: sa.Row[Any]) -> Attempt:
    return Attempt(
        id=row.id, message=row.message, trigger=Trigger(row.trigger), at=row.at, changes=row.changes,
        status=row.status, milliseconds=row.milliseconds, said=row.said,
    )  # fmt: skip
