"""Matching scopes: identifiers of a brand that keeps to itself get namespaces of their own. Pure."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from .event import Event


def scoped(events: Sequence[Event], scopes: Mapping[str, str]) -> list[Event]:
    """Events whose identifiers join only those of the same scope.

    A namespace with a scope (``phone:casa``) follows the rule of its first part and has caps of its own.

    Args:
        events: as they were accepted.
        scopes: code of the scope by source; sources of the common scope are left out.

    >>> one = Event("m", "track", "Seen", 1, 2, "pos", "store", (("phone", "139"),))
    >>> scoped([one], {"pos": "casa"})[0].identifiers
    (('phone:casa', '139'),)
    """
    if not scopes:
        return list(events)
    return [
        replace(event, identifiers=in_scope(event.identifiers, scope)) if (scope := scopes.get(event.source)) else event
        for event in events
    ]


def in_scope(identifiers: Sequence[tuple[str, str]], scope: str) -> tuple[tuple[str, str], ...]:
    """Identifiers in the namespaces of a scope; as they are for the common one."""
    return tuple((f"{name.strip()}:{scope}" if scope else name, value) for name, value in identifiers)
