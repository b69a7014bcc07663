"""The worked examples of the documentation are true."""

from datetime import timedelta

from ninefold.analysis import Analyses, FunnelResult, RetentionResult
from tests.support.world import World, day

OVER = {"from": "2026-01-02", "to": "2026-01-31"}


def test_the_funnel_page(analyses: Analyses, world: World) -> None:
    told = {1: "V0 C5 V8 C9 O15", 2: "V0 C5 V8 O15", 3: "C1 V2 O3"}
    for person, events in told.items():
        for word in events.split():
            world.event(person, word[0], day(3) + timedelta(hours=int(word[1:])))
    world.flush()
    for entry, counts in (("best", [3, 2, 1]), ("first", [3, 2, 0])):
        funnel = {"steps": ["V", "C", "O"], "window": "10h", "entry": entry}
        found = analyses.run({"method": "funnel", "over": OVER, "funnel": funnel}, now=day(40)).result
        assert isinstance(found, FunnelResult)
        assert [step.people for step in found.steps] == counts


def test_the_retention_page(analyses: Analyses, world: World) -> None:
    for person, name, at in (
        (1, "View", 1.5), (1, "Order", 2.5), (2, "Order", 1.1), (2, "View", 1.5), (2, "Order", 3.5), (3, "View", 2.5),
    ):  # fmt: skip
        world.event(person, name, day(at))
    world.flush()
    own = {"start": "View", "back": "Order", "columns": 2}
    found = analyses.run({"method": "retention", "over": OVER, "retention": own}, now=day(40)).result
    assert isinstance(found, RetentionResult)
    rows = [(one.people, [cell.people for cell in one.cells]) for one in found.cohorts if one.people]
    assert rows == [(2, [0, 1, 1]), (1, [0, 0, 0])]
    assert [(column.back, column.began) for column in found.columns] == [(0, 3), (1, 3), (1, 3)]
