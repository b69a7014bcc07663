"""Routes about conditions, segments and tags."""

from fastapi import APIRouter

from . import drafts, kept

router = APIRouter()
router.include_router(drafts.router)
router.include_router(kept.router)

__all__ = ["router"]
