"""Runs of matching documents over HTTP: start, follow, evaluate."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.matching import Matching, Model, ReviewDesk, Run, Status

router = APIRouter(prefix="/v1/matching", tags=["matching"])

Key = Annotated[str, Path(max_length=63, description="key of a matching document")]


class RunIn(BaseModel):
    """What to score."""

    scope: Literal["all", "new"] = Field("all", description="`new`: people who are new or changed since the last run")
    retrain: bool = Field(default=False, description="learn the weights anew first")


class RunOut(BaseModel):
    """One run, and how far it is."""

    id: int
    key: str
    scope: Literal["all", "new"]
    state: Literal["queued", "running", "done", "failed"]
    stage: str = Field(description="what it is at while it runs: reading, learning, scoring, joining")
    document_version: int
    model: int | None
    parts: int
    parts_done: int
    people: int = Field(description="people with key fields")
    pairs: int = Field(description="pairs scored at least `review`")
    opened: int = Field(description="of them put into the queue anew")
    joined: int = Field(description="of them joined without asking")
    refused: int = Field(description="sure enough, but something spoke against it: they are asked about")
    expired: int = Field(description="decisions that expired")
    superseded: int = Field(description="candidates given up: one person by other means, or not found any more")
    error: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    done_at: datetime | None


class LevelOut(BaseModel):
    """One outcome of a comparison."""

    label: str
    m: float = Field(description="probability of it among pairs that are one person")
    u: float = Field(description="probability of it among pairs that are two")


class FieldOut(BaseModel):
    """The weights of one field."""

    key: str
    learnt: bool
    levels: list[LevelOut]


class ModelOut(BaseModel):
    """A trained model; with it a score is the same for ever."""

    number: int
    trained_at: datetime
    people: int
    prior: float = Field(description="probability that two people taken at random are one")
    fields: list[FieldOut]
    notes: list[str]


class StatusOut(BaseModel):
    """Where a matching document stands."""

    key: str
    version: int
    states: dict[str, int] = Field(description="candidates by state")
    checks: int = Field(description="automatic merges that wait for a look")
    runs: list[RunOut] = Field(description="the last runs, newest first")
    model: ModelOut | None


class QualityOut(BaseModel):
    """How good a threshold is on what people decided."""

    threshold: float
    found: int
    right: int
    precision: float
    recall: float
    f1: float


class EvaluationOut(BaseModel):
    """Thresholds measured on decisions, and what would fit them better."""

    decisions: int
    at: list[QualityOut]
    suggested_auto: float | None
    suggested_review: float | None
    why: str


@router.get("")
def list_matching(request: Request) -> list[StatusOut]:
    """All matching documents and where they stand."""
    desk = _matching(request)
    return [_status(desk.status(key)) for key in desk.documents()]


@router.get("/{key}")
def read_matching(request: Request, key: Key) -> StatusOut:
    """One matching document: candidates, runs, the model in use."""
    return _status(_matching(request).status(key))


@router.post("/{key}/runs", status_code=202)
def start_run(request: Request, caller: Caller, key: Key, body: RunIn) -> RunOut:
    """Start a run as a durable job; follow it by the status. One run per document at a time."""
    submit: Callable[[int], None] = request.app.state.submit_matching
    made = _matching(request).start(key, body.scope, author=caller.name, retrain=body.retrain)
    submit(made.id)
    note(request, target=f"matching/{key}", run=made.id)
    return _run(made)


@router.get("/{key}/runs/{run}")
def read_run(request: Request, key: Key, run: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> RunOut:
    """One run, and how far it is."""
    return _run(_matching(request).get(run, key))


@router.get("/{key}/evaluation")
def evaluate(request: Request, key: Key) -> EvaluationOut:
    """Precision and recall of thresholds on what people decided, and thresholds that would fit better."""
    desk: ReviewDesk = request.app.state.reviews
    found, better = desk.evaluate(key), desk.suggest(key)
    return EvaluationOut(
        decisions=better.decisions,
        at=[
            QualityOut(threshold=one.threshold, found=one.found, right=one.right, precision=one.precision,
                       recall=one.recall, f1=one.f1)
            for one in found
        ],
        suggested_auto=better.auto,
        suggested_review=better.review,
        why=better.why,
    )  # fmt: skip


def _matching(request: Request) -> Matching:
    found: Matching = request.app.state.matching
    return found


def _run(one: Run) -> RunOut:
    return RunOut.model_validate(one, from_attributes=True)


def _status(one: Status) -> StatusOut:
    model = _model(one.model, one.trained_at, one.trained) if one.model and one.trained and one.trained_at else None
    return StatusOut(
        key=one.key, version=one.version, states=dict(one.states), checks=one.checks,
        runs=[_run(run) for run in one.runs], model=model,
    )  # fmt: skip


def _model(number: int, trained_at: datetime, model: Model) -> ModelOut:
    return ModelOut(
        number=number,
        trained_at=trained_at,
        people=model.people,
        prior=model.prior,
        notes=list(model.notes),
        fields=[
            FieldOut(key=one.key, learnt=one.learnt,
                     levels=[LevelOut(label=level.label, m=level.m, u=level.u) for level in one.levels])
            for one in model.fields
        ],
    )  # fmt: skip
