"""What becomes of campaigns when people are joined or taken apart."""

from .service import CampaignAssets

__all__ = ["CampaignAssets"]
