"""An unbind never joins the people it tells apart."""

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Event, append
from ninefold.identity import Identity
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records


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
