"""A generated omni-channel brand with planted truth, to compare what the system finds with what is so."""

from .brand import Block, Brand
from .events import wire_payload
from .exports import MAPPINGS
from .plan import BODY, ORDER, BrandPlan
from .response import Response
from .scoring import IdentityScore, score_identity
from .truth import DORMANT, REGULARS, SCALES, BlockTruth, Truth

__all__ = [
    "BODY", "DORMANT", "MAPPINGS", "ORDER", "REGULARS", "SCALES", "Block", "BlockTruth", "Brand", "BrandPlan",
    "IdentityScore", "Response", "Truth", "score_identity", "wire_payload",
]
