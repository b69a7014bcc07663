"""RFM: how recently, how often and for how much people bought."""

from .kind import RfmTag, read_rfm_tag
from .model import CELLS, Borders, Rfm

__all__ = ["CELLS", "Borders", "Rfm", "RfmTag", "read_rfm_tag"]
