"""A tag says the same wherever it is read: in its distribution, in conditions, in profiles - after any merges."""

import json
from collections import Counter
from itertools import count

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.world import START, World, day

from ninefold.identity import Identity
from ninefold.profiles.rules import tags_held
from ninefold.profiles.sheets import Part, SheetBuilder, published
from ninefold.profiles.sheets.reading import tags_of
from ninefold.segments import CELLS, Segments, Tags
from ninefold.store import Events, Records

PEOPLE = 12
merges = st.lists(st.tuples(st.integers(1, PEOPLE), st.integers(1, PEOPLE)), max_size=6)


def test_every_reader_of_a_tag_agrees_after_any_merges(records: Records, events: Events) -> None:
    rng = np.random.default_rng(3)
    world, segments, tags = World(events), Segments(records, events, Identity()), Tags(records, events)
    world.meet(records, *[[("member_no", f"M{n:02}")] for n in range(PEOPLE)])
    for _ in range(60):
        world.order(int(rng.integers(1, PEOPLE - 2)), int(rng.integers(1, 50)) * 100, day(float(rng.integers(0, 60))))
    world.flush()
    body = {"key": "rfm", "name": "RFM", "owner": "crm", "rfm": {"order": {"event": "Order Completed"}}}
    with records.begin() as conn:
        tags.save(conn, body, now=START)
    tags.refresh("rfm", now=day(70), base=day(70))
    versions, builder = count(1), SheetBuilder(events, ())
    with records.begin() as conn:
        newest = published(conn)["tag"]

    @settings(max_examples=5)
    @given(merges)
    def check(pairs: list[tuple[int, int]]) -> None:
        root = {oneid: oneid for oneid in range(1, PEOPLE + 1)}
        for kept, lost in pairs:
            home, gone = root[kept], root[lost]
            root = {oneid: home if at == gone else at for oneid, at in root.items()}
        version = next(versions)
        for oneid, home in root.items():
            world.merge(oneid, home, version)
        world.flush()
        people = sorted(set(root.values()))
        values = {oneid: tags.value_of("rfm", oneid) for oneid in people}
        assert Counter(filter(None, values.values())) == Counter(
            {share.value: share.people for share in tags.distribution("rfm") if share.people}
        )
        for cell in CELLS:
            expected = sum(value == cell.value for value in values.values())
            condition = {"tag": "rfm", "op": "eq", "value": cell.value}
            assert segments.preview(condition, now=day(70)).size == expected
        assert segments.preview({"tag": "rfm", "op": "not_exists"}, now=day(70)).size == sum(
            value is None for value in values.values()
        )
        for oneid in people:
            accounts = [oneid, *(account for account, home in root.items() if home == oneid != account)]
            made = builder.build(Part.TAGS, accounts, newest)
            rows = tags_of((account, json.loads(body)) for account, body in made.items())
            held = tags_held(rows, {"rfm": (1, 0)}, root=oneid)
            assert [tag.value for tag in held] == ([values[oneid]] if values[oneid] else [])

    check()
