"""Collection over HTTP: what became of events, and what waits."""

from fastapi import APIRouter

from . import comparing, items, quarantine, receipts

router = APIRouter()
router.include_router(receipts.router)
router.include_router(quarantine.router)
router.include_router(items.router)
router.include_router(comparing.router)

__all__ = ["router"]
