"""Whatever dies whenever: every message arrives once, caps hold, arms stay, enrolling twice is once."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection
from tests.journeys.house import Crash, House, LetterBox

from ninefold.base import FixedClock
from ninefold.channels import Delivered, Doubtful, InDoubt, Message, Outcome, Retry
from ninefold.journeys import Delivery
from ninefold.store import Events, Records, Statement

PEOPLE = [f"c{number:02}" for number in range(25)]
_campaigns = itertools.count()


class Fuse:
    """Burns down by one at each step; the process dies when it is out."""

    def __init__(self) -> None:
        self.left: int | None = None

    def burn(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise Crash


class Fragile(Records):
    """Records that a process may die around: before a transaction, before its commit, after it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.fuse = Fuse()
        self.linger = 0.0  # seconds before each commit, at most, to let others come between

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self.fuse.burn()
        with super().begin() as conn:
            yield conn
            time.sleep(random.random() * self.linger)
            self.fuse.burn()
        self.fuse.burn()


@pytest.fixture
def house(records_url: str, events: Events, clock: FixedClock) -> Iterator[House]:
    records = Fragile(records_url)
    house = House(records, events, clock)
    house.people(*PEOPLE)
    yield house
    records.close()


def fresh_key() -> str:
    return f"k{next(_campaigns)}"


def fuse_of(house: House) -> Fuse:
    assert isinstance(house.records, Fragile)
    return house.records.fuse


def states(house: House, key: str) -> Counter[str]:
    with house.records.engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT state FROM effects WHERE campaign = %s", (key,))
        return Counter(row[0] for row in rows)


def told(house: House, name: str, key: str) -> int:
    house.pump()
    return house.events.count(
        Statement(
            "SELECT count() FROM events WHERE name = {n:String} AND campaign_id = {k:String}", {"n": name, "k": key}
        )
    )


@pytest.mark.parametrize("policy", InDoubt)
@pytest.mark.parametrize("dying", ["before", "after"])
def test_dying_at_any_step_of_sending_neither_loses_nor_doubles(house: House, policy: InDoubt, dying: str) -> None:
    """Every step in turn: before, inside and after each transaction, and before or after the receiver took it."""
    fuse = fuse_of(house)
    some = house.oneids(*PEOPLE[:3])
    endings = set()
    for step in range(100):
        box = house.post.channels["box"] = LetterBox(in_doubt=policy)
        setattr(box, dying, lambda _messages: fuse.burn())
        key = house.campaign(fresh_key(), start={"by_hand": True}, audience=None, cap={"count": 1, "within": "30d"})
        house.campaigns.enrol(key, some, "once", now=house.now)
        fuse.left = step
        try:
            house.campaigns.deliver(now=house.now)
        except Crash:
            house.restart()
            house.campaigns.recover(now=house.now)
            house.campaigns.deliver(now=house.now)
        else:
            break
        found = states(house, key)
        endings |= set(found)
        assert found.total() == 3
        if policy is InDoubt.RESEND:
            assert found == {"delivered": 3}
            assert len(box.letters) == 3
        else:
            assert set(found) <= {"delivered", "held"}
            assert max(box.handed.values(), default=1) == 1
            assert found["delivered"] <= len(box.letters)
    else:
        pytest.fail("the sending never came to its end")
    assert step > 20
    assert endings == ({"delivered"} if policy is InDoubt.RESEND else {"delivered", "held"})


@settings(max_examples=15)
@given(
    fuses=st.lists(st.integers(0, 60), max_size=8),
    policy=st.sampled_from(InDoubt),
    midway=st.sampled_from(["before", "after", "no"]),
)
def test_every_message_arrives_once_whenever_the_process_dies(
    house: House, fuses: list[int], policy: InDoubt, midway: str
) -> None:
    box = house.post.channels["box"] = LetterBox(in_doubt=policy)
    fuse = fuse_of(house)
    if midway == "before":
        box.before = lambda _messages: fuse.burn()
    if midway == "after":
        box.after = lambda _messages: fuse.burn()
    key = house.campaign(fresh_key(), holdout="20%")
    remaining = list(fuses)
    while True:
        fuse.left = remaining.pop() if remaining else None
        try:
            house.campaigns.run_due(now=house.now)
            house.campaigns.deliver(now=house.now)
            house.pump()
        except Crash:
            house.restart()
            house.campaigns.recover(now=house.now)
            continue
        if not remaining:
            break
    fuse.left = None
    found = states(house, key)
    mine = {name for name, letter in box.letters.items() if letter.campaign == key}
    assert set(found) <= {"delivered", "held"}
    if policy is InDoubt.RESEND:
        assert set(found) == {"delivered"}
        assert len(mine) == found["delivered"]
    else:
        assert max(box.handed.values(), default=1) == 1  # none when it died on the way to the first
        assert found["delivered"] <= len(mine) <= found["delivered"] + found["held"]
    assert told(house, "message_sent", key) == found["delivered"]
    assert told(house, "message_held", key) == found["held"]
    report = house.campaigns.report(key, now=house.now)
    assert report.reconciliation.agrees
    assert report.reconciliation.records == len(PEOPLE)
    assert report.treated.people == found.total()


@settings(max_examples=15)
@given(
    moods=st.lists(st.sampled_from(["ok", "retry", "lost", "taken"]), min_size=1, max_size=6), seed=st.integers(0, 99)
)
def test_unsteady_receivers_get_each_message_once(house: House, moods: list[str], seed: int) -> None:
    box = house.post.channels["box"] = LetterBox()

    def answer(message: Message, attempt: int) -> Outcome:
        mood = moods[(int(message.key[:6], 16) + seed + attempt) % len(moods)] if attempt <= 3 else "ok"
        if mood == "retry":
            return Retry(reason="busy")
        if mood in {"lost", "taken"}:
            if mood == "taken":
                box.letters[message.key] = message
            return Doubtful(reason="no_answer")
        return Delivered()

    box.answer = answer
    key = house.campaign(fresh_key(), start={"by_hand": True}, audience=None, cap={"count": 1, "within": "30d"})
    house.campaigns.enrol(key, house.oneids(*PEOPLE), "once", now=house.now)
    total = Delivery()
    for _ in range(12):
        total += house.campaigns.deliver(now=house.now)
        house.wait(minutes=30)
    assert states(house, key) == {"delivered": len(PEOPLE)}
    assert total.delivered == len(PEOPLE)
    assert len(box.letters) == len(PEOPLE)
    assert told(house, "message_sent", key) == len(PEOPLE)


@settings(max_examples=10)
@given(
    parts=st.lists(st.sets(st.sampled_from(PEOPLE), min_size=1), min_size=1, max_size=5),
    shares=st.lists(st.sampled_from(["0%", "10%", "50%", "90%"]), min_size=5, max_size=5),
)
def test_arms_stay_and_enrolling_twice_is_once(house: House, parts: list[set[str]], shares: list[str]) -> None:
    key, arms = fresh_key(), dict[int, str]()
    seen: set[tuple[str, str]] = set()
    for number, (part, share) in enumerate(zip(parts, shares, strict=False)):
        house.campaign(key, start={"by_hand": True}, audience=None, holdout=share)
        occurrence = f"o{number % 2}"
        done = house.campaigns.enrol(key, house.oneids(*part), occurrence, now=house.now)
        fresh = {(name, occurrence) for name in part} - seen
        assert (done.entered, done.already) == (len(fresh), len(part) - len(fresh))
        seen |= fresh
        again = house.campaigns.enrol(key, np.flip(house.oneids(*part)), occurrence, now=house.now)
        assert (again.entered, again.already) == (0, len(part))
        house.restart()
        with house.records.engine.connect() as conn:
            rows = conn.exec_driver_sql("SELECT oneid, arm FROM campaign_members WHERE campaign = %s", (key,)).all()
        for oneid, arm in rows:
            assert arms.setdefault(oneid, arm) == arm
        assert len(rows) == len(seen)


@settings(max_examples=8)
@given(
    caps=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["campaign", "all"])), min_size=2, max_size=4),
    rounds=st.integers(1, 2),
)
def test_caps_hold_with_workers_side_by_side(house: House, caps: list[tuple[int, str]], rounds: int) -> None:
    box = house.post.channels["box"] = LetterBox()
    assert isinstance(house.records, Fragile)
    house.records.linger = 0.02
    house.wait(days=40)  # messages of earlier examples no longer count
    keys = [
        house.campaign(
            fresh_key(),
            start={"by_hand": True},
            audience=None,
            cap={"count": count, "within": "30d", "scope": scope},
        )
        for count, scope in caps
    ]
    some = house.oneids(*PEOPLE[:6])
    for number in range(rounds * 2):
        for key in keys:
            house.campaigns.enrol(key, some, f"o{number}", now=house.now)
        if number % 2:  # two occasions at a time
            with ThreadPoolExecutor(3) as workers:
                for done in [workers.submit(house.campaigns.deliver, now=house.now) for _ in range(3)]:
                    done.result()
            house.wait(hours=1)
    got = Counter((letter.person, letter.campaign) for letter in box.letters.values())
    people = {person for person, _ in got}
    for key, (count, _) in zip(keys, caps, strict=True):
        assert all(got[person, key] <= count for person in people)
    over_all = [count for count, scope in caps if scope == "all"]
    if len(over_all) == len(caps):
        assert all(sum(got[person, key] for key in keys) <= max(over_all) for person in people)
    assert sum(states(house, key).total() for key in keys) == len(some) * rounds * 2 * len(keys)
    assert set(box.handed.values()) <= {1}


def test_a_cap_over_all_campaigns_holds_when_workers_race(house: House) -> None:
    assert isinstance(house.records, Fragile)
    house.records.linger = 0.04
    some = house.oneids(*PEOPLE[:4])
    for attempt in range(6):
        box = house.post.channels["box"] = LetterBox()
        cap = {"count": 1, "within": "30d", "scope": "all"}
        keys = [house.campaign(fresh_key(), start={"by_hand": True}, audience=None, cap=cap) for _ in range(4)]
        for key in keys:
            house.campaigns.enrol(key, some, f"o{attempt}", now=house.now)
        with ThreadPoolExecutor(4) as workers:
            for done in [workers.submit(house.campaigns.deliver, now=house.now) for _ in range(4)]:
                done.result()
        assert Counter(letter.person for letter in box.letters.values()) == dict.fromkeys(box.people, 1)
        assert len(box.letters) == 4
        house.wait(days=40)
