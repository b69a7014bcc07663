"""The document of a role (``kind: role``). Pure."""

import re
from collections.abc import Mapping

from ninefold.base import did_you_mean, invalid
from ninefold.predicate import parse

from .model import Role

_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FIELDS = ("kind", "key", "name", "owner", "purpose", "description", "condition")


def parse_role(document: Mapping[str, object]) -> Role:
    """The role a document describes.

    Raises:
        Error: invalid, naming the field.

    >>> parse_role({"key": "expert", "name": "Expert"}).condition is None
    True
    """
    for name in document:
        if name not in _FIELDS:
            hint = did_you_mean(name, _FIELDS)
            raise invalid("bad_role", "unknown field", field=name, got=name, allowed=", ".join(_FIELDS), hint=hint)
    key = document.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise invalid(
            "bad_role", "a role needs a key", field="key", got=key or "", allowed="a-z, 0-9, _; a letter first"
        )
    condition = document.get("condition")
    if condition is not None and not isinstance(condition, Mapping):
        raise invalid("bad_role", "not a condition", field="condition", got=condition, allowed="a condition document")
    if condition is not None:
        parse(dict(condition))
    return Role(key=key, name=str(document.get("name", key)), condition=condition)
