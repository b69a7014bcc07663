"""Where tracking plans have their say: the same gate for requests of wires and rows of imports and connectors. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ninefold.collect.event import Event
from ninefold.collect.model import Decoded, Outcome, Rejection

from .model import Violation
from .rules import Checker


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """An event that its plan keeps out.

    Attributes:
        event: as it came.
        violation: the fault that keeps it out.
    """

    event: Event
    violation: Violation

    @property
    def code(self) -> str:
        """The reason code of quarantine, e.g. ``plan_invalid``."""
        return f"plan_{self.violation.fault.value}"

    @property
    def reason(self) -> str:
        """The same as a sentence."""
        path, name = self.violation.path, self.event.name
        return f"{name}, {path}: {self.violation.message}" if path else f"{name}: {self.violation.message}"


def passed(events: Iterable[Event], checker: Checker) -> Iterator[Event | Blocked]:
    """Each event as the plan leaves it - whole, without what is to be left out - or blocked; in the same order."""
    for event in events:
        checked = checker.check(event)
        fault = checked.blocking
        yield checked.event if fault is None else Blocked(event=event, violation=fault)


def judged(decoded: Decoded, items: Sequence[bytes], checker: Checker, *, around: Callable[[], bytes]) -> Decoded:
    """The outcomes of a request after its plan had its say: blocked events become rejections with their bytes.

    Args:
        decoded: events and rejections, in the order of the items.
        items: each event as it came.
        checker: the plan of the source.
        around: makes the request without its items, kept beside what is blocked.
    """
    verdicts = passed(decoded.events, checker)
    outcomes: list[Outcome] = []
    envelope: bytes | None = None
    for outcome, raw in zip(decoded.outcomes, items, strict=True):
        verdict: Outcome | Blocked = next(verdicts) if isinstance(outcome, Event) else outcome
        if isinstance(verdict, Blocked):
            envelope = around() if envelope is None else envelope
            verdict = Rejection(
                code=verdict.code,
                reason=verdict.reason,
                field=verdict.violation.path,
                raw=bytes(raw),
                envelope=envelope,
                message_id=verdict.event.message_id,
            )
        outcomes.append(verdict)
    return Decoded(outcomes=tuple(outcomes))
