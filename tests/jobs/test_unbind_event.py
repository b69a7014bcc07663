"""An unbind never joins the people it tells apart."""

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Event, append
from ninefold.identity import Identity
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records, Statement


def test_an_unbind_links_nothing(records: Records, events: Events, clock: FixedClock) -> None:
    now = to_ms(clock.now())
    said = [
        Event("m1", "track", "Seen", now, now, "shop", "web", (("user_id", "u1"),)),
        Event("m2", "track", "Seen", now, now, "shop", "web", (("phone", "13912340001"),)),
        Event("m3", "unbind", "$unbind", now, now, "shop", "web", (("user_id", "u1"), ("phone", "13912340001"))),
    ]
    with records.begin() as conn:
        append(conn, said, source="shop", kind="sensors", now=clock.now())
    Pipeline(records, events, clock).drain()
    with records.begin() as conn:
        identity = Identity.load(conn)
        assert identity.find(conn, "user_id", "u1") != identity.find(conn, "phone", "13912340001")


def test_rows_move_to_the_next_owner_when_an_unbind_arrives_late(
    records: Records, events: Events, clock: FixedClock
) -> None:
    """What was stored before the unbind was heard of, but happened after it, is the next owner's: once."""
    start = to_ms(clock.now()) - 10_000
    phone, both = (("phone", "13912340001"),), (("user_id", "u1"), ("phone", "13912340001"))
    pipeline = Pipeline(records, events, clock)
    for second, kind, who in (
        (1, "track", both), (2, "track", phone), (7, "track", phone), (8, "track", phone), (5, "unbind", both),
    ):  # fmt: skip
        at = start + 1000 * second
        said = Event(f"m{second}", kind, "Seen", at, at, "shop", "web", who)
        with records.begin() as conn:
            append(conn, [said], source="shop", kind="sensors", now=clock.now())
        pipeline.drain()

    def seconds(oneid: int | None) -> list[int]:
        text = "SELECT toUnixTimestamp64Milli(ts) AS at FROM events WHERE has({people:Array(UInt32)}, oneid)"
        numbers = [oneid, *(row["oneid"] for row in leads if row["root"] == oneid)]
        found = events.query(Statement(text, {"people": numbers})).to_pylist()
        return sorted((row["at"] - start) // 1000 for row in found)

    with records.begin() as conn:
        identity = Identity.load(conn)
        old, new = identity.find(conn, "user_id", "u1"), identity.find(conn, "phone", "13912340001")
    leads = events.query(Statement("SELECT oneid, root FROM redirects FINAL")).to_pylist()
    assert new is not None
    assert new != old
    assert seconds(new) == [7, 8]
    assert seconds(old) == [1, 2, 5]
    pipeline.drain()
    assert seconds(new) == [7, 8]
