"""Typed client code from a plan: one module for Python, one for TypeScript. Pure."""

from .python import python_module
from .typescript import typescript_module

__all__ = ["python_module", "typescript_module"]
