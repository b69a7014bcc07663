"""Commands of analyses."""
