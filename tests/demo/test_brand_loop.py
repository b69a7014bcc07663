"""The brand through import, inbox and pipeline: what is found against what is true."""

from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from ninefold.base import FixedClock
from ninefold.cli.demo.brand import MAPPINGS, Brand, BrandPlan, score_identity
from ninefold.collect import append
from ninefold.collect.imports import Imports, ImportSettings
from ninefold.identity.tables import identifiers
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records, Statement, put_definition


def test_the_brand_is_found(records: Records, events: Events, clock: FixedClock, tmp_path: Path) -> None:
    brand = Brand(BrandPlan(people=1_200, end=clock.now()))
    imports = Imports(records, clock, ImportSettings(zone="Asia/Shanghai"))
    with records.begin() as conn:
        for mapping in MAPPINGS:
            put_definition(conn, "mapping", str(mapping["key"]), mapping, now=clock.now())
    for file in brand.history_files(tmp_path):
        run = imports.run(imports.start(file.path, str(file.mapping["key"])).id)
        assert (run.rows_done, run.rejected, run.skipped) == (file.rows, file.rejected, file.skipped)
    with records.begin() as conn:
        for batch in brand.history_events():
            append(conn, batch, source="sdk", kind="segment", now=clock.now())
    Pipeline(records, events, clock).drain()

    counted = events.query(
        Statement("SELECT name, count() AS n, sum(revenue_minor) AS money FROM events GROUP BY name")
    )
    rows = {row["name"]: row for row in counted.to_pylist()}
    assert {name: row["n"] for name, row in rows.items()} == brand.truth.events
    assert sum(row["money"] for row in rows.values()) == brand.truth.revenue_minor
    with records.begin() as conn:
        columns = (identifiers.c.namespace, identifiers.c.value, identifiers.c.oneid)
        held = conn.execute(sa.select(*columns).where(identifiers.c.oneid.is_not(None))).all()
    namespaces, values, oneids = zip(*held, strict=True)
    found = pa.table({"namespace": namespaces, "value": values, "oneid": pa.array(oneids, pa.int64())})
    score = score_identity(found, brand.truth.identifiers)
    assert score.precision > 0.985
    assert score.recall > 0.985
    assert score.missing <= 2
