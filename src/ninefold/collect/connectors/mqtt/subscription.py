"""Subscriptions: messages of devices from an MQTT broker, acknowledged only after they are in the inbox.

The session at the broker is persistent: what was sent while nobody listened, or was not acknowledged when a process
died, comes again, and is recognised by its name. Messages are taken in groups, one transaction each.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ninefold.base import Error, stable_key, unavailable
from ninefold.collect.connectors import book, queries
from ninefold.collect.connectors.model import Plan, Run, RunState
from ninefold.collect.connectors.settings import MqttSource
from ninefold.collect.connectors.taking.house import Halted, House
from ninefold.collect.connectors.taking.intake import hand_over, map_rows
from ninefold.collect.connectors.taking.objects import chunk_of, rows_of
from ninefold.collect.connectors.taking.secrets import Secrets

_log = structlog.get_logger("ninefold.connectors")
_GROUP = 1_000
_PATIENCE = 0.05  # how long a group may gather, in seconds
_CHECK_SECONDS = 1.0
_CONNECT_SECONDS = 10.0
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrived:
    """A message and the connection it came by: only there its acknowledgement means anything."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int


def make_client(source: MqttSource, key: str, secrets: Secrets, *, lasting: bool) -> paho.Client:
    """A client that is not connected yet.

    Args:
        source: the broker.
        key: of the connector; names the session where the document does not.
        secrets: gives the password.
        lasting: keep the session at the broker, and acknowledge by hand.
    """
    name = source.client_id or f"ninefold-{key}"
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=name if lasting else f"{name}-test",
        clean_session=not lasting,
        manual_ack=lasting,
    )
    if source.user:
        client.username_pw_set(source.user, secrets.get(source.password) or None)
    if source.tls:
        client.tls_set(ca_certs=source.ca_file or None)
    return client


def reach(source: MqttSource, key: str, secrets: Secrets) -> None:
    """Connect to a broker and leave again; raises unavailable ``broker_unreachable``."""
    client = make_client(source, key, secrets, lasting=False)
    heard: queue.Queue[str] = queue.Queue()

    def on_connect(*arguments: object) -> None:
        code = arguments[3]
        heard.put("" if isinstance(code, ReasonCode) and not code.is_failure else str(code))

    client.on_connect = on_connect
    try:
        client.connect(source.host, source.port, source.keepalive)
        client.loop_start()
        said = heard.get(timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as exc:
        raise unavailable("broker_unreachable", f"the broker cannot be reached: {exc}") from exc
    except queue.Empty:
        said = "it does not answer"
    finally:
        client.disconnect()
        client.loop_stop()
    if said:
        raise unavailable("broker_unreachable", f"the broker refuses us: {said}")


class Subscription:
    """One connector's subscription: a thread that lives as long as its document and this process."""

    def __init__(self, house: House, key: str) -> None:
        self._house, self._key = house, key
        self._arrived: queue.Queue[_Arrived] = queue.Queue()
        self._connection = 0
        self._trouble = ""
        self._up = False
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{key}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is at work."""
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            with self._house.records.hold(f"connector/{self._key}") as held:
                if held:  # else another process listens
                    self._listen()
        except Error as error:
            _log.warning("subscription failed", connector=self._key, error=self._house.secrets.blot(str(error)))
            self._fail(str(error))
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is told and tried again
            _log.error("subscription failed", connector=self._key, exc_info=exc)
            self._fail(f"{type(exc).__name__}: {exc}")

    def _listen(self) -> None:
        house = self._house
        with house.records.begin() as conn:
            plan = book.plan_of(conn, self._key)
            stands = book.standing_of(conn, self._key)
            run = book.begin_run(conn, plan, trigger="subscription", now=house.clock.now())
        source = plan.connector.settings
        if not isinstance(source, MqttSource) or stands.paused:
            return
        client = self._connected(source, plan)
        state = RunState.STOPPED
        try:
            self._work(plan, stands, run, client)
        except Halted:
            pass
        except Exception:
            state = RunState.FAILED
            raise
        finally:
            client.disconnect()
            client.loop_stop()
            if not house.stop.is_set():  # else the run goes on in the next process
                with house.records.begin() as conn:
                    book.end_run(conn, run.id, state, error="", now=house.clock.now())

    def _connected(self, source: MqttSource, plan: Plan) -> paho.Client:
        client = make_client(source, self._key, self._house.secrets, lasting=True)
        backoff = plan.connector.backoff
        client.reconnect_delay_set(max(1, round(backoff.first)), max(1, round(backoff.longest)))

        def on_connect(*arguments: object) -> None:
            code = arguments[3]
            if isinstance(code, ReasonCode) and code.is_failure:
                self._trouble = f"the broker refuses us: {code}"
                return
            self._connection += 1
            client.subscribe([(topic, 1) for topic in source.topics])

        def on_subscribe(*_: object) -> None:
            self._trouble, self._up = "", True

        def on_disconnect(*arguments: object) -> None:
            self._connection += 1  # what came by the old connection is not acknowledged on the new one
            self._up = False
            self._trouble = f"the connection to the broker is gone: {arguments[3]}"

        def on_message(_client: object, _data: object, message: paho.MQTTMessage) -> None:
            self._arrived.put(
                _Arrived(topic=message.topic, payload=bytes(message.payload), mid=message.mid, qos=message.qos,
                         connection=self._connection)
            )  # fmt: skip

        client.on_connect, client.on_subscribe = on_connect, on_subscribe
        client.on_disconnect, client.on_message = on_disconnect, on_message
        client.on_connect_fail = lambda *_: setattr(self, "_trouble", "the broker cannot be reached")
        client.connect_async(source.host, source.port, source.keepalive)
        client.loop_start()
        return client

    def _work(self, plan: Plan, stands: book.Standing, run: Run, client: paho.Client) -> None:
        steps, told, checked = stands.steps, (False, ""), time.monotonic()
        while not self._house.stop.is_set():
            group = self._group()
            if group:
                steps = self._take(plan, stands, run, group, steps)
                for one in group:
                    if one.connection == self._connection:
                        client.ack(one.mid, one.qos)
            if time.monotonic() - checked > _CHECK_SECONDS:
                checked = time.monotonic()
                self._check(stands)
            if (now := (self._up, self._trouble)) != told and any(now):
                told = now
                self._tell(self._trouble)

    def _group(self) -> list[_Arrived]:
        """Messages that came, after waiting a little for the first one."""
        group: list[_Arrived] = []
        deadline = time.monotonic() + 0.25
        while len(group) < _GROUP:
            try:
                group.append(self._arrived.get(timeout=max(deadline - time.monotonic(), 0.001)))
            except queue.Empty:
                return group
            if len(group) == 1:
                deadline = time.monotonic() + _PATIENCE
        return group

    def _take(self, plan: Plan, stands: book.Standing, run: Run, group: list[_Arrived], steps: int) -> int:
        house, now = self._house, self._house.clock.now()
        source = plan.connector.settings
        each = source.each if isinstance(source, MqttSource) else ""
        rows = [row for one in group for row in message_rows(one.topic, one.payload, each)]
        chunk = chunk_of(rows)
        mapped = map_rows(house, plan, chunk, now)
        with house.records.begin() as conn:
            taken = hand_over(conn, plan, chunk, mapped, now)
            moved = {"success_at": now, "failures": 0, "last_error": ""} | _newest(stands, taken.newest)
            moved_on = conn.scalar(queries.advance(self._key, stands.epoch, steps, moved, taken.counts))
            if moved_on is None:
                raise Halted
            conn.execute(queries.advance_run(run.id, taken.counts, None))
        return int(moved_on)

    def _check(self, stands: book.Standing) -> None:
        with self._house.records.begin() as conn:
            now = book.find_standing(conn, self._key)
        if now is None or now.paused or now.epoch != stands.epoch:
            raise Halted

    def _tell(self, trouble: str) -> None:
        """Write that the broker is away, or back again."""
        with self._house.records.begin() as conn:
            if trouble:
                book.fail(conn, self._key, error=trouble, next_at=None)
            else:
                book.recover(conn, self._key, now=self._house.clock.now())

    def _fail(self, words: str) -> None:
        try:
            with self._house.records.begin() as conn:
                book.fail(conn, self._key, error=self._house.secrets.blot(words), next_at=None)
        except Error as error:  # the records are away as well
            _log.warning("failure not written", connector=self._key, error=str(error))


class Subscriptions:
    """All subscriptions of this process: one thread per connector that is not paused."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._running: dict[str, Subscription] = {}
        self._again: dict[str, datetime] = {}

    def settle(self, wanted: Callable[[], Mapping[str, bool]]) -> None:
        """Start those that are wanted and not at work; the others end by themselves."""
        now = self._house.clock.now()
        for key, paused in wanted().items():
            held = self._running.get(key)
            if paused or (held is not None and held.alive) or now < self._again.get(key, now):
                continue
            self._again[key] = now + timedelta(seconds=2)  # one that fails at once is not started in a loop
            self._running[key] = Subscription(self._house, key)
            self._running[key].start()

    def close(self) -> None:
        """Wait for their end; the house has been told to stop."""
        for one in self._running.values():
            one.join(15)


def message_rows(topic: str, payload: bytes, each: str) -> list[dict[str, object]]:
    """The rows of a message: its JSON object, and the parts of its topic as ``$topic.1``, ``$topic.2``...

    A message is known by its topic and content, so a measurement holds its time or number.

    >>> message_rows("scales/7/readings", b'{"kg": 71.5}', "")[0]["$topic.2"]
    '7'
    """
    around: dict[str, object] = {"$topic": topic}
    around |= {f"$topic.{number}": part for number, part in enumerate(topic.split("/"), 1)}
    name = stable_key(topic, payload.hex())
    try:
        body = msgspec.json.decode(payload)
    except _UNREADABLE:
        body = {"$payload": payload.decode("utf-8", "replace")}
    records = body if isinstance(body, list) else [body]
    rows: list[dict[str, object]] = []
    for number, record in enumerate(records):
        plain = record if isinstance(record, dict) else {"value": record}
        whole = name if len(records) == 1 else f"{name}~{number}"
        rows += [{**around, **row} for row in rows_of(plain, whole, each)]
    return rows


def _newest(stands: book.Standing, newest: datetime | None) -> dict[str, object]:
    if newest is None or (stands.newest is not None and newest <= stands.newest):
        return {}
    return {"newest": newest}
