"""RFM grid: people by how lately, how often and for how much they bought."""

from .model import Rfm, RfmAxis, RfmCell, RfmResult
from .run import CROWD, read_rfm, run

__all__ = ["CROWD", "Rfm", "RfmAxis", "RfmCell", "RfmResult", "read_rfm", "run"]
