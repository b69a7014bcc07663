"""How many random histories a property tries: as many as it says, or as many as `NINEFOLD_PROPERTIES` asks for."""

import os


def examples(usual: int) -> int:
    """The number of examples of a property that tries `usual` in the daily run."""
    return int(os.environ.get("NINEFOLD_PROPERTIES", usual))
