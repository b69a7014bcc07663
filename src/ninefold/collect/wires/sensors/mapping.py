"""One record of the Sensors Data format as an `Event`: identities, profile operations, presets, time.

Pure. Record types: https://github.com/sensorsdata/sa-sdk-python; identities are those of the vendor's ID-Mapping 3.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ninefold.collect.event import Event
from ninefold.collect.model import ItemStatement
from ninefold.collect.wires.commerce import commerce_of
from ninefold.collect.wires.flatten import Trait, put_traits, text_of
from ninefold.collect.wires.items import (
    NAME_LENGTH,
    ItemMapper,
    Refused,
    Told,
    check_count,
    contacts,
    event_name,
    put_changes,
    put_checked,
    usable,
)
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival

_ID = str | int | float | None
_PREFIX = "$identity_"

NAMESPACES: Final[Mapping[str, str]] = {
    "$identity_login_id": "user_id",
    "$identity_mobile": "phone",
    "$identity_email": "email",
    "$identity_cookie_id": "anonymous_id",
    "$identity_anonymous_id": "anonymous_id",
    "$identity_distinct_id": "anonymous_id",
    "$identity_mp_id": "anonymous_id",
    "$identity_android_id": "device_id",
    "$identity_android_uuid": "device_id",
    "$identity_idfv": "device_id",
    "$identity_ios_uuid": "device_id",
    "$identity_harmony_uuid": "device_id",
    "$identity_mp_openid": "openid",
    "$identity_openid": "openid",
    "$identity_wechat_openid": "openid",
    "$identity_mp_unionid": "unionid",
    "$identity_unionid": "unionid",
    "$identity_wechat_unionid": "unionid",
}
"""Preset identity keys and our namespaces; others keep their name without ``$identity_``."""

PRESETS: Final[Mapping[str, str]] = {
    "$url": "context.page.url",
    "$url_path": "context.page.path",
    "$title": "context.page.title",
    "$referrer": "context.page.referrer",
    "$utm_source": "context.campaign.source",
    "$utm_medium": "context.campaign.medium",
    "$utm_campaign": "context.campaign.name",
    "$utm_term": "context.campaign.term",
    "$utm_content": "context.campaign.content",
    "$app_id": "context.app.namespace",
    "$app_name": "context.app.name",
    "$app_version": "context.app.version",
    "$os": "context.os.name",
    "$os_version": "context.os.version",
    "$model": "context.device.model",
    "$manufacturer": "context.device.manufacturer",
    "$brand": "context.device.brand",
    "$language": "context.locale",
    "$screen_name": "name",
}
"""Preset properties and the names that the Segment wire gives to the same facts."""

_DROPPED = frozenset(("$lib", "$lib_version", "$lib_method", "$lib_detail", "$ip", "$user_agent", "$is_login_id",
                      "$device_id", "$session_id", "$event_session_id", "$time", "$token", "$project"))  # fmt: skip
_NAMES: Final = {
    "$pageview": ("page", "$page"),
    "$AppViewScreen": ("screen", "$screen"),
    "$MPViewScreen": ("screen", "$screen"),
}
_PROFILE: Final = frozenset((
    "profile_set", "profile_set_once", "profile_unset", "profile_increment", "profile_append", "profile_delete",
))  # fmt: skip
_ITEMS: Final = frozenset(("item_set", "item_delete"))
_DETAILS: Final = frozenset(("detail_set", "detail_delete"))


class _Record(msgspec.Struct, gc=False):
    type: str | None = None
    event: _ID = None
    distinct_id: _ID = None
    original_id: _ID = None
    login_id: _ID = None
    anonymous_id: _ID = None
    identities: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    time: _ID = None
    time_free: Any = None
    flush_time: _ID = msgspec.field(name="_flush_time", default=None)
    track_id: _ID = msgspec.field(name="_track_id", default=None)
    lib: Any = None
    ekey: Any = None
    item_type: _ID = None
    item_id: _ID = None


class _Named(msgspec.Struct):
    track_id: Any = msgspec.field(name="_track_id", default=None)
    distinct_id: Any = None
    time: Any = None


_RECORD = msgspec.json.Decoder(_Record)
_NAMED = msgspec.json.Decoder(_Named)
_SORTED = msgspec.json.Encoder(order="deterministic")


class Mapper(ItemMapper[_Record]):
    """Maps the records of one request."""

    decoder = _RECORD

    def __init__(self, arrival: Arrival, *, warnings: tuple[str, ...]) -> None:
        """Args: where and when the request came in, and what is doubtful about all of it."""
        super().__init__(arrival)
        self._warnings = warnings

    def given_id(self, item: _Record) -> str:
        """``_track_id`` is only unique beside the id and the time of its record."""
        return _scoped(item.track_id, item.distinct_id, item.time)

    def id_within(self, raw: bytes) -> str:
        """The same of a record that cannot be read as a whole."""
        named = _NAMED.decode(raw)
        return _scoped(named.track_id, named.distinct_id, named.time)

    def has_time(self, item: _Record) -> bool:
        """``time``."""
        return item.time is not None

    def content(self, item: _Record, raw: bytes) -> bytes:
        """The record without ``_flush_time``, which is another one each time it is sent."""
        if item.flush_time is None:
            return raw
        return _SORTED.encode(msgspec.structs.replace(item, flush_time=None))

    def event(self, item: _Record, message_id: str) -> Event | ItemStatement:
        """The event of a record, or what it states about an item."""
        if item.type in _ITEMS:
            return self._item(item, message_id)
        kind, name = _kind(item)
        told = Told(kind, name, warnings=list(self._warnings))
        properties = item.properties or {}
        told.identifiers = usable(_identifiers(item, kind, properties), told.warnings)
        if not told.identifiers:
            raise Refused("no_identifier", "the record has neither distinct_id nor identities", "distinct_id")
        if kind == "identify":
            self._traits(item, properties, told)
        else:
            put_checked(_renamed(properties), told.props, told.nums, self.limits)
            _lib(item.lib, told.props)
            if item.type == "track":
                told.bought = commerce_of(properties, self.arrival.currency)
        check_count(told.props, told.nums, told.traits or told.once, self.limits.max_properties)
        original = text_of(item.event)
        if original and original != name:
            told.props["$event"] = original
        told.ts = self._time(item, properties, told.props, told.warnings)
        told.session_id = text_of(properties.get("$event_session_id")) or text_of(properties.get("$session_id"))
        return self.made(told, message_id)

    def _item(self, item: _Record, message_id: str) -> ItemStatement:
        """What is said about an item: its properties are set, or it is deleted."""
        item_type, item_id = text_of(item.item_type), text_of(item.item_id)
        if not (item_type and item_id) or max(len(item_type), len(item_id)) > NAME_LENGTH:
            raise Refused("no_item", f"an item needs item_type and item_id, at most {NAME_LENGTH} long", "item_id")
        properties = item.properties or {}
        said: dict[str, Trait] = {}
        put_traits({key: value for key, value in properties.items() if key not in _DROPPED}, said, "",
                   self.limits.max_depth)  # fmt: skip
        check_count({}, {}, said, self.limits.max_properties)
        ts = self._time(item, properties, {}, [])
        removed = item.type == "item_delete"
        return ItemStatement(message_id=message_id, item_type=item_type, item_id=item_id, ts=ts,
                             properties={} if removed else said, removed=removed)  # fmt: skip

    def _traits(self, item: _Record, properties: dict[str, Any], told: Told) -> None:
        """The vendor's operations on a profile: set, set once, unset, increment, append, delete."""
        if len(properties) > self.limits.max_properties:
            raise Refused("too_many_properties", f"more than {self.limits.max_properties} traits", "properties")
        said = {key: value for key, value in properties.items() if key not in _DROPPED}
        match item.type:
            case "profile_unset":
                told.traits.update(dict.fromkeys(said))
            case "profile_increment":
                put_changes(told, said, "add", self.limits)
            case "profile_append":
                put_changes(told, said, "append", self.limits)
            case "profile_delete":
                told.changes.append(("delete", "", ""))
            case "profile_set_once":
                put_traits(said, told.once, "", self.limits.max_depth)
            case _:
                put_traits(said, told.traits, "", self.limits.max_depth)

    def _time(self, item: _Record, properties: dict[str, Any], props: dict[str, str], warnings: list[str]) -> int:
        given = item.time if item.time is not None else text_of(properties.get("$time")) or None
        sent = None if item.time_free is True or item.flush_time is None else instant_ms(item.flush_time)
        return self.time(given, sent, props, warnings)


def _scoped(track_id: object, distinct_id: object, time: object) -> str:
    given = text_of(track_id)
    if not given:
        return ""
    beside = hashlib.blake2b(f"{text_of(distinct_id)}|{text_of(time)}".encode("utf-8", "replace"), digest_size=8)
    return f"{given[:60]}:{beside.hexdigest()}"


def _kind(item: _Record) -> tuple[str, str]:
    """Our type and name of a record."""
    given = item.type or ""
    match given:
        case "track":
            name = event_name(item.event)
            return _NAMES.get(name, ("track", name))
        case "track_signup":
            return "alias", text_of(item.event) or "$SignUp"
        case "track_id_bind":
            return "bind", "$bind"
        case "track_id_unbind":
            return "unbind", "$unbind"
        case _ if given in _PROFILE:
            return "identify", "$identify"
        case _ if given in _DETAILS:
            raise Refused("no_entities", f"{given} is put aside until entities are kept; replay it then", "type")
        case _ if item.ekey is not None:
            raise Refused("encrypted", "the record is encrypted; switch encryption off in the SDK", "ekey")
        case "":
            raise Refused("no_type", "the record has no type", "type")
        case _:
            raise Refused("unknown_type", f"unknown type {given[:50]!r}", "type")


def _identifiers(item: _Record, kind: str, properties: Mapping[str, object]) -> list[tuple[str, str]]:
    """All identifiers, the one that names the person best first; of an unbind, the one that stays first."""
    named = [(namespace_of(key), text_of(value)) for key, value in (item.identities or {}).items()]
    distinct = _distinct(item, properties, named)
    if kind == "unbind":
        # The vendor names what is taken away; what stays is the id of the record, where that is another one.
        stays = [one for one in (("user_id", text_of(item.login_id)), *distinct) if one[1] and one not in named]
        return stays[:1] + named
    found = [("user_id", text_of(item.login_id)), *(one for one in named if one[0] == "user_id")]
    if kind == "alias":
        found += [("user_id", value) for space, value in distinct if space == "anonymous_id"]
        found += [one for one in distinct if one[0] != "anonymous_id"]
        found.append(("anonymous_id", text_of(item.original_id)))
    found += [one for one in named if one[0] != "user_id"]
    if kind != "alias":
        found += distinct
    found.append(("anonymous_id", text_of(item.anonymous_id)))
    if kind == "identify" and item.type == "profile_set":
        found[1:1] = contacts(properties)
    found.append(("device_id", text_of(properties.get("$device_id"))))
    return found


def _distinct(item: _Record, properties: Mapping[str, object], named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What ``distinct_id`` says beside the identities: ``key+value``, a login id, or the id of a device."""
    value = text_of(item.distinct_id)
    if not value:
        return []
    key, plus, rest = value.partition("+")
    if plus and (key.startswith(_PREFIX) or (item.identities is not None and key in item.identities)):
        return [(namespace_of(key), rest)]
    if any(value == known for _, known in named) or value == text_of(item.login_id):
        return []
    return [("user_id" if properties.get("$is_login_id") is True else "anonymous_id", value)]


def namespace_of(key: str) -> str:
    """Our namespace of an identity key.

    >>> namespace_of("$identity_mobile"), namespace_of("$identity_car_vin"), namespace_of("crm_id")
    ('phone', 'car_vin', 'crm_id')
    """
    return NAMESPACES.get(key) or key.removeprefix(_PREFIX)[:100]


def _renamed(properties: dict[str, Any]) -> dict[str, Any]:
    """Presets under the names of the Segment wire, without those that describe the SDK, the address or the session."""
    return {PRESETS.get(key, key): value for key, value in properties.items() if key not in _DROPPED}


def _lib(lib: object, props: dict[str, str]) -> None:
    if isinstance(lib, dict) and (version := text_of(lib.get("$app_version"))):
        props.setdefault("context.app.version", version)
