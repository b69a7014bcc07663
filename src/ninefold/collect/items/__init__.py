"""Things that are no persons - products, shops, companies - as the wires state them: kept, and read back."""

from .service import item_values, items_of, keep_items
from .tables import item_statements

__all__ = ["item_statements", "item_values", "items_of", "keep_items"]
