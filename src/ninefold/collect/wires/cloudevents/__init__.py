"""CloudEvents 1.0 over HTTP: binary, structured and batched."""

from .wire import CLOUDEVENTS

__all__ = ["CLOUDEVENTS"]
