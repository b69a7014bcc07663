"""Wires: pure decoding of what client SDKs send into events and rejections. A new one is listed in `WIRES`."""

from collections.abc import Mapping

from .body import open_body
from .cloudevents import CLOUDEVENTS
from .posthog import POSTHOG
from .rest import REST
from .segment import CALLS, SEGMENT, decode, open_envelope
from .sensors import SENSORS
from .snowplow import SNOWPLOW
from .wire import Arrival, Ask, Endpoint, Envelope, Wire

WIRES: tuple[Wire, ...] = (SEGMENT, SENSORS, POSTHOG, SNOWPLOW, CLOUDEVENTS, REST)
"""All wires, served on one port; their paths differ."""

BY_KIND: Mapping[str, Wire] = {wire.kind: wire for wire in WIRES}
"""Wires by the name that stands in inbox and quarantine rows."""

__all__ = [
    "BY_KIND", "CALLS", "CLOUDEVENTS", "POSTHOG", "REST", "SEGMENT", "SENSORS", "SNOWPLOW", "WIRES", "Arrival", "Ask",
    "Endpoint", "Envelope", "Wire", "decode", "open_body", "open_envelope",
]
