"""The document of relation rules (``kind: relation-rules``). Pure."""

import re
from collections.abc import Mapping

from ninefold.base import HEADER_FIELDS, Fields, invalid

from .model import SIDES, RelationRule

_WORD = re.compile(r"[a-z][a-z0-9_]{0,62}")
_WORD_ALLOWED = "lower case letters, digits and _, beginning with a letter, at most 63"
_NAMESPACE = re.compile(r"[a-z][a-z0-9_.:-]{0,62}")


def parse_rules(document: Mapping[str, object], *, version: int = 0) -> tuple[RelationRule, ...]:
    """The rules a document states.

    Args:
        document: of kind ``relation-rules``.
        version: of the document, kept with what its rules tell.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.

    >>> rule = {"event": "Referral Completed", "relation": "invited",
    ...         "from": {"property": "inviter_id", "namespace": "user_id"}}
    >>> parse_rules({"key": "referrals", "rules": [rule]})[0].side
    'from'
    """
    fields = Fields(document, allowed=(*HEADER_FIELDS, "rules"))
    key = fields.matching("key", _WORD, allowed=_WORD_ALLOWED)
    return tuple(_rule(one, key, version) for one in fields.sections("rules", ("event", "relation", *SIDES)))


def _rule(fields: Fields, document: str, version: int) -> RelationRule:
    given = [side for side in SIDES if fields.has(side)]
    if len(given) != 1:
        raise invalid("bad_relation_rule", "a relation has one other end", field=fields.path, got=", ".join(given),
                      allowed="exactly one of " + ", ".join(SIDES))  # fmt: skip
    side = given[0]
    end = fields.section(side, ("property",) if side == "product" else ("property", "namespace"))
    return RelationRule(
        document=document,
        version=version,
        event=fields.text("event", allowed="name of an event"),
        relation=fields.matching("relation", _WORD, allowed=_WORD_ALLOWED),
        side=side,
        property=end.text("property", allowed="name of a property of the event"),
        namespace="" if side == "product" else end.matching("namespace", _NAMESPACE, allowed="kind of identifier"),
    )
