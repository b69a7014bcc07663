"""From rows to a profile: which trait value holds, what an identifier looks like masked. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from typing import TypeAlias

from ninefold.base import from_ms, mirrored_ms
from ninefold.identity import Identifier
from ninefold.predicate import survivorship

from .model import (
    Counters,
    Entry,
    EventCount,
    IdentitySeen,
    Revenue,
    SegmentHeld,
    TagHeld,
    Timeline,
    Trait,
    TraitScalar,
    TraitSource,
    cursor_of,
)

Row: TypeAlias = Mapping[str, object]
NAME_TRAITS = ("name", "nickname", "lastName", "firstName", "last_name", "first_name")
_YES_NO = {"true": True, "false": False}


def masked(namespace: str, value: str) -> str:
    """An identifier as somebody without the right to it sees it: enough to recognise, too little to use.

    >>> masked("phone", "+8613812345678"), masked("email", "ana.li@example.com"), masked("openid", "oX123456")
    ('+86138****5678', 'a***@example.com', 'oX****56')
    """
    if namespace == "email" and "@" in value:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if namespace == "phone" and len(value) >= 10:
        return f"{value[:-8]}****{value[-4:]}"
    return f"{value[:2]}****{value[-2:]}" if len(value) >= 8 else "****"


def trait_scalar(value: str, number: float | None) -> TraitScalar:
    """A stored trait value with its type back.

    A text that reads as a number but is written otherwise, such as a post code 0310, stays a text; so does a time,
    whose number is for comparing only.

    >>> trait_scalar("true", 1.0), trait_scalar("31", 31.0), trait_scalar("0310", 310.0), trait_scalar("x", None)
    (True, 31, '0310', 'x')
    """
    if number is None:
        return value
    if value in _YES_NO:
        return _YES_NO[value]
    if number.is_integer() and value.removesuffix(".0") == str(int(number)):
        return int(number)
    return number if value == repr(number) else value


def shown_name(traits: Mapping[str, TraitScalar]) -> str:
    """What to call a person: the name, else the nickname, else what there is of last and first name.

    >>> shown_name({"first_name": "Ana", "last_name": "Li"}), shown_name({"firstName": "安娜", "lastName": "李"})
    ('Ana Li', '李安娜')
    """
    for key in ("name", "nickname"):
        if traits.get(key):
            return str(traits[key])
    first = str(traits.get("first_name") or traits.get("firstName") or "")
    last = str(traits.get("last_name") or traits.get("lastName") or "")
    return f"{first} {last}".strip() if (first + last).isascii() else last + first


def names_of(key: str, document: Mapping[str, object]) -> tuple[str, str]:
    """The English and Chinese names a definition gives itself."""
    name = document.get("name", key)
    if isinstance(name, Mapping):
        given = [str(text) for text in name.values()] or [key]
        return str(name.get("en", given[0])), str(name.get("zh", given[0]))
    return str(name), str(name)


def traits_of(
    rows: Iterable[Row],
    public_ids: Mapping[int, str],
    held: Iterable[Row] = (),
    policies: survivorship.Policies = survivorship.PLAIN,
) -> tuple[Trait, ...]:
    """The traits from all statements about them; a trait whose latest statement takes it back is absent.

    Args:
        rows: key, oneid, source, value, num, deleted, at_ms; one per (key, oneid, source), its newest.
        public_ids: public id of each account.
        held: the values of those traits that are not simply the latest statement: trait, value, num, ms, oneid, source,
            candidates.
        policies: the policies in force.
    """
    rows = list(rows)
    found = [_held(row, rows, public_ids, policies) for row in held]
    rows = [row for row in rows if policies.simple(str(row["key"]))]
    ordered = sorted(rows, key=lambda row: str(row["key"]))
    for key, statements in groupby(ordered, key=lambda row: str(row["key"])):
        ranked = sorted(statements, key=_newness, reverse=True)
        if not ranked[0]["deleted"]:
            sources = [_trait_source(row, public_ids) for row in ranked]
            found.append(Trait(key=key, chosen=sources[0], others=tuple(sources[1:]), candidates=len(sources)))
    return tuple(sorted(found, key=lambda trait: trait.key))


def _held(row: Row, rows: Iterable[Row], public_ids: Mapping[int, str], policies: survivorship.Policies) -> Trait:
    key = str(row["trait"])
    policy = policies.of(key)
    said = sorted((one for one in rows if one["key"] == key), key=_newness, reverse=True)
    chosen = _trait_source({**row, "deleted": 0, "at_ms": row["ms"]}, public_ids)
    made = policy.combine is not None or key in policies.changed
    others = [source for source in (_trait_source(one, public_ids) for one in said) if made or source != chosen]
    text = policy.text() + (" and what was added" if key in policies.changed else "")
    return Trait(
        key=key, chosen=chosen, others=tuple(others), policy=text, candidates=whole(row["candidates"]),
        policy_version=policies.version if key in policies.traits else 0,
    )  # fmt: skip


def _newness(row: Row) -> tuple[int, str, str, int]:
    """The order in which statements hold, the same as in conditions."""
    return whole(row["at_ms"]), str(row["source"]), str(row["value"]), whole(row["deleted"])


def _trait_source(row: Row, public_ids: Mapping[int, str]) -> TraitSource:
    number = row["num"]
    scalar = trait_scalar(str(row["value"]), number if isinstance(number, float) else None)
    return TraitSource(
        value=None if row["deleted"] else scalar,
        source=str(row["source"]),
        at=from_ms(_stated_ms(whole(row["at_ms"]))),
        public_id=public_ids.get(whole(row["oneid"]), ""),
    )


def _stated_ms(kept_ms: int) -> int:
    """When a statement was made: one that holds only where there is no other is kept under a mirrored time."""
    return max(kept_ms, mirrored_ms(kept_ms))


def counters_of(rows: Iterable[Row]) -> Counters:
    """Counters from rows of two kinds: per event name, and per currency over the events that are orders."""
    events, revenue = [], []
    for row in rows:
        if row["of_name"]:
            first, last = from_ms(whole(row["first_ms"])), from_ms(whole(row["last_ms"]))
            events.append(EventCount(name=str(row["name"]), count=whole(row["times"]), first_at=first, last_at=last))
        elif row["is_order"] and (row["orders"] or row["total"]):
            orders, total = whole(row["orders"]), whole(row["total"])
            mean = (Decimal(total) / max(1, orders)).to_integral_value(ROUND_HALF_EVEN)
            revenue.append(
                Revenue(currency=str(row["currency"]), orders=orders, total_minor=total, average_minor=int(mean))
            )
    events.sort(key=lambda event: (-event.count, event.name))
    revenue.sort(key=lambda one: (-one.total_minor, one.currency))
    return Counters(events=tuple(events), revenue=tuple(revenue))


def entry_of(row: Row) -> Entry:
    """A timeline entry from a row of events; numbers and texts of its properties are put together by name."""
    texts, numbers = _pairs(row["props"]), _pairs(row["nums"])
    return Entry(
        at=from_ms(whole(row["at_ms"])),
        message_id=str(row["message_id"]),
        name=str(row["name"]),
        source=str(row["source"]),
        channel=str(row["channel"]),
        order_id=str(row["order_id"]),
        product_id=str(row["product_id"]),
        campaign_id=str(row["campaign_id"]),
        revenue_minor=whole(row["revenue_minor"]),
        currency=str(row["currency"]),
        properties=dict(sorted({**texts, **numbers}.items())),
    )


def timeline_of(rows: Sequence[Row], limit: int) -> Timeline:
    """A page from up to one row more than it holds, which tells whether there is another."""
    entries = tuple(entry_of(row) for row in rows[:limit])
    return Timeline(entries=entries, next=cursor_of(entries[-1]) if entries and len(rows) > limit else None)


def tags_held(rows: Iterable[Row], newest: Mapping[str, tuple[int, int]], *, root: int) -> tuple[TagHeld, ...]:
    """The value of each tag: the root's own, else that of the account of the highest number; several are one text.

    Args:
        rows: tag, oneid, value.
        newest: version of each tag that counts, and when it was built (ms); others are left out.
        root: the person.
    """
    counted = (row for row in rows if row["tag"] in newest)
    return tuple(
        TagHeld(tag=tag, value=value, version=newest[tag][0], built_at=from_ms(newest[tag][1]))
        for tag, value in sorted(tag_values_of(counted, root=root).items())
    )


def tag_values_of(rows: Iterable[Row], *, root: int) -> dict[str, str]:
    """The value of each tag of one person, from rows of tag, oneid, value: the root's own, else those of the account
    of the highest number. Several values of one account are one text, in order of the alphabet.
    """
    held: dict[str, tuple[tuple[bool, int], set[str]]] = {}
    for row in rows:
        rank = (row["oneid"] == root, whole(row["oneid"]))
        known = held.get(str(row["tag"]))
        if known is None or rank > known[0]:
            known = held[str(row["tag"])] = (rank, set())
        if rank == known[0]:
            known[1].add(str(row["value"]))
    return {tag: ", ".join(sorted(values)) for tag, (_, values) in held.items()}


def segment_of(row: Row, definitions: Mapping[str, Mapping[str, object]]) -> SegmentHeld:
    """A segment from a row of segment, version, since_version, since_ms, with the names of its definition."""
    key = str(row["segment"])
    name_en, name_zh = names_of(key, definitions[key])
    return SegmentHeld(
        segment=key,
        name_en=name_en,
        name_zh=name_zh,
        version=whole(row["version"]),
        since_version=whole(row["since_version"]),
        since=from_ms(whole(row["since_ms"])),
    )


def identity_of(one: Identifier, *, mask: bool) -> IdentitySeen:
    """An identifier as it is shown, whole or masked."""
    return IdentitySeen(
        namespace=one.namespace,
        value=masked(one.namespace, one.value) if mask else one.value,
        state=one.state.name.lower(),
        first_seen=from_ms(one.first_seen_ms),
        last_seen=from_ms(one.last_seen_ms),
    )


def _pairs(value: object) -> dict[str, str | float]:
    """A map column as Arrow gives it: a list of pairs."""
    return dict(value) if isinstance(value, list | Mapping) else {}


def whole(value: object) -> int:
    """A column that is an integer."""
    if not isinstance(value, int):
        raise TypeError(value)  # a query of ours lost its type
    return value
