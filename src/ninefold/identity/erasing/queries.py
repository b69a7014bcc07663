"""SQL of forgetting a person."""

from typing import Final

import sqlalchemy as sa

COUNT: Final = sa.text(
    """
    SELECT (SELECT count(*) FROM identifiers WHERE oneid = ANY (:accounts) OR origin = ANY (:accounts))
      + (SELECT count(*) FROM identity_reviews WHERE people && CAST(:accounts AS int[]))
    """
)

FORGET: Final = (
    sa.text(
        """
        DELETE FROM identity_assertions WHERE a IN (
          SELECT id FROM identifiers WHERE oneid = ANY (:accounts) OR origin = ANY (:accounts))
        OR b IN (SELECT id FROM identifiers WHERE oneid = ANY (:accounts) OR origin = ANY (:accounts))
        """
    ),
    sa.text("DELETE FROM identity_reviews WHERE people && CAST(:accounts AS int[])"),
    sa.text("DELETE FROM identifiers WHERE oneid = ANY (:accounts) OR origin = ANY (:accounts)"),
)
