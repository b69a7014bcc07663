"""THE condition language."""
