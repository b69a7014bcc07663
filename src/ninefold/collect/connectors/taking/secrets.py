"""Secrets of connectors: looked up when they are needed, kept out of everything that is stored or shown."""

from collections.abc import Mapping
from pathlib import Path

from ninefold.base import unavailable
from ninefold.collect.connectors.settings import Secret

_LONGEST = 64 * 1024


class Secrets:
    """Looks secrets up, and blots those it gave out from texts."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._given: set[str] = set()

    def get(self, secret: Secret | None) -> str:
        """The value of a secret; empty for none.

        Raises:
            Error: unavailable ``no_secret`` when the variable or file is not there or empty.
        """
        if secret is None:
            return ""
        value, place = self._look_up(secret)
        if not value:
            raise unavailable(
                "no_secret", f"the secret in {place} is not there, or empty", hint="set it where the server runs"
            )
        self._given.add(value)
        return value

    def blot(self, text: str) -> str:
        """A text in which no secret that was given out can be read."""
        for value in sorted(self._given, key=len, reverse=True):
            if len(value) >= 4:
                text = text.replace(value, "…")
        return text

    def _look_up(self, secret: Secret) -> tuple[str, str]:
        if secret.env:
            return self._environ.get(secret.env, "").strip(), f"the environment variable {secret.env}"
        try:
            with Path(secret.file).open(encoding="utf-8") as file:
                return file.read(_LONGEST).strip(), f"the file {secret.file}"
        except (OSError, UnicodeDecodeError):
            return "", f"the file {secret.file}"
