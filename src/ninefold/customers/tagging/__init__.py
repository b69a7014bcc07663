"""Tags by hand: what partners and operators say of a customer in a word, for a time if they like."""

from .erasing import TagStore
from .model import Held, Tagging, Verdict
from .service import ManualTags

__all__ = ["Held", "ManualTags", "TagStore", "Tagging", "Verdict"]
