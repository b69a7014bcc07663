"""What collection does for privacy: it takes people out of the inbox, quarantine and files that wait."""

from .blanks import ERASED, blank, blank_shut
from .files import ImportFileStore
from .items import ItemStore
from .orders import OrderStore
from .service import About, InboxStore, QuarantineStore, Whose, settle

__all__ = [
    "ERASED", "About", "ImportFileStore", "InboxStore", "ItemStore", "OrderStore", "QuarantineStore", "Whose", "blank",
    "blank_shut", "settle",
]
