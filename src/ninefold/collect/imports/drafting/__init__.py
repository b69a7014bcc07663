"""Drafts of mappings, guessed from headers and values."""

from .draft import ColumnNote, Guess, guess

__all__ = ["ColumnNote", "Guess", "guess"]
