"""Spans through the real application: what each says, what none may say, and that there are none by default."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ninefold.app import Ninefold, Settings
from ninefold.base import gauge, invalid, span
from ninefold.store import Events, Statement

from .house import DOCUMENTS, ORDERS, Api, imported


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    provider, exporter = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", provider)
    yield reader
    provider.shutdown()


def told(spans: tuple[ReadableSpan, ...]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for one in spans:
        found.setdefault(one.name, []).append(dict(one.attributes or {}))
    return found


def test_a_brands_day_is_told_in_spans_without_what_was_collected(
    exporter: InMemorySpanExporter, records_url: str, events_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings) as brand:
        brand.start()
        api = Api(brand)
        imported(api)
        assert api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})["ok"]
        api.ok("POST", "/v1/campaigns/thanks/run", json={"occurrence": "may"})
        key = api.ok("POST", "/v1/keys", json={"kind": "write", "name": "shop"})["secret"]
        batch = {"batch": [{"type": "track", "event": "Seen", "userId": f"secret-{i}"} for i in range(3)]}
        assert api.call("POST", "/v1/batch", json=batch, auth=(key, "")).status_code == 200
        assert api.call("POST", "/v1/batch", json=batch, auth=("nobody", "")).status_code == 401
        api.ok("GET", "/v1/status")
        for _ in range(200):
            if api.ok("GET", "/v1/inbox")["events"] == 0 and "ninefold.campaign.chunk" in told(
                exporter.get_finished_spans()
            ):
                break
            time.sleep(0.05)
    spans = exporter.get_finished_spans()
    found = told(spans)
    accepted, turned_away = found["ninefold.collect.accept"]
    assert accepted["ninefold.events"] == 3
    assert accepted["ninefold.wire"] == "segment"
    assert turned_away["error.type"] == "invalid_write_key"
    assert sum(int(str(one["ninefold.rows"])) for one in found["ninefold.import.chunk"]) == ORDERS.count("\n") - 1
    for step in ("take", "identify", "publish"):
        assert sum(int(str(one["ninefold.events"])) for one in found[f"ninefold.pipeline.{step}"]) >= 123
    assert found["ninefold.events.query"]
    assert {one["ninefold.campaign"] for one in found["ninefold.campaign.chunk"]} == {"thanks"}
    assert len(found["GET /v1/status"]) == 1
    assert not any("batch" in name for name in found), "a write request has one span, our own"
    everything = json.dumps([found, [one.status.description for one in spans], [len(one.events) for one in spans]])
    for word in (key, "secret-", "1391234", "SELECT", "上海"):
        assert word not in everything


def test_a_failure_is_told_by_its_code_alone(exporter: InMemorySpanExporter, events: Events) -> None:
    with pytest.raises(Exception, match="secret"), span("outer", kind="test"):
        raise invalid("wrong_thing", "secret words", field="x", got="secret")
    with pytest.raises(Exception, match="nothing_here"):
        events.query(Statement("SELECT {word:String} FROM nothing_here", {"word": "secret"}))
    spans = {one.name: one for one in exporter.get_finished_spans()}
    assert dict(spans["ninefold.outer"].attributes or {}) == {"ninefold.kind": "test", "error.type": "wrong_thing"}
    for one in spans.values():
        assert not one.status.is_ok
        assert one.status.description is None
        assert one.events == ()


def test_spans_are_nested(exporter: InMemorySpanExporter, events: Events) -> None:
    exporter.clear()
    with span("outer"):
        events.ping()
    query, outer = exporter.get_finished_spans()
    assert query.parent is not None
    assert query.parent.span_id == outer.context.span_id
    assert dict(query.attributes or {}) == {"ninefold.rows": 1}


def test_gauges_tell_the_last_value(reader: InMemoryMetricReader) -> None:
    gauge("pipeline.lag", 7, unit="s")
    gauge("pipeline.lag", 3, unit="s")
    data = reader.get_metrics_data()
    assert data is not None
    metric = data.resource_metrics[0].scope_metrics[0].metrics[0]
    assert (metric.name, metric.unit) == ("ninefold.pipeline.lag", "s")
    assert [point.value for point in metric.data.data_points] == [3]  # type: ignore[union-attr]  # a gauge's points


def test_without_a_provider_nothing_is_made(events: Events) -> None:
    assert span("one") is span("two", rows=1)
    with span("one") as note:
        note.add(rows=1)
        events.ping()
        assert not trace.get_current_span().get_span_context().is_valid
    gauge("pipeline.lag", 1)


def test_the_command_does_not_load_opentelemetry() -> None:
    code = "import sys, ninefold.cli; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
