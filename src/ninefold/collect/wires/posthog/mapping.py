"""One event of the PostHog format as an `Event`: who, what is set about them, properties, time.

Pure. PostHog knows one kind of id, the ``distinct_id``; here it is a user id or that of an anonymous visitor, see
`_who`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ninefold.collect.event import Event
from ninefold.collect.model import ItemStatement
from ninefold.collect.wires.commerce import commerce_of
from ninefold.collect.wires.flatten import Trait, put_properties, put_traits, text_of
from ninefold.collect.wires.items import (
    NAME_LENGTH,
    ItemMapper,
    Refused,
    Told,
    check_count,
    contacts,
    event_name,
    put_checked,
    usable,
)
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival

_ID_LENGTH = 200
_UUID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_JSON = msgspec.json.Encoder()

PRESETS: Final[Mapping[str, str]] = {
    "$current_url": "context.page.url",
    "$pathname": "context.page.path",
    "title": "context.page.title",
    "$title": "context.page.title",
    "$referrer": "context.page.referrer",
    "utm_source": "context.campaign.source",
    "utm_medium": "context.campaign.medium",
    "utm_campaign": "context.campaign.name",
    "utm_term": "context.campaign.term",
    "utm_content": "context.campaign.content",
    "$app_name": "context.app.name",
    "$app_version": "context.app.version",
    "$app_build": "context.app.build",
    "$app_namespace": "context.app.namespace",
    "$os": "context.os.name",
    "$os_name": "context.os.name",
    "$os_version": "context.os.version",
    "$device_type": "context.device.type",
    "$device_model": "context.device.model",
    "$device_manufacturer": "context.device.manufacturer",
    "$locale": "context.locale",
    "$browser_language": "context.locale",
    "$timezone": "context.timezone",
    "$screen_name": "name",
}
"""Preset properties and the names that the Segment wire gives to the same facts."""

_DROPPED = frozenset((
    "token", "api_key", "distinct_id", "$lib", "$lib_version", "$ip", "$raw_user_agent", "$user_agent", "$user_id",
    "$device_id", "$session_id", "$anon_distinct_id", "$set", "$set_once",
    "$unset", "$is_identified", "$process_person_profile",
    "$geoip_disable", "$insert_id", "$group_set", "$group_key", "$ignore_sent_at", "$cookieless_mode", "$sent_at",
    "$config_defaults",
))  # fmt: skip
_ALIASES = ("$create_alias", "$merge_dangerously")
_NAMES: Final = {
    "$identify": ("identify", "$identify"),
    "$set": ("identify", "$identify"),
    "$set_once": ("identify", "$identify"),
    "$pageview": ("page", "$page"),
    "$screen": ("screen", "$screen"),
    "$create_alias": ("alias", "$alias"),
    "$merge_dangerously": ("alias", "$alias"),
    "$groupidentify": ("group", "$group"),
}


class _Item(msgspec.Struct, gc=False):
    event: Any = None
    distinct_id: Any = None
    other_id: Any = msgspec.field(name="$distinct_id", default=None)
    properties: dict[str, Any] | None = None
    set: Any = msgspec.field(name="$set", default=None)
    set_once: Any = msgspec.field(name="$set_once", default=None)
    unset: Any = msgspec.field(name="$unset", default=None)
    timestamp: str | int | float | None = None
    offset: Any = None
    sent_at: str | int | float | None = None
    uuid: Any = None
    session_id: Any = None
    options: Any = None


class _Named(msgspec.Struct):
    uuid: Any = None


_ITEM = msgspec.json.Decoder(_Item)
_NAMED = msgspec.json.Decoder(_Named)


class Mapper(ItemMapper[_Item]):
    """Maps the events of one request."""

    decoder = _ITEM

    def __init__(self, arrival: Arrival, *, call: str, sent: int | None) -> None:
        """Args: where and when the request came in, its path, and when the client says that it sent it (ms)."""
        super().__init__(arrival, sent=sent)
        self._call = call

    def given_id(self, item: _Item) -> str:
        """``uuid``, else ``properties.$insert_id``."""
        return text_of(item.uuid) or text_of((item.properties or {}).get("$insert_id"))

    def id_within(self, raw: bytes) -> str:
        """``uuid`` alone."""
        return text_of(_NAMED.decode(raw).uuid)

    def has_time(self, item: _Item) -> bool:
        """``timestamp``."""
        return item.timestamp is not None

    def event(self, item: _Item, message_id: str) -> Event | ItemStatement:
        """The event, or what it states about a group without a person."""
        properties = item.properties or {}
        given = "$identify" if self._call == "engage" and item.event is None else event_name(item.event)
        if given == "$groupidentify" and _of_nobody(item, properties):
            return self._group(item, properties, message_id)
        kind, name = _NAMES.get(given, ("track", given))
        told = Told(kind, name)
        stated = _stated(item, properties)
        told.identifiers = usable(_who(item, given, properties, stated), told.warnings)
        if not told.identifiers:
            raise Refused("no_identifier", "the event has no distinct_id", "distinct_id")
        put_traits(stated, told.traits, "", self.limits.max_depth)
        put_traits(_stated_once(item, properties), told.once, "", self.limits.max_depth)
        props, nums = told.props, told.nums
        put_checked(_renamed(properties), props, nums, self.limits)
        if kind == "alias":
            props.pop("alias", None)  # stands among the identifiers
        if kind == "group":
            props["group_id"] = text_of(properties.get("$group_key"))
            if isinstance(about := properties.get("$group_set"), dict):
                put_properties(about, props, nums, "group.", self.limits.max_depth)
        check_count(props, nums, told.traits, self.limits.max_properties)
        check_count({}, {}, told.once, self.limits.max_properties)
        if given != name:
            props["$event"] = given
        told.bought = commerce_of(properties, self.arrival.currency)
        told.ts = self._time(item, properties, props, told.warnings)
        told.session_id = text_of(item.session_id) or text_of(properties.get("$session_id"))
        return self.made(told, message_id)

    def _group(self, item: _Item, properties: dict[str, Any], message_id: str) -> ItemStatement:
        """What is said about a group, e.g. a company, as a thing of its own."""
        about = properties.get("$group_set")
        said: dict[str, Trait] = {}
        put_traits(about if isinstance(about, dict) else {}, said, "", self.limits.max_depth)
        check_count({}, {}, said, self.limits.max_properties)
        item_type, item_id = text_of(properties.get("$group_type")), text_of(properties.get("$group_key"))
        if not (item_type and item_id) or max(len(item_type), len(item_id)) > NAME_LENGTH:
            raise Refused("no_item", f"a group needs a type and a key, at most {NAME_LENGTH} long", "properties")
        ts = self._time(item, properties, {}, [])
        return ItemStatement(message_id=message_id, item_type=item_type, item_id=item_id, ts=ts, properties=said)

    def _time(self, item: _Item, properties: dict[str, Any], props: dict[str, str], warnings: list[str]) -> int:
        """``timestamp`` corrected by the time of sending; else ``offset``, the milliseconds the event waited."""
        options = item.options if isinstance(item.options, dict) else {}
        trusted = options.get("disable_skew_correction") is True or properties.get("$ignore_sent_at") is True
        if item.timestamp is None and isinstance(item.offset, int | float) and not isinstance(item.offset, bool):
            waited = item.offset if 0 <= item.offset < self.arrival.received else 0
            return self.time(self.arrival.received - int(waited), None, props, warnings)
        sent = self.sent if item.sent_at is None else instant_ms(item.sent_at)
        return self.time(item.timestamp, None if trusted else sent, props, warnings)


def _stated(item: _Item, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What the event states about the person: ``$set``, and ``$unset`` as removals; of two places both count."""
    stated: dict[str, Any] = {}
    for given in (properties.get("$set"), item.set):
        if isinstance(given, dict):
            stated |= given
    for given in (properties.get("$unset"), item.unset):
        if isinstance(given, list):
            stated |= {key: None for key in given if isinstance(key, str)}
    return stated


def _stated_once(item: _Item, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What holds only where nothing else is stated: ``$set_once``; of two places both count."""
    stated: dict[str, Any] = {}
    for given in (properties.get("$set_once"), item.set_once):
        if isinstance(given, dict):
            stated |= given
    return stated


def _who(item: _Item, given: str, properties: Mapping[str, Any], stated: Mapping[str, object]) -> list[tuple[str, str]]:
    """The identifiers of an event, the one that names the person best first.

    What ``$identify`` names is a user id. An alias, and the id of any other event, is a user id unless the event says
    otherwise or it is a UUID, as SDKs make for anonymous visitors. A user id that is a UUID stands in both
    namespaces, so that a server's plain events find the person too.
    """
    distinct = _distinct(item, properties)
    user, anonymous = id_text(properties.get("$user_id")), id_text(properties.get("$anon_distinct_id"))
    device = id_text(properties.get("$device_id"))
    found: list[tuple[str, str]] = []
    if given == "$identify" or (user and user == distinct) or properties.get("$is_identified") is True:
        found = _identified(distinct)
    elif distinct and (properties.get("$is_identified") is False or device == distinct):
        found = [("anonymous_id", distinct)]
    elif distinct:
        found = [_by_shape(distinct)]
    if user and user != distinct:
        found = _identified(user) + found
    if given in _ALIASES and (alias := id_text(properties.get("alias"))):
        found.append(_by_shape(alias))
        found.sort(key=lambda pair: pair[0] != "user_id")
    found += contacts(stated)
    found += [("device_id", device), ("anonymous_id", anonymous)]
    return found


def _distinct(item: _Item, properties: Mapping[str, Any]) -> str:
    given = (item.distinct_id, item.other_id, properties.get("distinct_id"))
    return next((text for one in given if (text := id_text(one))), "")


def _of_nobody(item: _Item, properties: Mapping[str, Any]) -> bool:
    """Whether SDKs made up the id of a person, ``$type_key``, for a group that they only describe."""
    made_up = f"${text_of(properties.get('$group_type'))}_{text_of(properties.get('$group_key'))}"
    return _distinct(item, properties) == made_up


def _identified(value: str) -> list[tuple[str, str]]:
    return [("user_id", value), *([("anonymous_id", value)] if _UUID.match(value) else [])]


def _by_shape(value: str) -> tuple[str, str]:
    return ("anonymous_id" if _UUID.match(value) else "user_id", value)


def id_text(value: object) -> str:
    """An id as PostHog reads it: numbers, booleans and objects become text; at most 200 characters.

    >>> id_text(12), id_text({"a": 1}), id_text(None), len(id_text("x" * 300))
    ('12', '{"a":1}', '', 200)
    """
    if value is None:
        return ""
    text = text_of(value) if isinstance(value, str | float) else _JSON.encode(value).decode()
    return text[:_ID_LENGTH]


def _renamed(properties: dict[str, Any]) -> dict[str, Any]:
    """Presets under the names of the Segment wire, without ids and what describes the SDK or the address."""
    return {PRESETS.get(key, key): value for key, value in properties.items() if key not in _DROPPED}
