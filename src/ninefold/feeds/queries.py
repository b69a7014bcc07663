"""SQL of the change feed. People are folded by the table of persons: a merged account leads to its root. Pure."""

from typing import Final

import sqlalchemy as sa

PEOPLE: Final = sa.text(
    """
    SELECT p.oneid, p.public_id, r.oneid AS root, r.public_id AS root_id
    FROM persons AS p JOIN persons AS r ON r.oneid = coalesce(p.merged_into, p.oneid)
    WHERE p.oneid = ANY (:people)
    """
)

IDENTIFIERS: Final = sa.text(
    """
    SELECT i.id, i.namespace, i.value, ARRAY(
      SELECT DISTINCT s.source FROM identity_assertions AS s WHERE s.a = i.id OR s.b = i.id
    ) AS sources
    FROM identifiers AS i WHERE i.id = ANY (:ids)
    """
)

NODES: Final = sa.text("SELECT DISTINCT oneid, node FROM memberships WHERE oneid = ANY (:accounts)")
