"""Work in progress on the status page: imports, connector runs, campaign occasions; nothing once they ended."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.store import metadata
from tests.e2e.contract import problems

from .house import DOCUMENTS, MAPPING, ORDERS, OWNED, Api


def test_all_durable_work_in_progress_is_shown_until_it_ends(
    records_url: str, events_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    drop = {"kind": "connector", "key": "drop", "name": "Drop", "type": "files", "mapping": "orders", **OWNED,
            "files": {"folder": str(tmp_path / "nothing"), "glob": "*"}}  # fmt: skip
    (tmp_path / "nothing").mkdir()
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(settings, clock=clock) as brand:
        brand.start()  # without a worker, so that what is queued stays so
        api = Api(brand)
        answer = api.ok("POST", "/v1/definitions/apply", json={"documents": [MAPPING, *DOCUMENTS, drop]})
        assert answer["ok"], answer
        assert api.ok("GET", "/v1/status")["running"] == []
        for _ in range(12):
            brand.imports.start(tmp_path / "orders.csv", "orders")
        brand.connectors.ask("drop")
        with brand.records.begin() as conn:
            began = {"campaign": "thanks", "version": 1, "started_at": clock.now(), "missed": False}
            conn.execute(sa.insert(metadata.tables["campaign_runs"]), [
                {**began, "occurrence": "now", "finished_at": None},
                {**began, "occurrence": "before", "finished_at": clock.now()},
            ])  # fmt: skip
            member = {"campaign": "thanks", "occurrence": "now", "arm": "treated", "version": 1}
            members = [{**member, "oneid": person, "entered_at": clock.now()} for person in (1, 2, 3)]
            conn.execute(sa.insert(metadata.tables["campaign_members"]), [
                *members, {**members[0], "occurrence": "before"},
            ])  # fmt: skip
        clock.advance(timedelta(seconds=5))
        status = api.ok("GET", "/v1/status")
        assert problems(status) == []
        shown = [(one["kind"], one["name"], one["done"]) for one in status["running"]]
        assert shown == [("import", "orders", 0)] * 12 + [("connector", "drop", 0), ("campaign", "thanks", 3)]
        assert status["running"][-1]["total"] is None
        for run in brand.imports.unfinished():
            brand.imports.run(run)
        brand.connectors.run("drop")
        assert [one["kind"] for one in api.ok("GET", "/v1/status")["running"]] == ["campaign"]
