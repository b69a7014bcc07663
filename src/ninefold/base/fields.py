"""Reads a document field by field and says precisely what is wrong: the field, what was got, what is allowed.

Strict: a field that nobody asked for is an error, with the nearest known name as a hint.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import did_you_mean, invalid

_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
HEADER_FIELDS = ("kind", "key", "name", "owner", "purpose", "description")
"""Fields that every document may have; a kind adds its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHeader:
    """What every definition says about itself.

    Attributes:
        key: its name in other documents and addresses.
        name_en: its name for people, in English.
        name_zh: its name for people, in Chinese.
        owner: team or person who answers for it.
        purpose: what it is for.
        description: anything more.
    """

    key: str
    name_en: str
    name_zh: str
    owner: str
    purpose: str
    description: str


class Fields:
    """One object of a document, read field by field."""

    def __init__(self, document: object, *, path: str = "", allowed: Sequence[str]) -> None:
        """Take an object that may have only the allowed fields; raises invalid otherwise."""
        self.path = path
        if not isinstance(document, Mapping):
            raise invalid(
                "bad_document",
                "an object with fields is needed here",
                field=path or "document",
                got=type(document).__name__,
                allowed=", ".join(allowed),
            )
        self._document: Mapping[str, object] = document
        for name in document:
            if name not in allowed:
                raise invalid(
                    "unknown_field",
                    f'there is no field "{name}" here',
                    field=self.at(str(name)),
                    got=name,
                    allowed=", ".join(allowed),
                    hint=did_you_mean(str(name), allowed),
                )

    def at(self, name: str) -> str:
        """The path of a field, for messages."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether the field is given (null counts as not given)."""
        return self._document.get(name) is not None

    def raw(self, name: str) -> object:
        """The field as it stands; None when it is not given."""
        return self._document.get(name)

    def text(self, name: str, default: str | None = None, *, allowed: str = "text") -> str:
        """A text field, trimmed; required and not empty when there is no default."""
        value = self._document.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(name, allowed)
        return value.strip()

    def long_text(self, name: str, default: str = "") -> str:
        """A text field kept as it is, with its white space."""
        value = self._document.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "text")
        return value

    def number(self, name: str, default: float | None, *, low: float, high: float) -> float:
        """A number between two bounds; required when the default is None."""
        value = self._document.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return value

    def integer(self, name: str, default: int | None, *, low: int, high: int) -> int:
        """A whole number between two bounds; required when the default is None."""
        value = self.number(name, default, low=low, high=high)
        if value != int(value):
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes-or-no field."""
        value = self._document.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of some words; required when there is no default."""
        value = self._document.get(name, default)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(name, ", ".join(allowed), hint=did_you_mean(str(value), allowed) if value else "")
        return value

    def matching(self, name: str, pattern: re.Pattern[str], default: str | None = None, *, allowed: str) -> str:
        """A text field that a pattern describes from its first to its last character; ``allowed`` says it in words."""
        value = self._document.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.wrong(name, allowed)
        return value

    def texts(self, name: str, *, allowed: str = "a list of texts", least: int = 0) -> tuple[str, ...]:
        """A list of texts, none of them empty; at least so many of them."""
        value = self._document.get(name)
        found = [] if value is None else value
        if not isinstance(found, list) or len(found) < least or not all(isinstance(one, str) and one for one in found):
            raise self.wrong(name, allowed)
        return tuple(found)

    def sections(self, name: str, allowed: Sequence[str]) -> "tuple[Fields, ...]":
        """A required list of objects inside this one, at least one."""
        value = self._document.get(name)
        if not isinstance(value, list) or not value:
            raise self.wrong(name, "a list of objects, at least one")
        return tuple(Fields(one, path=f"{self.at(name)}[{place}]", allowed=allowed) for place, one in enumerate(value))

    def section(self, name: str, allowed: Sequence[str]) -> "Fields":
        """A required object inside this one."""
        return Fields(self._document.get(name), path=self.at(name), allowed=allowed)

    def header(self, kind: str) -> DocumentHeader:
        """The common part of a document of a kind; a document without ``kind`` is taken for it."""
        if self._document.get("kind", kind) != kind:
            raise self.wrong("kind", kind)
        key = self._document.get("key")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise self.wrong("key", "lower case letters, digits and _, beginning with a letter, at most 63")
        name_en, name_zh = self._names()
        return DocumentHeader(
            key=key,
            name_en=name_en,
            name_zh=name_zh,
            owner=self.text("owner"),
            purpose=self.text("purpose", ""),
            description=self.text("description", ""),
        )

    def wrong(self, name: str, allowed: str, *, hint: str = "") -> Exception:
        """The error about a field of the wrong form; the caller raises it."""
        value = self._document.get(name)
        message = f"{name} is needed here" if value is None else f"{name} has a wrong form"
        return invalid(
            f"bad_{name}", message, field=self.at(name), got="" if value is None else value, allowed=allowed, hint=hint
        )

    def _names(self) -> tuple[str, str]:
        value = self._document.get("name")
        if isinstance(value, str) and value.strip():
            return value.strip(), value.strip()
        if isinstance(value, Mapping) and set(value) <= {"en", "zh"}:
            given = {code: text.strip() for code, text in value.items() if isinstance(text, str) and text.strip()}
            if given:
                fallback = next(iter(given.values()))
                return given.get("en", fallback), given.get("zh", fallback)
        raise self.wrong("name", 'text, or {"en": ..., "zh": ...}')
