"""Ninefold: run a consumer brand's customer base as one digital business.

>>> from ninefold import Ninefold, load_settings
>>> with Ninefold.open(load_settings(data_dir="my-brand")) as brand:  # doctest: +SKIP
...     brand.drain()
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.app import Ninefold, Settings, load_settings

__version__ = "0.1.0"
__all__ = ["Ninefold", "Settings", "__version__", "load_settings"]


def __getattr__(name: str) -> object:
    """The facade, imported when first asked for, so that the command line starts quickly."""
    if name in {"Ninefold", "Settings", "load_settings"}:
        from ninefold import app  # noqa: PLC0415

        return getattr(app, name)
    raise AttributeError(name)
