"""The methods by name: what reads a method's part of a document, and what carries it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from ninefold.base import Fields

from . import attribution, distribution, event, funnel, interval, lifecycle, ltv, path, retention, rfm, session
from .document import Reader
from .frame import Frame
from .model import People

Result: TypeAlias = (
    event.EventResult
    | distribution.DistributionResult
    | interval.IntervalResult
    | funnel.FunnelResult
    | retention.RetentionResult
    | path.PathResult
    | session.SessionResult
    | lifecycle.LifecycleResult
    | attribution.AttributionResult
    | ltv.LtvResult
    | rfm.RfmResult
)
"""What an analysis says; ``method`` says which."""


class Outcome(Protocol):
    """A result with the people behind its numbers."""

    @property
    def result(self) -> Result:
        """The numbers."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """The choices they rest on."""
        ...

    @property
    def complete_at(self) -> datetime:
        """From when on time alone changes them no more."""
        ...

    def crowd(self, wanted: Fields) -> People:
        """The people behind one number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method.

    Attributes:
        read: reads its part of a document.
        run: carries what was read out on a frame.
        crowd: the fields by which a number is named.
    """

    read: Reader
    run: Callable[[Any, Frame], Outcome]
    crowd: tuple[str, ...]


METHODS: Mapping[str, Method] = {
    "event": Method(read=event.read_event, run=event.run, crowd=event.CROWD),
    "distribution": Method(read=distribution.read_distribution, run=distribution.run, crowd=distribution.CROWD),
    "interval": Method(read=interval.read_interval, run=interval.run, crowd=interval.CROWD),
    "funnel": Method(read=funnel.read_funnel, run=funnel.run, crowd=funnel.CROWD),
    "retention": Method(read=retention.read_retention, run=retention.run, crowd=retention.CROWD),
    "path": Method(read=path.read_path, run=path.run, crowd=path.CROWD),
    "session": Method(read=session.read_session, run=session.run, crowd=session.CROWD),
    "lifecycle": Method(read=lifecycle.read_lifecycle, run=lifecycle.run, crowd=lifecycle.CROWD),
    "attribution": Method(read=attribution.read_attribution, run=attribution.run, crowd=attribution.CROWD),
    "ltv": Method(read=ltv.read_ltv, run=ltv.run, crowd=ltv.CROWD),
    "rfm": Method(read=rfm.read_rfm, run=rfm.run, crowd=rfm.CROWD),
}
READERS: Mapping[str, Reader] = {name: method.read for name, method in METHODS.items()}
