"""The wire of Sensors Data's (神策) SDKs."""

from .wire import SENSORS

__all__ = ["SENSORS"]
