"""Connectors over HTTP: where each stands, what it did, and the levers to steer it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ninefold.collect import connectors

router = APIRouter(prefix="/v1/connectors", tags=["connectors"])

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="id of the last one seen, for the next page")]
_AT = "2026-06-01T08:00:00Z"
_COUNTS: dict[str, JsonValue] = {"rows": 1200, "accepted": 1190, "rejected": 4, "skipped": 6, "duplicates": 0}


def _example(**values: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class CountsOut(BaseModel):
    """What became of rows; rows is the sum of the others."""

    rows: int
    accepted: int = Field(description="handed over to the inbox")
    rejected: int = Field(description="in quarantine")
    skipped: int = Field(description="blank, or left out by a filter of the mapping")
    duplicates: int = Field(description="known already by their message id, left out")

    model_config = _example(**_COUNTS)


class ConnectorOut(BaseModel):
    """A connector and where it stands."""

    key: str
    name: str
    name_zh: str
    type: str = Field(description="files, s3, sql, rest, webhook or mqtt")
    mapping: str
    version: int
    state: Literal["active", "paused", "failing"]
    cursor: dict[str, Any] = Field(description="where it goes on; empty at the beginning")
    counts: CountsOut
    next_at: datetime | None
    failures: int = Field(description="failed tries since the last success")
    last_error: str
    newest_event_at: datetime | None
    success_at: datetime | None
    lag_seconds: float | None = Field(description="time since the newest event")
    files: dict[str, int] = Field(description="files by state, for file drops")

    model_config = _example(
        key="shop_orders", name="Shop orders", name_zh="商城订单", type="sql", mapping="shop_orders", version=2,
        state="active", cursor={"of": "5f0c", "high": ["plain", 1200]}, counts=_COUNTS, next_at=_AT, failures=0,
        last_error="", newest_event_at=_AT, success_at=_AT, lag_seconds=42.0, files={},
    )  # fmt: skip


class ConnectorRunOut(BaseModel):
    """One run of a connector."""

    id: int
    version: int
    trigger: str = Field(description="schedule, manual or backfill")
    state: str = Field(description="queued, running, done, failed or stopped")
    counts: CountsOut
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    range_from: str
    range_to: str

    model_config = _example(
        id=17, version=2, trigger="schedule", state="done", counts=_COUNTS, error="", created_at=_AT, started_at=_AT,
        finished_at=_AT, range_from="", range_to="",
    )  # fmt: skip


class DroppedFileOut(BaseModel):
    """A file of a file drop."""

    id: int
    path: str
    size: int
    state: str = Field(description="seen, ready, importing, done, failed (set aside) or skipped")
    seen_at: datetime
    tries: int
    retry_at: datetime | None
    import_id: int | None = Field(description="its import; GET /v1/imports/{id}/errors lists the rows that failed")
    content_hash: str
    rows: int
    accepted: int
    rejected: int
    error: str

    model_config = _example(
        id=3, path="2026/06/orders.csv", size=48211, state="ready", seen_at=_AT, tries=1, retry_at=_AT, import_id=12,
        content_hash="9a0364b9e99bb480dd25e1f0284c8555", rows=0, accepted=0, rejected=0, error="the folder is away",
    )  # fmt: skip


class TrialProblemOut(BaseModel):
    """A row that would be rejected."""

    row: int
    column: str
    code: str
    got: str
    allowed: str
    message: str

    model_config = _example(
        row=3, column="paid", code="bad_amount", got="free", allowed="an amount of money, e.g. 1,234.50",
        message='the cell of column "paid" cannot be read',
    )  # fmt: skip


class TrialOut(BaseModel):
    """What a test found; nothing was stored."""

    headers: list[str]
    rows: int
    events: list[dict[str, Any]]
    problems: list[TrialProblemOut]

    model_config = _example(
        headers=["id", "phone", "paid"], rows=10, problems=[],
        events=[{"name": "Order Completed", "ts": _AT, "identifiers": [["phone", "13912340001"]], "order_id": "7"}],
    )  # fmt: skip


class TestIn(BaseModel):
    """A connector document that is tried without being saved."""

    document: dict[str, Any]

    model_config = _example(
        document={
            "kind": "connector", "key": "shop_orders", "name": "Shop orders", "owner": "crm", "type": "sql",
            "mapping": "shop_orders", "sql": {"url": "postgresql://reader@db/shop", "password": {"env": "SHOP_DB"},
                                              "table": "orders", "cursor": "id"},
        }
    )  # fmt: skip


class ResetIn(BaseModel):
    """Whether the caller knows that everything is read again."""

    confirm: bool = False

    model_config = _example(confirm=True)


class BackfillIn(BaseModel):
    """The part of a source to read again, in the words of its cursor."""

    start: str = Field("", alias="from", max_length=200)
    end: str = Field("", alias="to", max_length=200)

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2026-01-01", "to": "2026-02-01"}]})


@router.get("")
def list_connectors(request: Request) -> list[ConnectorOut]:
    """All connectors and where they stand."""
    return [_out(request, one) for one in _desk(request).list()]


@router.post("/test")
def test_document(request: Request, body: TestIn) -> TrialOut:
    """Try a document that is not saved: reach the source and show the first mapped rows; nothing is stored."""
    return _trial(_desk(request).test_document(body.document))


@router.get("/{key}")
def read_connector(request: Request, key: str) -> ConnectorOut:
    """One connector and where it stands."""
    return _out(request, _desk(request).get(key))


@router.post("/{key}/test")
def test_connector(request: Request, key: str) -> TrialOut:
    """Reach the source and show the first mapped rows; nothing is stored."""
    return _trial(_desk(request).test(key))


@router.post("/{key}/run", status_code=202)
def run_connector(request: Request, key: str) -> ConnectorRunOut:
    """Run it now, beside its schedule; follow the run by its id."""
    return _run(_desk(request).ask(key))


@router.post("/{key}/pause")
def pause_connector(request: Request, key: str) -> ConnectorOut:
    """Let it rest; a run at work stops after the page at hand."""
    return _out(request, _desk(request).pause(key))


@router.post("/{key}/resume")
def resume_connector(request: Request, key: str) -> ConnectorOut:
    """Let it go on from where it stands, at once."""
    return _out(request, _desk(request).resume(key))


@router.post("/{key}/reset")
def reset_connector(request: Request, key: str, body: Annotated[ResetIn, Body()]) -> ConnectorOut:
    """Forget how far it has come, so that everything is read again; must be confirmed."""
    return _out(request, _desk(request).reset(key, confirmed=body.confirm))


@router.post("/{key}/backfill", status_code=202)
def backfill_connector(request: Request, key: str, body: BackfillIn) -> ConnectorRunOut:
    """Read a part of the source again, beside its cursor; follow the run by its id."""
    return _run(_desk(request).backfill(key, body.start, body.end))


@router.get("/{key}/runs")
def list_runs(
    request: Request, key: str, before: Before = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[ConnectorRunOut]:
    """What ran and what it did, newest first."""
    return [_run(one) for one in _desk(request).runs(key, before=before, limit=limit)]


@router.get("/{key}/runs/{run_id}")
def read_run(request: Request, key: str, run_id: Id) -> ConnectorRunOut:
    """One run."""
    return _run(_desk(request).run_of(key, run_id))


@router.get("/{key}/files")
def list_files(
    request: Request,
    key: str,
    state: connectors.FileState | None = None,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[DroppedFileOut]:
    """Files of a file drop, newest first."""
    return [_file(one) for one in _desk(request).files(key, state=state, before=before, limit=limit)]


@router.post("/{key}/files/{file_id}/{decision}")
def decide_file(request: Request, key: str, file_id: Id, decision: Literal["retry", "skip"]) -> DroppedFileOut:
    """Decide about a file that was set aside: try it again, or skip it for good."""
    return _file(_desk(request).decide(key, file_id, retry=decision == "retry"))


def _desk(request: Request) -> connectors.Connectors:
    desk: connectors.Connectors = request.app.state.connectors
    return desk


def _out(request: Request, status: connectors.Status) -> ConnectorOut:
    header = status.connector.header
    lag = None if status.newest is None else (request.app.state.clock.now() - status.newest).total_seconds()
    return ConnectorOut(
        key=header.key,
        name=header.name_en,
        name_zh=header.name_zh,
        type=status.connector.kind,
        mapping=status.connector.mapping,
        version=status.version,
        state="paused" if status.paused else "failing" if status.failures else "active",
        cursor=dict(status.cursor),
        counts=CountsOut.model_validate(status.counts, from_attributes=True),
        next_at=status.next_at,
        failures=status.failures,
        last_error=status.last_error,
        newest_event_at=status.newest,
        success_at=status.success_at,
        lag_seconds=None if lag is None else max(lag, 0.0),
        files=dict(status.files),
    )


def _run(run: connectors.Run) -> ConnectorRunOut:
    return ConnectorRunOut.model_validate(run, from_attributes=True)


def _file(file: connectors.DroppedFile) -> DroppedFileOut:
    return DroppedFileOut.model_validate(file, from_attributes=True)


def _trial(trial: connectors.Trial) -> TrialOut:
    return TrialOut(
        headers=list(trial.headers),
        rows=trial.rows,
        events=[dict(event) for event in trial.events],
        problems=[TrialProblemOut.model_validate(one, from_attributes=True) for one in trial.problems],
    )
