"""The OpenAPI description: examples of every call, played as a story by a test, and the paths of the wires."""

from .openapi import Call, DescribedApi, story

__all__ = ["Call", "DescribedApi", "story"]
