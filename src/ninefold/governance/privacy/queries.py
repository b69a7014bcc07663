"""SQL of privacy requests."""

from typing import Final

import sqlalchemy as sa

LOCK_REQUESTS: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('privacy/requests', 0))")
"""Requests are taken one after the other, or two of one kind about one person would both be new."""
