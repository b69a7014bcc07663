"""What several processes share: limits that are exact, sessions that end everywhere within seconds, few questions."""

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ninefold.base import FixedClock
from ninefold.governance import secret, users
from ninefold.governance.users.throttle import Throttle
from ninefold.store import Records


@pytest.fixture
def other(records_url: str) -> Iterator[Records]:
    """The store as another process sees it."""
    opened = Records(records_url)
    yield opened
    opened.close()


def _somebody(records: Records, clock: FixedClock) -> tuple[users.Sessions, users.Users, str]:
    sessions = users.Sessions(records, clock)
    people = users.Users(clock, users.Passwords(), sessions)
    with records.begin() as conn:
        person, _ = people.add(
            conn, users.NewUser(login="ann", name="Ann", roles=("analyst",), password="brook lantern sixty plum")
        )
        return sessions, people, sessions.open(conn, user=person.id, method="password")


def test_attempts_at_once_in_two_processes_are_counted_exactly(records: Records, other: Records) -> None:
    allowed: list[bool] = []

    def try_it(store: Records) -> None:
        throttle = Throttle(store)
        allowed.extend(throttle.spend("ann", "10.0.0.1") == 0 for _ in range(6))

    threads = [threading.Thread(target=try_it, args=(store,)) for store in (records, other, records)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) == 5
    assert Throttle(other).spend("ann", "10.0.0.2") == 0, "her own place is another"
    assert Throttle(other).spend("ben", "10.0.0.1") == 0
    Throttle(other).release("ann", "10.0.0.1")
    assert Throttle(records).spend("ann", "10.0.0.1") == 0


def test_a_session_that_another_process_ends_ends_here_within_seconds(
    records: Records, other: Records, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, people, cookie = _somebody(records, clock)
    assert sessions.opened(cookie) is not None
    users.Sessions(other, clock).end(cookie)
    assert sessions.opened(cookie) is not None, "believed for seconds"
    monkeypatch.setattr(secret, "_SECONDS", 0.05)
    time.sleep(0.1)
    assert sessions.opened(cookie) is None
    del people


def test_a_call_with_a_cookie_asks_the_database_as_seldom_as_one_with_a_token(
    records: Records, clock: FixedClock
) -> None:
    sessions, _, cookie = _somebody(records, clock)
    asked: list[str] = []
    sa.event.listen(records.engine, "before_cursor_execute", lambda *args: asked.append(str(args[2])))
    found = sessions.opened(cookie)
    assert found is not None
    assert (found.principal.name, found.principal.key) == ("ann", -found.user)
    assert len(asked) == 1
    assert sessions.remembers(cookie)
    for _ in range(100):
        assert sessions.opened(cookie) == found
        assert sessions.opened("guessed") is None
    assert len(asked) == 2, "one for each secret"


def test_a_hash_of_other_parameters_is_made_anew_at_the_next_sign_in(records: Records) -> None:
    old = "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$/8QTn2IVwJDRkZa6lVPcIXHTAwjwcwHWvxr8qFqcqJg"
    assert users.Passwords.outdated(old)
    fresh = users.Passwords.hashed("brook lantern sixty plum")
    assert not users.Passwords.outdated(fresh)
    assert users.Passwords.fits(fresh, "brook lantern sixty plum")
    assert not users.Passwords.fits(fresh, "brook lantern sixty plus")
    assert not users.Passwords.fits(None, "nobody"), "whoever has none is refused all the same"
    assert not users.Passwords.fits("garbage", "nobody")
