"""File imports over HTTP: send a file, follow its progress, fetch what failed."""

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock, format_money, from_ms, invalid
from ninefold.collect import Event, imports
from ninefold.store import Records, find_definition, get_definition, put_definition

router = APIRouter(prefix="/v1/imports", tags=["imports"])

_KEY = re.compile(r"[^a-z0-9_]+")
ImportId = Annotated[int, Field(ge=1, le=2**63 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDesk:
    """What the import routes need.

    Attributes:
        service: does the work.
        folder: where sent files are kept until their run is done.
        submit: hands a run to the durable jobs.
        check: says what is wrong with an identifier, for dry runs.
    """

    service: imports.Imports
    folder: Path
    submit: Callable[[int], None]
    check: Callable[[str, str], str]


class RunOut(BaseModel):
    """One import of one file."""

    id: int
    file: str
    mapping: str
    mapping_version: int
    state: str = Field(description="queued, running, done, failed or cancelled")
    rows_total: int = Field(description="an estimate for text files until the run is done")
    rows_done: int
    events: int
    rejected: int
    skipped: int
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class GuessOut(BaseModel):
    """A drafted mapping and what a person should look at."""

    mapping: dict[str, Any] | None
    warnings: list[str]


class ProblemOut(BaseModel):
    """One row that would not become an event."""

    row: int
    column: str
    code: str
    got: str
    allowed: str
    message: str


class SampleOut(BaseModel):
    """What a row would become."""

    name: str
    ts: datetime
    identifiers: list[tuple[str, str]]
    traits: dict[str, Any]
    props: dict[str, Any]
    revenue: str


class PlanViolationOut(BaseModel):
    """A fault against the tracking plan of the source."""

    event: str
    fault: str = Field(description="unplanned_event, unplanned_property, invalid or missing")
    path: str
    reply: str = Field(description="allow, omit or block")
    events: int


class DryRunOut(BaseModel):
    """What an import would do."""

    rows_total: int
    rows_read: int
    events: int
    rejected: int
    skipped: int
    unused_columns: list[str]
    encoding: str
    sample: list[SampleOut]
    problems: list[ProblemOut]
    violations: list[PlanViolationOut] = Field(description="what the tracking plan would do, the most frequent first")
    doubtful_identifiers: list[ProblemOut]


@router.post("", status_code=202)
def start(
    request: Request,
    caller: Caller,
    file: Annotated[UploadFile, File(description="CSV, Excel or Parquet")],
    mapping: Annotated[str, Form(description="key of a stored or ready mapping")] = "",
    mapping_document: Annotated[str, Form(description="or a mapping as JSON, which is stored first")] = "",
) -> RunOut:
    """Start an import. It goes on by itself, also after a restart; sending the same file again changes nothing."""
    desk: ImportDesk = request.app.state.imports
    key = _mapping_key(request, mapping, mapping_document, caller.name)
    kept = _keep(desk.folder, file)
    try:
        run = desk.service.start(kept, key)
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    desk.submit(run.id)
    return _out(run)


@router.get("")
def latest(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[RunOut]:
    """Imports, newest first."""
    desk: ImportDesk = request.app.state.imports
    return [_out(run) for run in desk.service.latest(limit)]


@router.post("/guess")
def guess(request: Request, file: Annotated[UploadFile, File()]) -> GuessOut:
    """Draft a mapping from column names (English and Chinese) and sample values; nothing is stored."""
    desk: ImportDesk = request.app.state.imports
    with passing(desk.folder, file) as path:
        found = imports.guess(path)
    return GuessOut(
        mapping=dict(imports.mapping_document(found.mapping)) if found.mapping else None, warnings=list(found.warnings)
    )


@router.post("/dry-run")
def try_out(
    request: Request,
    file: Annotated[UploadFile, File()],
    mapping: Annotated[str, Form()] = "",
    mapping_document: Annotated[str, Form()] = "",
    rows: Annotated[int, Form(ge=1, le=10_000)] = 1_000,
) -> DryRunOut:
    """Say what an import would make of the first rows; nothing is stored."""
    desk: ImportDesk = request.app.state.imports
    if mapping_document:
        document = _json(mapping_document)
    else:
        with request.app.state.records.begin() as conn:
            held = find_definition(conn, imports.KIND, mapping)
            ready = None if held else imports.ready_mapping(mapping)
            document = dict(ready or get_definition(conn, imports.KIND, mapping).document)
    with passing(desk.folder, file) as path:
        found = desk.service.try_out(path, imports.parse_mapping(document), rows=rows, check=desk.check)
    return DryRunOut(
        rows_total=found.rows_total,
        rows_read=found.rows_read,
        events=found.events,
        rejected=found.rejected,
        skipped=found.skipped,
        unused_columns=list(found.unused),
        encoding=found.encoding,
        sample=[_sample(event) for event in found.sample],
        problems=[_problem(one) for one in found.problems],
        violations=[
            PlanViolationOut(event=event, fault=fault, path=path, reply=reply, events=count)
            for event, fault, path, reply, count in found.violations
        ],
        doubtful_identifiers=[_problem(one) for one in found.doubtful],
    )


@router.get("/{run_id}")
def read(request: Request, run_id: ImportId) -> RunOut:
    """An import and its progress."""
    desk: ImportDesk = request.app.state.imports
    return _out(desk.service.get(run_id))


@router.post("/{run_id}/cancel")
def cancel(request: Request, run_id: ImportId) -> RunOut:
    """Stop an import after the rows at hand; what was handed over stays."""
    desk: ImportDesk = request.app.state.imports
    return _out(desk.service.cancel(run_id))


@router.get(
    "/{run_id}/errors",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "row, column, code, message, got, allowed, raw"}},
)
def errors(request: Request, run_id: ImportId) -> StreamingResponse:
    """The rows that failed, as CSV for the person who mends the file."""
    desk: ImportDesk = request.app.state.imports
    desk.service.get(run_id)
    lines = imports.csv_lines(desk.service.errors(run_id))
    headers = {"Content-Disposition": f'attachment; filename="import-{run_id}-errors.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _mapping_key(request: Request, mapping: str, document: str, author: str) -> str:
    if not document:
        if not mapping:
            raise invalid(
                "no_mapping",
                "an import needs a mapping",
                field="mapping",
                allowed="the key of a stored mapping, or a mapping document",
            )
        with request.app.state.records.begin() as conn:
            return imports.adopt(conn, mapping, now=request.app.state.clock.now())
    parsed = _json(document)
    imports.parse_mapping(parsed)
    records: Records = request.app.state.records
    clock: Clock = request.app.state.clock
    with records.begin() as conn:
        return put_definition(conn, imports.KIND, str(parsed["key"]), parsed, now=clock.now(), author=author).key


def _json(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError as exc:
        raise invalid("bad_json", "the mapping document is no JSON", field="mapping_document", got=text[:80]) from exc
    if not isinstance(parsed, dict):
        raise invalid("bad_document", "a mapping document is an object", field="mapping_document", got=text[:80])
    return parsed


def _keep(folder: Path, file: UploadFile) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = Path(file.filename or "file").name
    safe = _KEY.sub("_", Path(name).stem.lower())[:60] or "file"
    path = folder / f"{uuid.uuid4().hex[:12]}-{safe}{Path(name).suffix.lower()[:10]}"
    with path.open("wb") as kept:
        shutil.copyfileobj(file.file, kept, 1024 * 1024)
    return path


@contextmanager
def passing(folder: Path, file: UploadFile) -> Iterator[Path]:
    """A file that was sent, on disk until the call ends."""
    path = _keep(folder, file)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _out(run: imports.ImportRun) -> RunOut:
    return RunOut(
        id=run.id,
        file=Path(run.path).name,
        mapping=run.mapping,
        mapping_version=run.mapping_version,
        state=run.state.value,
        rows_total=run.rows_total,
        rows_done=run.rows_done,
        events=run.events,
        rejected=run.rejected,
        skipped=run.skipped,
        error=run.error,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
    )


def _problem(one: imports.Problem) -> ProblemOut:
    return ProblemOut(
        row=one.row, column=one.column, code=one.code, got=str(one.got), allowed=one.allowed, message=one.message
    )


def _sample(event: Event) -> SampleOut:
    return SampleOut(
        name=event.name,
        ts=from_ms(event.ts),
        identifiers=list(event.identifiers),
        traits=dict(event.traits),
        props={**event.props, **event.nums},
        revenue=format_money(event.revenue_minor, event.currency) if event.currency else "",
    )
