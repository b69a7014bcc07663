"""Devices: messages of an MQTT broker."""

from .subscription import Subscriptions, message_rows, reach

__all__ = ["Subscriptions", "message_rows", "reach"]
