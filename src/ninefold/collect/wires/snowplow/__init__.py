"""Snowplow's tracker protocol: POST payload_data, GET as a pixel."""

from .wire import SNOWPLOW

__all__ = ["SNOWPLOW"]
