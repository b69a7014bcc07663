"""SQL of who is who, in bulk: roots, merged accounts, addresses. Reads the tables of identity."""

from typing import Final

import sqlalchemy as sa

ROOTS: Final = sa.text(
    """
    SELECT oneid, merged_into AS root FROM persons WHERE oneid = ANY (:people) AND merged_into IS NOT NULL
    """
)

MERGED_INTO: Final = sa.text("SELECT oneid, merged_into AS root FROM persons WHERE merged_into = ANY (:people)")

ADDRESSES: Final = sa.text(
    """
    SELECT DISTINCT ON (oneid) oneid, value FROM identifiers
    WHERE oneid = ANY (:people) AND namespace = :namespace AND state = 0
    ORDER BY oneid, last_seen_ms DESC, id DESC
    """
)
