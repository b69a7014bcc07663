"""The client that a command works with; what is heavy is imported only here, when a command runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import Client


@contextmanager
def session() -> Iterator["Client"]:
    """A client of the running server, or of a platform opened for the length of the block."""
    from ninefold.app import load_settings  # noqa: PLC0415 - heavy

    from .client import connect  # noqa: PLC0415 - heavy

    with connect(load_settings()) as client:
        yield client
