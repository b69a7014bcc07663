"""Spans and gauges for OpenTelemetry: nothing, at next to no cost, until a process has configured a provider.

OpenTelemetry is never imported from here on its own account: a provider can only be configured by whoever imported it.
Attributes carry counts, keys and kinds, never what was collected; of an error its code, never its message.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from .errors import Error

if TYPE_CHECKING:
    from opentelemetry import metrics, trace

Attribute: TypeAlias = str | int | float | bool

_SCOPE = "ninefold"
_GUARD = threading.Lock()
_TRACERS: "dict[str, tuple[trace.TracerProvider, trace.Tracer]]" = {}
_GAUGES: "dict[str, tuple[metrics.MeterProvider, metrics._Gauge]]" = {}


class Note:
    """Takes what becomes known while a span is open. This one forgets it."""

    __slots__ = ()

    def add(self, **attributes: Attribute) -> None:
        """Add attributes; each is named ``ninefold.<name>``."""


class _Kept(Note):
    __slots__ = ("_span",)

    def __init__(self, span: "trace.Span") -> None:
        self._span = span

    def add(self, **attributes: Attribute) -> None:
        self._span.set_attributes(_named(attributes))


_NOTHING = nullcontext(Note())


def span(name: str, **attributes: Attribute) -> AbstractContextManager[Note]:
    """A span around a block, ``ninefold.<name>``, child of the one that is open in this thread or task.

    Args:
        name: what is done, in words joined by dots.
        attributes: as in :meth:`Note.add`.

    Returns:
        A context manager that gives a :class:`Note`.
    """
    tracer = _tracer()
    return _NOTHING if tracer is None else _open(tracer, f"{_SCOPE}.{name}", attributes)


def gauge(name: str, value: float, *, unit: str = "1", **attributes: Attribute) -> None:
    """Tell the present value of something, ``ninefold.<name>``, in a unit of UCUM (``s``, ``By``, ``{event}``)."""
    if "opentelemetry.metrics" not in sys.modules:
        return
    from opentelemetry import metrics  # noqa: PLC0415 - loaded only where a provider may be

    provider = metrics.get_meter_provider()
    if type(provider).__name__ == "_ProxyMeterProvider":
        return
    with _GUARD:
        kept = _GAUGES.get(name)
        if kept is None or kept[0] is not provider:
            made = provider.get_meter(_SCOPE).create_gauge(f"{_SCOPE}.{name}", unit=unit)
            kept = _GAUGES[name] = (provider, made)
    kept[1].set(value, _named(attributes))


def _tracer() -> "trace.Tracer | None":
    """The tracer of the configured provider; none while there is none."""
    if "opentelemetry.trace" not in sys.modules:
        return None
    from opentelemetry import trace  # noqa: PLC0415 - loaded only where a provider may be

    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        return None
    kept = _TRACERS.get(_SCOPE)
    if kept is None or kept[0] is not provider:
        kept = _TRACERS[_SCOPE] = (provider, provider.get_tracer(_SCOPE))
    return kept[1]


@contextmanager
def _open(tracer: "trace.Tracer", name: str, attributes: dict[str, Attribute]) -> Iterator[Note]:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - loaded only where a provider may be

    with tracer.start_as_current_span(
        name, attributes=_named(attributes), record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield _Kept(opened)
        except Exception as exc:
            what = exc.code if isinstance(exc, Error) else type(exc).__qualname__
            opened.set_attribute("error.type", what)
            opened.set_status(StatusCode.ERROR)
            raise


def _named(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    return {f"{_SCOPE}.{name}": value for name, value in attributes.items()}
