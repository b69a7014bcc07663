"""Profile sheets: what the 360 view needs of an account, ready in the records store; rebuilt after a change."""

from .building import SheetBuilder
from .changes import forget, touch
from .keeping import SheetKeeper, note_version
from .model import Facts, Part, Published, Sheets
from .pace import ACCOUNTS_AT_ONCE, Pace
from .reading import SheetReader, published

__all__ = [
    "ACCOUNTS_AT_ONCE", "Facts", "Pace", "Part", "Published", "SheetBuilder", "SheetKeeper", "SheetReader", "Sheets",
    "forget", "note_version", "published", "touch",
]
