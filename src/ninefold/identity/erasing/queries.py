"""SQL of forgetting a person."""

from typing import Final

import sqlalchemy as sa

COUNT: Final = sa.text(
    """
    SELECT (SELECT count(*) FROM identifiers WHERE oneid = ANY (:accounts) OR origin = ANY (:accounts))
      + (SELECT count(*) FROM identity_reviews WHERE people && CAST(:accounts AS int[]))
    """
)
