"""Memory: what bulk work asks of Python's garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cycle_search_paused() -> Iterator[None]:
    """No search for reference cycles during the block: a batch makes a million objects and no cycles.

    Searching again and again through ten thousand young events took two thirds of an import's time. Objects are freed
    as always when nothing refers to them; outside of the block everything is as before, also after an error.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def pass_over_present() -> None:
    """Let later searches for reference cycles pass over all that exists now; for a server, once it is ready.

    What was loaded and wired is there as long as the process: searching through it again and again finds nothing.
    """
    gc.freeze()
