"""The shape of a window of time. Pure."""

from collections.abc import Iterator

from ninefold.predicate.forms import show
from ninefold.predicate.model import FULL_MAX, Before, Between, Full, Last, Problem, Since, Window
from ninefold.predicate.windows import MOMENT_ALLOWED, SPAN_ALLOWED, end_of, read_moment, read_span


def window_problems(window: Window, path: str) -> Iterator[Problem]:
    """Everything wrong with a window of time."""
    match window:
        case Last():
            yield from _last_problems(window, path)
        case Full():
            yield from _full_problems(window, path)
        case _:
            yield from _moment_problems(window, path)


def _last_problems(window: Last, path: str) -> Iterator[Problem]:
    if read_span(window.span) is None:
        yield Problem(
            code="bad_span",
            message="not a span of time",
            field=f"{path}.last",
            got=show(window.span),
            allowed=SPAN_ALLOWED,
        )


def _full_problems(window: Full, path: str) -> Iterator[Problem]:
    most = FULL_MAX[window.unit]
    if not 1 <= window.count <= most:
        yield Problem(
            code="bad_window", message=f"not a number of {window.unit.value}", field=f"{path}.count",
            got=show(window.count), allowed=f"1 to {most:,}",
        )  # fmt: skip


def _moment_problems(window: Window, path: str) -> Iterator[Problem]:
    moments: list[tuple[str, str]] = []
    match window:
        case Between(start=start, end=end):
            moments = [("from", start), ("to", end)]
        case Since(start=start):
            moments = [("since", start)]
        case Before(end=end):
            moments = [("before", end)]
        case _:
            pass
    wrong = [(word, text) for word, text in moments if read_moment(text) is None]
    for word, text in wrong:
        yield Problem(
            code="bad_moment",
            message="not a date or time",
            field=f"{path}.{word}",
            got=show(text),
            allowed=MOMENT_ALLOWED,
        )
    if isinstance(window, Between) and not wrong:
        start_at = read_moment(window.start)
        if start_at is not None and start_at >= end_of(window.end, "UTC"):
            yield Problem(
                code="window_reversed",
                message="the window ends before it begins",
                field=path,
                got=f"from {window.start} to {window.end}",
                allowed="from not after to",
            )
