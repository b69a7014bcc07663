"""Attribution: how touches before conversions share the credit, by several models side by side."""

from .model import Attribution, AttributionChannel, AttributionCredit, AttributionResult, Model
from .run import CROWD, read_attribution, run

__all__ = [
    "CROWD", "Attribution", "AttributionChannel", "AttributionCredit", "AttributionResult", "Model",
    "read_attribution", "run",
]
