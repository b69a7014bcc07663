"""What follows from what people said. Pure.

One account, one purpose, a node: of each node from the root down to the one asked about, the latest word counts. The
word at the deepest node decides; but a no above it that is later wins, for who says "stop everything" means it.
A person with several accounts has the strictest standing of those that said anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol

from ninefold.base import Error, did_you_mean, from_ms, invalid, parse_time, to_ms

from .model import EVERYWHERE, Decision, Purpose, Purposes, Record, Said, Standing

KIND = "consent-purposes"
PREFERENCES = "Segment Consent Preference Updated"
_EVENTS: Mapping[str, Said] = {
    "Consent Requested": "requested",
    "Consent Granted": "granted", "Consent Denied": "denied", "Consent Withdrawn": "withdrawn",
}  # fmt: skip
_CHOICE = "context.consent.categoryPreferences."
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_FIELDS = ("name", "unknown", "valid_for", "categories", "double_opt_in")
_STRICTEST = (Standing.DENIED, Standing.EXPIRED, Standing.GRANTED, Standing.UNKNOWN)
_SPAN = re.compile(r"([1-9]\d{0,4})(d|y)")


class Spoken(Protocol):
    """What is read of an event."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def ts(self) -> int:
        """When it happened, ms UTC."""

    @property
    def props(self) -> Mapping[str, str]:
        """Its text properties."""

    @property
    def channel(self) -> str:
        """Where it happened."""

    @property
    def source(self) -> str:
        """Who told us."""

    @property
    def message_id(self) -> str:
        """Its id."""


def parse_purposes(document: Mapping[str, Any], *, unknown: Literal["allow", "deny"] = "allow") -> Purposes:
    """The purposes a document of kind ``consent-purposes`` describes.

    Args:
        document: ``purposes`` is a mapping of key to name, unknown, valid_for (``180d``, ``2y``) and categories.
        unknown: policy of purposes that state none.

    Raises:
        Error: invalid ``bad_purposes``, naming the field.

    >>> parse_purposes({"purposes": {"marketing": {"unknown": "deny"}}}).purposes["marketing"].unknown
    'deny'
    """
    stated = document.get("purposes")
    if not isinstance(stated, Mapping) or not stated:
        raise _bad("purposes", stated, "a mapping of purposes by key")
    return Purposes(purposes={str(key): _purpose(key, one, unknown) for key, one in stated.items()})


DEFAULT_DOCUMENT: Mapping[str, Any] = {
    "purposes": {
        "marketing": {"name": "Marketing messages", "categories": ["Advertising", "advertising", "Marketing"]},
        "profiling": {"name": "Scores, tags, recommendations", "categories": ["Analytics", "analytics", "Functional"]},
        "cross_brand": {"name": "Use by other brands of the group", "unknown": "deny"},
    }
}


def effective(records: Iterable[Record], line: Sequence[str], *, now_ms: int) -> tuple[Standing, Record | None]:
    """What one account's words about one purpose come to.

    Args:
        records: of one account and one purpose, in any order.
        line: codes of the nodes from the root to the one asked about; records of other nodes do not count.
        now_ms: the instant.

    Returns:
        The standing and the record that decides.
    """
    depth = {EVERYWHERE: -1} | {code: place for place, code in enumerate(line)}
    latest: dict[str, Record] = {}
    for one in records:
        if one.node in depth and one.at_ms <= now_ms and one.said != "requested":
            before = latest.get(one.node)
            if before is None or _rank(one) > _rank(before):
                latest[one.node] = one
    if not latest:
        return Standing.UNKNOWN, None
    deepest = latest[max(latest, key=lambda node: depth[node])]
    noes = [one for one in latest.values() if one.said != "granted"]
    last_no = max(noes, key=_rank, default=None)
    if deepest.said != "granted":
        return Standing.DENIED, deepest
    if last_no is not None and last_no.at_ms >= deepest.at_ms:
        return Standing.DENIED, last_no
    if deepest.expires_ms is not None and deepest.expires_ms <= now_ms:
        return Standing.EXPIRED, deepest
    return Standing.GRANTED, deepest


def strictest(found: Sequence[tuple[Standing, Record | None]], purpose: Purpose) -> Decision:
    """What holds for a person, from the standings of all accounts."""
    because = tuple(record for _, record in found if record is not None)
    standings = {standing for standing, record in found if record is not None}
    standing = next((one for one in _STRICTEST if one in standings), Standing.UNKNOWN)
    ends = [one.expires_ms for one in because if one.expires_ms is not None]
    return Decision(
        standing=standing,
        allowed=standing is Standing.GRANTED or (standing is Standing.UNKNOWN and purpose.unknown == "allow"),
        conflict=len(standings) > 1,
        because=because,
        until=from_ms(min(ends)) if standing is Standing.GRANTED and ends else None,
    )


def pending(records: Iterable[Record], line: Sequence[str], *, now_ms: int) -> bool:
    """Whether a yes to one purpose waits to be confirmed: nothing was said since it was requested."""
    places = {EVERYWHERE, *line}
    said = [one for one in records if one.node in places and one.at_ms <= now_ms]
    return bool(said) and max(said, key=lambda one: (one.at_ms, one.said != "requested")).said == "requested"


def confirmed(purpose: Purpose, said: Said, confirmation: str) -> Said:
    """What a yes is worth: where a purpose asks for a second step, it is a request until that is named."""
    return "requested" if said == "granted" and purpose.double_opt_in and not confirmation else said


def records_of(event: Spoken, oneid: int, purposes: Purposes, *, default_node: str = EVERYWHERE) -> tuple[Record, ...]:
    """What an event says about consent.

    ``Consent Granted``, ``Consent Denied`` and ``Consent Withdrawn`` name ``purpose``, and may name ``node``,
    ``expires_at``, ``text_version``, ``confirmation`` (what confirmed a yes).
    ``Segment Consent Preference Updated`` carries ``context.consent.categoryPreferences``: a category is a purpose by
    its key or by the purpose's ``categories``; others are passed over.
    """
    props = event.props
    said = _EVENTS.get(event.name)
    stated: list[tuple[str, Said]] = []
    if said is not None:
        purpose = purposes.of_category(props.get("purpose", ""))
        stated = [(purpose, said)] if purpose else []
    elif event.name == PREFERENCES:
        choices = _choices(props)
        stated = [
            (purpose, "granted" if chosen else "denied")
            for name, chosen in choices.items()
            if (purpose := purposes.of_category(name)) != ""
        ]
    return tuple(
        Record(
            oneid=oneid,
            purpose=purpose,
            said=confirmed(purposes.purposes[purpose], word, props.get("confirmation", "")),
            at_ms=event.ts,
            node=props.get("node", default_node),
            expires_ms=_ends(event, purposes.purposes[purpose], word),
            text_version=props.get("text_version", "")[:200],
            channel=event.channel,
            evidence=props.get("confirmation", "")[:200] or event.message_id,
            source=event.source,
        )
        for purpose, word in stated
    )


def _choices(props: Mapping[str, str]) -> dict[str, bool]:
    """Categories and whether they were chosen, from flattened properties."""
    return {key[len(_CHOICE) :]: value == "true" for key, value in props.items() if key.startswith(_CHOICE)}


def _ends(event: Spoken, purpose: Purpose, said: Said) -> int | None:
    if said != "granted":
        return None
    if text := event.props.get("expires_at", ""):
        try:
            return to_ms(parse_time(text))
        except Error:
            return event.ts  # an end that cannot be read must not make a yes that never ends
    return event.ts + round(purpose.valid_for.total_seconds() * 1000) if purpose.valid_for else None


def _rank(record: Record) -> tuple[int, bool]:
    """The later word counts; of two at one instant the no."""
    return record.at_ms, record.said != "granted"


def _purpose(key: object, document: object, unknown: Literal["allow", "deny"]) -> Purpose:
    field = f"purposes.{key}"
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _bad(field, key, "a-z, 0-9, _ and -; a letter first")
    if not isinstance(document, Mapping):
        raise _bad(field, document, "a mapping")
    for name in document:
        if name not in _FIELDS:
            raise _bad(f"{field}.{name}", name, ", ".join(_FIELDS), did_you_mean(str(name), _FIELDS))
    policy = document.get("unknown", unknown)
    if policy not in {"allow", "deny"}:
        raise _bad(f"{field}.unknown", policy, "allow or deny")
    span = document.get("valid_for")
    match = _SPAN.fullmatch(span) if isinstance(span, str) else None
    if span is not None and match is None:
        raise _bad(f"{field}.valid_for", span, "days or years, such as 180d or 2y")
    twice = document.get("double_opt_in", False)
    if not isinstance(twice, bool):
        raise _bad(f"{field}.double_opt_in", twice, "true or false")
    categories = document.get("categories", [])
    if not isinstance(categories, list) or not all(isinstance(one, str) for one in categories):
        raise _bad(f"{field}.categories", categories, "a list of names")
    days = int(match[1]) * (365 if match[2] == "y" else 1) if match else 0
    return Purpose(
        key=key, name=str(document.get("name", key)), unknown=policy,
        valid_for=timedelta(days=days) if days else None, categories=tuple(categories), double_opt_in=twice,
    )  # fmt: skip


def _bad(field: str, got: object, allowed: str, hint: str = "") -> Error:
    shown = "" if got is None else got
    return invalid("bad_purposes", "the purposes cannot be read", field=field, got=shown, allowed=allowed, hint=hint)
