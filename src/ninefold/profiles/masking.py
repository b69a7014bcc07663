"""What a caller without the right to clear values sees. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from .model import Entry, PersonSummary, Profile, Timeline, Trait, TraitScalar, TraitSource
from .rules import masked

PERSONAL: Mapping[str, str] = {
    "name": "name", "nickname": "name", "first_name": "name", "last_name": "name", "firstname": "name",
    "lastname": "name", "phone": "phone", "mobile": "phone", "tel": "phone", "email": "email", "mail": "email",
    "address": "address", "street": "address", "birthday": "birthday", "birth_date": "birthday", "id_card": "id_card",
    "姓名": "name", "手机": "phone", "手机号": "phone", "邮箱": "email", "地址": "address", "收货地址": "address",
    "身份证": "id_card", "生日": "birthday",
}  # fmt: skip
"""Kinds of personal fields, by the last part of a trait's or property's name in lower case."""


def kind_of(key: str) -> str:
    """The kind of personal field a name stands for; empty for others.

    >>> kind_of("context.traits.Phone"), kind_of("city")
    ('phone', '')
    """
    return PERSONAL.get(key.rpartition(".")[2].lower().replace("-", "_"), "")


def hidden(value: TraitScalar, kind: str) -> TraitScalar:
    """A value as somebody without the right sees it: enough to recognise, too little to use.

    >>> hidden("李雷", "name"), hidden("13912340001", "phone"), hidden("上海市南京路 1 号", "address")
    ('李*', '139****0001', '上海市***')
    """
    if value is None or value == "":
        return value
    text = str(value)
    match kind:
        case "name":
            return text[0] + "*" * max(len(text) - 1, 1)
        case "address":
            return text[:3] + "***"
        case "phone":
            return masked("phone", text) if text.startswith("+") else text[:3] + "****" + text[-4:]
        case "birthday":
            return text[:4]
        case _:
            return masked(kind, text)


def mask_profile(profile: Profile, clear: frozenset[str]) -> Profile:
    """A profile in which personal fields are hidden, but for the kinds that are clear."""
    return replace(
        profile,
        traits=tuple(mask_trait(one, clear) for one in profile.traits),
        timeline=mask_timeline(profile.timeline, clear),
    )


def mask_timeline(timeline: Timeline, clear: frozenset[str]) -> Timeline:
    """A page of events, likewise."""
    return replace(timeline, entries=tuple(_entry(one, clear) for one in timeline.entries))


def hidden_identifier(namespace: str, value: str) -> str:
    """An identifier as somebody without the right sees it."""
    return masked(namespace, value)


def mask_summary(person: PersonSummary, clear: frozenset[str]) -> PersonSummary:
    """A person of a list, likewise."""
    name = person.name if "name" in clear else str(hidden(person.name, "name") or "")
    return replace(person, name=name, traits={key: shown(key, one, clear) for key, one in person.traits.items()})


def mask_trait(trait: Trait, clear: frozenset[str]) -> Trait:
    """A trait, likewise."""
    return replace(
        trait,
        chosen=_source(trait.key, trait.chosen, clear),
        others=tuple(_source(trait.key, one, clear) for one in trait.others),
    )


def _source(key: str, said: TraitSource, clear: frozenset[str]) -> TraitSource:
    return replace(said, value=shown(key, said.value, clear))


def _entry(entry: Entry, clear: frozenset[str]) -> Entry:
    left: dict[str, str | float] = {}
    for key, value in entry.properties.items():
        new = shown(key, value, clear)
        left[key] = new if isinstance(new, str | float) else str(new)
    return replace(entry, properties=left)


def shown(key: str, value: TraitScalar, clear: frozenset[str]) -> TraitScalar:
    """A trait's value for a caller: as it is, or hidden when it is personal and not clear."""
    kind = kind_of(key)
    return value if not kind or kind in clear else hidden(value, kind)
