"""Scopes as documents: how they are stored, and read back."""

from collections.abc import Mapping
from typing import Any

from .model import FIELDS, VERBS, CallLimit, Scope


def scope_document(scope: Scope) -> dict[str, object]:
    """A scope as it is stored."""
    return {
        "node": scope.node,
        "clear": sorted(scope.clear),
        "verbs": sorted(scope.verbs),
        "purposes": sorted(scope.purposes),
        "sees": scope.sees,
        "limit": {"per_second": scope.limit.per_second, "burst": scope.limit.burst},
    }


def read_scope(document: Mapping[str, Any] | None) -> Scope:
    """A scope as it was stored; nothing stored is everything, and what cannot be read grants nothing.

    >>> read_scope(scope_document(Scope(node="s1", verbs=frozenset({"read"})))).node
    's1'
    >>> sorted(read_scope({"verbs": ["read", "fly"]}).verbs)
    ['read']
    """
    if document is None:
        return Scope()
    limit = document.get("limit", {})
    return Scope(
        node=str(document.get("node", "")),
        clear=FIELDS.intersection(document.get("clear", ())),
        verbs=VERBS.intersection(document.get("verbs", ())),
        purposes=frozenset(map(str, document.get("purposes", ()))),
        sees="all" if document.get("sees") == "all" else "own",
        limit=CallLimit(
            per_second=float(limit.get("per_second", CallLimit().per_second)),
            burst=int(limit.get("burst", CallLimit().burst)),
        ),
    )
