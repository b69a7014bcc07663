"""Profile sheets: what the 360 view needs of an account, ready in the records store; rebuilt after a change."""

from .building import SheetBuilder
from .changes import forget, touch
from .keeping import SheetKeeper, note_version
from .model import Facts, Part, Published, Sheets
from .reading import SheetReader, published

__all__ = [
    "Facts", "Part", "Published", "SheetBuilder", "SheetKeeper", "SheetReader", "Sheets", "forget", "note_version",
    "published", "touch",
]
