"""SQL of the org tree. A subtree is every path that begins with the path of its root: one range of the index."""

from typing import Final

import sqlalchemy as sa

LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('org', 0))")

UNDER: Final = sa.text(
    """
    SELECT below.* FROM org_nodes AS top JOIN org_nodes AS below ON starts_with(below.path, top.path)
    WHERE top.code = :code ORDER BY below.path
    """
)

PARENTS: Final = sa.text("UPDATE org_nodes SET parent = :parent, changed_at = :now WHERE code = :code")
PATHS: Final = sa.text("UPDATE org_nodes SET path = :path WHERE code = :code")
