"""One call of the Segment format as an `Event`: identifiers, traits, properties, commerce columns, time.

Pure and on the hot path: every event of every SDK passes here. What cannot become an event becomes a `Rejection`;
what can be mended is mended and named in the property ``$warnings``.
"""

import re
from typing import Any

import msgspec

from ninefold.collect.event import NAMES, Event
from ninefold.collect.wires.commerce import NOTHING, commerce_of
from ninefold.collect.wires.flatten import Trait, put_properties, put_traits, text_of
from ninefold.collect.wires.items import ItemMapper, Refused, check_count, contacts, event_name, put_checked, usable
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival

_ID = str | int | float | None
_EXTERNAL_IDS = 20
_UUID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")


class Context(msgspec.Struct, rename="camel", gc=False):
    """The parts of a call's context that are kept.

    The IP address and the user agent are not, to hold the least data; nor is the SDK's own name.
    """

    traits: Any = None
    external_ids: Any = None
    session_id: Any = None
    campaign: Any = None
    page: Any = None
    device: Any = None
    app: Any = None
    os: Any = None
    consent: Any = None
    locale: Any = None
    timezone: Any = None


class _Item(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    user_id: _ID = None
    anonymous_id: _ID = None
    event: _ID = None
    name: Any = None
    category: Any = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    group_id: _ID = None
    previous_id: _ID = None
    context: Context | None = None
    timestamp: _ID = None
    original_timestamp: _ID = None
    sent_at: _ID = None
    message_id: _ID = None
    channel: Any = None


class _Named(msgspec.Struct, rename="camel"):
    message_id: Any = None


_ITEM = msgspec.json.Decoder(_Item)
_NAMED = msgspec.json.Decoder(_Named)


class Mapper(ItemMapper[_Item]):
    """Maps the items of one request."""

    decoder = _ITEM

    def __init__(self, arrival: Arrival, *, call: str, sent: int | None, context: Context | None) -> None:
        """Prepare for a request.

        Args:
            arrival: where and when it came in.
            call: type of all items; empty when each says its own.
            sent: when the client sent it, ms by its clock.
            context: context that all items share.
        """
        super().__init__(arrival, sent=sent)
        self._call = call
        self._context = context

    def given_id(self, item: _Item) -> str:
        """``messageId``."""
        return text_of(item.message_id)

    def has_time(self, item: _Item) -> bool:
        """``timestamp``, ``originalTimestamp`` or ``sentAt``."""
        return item.timestamp is not None or item.original_timestamp is not None or item.sent_at is not None

    def id_within(self, raw: bytes) -> str:
        """``messageId`` alone."""
        return text_of(_NAMED.decode(raw).message_id)

    def event(self, item: _Item, message_id: str) -> Event:
        """The event of a call."""
        kind = self._call or (item.type or "").lower()
        name = NAMES.get(kind) or self._track_name(kind, item)
        warnings: list[str] = []
        context = self._joined(item.context)
        identifiers = _identifiers(item, kind, context, warnings)
        if not identifiers:
            raise Refused("no_identifier", "the event has neither userId nor anonymousId", "userId")
        traits: dict[str, Trait] = {}
        props: dict[str, str] = {}
        nums: dict[str, float] = {}
        self._fill(item, kind, context, (traits, props, nums))
        bought = commerce_of(item.properties, self.arrival.currency) if item.properties else NOTHING
        if bought.warning:
            warnings.append(bought.warning)
        ts = self._time(item, props, warnings)
        if warnings:
            props["$warnings"] = " ".join(warnings)
        return Event(
            message_id,
            kind,
            name,
            ts,
            self.arrival.received,
            self.arrival.source,
            self.arrival.channel or text_of(item.channel),
            identifiers,
            0,
            traits,
            props,
            nums,
            _session(item, context),
            bought.order_id,
            bought.product_id,
            bought.campaign_id or _campaign(context),
            bought.revenue_minor,
            bought.currency,
            bought.quantity,
        )

    @staticmethod
    def _track_name(kind: str, item: _Item) -> str:
        if kind != "track":
            if not kind:
                raise Refused("no_type", "the event has no type", "type")
            raise Refused("unknown_type", f"unknown type {kind[:50]!r}", "type")
        return event_name(item.event)

    def _joined(self, own: Context | None) -> Context | None:
        """The item's context over the one that the whole request shares."""
        shared = self._context
        if shared is None or own is None:
            return own or shared
        return Context(
            *(
                getattr(shared, part) if (value := getattr(own, part)) is None else value
                for part in Context.__struct_fields__
            )
        )

    def _fill(
        self,
        item: _Item,
        kind: str,
        context: Context | None,
        maps: tuple[dict[str, Trait], dict[str, str], dict[str, float]],
    ) -> None:
        traits, props, nums = maps
        room, most = self.limits.max_depth, self.limits.max_properties
        if item.properties:
            put_checked(item.properties, props, nums, self.limits)
        if item.traits and len(item.traits) > most:
            raise Refused("too_many_properties", f"more than {most} traits", "traits")
        if kind == "identify":
            if context is not None and isinstance(context.traits, dict):
                put_traits(context.traits, traits, "", room)
            if item.traits:
                put_traits(item.traits, traits, "", room)
        elif kind != "track":
            _fill_named(item, kind, props, nums, room)
        check_count(props, nums, traits, most)
        if context is not None:
            _put_context(context, props, nums, room)

    def _time(self, item: _Item, props: dict[str, str], warnings: list[str]) -> int:
        given = item.timestamp if item.original_timestamp is None else item.original_timestamp
        sent = self.sent if item.sent_at is None or given is None else instant_ms(item.sent_at)
        return self.time(given, sent, props, warnings)


def _identifiers(item: _Item, kind: str, context: Context | None, warnings: list[str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    user = text_of(item.user_id)
    if user:
        found.append(("user_id", user))
    if kind == "alias":
        found.append(_previous(text_of(item.previous_id), user))
    if context is not None and context.external_ids is not None:
        _external(context.external_ids, found)
    if kind == "identify" and item.traits:
        found.extend(contacts(item.traits))
    if context is not None:
        if context.traits is not None and isinstance(context.traits, dict):
            found.extend(contacts(context.traits))
        if context.device is not None and isinstance(context.device, dict):
            found.append(("device_id", text_of(context.device.get("id"))))
    if item.anonymous_id is not None:
        found.append(("anonymous_id", text_of(item.anonymous_id)))
    return usable(found, warnings)


def _previous(previous: str, user: str) -> tuple[str, str]:
    """Anonymous ids of these SDKs are UUIDs; where user ids are UUIDs themselves the shape says nothing."""
    is_anonymous = _UUID.match(previous) is not None and _UUID.match(user) is None
    return ("anonymous_id" if is_anonymous else "user_id", previous)


def _external(entries: object, found: list[tuple[str, str]]) -> None:
    if not isinstance(entries, list):
        return
    for entry in entries[:_EXTERNAL_IDS]:
        if isinstance(entry, dict):
            namespace, value = text_of(entry.get("type")), text_of(entry.get("id"))
            if namespace and value and len(namespace) <= 100:
                found.append((namespace, value))


def _fill_named(item: _Item, kind: str, props: dict[str, str], nums: dict[str, float], room: int) -> None:
    """What page, screen and group calls say outside of their properties."""
    if kind == "group":
        if group := text_of(item.group_id):
            props["group_id"] = group
        if item.traits:
            put_properties(item.traits, props, nums, "group.", room)
    elif kind in ("page", "screen"):
        for key, value in (("name", item.name), ("category", item.category)):
            if (text := text_of(value)) and key not in props:
                props[key] = text


def _put_context(context: Context, props: dict[str, str], nums: dict[str, float], room: int) -> None:
    for section, values in (
        ("context.page.", context.page),
        ("context.campaign.", context.campaign),
        ("context.app.", context.app),
        ("context.os.", context.os),
        ("context.device.", context.device),
        ("context.consent.", context.consent),
    ):
        if values and isinstance(values, dict):
            put_properties(values, props, nums, section, room)
    if context.device is not None:  # its id stands among the identifiers
        props.pop("context.device.id", None)
        nums.pop("context.device.id", None)
    if type(context.locale) is str:
        props["context.locale"] = context.locale
    if type(context.timezone) is str:
        props["context.timezone"] = context.timezone


def _session(item: _Item, context: Context | None) -> str:
    if item.properties and (own := text_of(item.properties.get("session_id"))):
        return own
    return text_of(context.session_id) if context is not None and context.session_id is not None else ""


def _campaign(context: Context | None) -> str:
    if context is None or context.campaign is None or not isinstance(context.campaign, dict):
        return ""
    return text_of(context.campaign.get("id")) or text_of(context.campaign.get("name"))
