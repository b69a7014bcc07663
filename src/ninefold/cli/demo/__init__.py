"""`ninefold demo`: a generated brand with planted truth, and The Complete Journey."""

from .run import run_demo

__all__ = ["run_demo"]
