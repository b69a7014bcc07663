"""Uncertain matches over HTTP: runs of matching documents, and the review desk."""

from . import reviews, runs

__all__ = ["reviews", "runs"]
