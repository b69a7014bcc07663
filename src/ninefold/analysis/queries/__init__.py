"""SQL of analyses: one scan of events, and what is known of people. Reads values, gives statements; no I/O."""

from .scan import Scan, accounts, name_text, newest_batch, number_or_nan, redirects, scan, test_of, tie

__all__ = ["Scan", "accounts", "name_text", "newest_batch", "number_or_nan", "redirects", "scan", "test_of", "tie"]
