"""MQTT subscriptions against a real broker on loopback: nothing lost over restarts of either side, nothing doubled."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from tests.support.broker import Broker
from tests.support.collecting import quarantined, stored
from tests.support.keeping_broker import KeepingBroker

from ninefold.base import Error, SystemClock
from ninefold.collect.connectors import Connectors, ConnectorSettings, queries
from ninefold.collect.connectors.mqtt import message_rows
from ninefold.collect.imports import Imports
from ninefold.store import Records, put_definition

INDICATORS = (
    "weight_kg", "bmi", "fat_percent", "muscle_kg", "water_percent", "bone_kg", "protein_percent", "visceral_fat",
    "metabolism_kcal", "body_age", "heart_rate", "score",
)  # fmt: skip
SCALE = {
    "kind": "mapping", "key": "scale", "source": "scales", "channel": "device", "event": "Body Measured",
    "identifiers": [{"namespace": "device_id", "column": "$topic.2"}],
    "time": {"column": "at", "format": "epoch_s"},
    "properties": {name: f"body.{name}" for name in INDICATORS} | {"model": "$topic.1"},
}  # fmt: skip


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def keeping() -> Iterator[KeepingBroker]:
    broker = KeepingBroker()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def devices(records: Records, tmp_path: Path) -> Iterator[Connectors]:
    clock = SystemClock()
    with records.begin() as conn:
        put_definition(conn, "mapping", "scale", SCALE, now=clock.now())
    connectors = make(records, tmp_path)
    yield connectors
    connectors.close()


def make(records: Records, folder: Path) -> Connectors:
    clock = SystemClock()
    return Connectors(records, clock, Imports(records, clock), ConnectorSettings(spool=folder), {})


def subscribe(connectors: Connectors, records: Records, broker: Broker | KeepingBroker) -> None:
    document = {"kind": "connector", "key": "scales", "name": "Scales", "owner": "iot", "type": "mqtt",
                "mapping": "scale", "retry": {"first": "1s", "longest": "1s"},
                "mqtt": {"host": "127.0.0.1", "port": broker.port, "topics": ["+/+/readings"]}}  # fmt: skip
    with records.begin() as conn:
        connectors.save(conn, document, now=datetime.now(UTC))
    connectors.step()
    wait_for(lambda: connectors.get("scales").success_at is not None)


def wait_for(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def reading(i: int) -> bytes:
    body = {name: round(10 + i / 10 + k, 2) for k, name in enumerate(INDICATORS)}
    return json.dumps({"at": 1_779_350_400 + i, "body": body}).encode()


def send(broker: Broker | KeepingBroker, numbers: range) -> None:
    """A device that sends with QoS 1 and waits for each acknowledgement of the broker."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"device-{numbers.start}")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for i in numbers:
        client.publish(f"scale/dev{i % 5}/readings", reading(i), qos=1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


def count(connectors: Connectors) -> int:
    return connectors.get("scales").counts.rows


def test_measurements_become_events_with_all_indicators(broker: Broker, devices: Connectors, records: Records) -> None:
    subscribe(devices, records, broker)
    send(broker, range(20))
    wait_for(lambda: count(devices) == 20)
    events = stored(records)
    assert len(events) == 20
    one = min(events, key=lambda event: event.ts)
    assert one.identifiers == (("device_id", "dev0"),)
    assert one.nums == {name: 10.0 + k for k, name in enumerate(INDICATORS)}
    assert (one.props["model"], one.ts) == ("scale", 1_779_350_400_000)


def test_nothing_is_lost_when_the_broker_restarts(broker: Broker, devices: Connectors, records: Records) -> None:
    subscribe(devices, records, broker)
    send(broker, range(10))
    wait_for(lambda: count(devices) == 10)
    broker.stop()
    wait_for(lambda: devices.get("scales").failures > 0)
    assert "broker" in devices.get("scales").last_error
    broker.start()
    wait_for(lambda: devices.get("scales").failures == 0)
    send(broker, range(10, 20))
    wait_for(lambda: count(devices) >= 20)
    assert sorted(event.ts for event in stored(records)) == [1_779_350_400_000 + i * 1000 for i in range(20)]


def test_what_comes_while_nobody_listens_waits_at_the_broker(
    keeping: KeepingBroker, devices: Connectors, records: Records, tmp_path: Path
) -> None:
    subscribe(devices, records, keeping)
    devices.close()
    send(keeping, range(15))
    again = make(records, tmp_path)
    again.step()
    wait_for(lambda: count(again) >= 15)
    again.close()
    assert len(stored(records)) == 15


def test_what_is_no_measurement_is_kept_aside_and_a_pause_is_obeyed(
    keeping: KeepingBroker, devices: Connectors, records: Records
) -> None:
    subscribe(devices, records, keeping)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="odd")
    client.connect("127.0.0.1", keeping.port)
    client.loop_start()
    for payload in (b"\xff\xfe", b"[1, 2]", b'{"at": "never"}'):
        client.publish("scale/dev1/readings", payload, qos=1).wait_for_publish(20)
    wait_for(lambda: count(devices) == 4)
    assert len(quarantined(records)) == 4
    devices.pause("scales")
    wait_for(lambda: devices.runs("scales")[0].state == "stopped")
    client.publish("scale/dev1/readings", reading(1), qos=1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()
    devices.resume("scales")
    time.sleep(2.1)  # a subscription that ended is begun again after a while
    devices.step()
    wait_for(lambda: count(devices) == 5)
    assert len(stored(records)) == 1


def test_a_broker_that_is_not_there_is_told(devices: Connectors, records: Records) -> None:
    document = {"kind": "connector", "key": "scales", "name": "Scales", "owner": "iot", "type": "mqtt",
                "mapping": "scale", "mqtt": {"host": "127.0.0.1", "port": 9, "topics": "a/#"}}  # fmt: skip
    with records.begin() as conn:
        devices.save(conn, document, now=datetime.now(UTC))
    with pytest.raises(Error, match="broker cannot be reached"):
        devices.test("scales")
    devices.step()
    wait_for(lambda: devices.get("scales").failures > 0)
    wrong: tuple[object, ...] = ("a/#/b", "a+/b", [])
    for topics in wrong:
        with records.begin() as conn, pytest.raises(Error, match="topics"):
            devices.save(conn, {**document, "mqtt": {"host": "h", "topics": topics}}, now=datetime.now(UTC))


def test_what_was_not_acknowledged_comes_again_and_counts_once(
    keeping: KeepingBroker, devices: Connectors, records: Records, tmp_path: Path
) -> None:
    subscribe(devices, records, keeping)
    send(keeping, range(5))
    wait_for(lambda: count(devices) == 5)
    session = keeping.sessions["ninefold-scales"]
    wait_for(lambda: not session.unacknowledged)
    with records.begin() as conn:  # the records cannot take anything: nothing is acknowledged
        conn.execute(queries.standing("scales").with_for_update())
        send(keeping, range(5, 12))
        time.sleep(1)
        assert len(session.unacknowledged) == 7
    wait_for(lambda: not session.unacknowledged)
    session.deliver("scale/dev1/readings", reading(6))  # again, as after a lost acknowledgement
    keeping.stop()
    session.deliver("scale/dev2/readings", reading(12))
    keeping.start()
    wait_for(lambda: count(devices) >= 13)
    wait_for(lambda: not session.unacknowledged)
    assert sorted(event.ts for event in stored(records)) == [1_779_350_400_000 + i * 1000 for i in range(13)]


def test_a_list_of_measurements_is_a_row_each() -> None:
    rows = message_rows("a/b", b'[{"kg": 1}, {"kg": 2}]', "")
    assert [row["kg"] for row in rows] == [1, 2]
    assert len({row["$id"] for row in rows}) == 2
