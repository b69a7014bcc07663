"""What becomes of memberships, consents, roles and relations, and open privacy requests, when people are joined.

All of them stay under the account they were made for and are folded when read: nothing moves, everything comes apart.
"""

from .belonging import MembershipAssets, RelationAssets
from .consent import ConsentAssets, PrivacyAssets

__all__ = ["ConsentAssets", "MembershipAssets", "PrivacyAssets", "RelationAssets"]
