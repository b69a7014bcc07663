"""Orders that spread over several rows: lines wait in the records, and become one event per order with its items."""

from .service import Line, emit_orders, forget_lines, grouped, read_lines, stage_lines

__all__ = ["Line", "emit_orders", "forget_lines", "grouped", "read_lines", "stage_lines"]
