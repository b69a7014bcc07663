"""Windows of time as documents. Pure."""

from collections.abc import Callable
from typing import assert_never

from ninefold.base import did_you_mean, invalid
from ninefold.predicate.forms import show
from ninefold.predicate.model import Before, Between, Calendar, During, Full, Last, Since, Unit, Window
from ninefold.predicate.windows import SPAN_ALLOWED, read_span

from .fields import read_mapping, read_moment_text, read_whole, read_word, refuse_others, wrong

_WINDOWS: tuple[tuple[str, ...], ...] = (
    ("last",),
    ("calendar",),
    ("from", "to"),
    ("since",),
    ("before",),
    ("count", "full"),
)
_WINDOW_ALLOWED = (
    "{last: 30d}, {calendar: this_month}, {from: ..., to: ...}, {since: ...}, {before: ...} or {full: weeks, count: 4}"
)


def read_window(document: object, path: str) -> Window:
    """A window from its document, in its short or its long form."""
    if isinstance(document, str):  # the short forms: 30d, this_month
        if document in {each.value for each in Calendar}:
            return During(calendar=Calendar(document))
        if read_span(document) is None:
            allowed = f"{SPAN_ALLOWED}; {', '.join(Calendar)}; or {_WINDOW_ALLOWED}"
            hint = did_you_mean(document, Calendar)
            raise invalid("bad_window", "not a window", field=path, got=show(document), allowed=allowed, hint=hint)
        return Last(span=document)
    body = read_mapping(document, path, _WINDOW_ALLOWED)
    refuse_others(body, tuple(name for names in _WINDOWS for name in names), path)
    if tuple(sorted(body)) not in _WINDOWS:
        raise wrong("bad_window", "not a window", path, ", ".join(body), _WINDOW_ALLOWED)
    if "full" in body:
        unit = Unit(read_word(body["full"], tuple(Unit), f"{path}.full", "unit"))
        return Full(unit=unit, count=read_whole(body["count"], f"{path}.count"))
    moments = {name: read_moment_text(value, f"{path}.{name}") for name, value in body.items()}
    builders: dict[str, Callable[[], Window]] = {
        "last": lambda: Last(span=moments["last"]),
        "calendar": lambda: During(
            calendar=Calendar(read_word(moments["calendar"], tuple(Calendar), f"{path}.calendar", "calendar window"))
        ),
        "from": lambda: Between(start=moments["from"], end=moments["to"]),
        "since": lambda: Since(start=moments["since"]),
        "before": lambda: Before(end=moments["before"]),
    }
    return builders[min(body)]()


def window_document(window: Window) -> dict[str, object]:
    """The long form of a window."""
    match window:
        case Last(span=span):
            return {"last": span}
        case During(calendar=calendar):
            return {"calendar": calendar.value}
        case Between(start=start, end=end):
            return {"from": start, "to": end}
        case Since(start=start):
            return {"since": start}
        case Before(end=end):
            return {"before": end}
        case Full(unit=unit, count=count):
            return {"full": unit.value, "count": count}
        case _:
            assert_never(window)
