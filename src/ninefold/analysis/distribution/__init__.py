"""Distribution: how many people did something how often, for how much, on how many days."""

from .model import Distribution, DistributionResult, Of
from .run import CROWD, read_distribution, run

__all__ = ["CROWD", "Distribution", "DistributionResult", "Of", "read_distribution", "run"]
