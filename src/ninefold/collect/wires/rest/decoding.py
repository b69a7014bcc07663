"""One event of the plain API as an `Event`. Pure.

Members that the API does not know are kept as properties and named in a warning: a slip of the pen loses nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ninefold.base import did_you_mean
from ninefold.collect.event import NAMES, Event
from ninefold.collect.model import WARNINGS, Decoded
from ninefold.collect.wires.commerce import Commerce, commerce_of
from ninefold.collect.wires.flatten import Trait, put_traits, text_of
from ninefold.collect.wires.items import (
    ItemMapper,
    Refused,
    Told,
    check_count,
    event_name,
    put_changes,
    put_checked,
    usable,
)
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival, Envelope

from .identifiers import identifiers_of

TYPES = ("track", "identify", "page", "screen", "group", "alias", "bind", "unbind")
_NAMES = {**NAMES, "bind": "$bind", "unbind": "$unbind"}
_TOGETHER = ("alias", "bind", "unbind")  # they say that two identifiers belong together, or no longer do
_AT = re.compile(r" - at `\$\.?(.*)`$")
_ID = str | int | float | None


class Item(msgspec.Struct, gc=False):
    """The members of an event."""

    type: str | None = None
    event: _ID = None
    name: Any = None
    message_id: _ID = None
    time: _ID = None
    sent_at: _ID = None
    identifiers: dict[str, Any] | None = None
    keep: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    traits_once: dict[str, Any] | None = None
    traits_unset: list[str] | None = None
    traits_add: dict[str, Any] | None = None
    traits_append: dict[str, Any] | None = None
    traits_delete: bool = False
    amount: Any = None
    currency: Any = None
    order_id: _ID = None
    product_id: _ID = None
    campaign_id: _ID = None
    quantity: Any = None
    session_id: _ID = None
    channel: Any = None


MEMBERS = frozenset(Item.__struct_fields__)
_MONEY = (
    ("revenue", "amount"), ("currency", "currency"), ("order_id", "order_id"), ("product_id", "product_id"),
    ("campaign_id", "campaign_id"), ("quantity", "quantity"),
)  # fmt: skip


class RestMapper(ItemMapper[dict[str, Any]]):
    """Maps the events of one request."""

    decoder = msgspec.json.Decoder(dict[str, Any])

    def given_id(self, item: dict[str, Any]) -> str:
        """``message_id``."""
        return text_of(item.get("message_id"))

    def has_time(self, item: dict[str, Any]) -> bool:
        """``time`` or ``sent_at``."""
        return item.get("time") is not None or item.get("sent_at") is not None

    def id_within(self, raw: bytes) -> str:
        """``message_id`` of an event of which something else is broken."""
        return self.given_id(self.decoder.decode(raw))

    def event(self, item: dict[str, Any], message_id: str) -> Event:
        """The event. Raises `Refused` or `TooDeep`."""
        read = _converted(item)
        kind = (read.type or "track").lower()
        name = _name(kind, read)
        warnings: list[str] = []
        identifiers = _identifiers(read, kind, warnings)
        props: dict[str, str] = {}
        nums: dict[str, float] = {}
        traits: dict[str, Trait] = {}
        properties = _properties(item, read, warnings)
        put_checked(properties, props, nums, self.limits)
        if kind in ("page", "screen") and (shown := text_of(read.name)):
            props.setdefault("name", shown)
        told = Told(kind, name, traits=traits)
        self._traits(read, told)
        check_count(props, nums, traits, self.limits.max_properties)
        bought = self._bought(properties, read)
        if bought.warning:
            warnings.append(bought.warning)
        sent = self.sent if read.sent_at is None else instant_ms(read.sent_at)
        ts = self.time(read.time, sent, props, warnings)
        if warnings:
            props[WARNINGS] = " ".join(warnings)
        return Event(
            message_id=message_id,
            type=kind,
            name=name,
            ts=ts,
            received=self.arrival.received,
            source=self.arrival.source,
            channel=self.arrival.channel or text_of(read.channel),
            identifiers=identifiers,
            traits=traits,
            props=props,
            nums=nums,
            session_id=text_of(read.session_id) or text_of(properties.get("session_id")),
            order_id=bought.order_id,
            product_id=bought.product_id,
            campaign_id=bought.campaign_id,
            revenue_minor=bought.revenue_minor,
            currency=bought.currency,
            quantity=bought.quantity,
            once=told.once,
            changes=tuple(told.changes),
        )

    def _traits(self, read: Item, told: Told) -> None:
        """What is stated about the person, and what changes it."""
        put_traits(read.traits or {}, told.traits, "", self.limits.max_depth)
        put_traits(read.traits_once or {}, told.once, "", self.limits.max_depth)
        told.traits.update(dict.fromkeys(read.traits_unset or ()))
        if read.traits_delete:
            told.changes.append(("delete", "", ""))
        put_changes(told, read.traits_add or {}, "add", self.limits)
        put_changes(told, read.traits_append or {}, "append", self.limits)
        check_count({}, {}, told.once, self.limits.max_properties)

    def _bought(self, properties: Mapping[str, object], read: Item) -> Commerce:
        """The commerce columns; what the event says itself goes before its properties."""
        said = {column: value for column, own in _MONEY if (value := getattr(read, own)) is not None}
        return commerce_of({**properties, **said} if said else properties, self.arrival.currency)


def decode(envelope: Envelope, arrival: Arrival) -> Decoded:
    """The events and rejections of a request, in order."""
    mapper = RestMapper(arrival, sent=instant_ms(envelope.sent_at))
    return mapper.outcomes(envelope)


def _converted(item: dict[str, Any]) -> Item:
    try:
        return msgspec.convert(item, Item)
    except msgspec.ValidationError as exc:
        at = _AT.search(str(exc))
        raise Refused("wrong_type", _AT.sub("", str(exc)), at[1] if at else "") from None


def _name(kind: str, read: Item) -> str:
    if kind == "track":
        return event_name(read.event)
    if kind not in _NAMES:
        guess = did_you_mean(kind, TYPES)
        raise Refused("unknown_type", f"unknown type {kind[:50]!r}{': ' + guess if guess else ''}", "type")
    return _NAMES[kind]


def _identifiers(read: Item, kind: str, warnings: list[str]) -> tuple[tuple[str, str], ...]:
    """Whom the event is about; of an unbind first the identifier that stays, then those that are taken away."""
    found = identifiers_of(read.identifiers or {}, warnings)
    if kind == "unbind":
        staying = identifiers_of(read.keep or {}, warnings)
        if len(staying) != 1:
            raise Refused("no_identifier", "an unbind needs exactly one identifier that stays", "keep")
        found = staying + found
    identifiers = usable(found, warnings)
    if not identifiers:
        raise Refused("no_identifier", "the event names nobody", "identifiers")
    if kind in _TOGETHER and len(identifiers) < 2:
        raise Refused("no_identifier", f"{kind} needs two identifiers", "identifiers")
    return identifiers


def _properties(item: dict[str, Any], read: Item, warnings: list[str]) -> dict[str, Any]:
    strangers = item.keys() - MEMBERS
    properties = read.properties or {}
    if not strangers:
        return properties
    warnings.extend("unknown_member:" + "_".join(name[:50].split()) for name in sorted(strangers))
    return {**{name: item[name] for name in sorted(strangers)}, **properties}
