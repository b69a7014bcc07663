"""What the status page is told."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Figure(BaseModel):
    """One number of a step."""

    key: str
    label: dict[str, str]
    value: int | float | str
    kind: Literal["count", "money", "share", "seconds", "text"] = "count"
    currency: str = ""


class Step(BaseModel):
    """One of the nine steps."""

    number: int
    key: str
    state: Literal["ok", "idle", "attention"]
    note: dict[str, str]
    figures: list[Figure]


class Minute(BaseModel):
    """Events received in a minute."""

    minute: datetime
    events: int


class Running(BaseModel):
    """Something under way that outlives a restart."""

    kind: Literal["import", "connector", "segment", "campaign"]
    name: str
    done: int = Field(description="rows of an import or a connector, people who entered a campaign")
    total: int | None = Field(description="absent where it cannot be known before the end")
    since: datetime


class Bound(BaseModel):
    """A figure with its 95 % interval; absent where it cannot honestly be given."""

    value: float | None
    low: float | None
    high: float | None


class Money(BaseModel):
    """Money in minor units with its 95 % interval."""

    value_minor: int | None
    low_minor: int | None
    high_minor: int | None
    currency: str


class ReportOut(BaseModel):
    """The newest campaign's result in short."""

    campaign: str
    name: dict[str, str]
    treated: int
    control: int
    conversion_treated: float | None
    conversion_control: float | None
    lift_absolute: Bound
    lift_relative: Bound
    incremental_revenue: Money
    cost_minor: int
    p_value: float | None
    sample_ratio_ok: bool


class StatusOut(BaseModel):
    """The loop."""

    as_of: datetime
    version: str
    brand: str
    language: str
    health: dict[str, str]
    steps: list[Step] = Field(min_length=9, max_length=9)
    activity: list[Minute]
    running: list[Running]
    report: ReportOut | None


class TotalsOut(BaseModel):
    """What the events store holds, for reconciling with a source."""

    events: dict[str, int] = Field(description="by name")
    revenue_minor: dict[str, int] = Field(description="of all events (refunds too), by currency in minor units")
