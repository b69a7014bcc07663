"""The states the console is tested with are states the API may answer."""

import json

import pytest

from .contract import problems
from .statuses import STATES, now


@pytest.mark.parametrize("state", STATES)
def test_every_state_keeps_the_contract(state: str) -> None:
    assert problems(json.loads(json.dumps(STATES[state](now())))) == []


def test_a_departure_is_named() -> None:
    found = STATES["busy"](now())
    found["steps"][3]["figures"][1]["value"] = 4596039.58  # money is in minor units
    found["steps"][5]["state"] = "fine"
    assert [problem.split(":")[0] for problem in problems(found)] == ["steps/3/figures/1/value", "steps/5/state"]
