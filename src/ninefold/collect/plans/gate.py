"""A request under its tracking plan: blocked events become rejections with their bytes. Pure."""

from collections.abc import Sequence

from ninefold.collect.event import Event
from ninefold.collect.model import Decoded, Rejection

from .rules import Checker


def judged(decoded: Decoded, items: Sequence[bytes], checker: Checker, *, around: bytes) -> Decoded:
    """The outcomes of a request after its plan had its say.

    Args:
        decoded: events and rejections, in the order of the items.
        items: each event as it came.
        checker: the plan of the source.
        around: the request without its items, kept beside what is blocked.
    """
    outcomes: list[Event | Rejection] = []
    for outcome, raw in zip(decoded.outcomes, items, strict=True):
        if not isinstance(outcome, Event):
            outcomes.append(outcome)
            continue
        checked = checker.check(outcome)
        fault = checked.blocking
        if fault is None:
            outcomes.append(checked.event)
            continue
        where = f"{outcome.name}, {fault.path}" if fault.path else outcome.name
        outcomes.append(
            Rejection(
                code=f"plan_{fault.fault.value}",
                reason=f"{where}: {fault.message}",
                field=fault.path,
                raw=bytes(raw),
                envelope=around,
                message_id=outcome.message_id,
            )
        )
    return Decoded(outcomes=tuple(outcomes))
