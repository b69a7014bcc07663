"""Every operation of the OpenAPI description under generated calls: no server error, and only answers as described."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from tests.support.collecting import serving

from .house import DOCUMENTS, OWNED, Api, imported

CALLS = 5  # generated per operation
LEFT_OUT = {
    "POST /v1/connectors/test": "it reaches whatever address its document names; see tests/collect/connectors",
    "POST /v1/privacy/requests": "it erases people that other calls need; see tests/governance/test_privacy_api.py",
}
"""Operations that generated calls must not try, each with the reason."""
JUDGED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
SPARE = {**DOCUMENTS[0], "key": "spare", "name": "Paused and stopped at will", **OWNED}
"""A campaign that generated calls may stop for good, since nothing else needs it."""


MORE = (
    {"kind": "org", "key": "acme", "nodes": [
        {"code": "acme", "level": "group"}, {"code": "acme.sh", "level": "store", "parent": "acme"}]},
    {"kind": "role", "key": "fan", "name": "Fan"},
    {"kind": "tracking-plan", "key": "default", "name": "Shop", "sources": ["web"], **OWNED},
)  # fmt: skip


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        api = Api(ninefold)
        imported(api)
        api.ok("POST", "/v1/definitions/apply", json={"documents": [*DOCUMENTS, SPARE, *MORE]})
        api.ok("POST", "/v1/people/phone:13912340001/roles", json={"role": "fan"})
        api.ok("POST", "/v1/people/phone:13912340001/memberships", json={"node": "acme.sh"})
        api.ok("POST", "/v1/tags/rfm/refresh")
        api.ok("POST", "/v1/segments/refresh", json={})
        yield api


class Caller:
    """Sends generated calls over a real socket, aimed at what is there half of the time."""

    def __init__(self, api: Api, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {api.token}"
        self.own = {key["id"] for key in api.ok("GET", "/v1/keys") if key["kind"] == "token"}
        self.there = {
            "reference": "phone:13912340001",
            "run_id": api.ok("GET", "/v1/imports")[0]["id"],
            "message_id": "m1",
            "kind": "segment",
            "code": "acme.sh",
            "role": "fan",
            "word": "free",
        }
        self.keys = {
            "campaigns": "thanks",
            "segments": "shanghai",
            "tags": "rfm",
            "definitions": "shanghai",
            "plans": "default",
        }

    def call(self, case: Any, aimed: bool) -> None:
        for name in case.path_parameters or {}:
            if aimed and name in self.there:
                case.path_parameters[name] = self.there[name]
            elif aimed and name == "key":
                key = self.keys.get(case.path.split("/")[2], "thanks")
                case.path_parameters[name] = "spare" if case.path.endswith("/status") else key
        if "key_id" in (case.path_parameters or {}) and case.path_parameters["key_id"] in self.own:
            case.path_parameters["key_id"] = 0  # not the token that these calls use
        response = case.call(base_url=self.url, session=self.session, timeout=30)
        case.validate_response(response, checks=CHECKS.get_by_names(JUDGED))


# What runs beside the calls uses the module `random`, which Hypothesis notices.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
def test_every_operation_answers_as_described(api: Api) -> None:
    with serving(api.application) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        caller = Caller(api, url)
        wrong: list[str] = []
        names: set[str] = set()
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            names.add(operation.label)
            if operation.label in LEFT_OUT:
                continue
            try:
                _calls(operation, caller)
            except BaseExceptionGroup as failures:
                wrong += [f"{operation.label}: {failure}" for failure in failures.exceptions]
            except AssertionError as failure:
                wrong.append(f"{operation.label}: {failure}")
    assert not wrong, "\n\n".join(wrong)
    assert set(LEFT_OUT) <= names, "an operation that is left out is not there any more"
    assert api.call("GET", "/v1/keys").status_code == 200, "a call ended the token of these calls"


def _calls(operation: Any, caller: Caller) -> None:
    @hypothesis.settings(
        max_examples=CALLS, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @hypothesis.given(
        case=st.sampled_from(GenerationMode).flatmap(lambda mode: operation.as_strategy(generation_mode=mode)),
        aimed=st.booleans(),
    )
    def generated(case: Any, aimed: bool) -> None:
        caller.call(case, aimed)

    generated()
