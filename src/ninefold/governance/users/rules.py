"""What roles may, what a login and a password look like. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ninefold.base import did_you_mean, invalid
from ninefold.governance.model import FIELDS, VERBS, Scope

from .common import COMMON
from .model import RoleRight

_NAME_ONLY = frozenset({"name"})
ROLES: Final[Mapping[str, RoleRight]] = MappingProxyType({
    "admin": RoleRight(verbs=VERBS, clear=FIELDS, about="everything, users and keys as well"),
    "engineer": RoleRight(
        verbs=frozenset({"read", "write"}), clear=FIELDS, about="data as they came: sources, quarantine, imports"
    ),
    "operator": RoleRight(
        verbs=frozenset({"read", "write"}), clear=_NAME_ONLY, about="segments, tags, campaigns; contacts masked"
    ),
    "analyst": RoleRight(
        verbs=frozenset({"read", "define"}), clear=frozenset(), about="analyses, segments and tags; people masked"
    ),
    "reviewer": RoleRight(
        verbs=frozenset({"read", "review"}), clear=FIELDS, about="who is the same person: needs to see identifiers"
    ),
    "service": RoleRight(
        verbs=frozenset({"read", "tag"}), clear=_NAME_ONLY, about="looks customers up and tags them; contacts masked"
    ),
    "auditor": RoleRight(
        verbs=frozenset({"read", "audit"}), clear=frozenset(), about="looks at everything, changes nothing"
    ),
})  # fmt: skip
"""What each role brings; somebody with several has what any of them brings."""

LONGEST: Final = 256
_SHORTEST: Final = 12
_VARIETY: Final = 5
_SHORT_NAME = re.compile(r"[a-z0-9][a-z0-9._\-]{1,62}")
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f/]{1,64}@[a-z0-9.\-]{1,190}")


def clean_login(text: str) -> str:
    """The one form of a login: an e-mail address or a short name, case-folded.

    Raises:
        Error: invalid ``bad_login``.

    >>> clean_login(" Li.Lei@Example.COM ")
    'li.lei@example.com'
    """
    login = folded(text)
    if not (_SHORT_NAME.fullmatch(login) or _ADDRESS.fullmatch(login)):
        raise invalid("bad_login", "this cannot be a login", field="login", got=text,
                      allowed="an e-mail address, or 2 to 63 of a-z, 0-9, dot, hyphen, underscore")  # fmt: skip
    return login


def folded(text: str) -> str:
    """A login as it is compared: without surrounding space, in Unicode's compatible form, case-folded."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def plain(password: str) -> str:
    """A password as it is hashed: in Unicode's compatible form, so that every keyboard gives the same."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, login: str, name: str) -> None:
    """Refuse a password that is guessed first, after NIST SP 800-63B: length counts, composition does not.

    Raises:
        Error: invalid ``weak_password``; it never repeats the password.
    """
    text = plain(password).casefold()
    bare = re.sub(r"[\W\d_]+", "", text)
    known = [part for part in re.split(r"[@.\s_\-]+", f"{login} {name.casefold()}") if len(part) > 3]
    known.append(login)
    fault = (
        "it is too short" if len(text) < _SHORTEST
        else "it is too long" if len(text) > LONGEST
        else "it repeats a few characters" if len(set(text)) < _VARIETY
        else "it is one of the commonest" if text in COMMON or bare in COMMON or _in_a_row(text)
        else "it contains your login or name" if any(part in text and len(text) - len(part) < 8 for part in known)
        else ""
    )  # fmt: skip
    if fault:
        raise invalid("weak_password", f"choose another password: {fault}", field="password",
                      allowed=f"{_SHORTEST} to {LONGEST} characters, e.g. four words that have nothing to do with "
                              "each other")  # fmt: skip


def _in_a_row(text: str) -> bool:
    """Whether it runs along the alphabet, the digits or a row of the keyboard."""
    rows = ("abcdefghijklmnopqrstuvwxyz" * 2, "0123456789" * 4, "qwertyuiopasdfghjklzxcvbnm" * 2)
    return any(text in row or text in row[::-1] for row in rows)


def check_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """Roles in the order of the table, each once.

    Raises:
        Error: invalid ``unknown_role``.
    """
    asked = set(roles)
    for role in sorted(asked - set(ROLES)) or ([""] if not asked else []):
        raise invalid("unknown_role", f'there is no role "{role}"' if role else "a user needs a role", field="roles",
                      got=role, allowed=", ".join(ROLES), hint=did_you_mean(role, ROLES))  # fmt: skip
    return tuple(role for role in ROLES if role in asked)


def scope_of(roles: Iterable[str], node: str) -> Scope:
    """What somebody with these roles may, at a node; a role that is no more grants nothing.

    >>> scope_of(["analyst", "service"], "s1").may
    ('define', 'read', 'tag')
    """
    rights = [ROLES[role] for role in roles if role in ROLES]
    return Scope(
        node=node,
        verbs=frozenset(verb for right in rights for verb in right.verbs),
        clear=frozenset(field for right in rights for field in right.clear),
        sees="all",
    )
