"""What every definition says about itself before its own matter: key, names, owner, purpose.

Reading is strict: an unknown field, a missing name or a key of the wrong form is named with what would be right.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from ninefold.base import Error, Kind, did_you_mean, invalid
from ninefold.store import Definition

T = TypeVar("T")

UsedBy: TypeAlias = Callable[[str], Iterable[str]]
"""Says what uses a definition: its key in, names such as ``campaign spring`` out."""

KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FIELDS = ("kind", "key", "name", "owner", "purpose", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Who a definition is.

    Attributes:
        key: its name in conditions and addresses; lower case letters, digits, underscore.
        name_en: its name for people, in English.
        name_zh: its name for people, in Chinese.
        owner: team or person who answers for it.
        purpose: what it is used for.
        description: anything more.
    """

    key: str
    name_en: str
    name_zh: str
    owner: str
    purpose: str = ""
    description: str = ""

    def name(self, language: str) -> str:
        """The name for people in ``en`` or ``zh``."""
        return self.name_zh if language.startswith("zh") else self.name_en


def read_stored(kind: str, definition: Definition, read: Callable[[object, int], T]) -> T:
    """What a stored definition says; a defect, named with its version, where it cannot be read any more."""
    try:
        return read(definition.document, definition.version)
    except Error as exc:
        what = f'version {definition.version} of {kind} "{definition.key}" cannot be read any more: {exc}'
        raise Error(Kind.DEFECT, "stored_definition", what, hint="save it again in its present form") from exc


def read_header(document: object, *, kind: str, body: tuple[str, ...]) -> Header:
    """Check the common part of a document.

    Args:
        document: as it came from YAML or JSON.
        kind: the kind it has to be; a document without ``kind`` is taken for it.
        body: the further fields that this kind of document may have.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    if not isinstance(document, Mapping):
        raise invalid(
            "bad_document",
            f"a {kind} document is an object with fields",
            field=kind,
            got=type(document).__name__,
            allowed=", ".join((*_FIELDS, *body)),
        )
    known = (*_FIELDS, *body)
    for name in document:
        if name not in known:
            raise invalid(
                "unknown_field",
                f'a {kind} has no field "{name}"',
                field=str(name),
                got=name,
                allowed=", ".join(known),
                hint=did_you_mean(str(name), known),
            )
    if document.get("kind", kind) != kind:
        raise invalid("wrong_kind", f"this is not a {kind}", field="kind", got=document["kind"], allowed=kind)
    name_en, name_zh = _names(document.get("name"), kind)
    return Header(
        key=_key(document.get("key"), kind),
        name_en=name_en,
        name_zh=name_zh,
        owner=_text(document, "owner", kind, required=True),
        purpose=_text(document, "purpose", kind),
        description=_text(document, "description", kind),
    )


def _key(value: object, kind: str) -> str:
    if not isinstance(value, str) or not KEY.fullmatch(value):
        raise invalid(
            "bad_key",
            f"a {kind} needs a key",
            field="key",
            got="" if value is None else value,
            allowed="lower case letters, digits and _, beginning with a letter, at most 63",
        )
    return value


def _names(value: object, kind: str) -> tuple[str, str]:
    if isinstance(value, str) and value.strip():
        return value.strip(), value.strip()
    if isinstance(value, Mapping) and set(value) <= {"en", "zh"}:
        given = {code: text.strip() for code, text in value.items() if isinstance(text, str) and text.strip()}
        if given:
            fallback = next(iter(given.values()))
            return given.get("en", fallback), given.get("zh", fallback)
    raise invalid(
        "bad_name",
        f"a {kind} needs a name",
        field="name",
        got="" if value is None else value,
        allowed='text, or {"en": ..., "zh": ...}',
    )


def _text(document: Mapping[str, object], name: str, kind: str, *, required: bool = False) -> str:
    value = document.get(name, "")
    if not isinstance(value, str) or (required and not value.strip()):
        what = "needs an" if required else "has a wrong"
        raise invalid(f"bad_{name}", f"a {kind} {what} {name}", field=name, got=value, allowed="text")
    return value.strip()
