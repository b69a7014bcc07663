"""Identifiers as the plain API says them: values, lists of values, and hashes that name their algorithm. Pure."""

import re
from collections.abc import Iterator, Mapping

from ninefold.collect.wires.flatten import text_of

_NAMESPACE_LENGTH = 100
_HASHES = {
    "md5": re.compile(r"^[0-9a-f]{32}$"),
    "sha256": re.compile(r"^[0-9a-f]{64}$"),
    "sm3": re.compile(r"^[0-9a-f]{64}$"),
}


def identifiers_of(values: Mapping[str, object], warnings: list[str]) -> list[tuple[str, str]]:
    """Identifiers out of ``{namespace: value | [value, ...] | {"md5" | "sha256" | "sm3": hex}}``.

    A hashed value says its state in front, as ``sha256:<hex>``. What cannot be read is left out, with a warning.

    >>> warnings = []
    >>> identifiers_of({"user_id": "u1", "phone": [{"md5": "A" * 32}, 1], "email": {"rot13": "x"}}, warnings)
    [('user_id', 'u1'), ('phone', 'md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), ('phone', '1')]
    >>> warnings
    ['identifier_unreadable:email']
    """
    found: list[tuple[str, str]] = []
    for namespace, value in values.items():
        if value is None:
            continue
        texts = list(_texts(value))
        if not namespace or len(namespace) > _NAMESPACE_LENGTH or not texts or "" in texts:
            warnings.append("identifier_unreadable:" + "_".join(namespace[:50].split()))
        found.extend((namespace, text) for text in texts if text and 0 < len(namespace) <= _NAMESPACE_LENGTH)
    return found


def _texts(value: object) -> Iterator[str]:
    """The values of one namespace; empty for each that cannot be read."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, Mapping):
            yield text_of(each)
            continue
        for state, digest in each.items():
            shape = _HASHES.get(state)
            text = digest.strip().lower() if isinstance(digest, str) else ""
            yield f"{state}:{text}" if shape is not None and shape.match(text) else ""
