"""Merge storms: an identifier that would join thousands is blocked, listed, and nobody else is harmed."""

import threading

import numpy as np
import pytest
import sqlalchemy as sa

from ninefold.identity import Action, IdentifierBatch, Identity, Reason, Unresolved
from ninefold.identity.model import ReviewKind
from ninefold.store import Records
from tests.identity.batches import NOW, START_MS, batch_of, check_consistency, one_by_one, resolve, rows


@pytest.fixture
def identity() -> Identity:
    return Identity()


def kiosk(people: range) -> IdentifierBatch:
    """One device on many people, one event each."""
    count = len(people)
    return IdentifierBatch(
        row=np.repeat(np.arange(count), 2),
        namespace=["user_id", "device_id"] * count,
        value=[text for k in people for text in (f"user{k}", "kiosk-ipad")],
        ts_ms=START_MS + np.arange(people.start, people.stop, dtype=np.int64),
        source=["shop"] * count,
        message_id=[f"m{k}" for k in people],
    )


@pytest.mark.parametrize("batches", [1, 10])
def test_one_device_on_fifty_thousand_people(records: Records, identity: Identity, batches: int) -> None:
    size = 50_000 // batches
    with records.begin() as conn:
        found = [identity.resolve(conn, kiosk(range(k * size, (k + 1) * size)), now=NOW) for k in range(batches)]
        people = np.concatenate([one.oneid for one in found])
        assert len(np.unique(people)) == 50_000
        assert people.min() == 1
        assert people.max() == 50_000
        assert sum(one.counts.blocked for one in found) == 1
        assert sum(len(one.redirects.oneid) for one in found) == 0
        kinds = {review.kind: review for review in identity.reviews(conn)}
        assert set(kinds) == {"storm", "learned_value"}  # its name says what it is
        review = kinds[ReviewKind.STORM]
        assert (review.namespace, review.value) == ("device_id", "kiosk-ipad")
        assert len(review.people) == 100
        assert review.detail == {"over": "user_id", "values": size, "limit": 20, "people": size}
        assert rows(conn, "identity_assertions") == 50_001  # every refusal once, and the block
        counts = identity.counts(conn)
        assert (counts.people, counts.blocked, counts.identifiers["user_id"]) == (50_000, 1, 50_000)
        assert identity.find(conn, "device_id", "kiosk-ipad") is None


def test_a_storm_that_comes_slowly_is_noticed_too(records: Records, identity: Identity) -> None:
    """Person by person: the first keeps the device until the twenty-first value shows what it is."""
    with records.begin() as conn:
        people = one_by_one(conn, identity, [{"user_id": f"u{k}", "device_id": "d"} for k in range(25)])
        assert people == list(range(1, 26))
        assert {review.kind for review in identity.reviews(conn)} == {"veto", "storm"}
        (storm,) = (review for review in identity.reviews(conn) if review.kind == "storm")
        assert storm.detail["values"] == 21
        assert set(range(1, 22)) <= set(storm.people)
        found = resolve(conn, identity, {"device_id": "d"}, {"device_id": "d", "anonymous_id": "a"})
        assert found.oneid.tolist() == [0, 26]
        assert found.unresolved.tolist() == [Unresolved.BLOCKED, Unresolved.RESOLVED]
        assert [one.namespace for one in identity.identifiers_of(conn, 1)] == ["user_id"]  # the device came apart
        blocked = sa.text("SELECT reason FROM identity_assertions WHERE action = 4")
        assert conn.execute(blocked).scalars().all() == [Reason.STORM]


def test_a_cashiers_phone_typed_for_every_customer(records: Records, identity: Identity) -> None:
    """The strongest identifier of its events is the storm; they resolve by their other one."""
    events = [{"phone": "13812345601", "shopify_id": f"s{k}"} for k in range(40)]
    with records.begin() as conn:
        found = resolve(conn, identity, *events)
        assert len(set(found.oneid.tolist())) == 40
        assert found.counts.blocked == 1
        assert identity.find(conn, "shopify_id", "s7") == found.oneid[7]
        check_consistency(conn, identity)


def test_one_storm_may_uncover_another(records: Records, identity: Identity) -> None:
    """With the shared user id gone, the shared e-mail address becomes the centre of every event."""
    events = [
        {"user_id": "till", "email": "shop@example.org", "pos_id": f"card{k}", "phone": f"138123456{k:02}"}
        for k in range(30)
    ]
    with records.begin() as conn:
        found = resolve(conn, identity, *events)
        assert len(set(found.oneid.tolist())) == 30
        blocked = conn.execute(sa.text("SELECT value FROM identifiers WHERE state = 1")).scalars().all()
        assert sorted(blocked) == ["shop@example.org", "till"]
        again = resolve(conn, identity, *events)
        assert np.array_equal(found.oneid, again.oneid)
        assert again.counts.links == 0


def test_a_family_is_no_storm(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        found = resolve(conn, identity, *[{"user_id": f"u{k}", "device_id": "tv"} for k in range(6)])
        assert found.counts.blocked == 0
        assert found.oneid.tolist() == [1, 2, 3, 4, 5, 6]
        assert identity.find(conn, "device_id", "tv") == 1


def test_an_operator_blocks_and_unblocks(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        one_by_one(conn, identity, [{"user_id": "u", "device_id": "d"}])
        assert identity.block(conn, "device_id", "d", author="ann", now=NOW)
        assert not identity.block(conn, "device_id", "d", author="ann", now=NOW)
        assert identity.block(conn, "email", "never@seen.org", author="ann", now=NOW)
        found = resolve(conn, identity, {"device_id": "d"}, {"email": "never@seen.org", "anonymous_id": "a"})
        assert found.oneid.tolist() == [0, 2]
        assert identity.unblock(conn, "device_id", "d", author="ann", now=NOW)
        assert resolve(conn, identity, {"device_id": "d"}).root.tolist() == [1]
        said = (Action.BLOCK, Action.UNBLOCK)
        actions = [link.action for link in identity.how_linked(conn, 1) if link.action in said]
        assert [Action.ASSERT, *actions] == [Action.ASSERT, Action.BLOCK, Action.UNBLOCK]


def test_an_operator_links_under_the_same_rules(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        one_by_one(conn, identity, [{"user_id": "u"}, {"email": "a@example.org"}, {"user_id": "v"}])
        done = identity.link(conn, ("user_id", "u"), ("email", "A@example.org"), author="ann", now=NOW)
        assert done.redirects.oneid.tolist() == [2]
        refused = identity.link(conn, ("user_id", "v"), ("email", "a@example.org"), author="ann", now=NOW)
        assert refused.counts.demoted == 1
        assert identity.how_linked(conn, 1)[0].evidence == "ann"


def test_two_writers_wait_for_each_other(records: Records, identity: Identity) -> None:
    """Twelve threads resolve overlapping people at once; the outcome is that of one after the other."""

    def work(k: int) -> None:
        with records.begin() as conn:
            events = [{"user_id": f"u{j}", "email": f"e{j}@example.org"} for j in range(k, k + 20)]
            identity.resolve(conn, batch_of(events, start=100 * k), now=NOW)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with records.begin() as conn:
        counts = identity.counts(conn)
        met = conn.scalar(sa.text("SELECT count(*) FROM (SELECT DISTINCT a, b FROM identity_assertions) AS pairs"))
        assert (counts.people, met) == (31, 31)
        check_consistency(conn, identity)
