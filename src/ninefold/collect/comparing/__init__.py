"""Two sources side by side: what one SDK tells and the other does not, while a site moves from one to the other."""

from .model import Comparison, DayCount, NameCount, PeopleCount, PropertyCount
from .service import compare

__all__ = ["Comparison", "DayCount", "NameCount", "PeopleCount", "PropertyCount", "compare"]
