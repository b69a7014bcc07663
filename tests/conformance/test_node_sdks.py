"""Real SDKs of Node against our routes, healthy and under faults: nothing is lost, nothing counts twice."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.conformance.sdks import NODE, need_sdks
from tests.support.collecting import application, quarantined, serving, stored
from tests.support.cuts import Cut, cutting
from tests.support.faults import REFUSED, Answer, Faulty

from ninefold.collect import Collector, Event
from ninefold.store import Records

EVENTS = 60
RETRYING = ("segment", "rudder", "posthog", "snowplow")
PREVIOUS = {
    "segment": ("anonymous_id", "7f0c1c1e-7c0b-4a53-9f0b-000000000001"),
    "snowplow": ("anonymous_id", "4f0c1c1e-7c0b-4a53-9f0b-000000000001"),
}
Run = Callable[..., tuple[list[Event], list[str], int]]


FAULTS: dict[str, dict[str, Any]] = {
    "500 twice": {"first": [(500, REFUSED, {})] * 2},
    "429": {"first": [(429, REFUSED, {"retry-after": "1"})]},
    "lost answer": {"lose_answers": 1},
    "reset": {"cuts": [Cut.RESET]},
    "half a request": {"cuts": [Cut.HALF_REQUEST]},
    "half an answer": {"cuts": [Cut.HALF_ANSWER]},
}
STUCK = {("rudder", "half an answer")}
"""Where the SDK's own call never settles, whatever a server does: it waits for ever, and sends nothing more."""


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node."""
    return need_sdks()


@pytest.fixture
def run(node: str, collector: Collector, records: Records, write_key: str) -> Run:
    """Sends numbered events with an SDK: what was stored, what the application was told, requests made."""

    def run(
        sdk: str,
        *,
        first: Sequence[Answer] = (),
        lose_answers: int = 0,
        cuts: Sequence[Cut] = (),
        key: str = "",
        patience_ms: int = 15_000,
    ) -> tuple[list[Event], list[str], int]:
        faulty = Faulty(application(collector), first=first, lose_answers=lose_answers)
        with serving(faulty) as address, cutting(address, first=cuts) as url:
            done = subprocess.run(
                [node, str(NODE / "drive.mjs"), sdk, url, key or write_key, str(EVENTS), str(patience_ms)],
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
                env={"PATH": os.environ["PATH"]},  # no proxy between us
            )
        assert done.returncode == 0, done.stderr[-2_000:]
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return stored(records), told["errors"], faulty.requests

    return run


def numbers(events: Sequence[Event]) -> list[int]:
    return sorted(int(event.nums["n"]) for event in events if event.name == "Seen")


@pytest.mark.parametrize("sdk", [*RETRYING, "sensors", "cloudevents"])
def test_all_is_well(run: Run, records: Records, sdk: str) -> None:
    events, errors, requests = run(sdk)
    assert errors == []
    assert numbers(events) == list(range(EVENTS))
    assert quarantined(records) == []
    assert requests <= (EVENTS if sdk == "cloudevents" else 15)
    seen = [event for event in events if event.name == "Seen"]
    assert {event.props["emoji"] for event in seen} == {"🎉"}
    assert all("u1" in [value for _, value in event.identifiers] for event in seen)
    assert all(abs(event.ts - event.received) < 60_000 for event in events)
    if sdk in PREVIOUS:
        assert any(PREVIOUS[sdk] in event.identifiers for event in events)


@pytest.mark.parametrize(
    ("sdk", "fault"),
    [
        pytest.param(sdk, fault, id=f"{name}-{sdk}")
        for sdk in RETRYING
        for name, fault in FAULTS.items()
        if (sdk, name) not in STUCK
    ],
)
def test_a_fault_that_passes_loses_and_doubles_nothing(run: Run, sdk: str, fault: dict[str, Any]) -> None:
    events, _, _ = run(sdk, **fault)
    assert numbers(events) == list(range(EVENTS))


@pytest.mark.parametrize("sdk", ["segment", "snowplow"])
def test_a_wrong_key_is_not_retried_for_ever(run: Run, sdk: str) -> None:
    events, errors, requests = run(sdk, key="wrong", patience_ms=1_500)
    assert events == []
    assert errors
    assert requests <= 15
