"""One call of the Segment format as an `Event`: identifiers, traits, properties, commerce columns, time.

Pure and on the hot path: every event of every SDK passes here. What cannot become an event becomes a `Rejection`;
what can be mended is mended and named in the property ``$warnings``.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from ninefold.collect.event import NAMES, Event
from ninefold.collect.model import Limits, Rejection

from .body import repair
from .commerce import NOTHING, commerce_of
from .flatten import TooDeep, Trait, put_properties, put_traits, text_of
from .times import corrected, instant_ms

_ID = str | int | float | None
_IDENTIFIER_LENGTH = 1_024
_NAME_LENGTH = 255
_MESSAGE_ID_LENGTH = 100
_EXTERNAL_IDS = 20
_UUID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_AT = re.compile(r" - at `\$\.?(.*)`$")
_NUL = b"\\u0000"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for JSON that is broken or of another shape."""

T = TypeVar("T")


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
_WIDE = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where and when a request came in, and what is allowed.

    Attributes:
        source: key of the source.
        channel: its channel; empty lets each event say.
        received: arrival time, ms UTC.
        currency: of amounts that name none.
        limits: sizes and times allowed.
    """

    source: str
    channel: str
    received: int
    currency: str = "CNY"
    limits: Limits = _WIDE


class _Refused(Exception):  # noqa: N818 - a signal inside this module, turned into a rejection
    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason, self.field = code, reason, field


def decoded(decoder: "msgspec.json.Decoder[T]", raw: bytes) -> T:
    """Decode strictly; what a strict parser refuses is mended once. Raises what the decoder raises."""
    try:
        if _NUL not in raw:
            return decoder.decode(raw)
    except UNREADABLE:
        pass
    mended = repair(raw)
    return decoder.decode(raw if mended is None else mended)


class Mapper:
    """Maps the items of one request."""

    def __init__(self, arrival: Arrival, *, call: str, sent: int | None, context: Context | None) -> None:
        """Prepare for a request.

        Args:
            arrival: where and when it came in.
            call: type of all items; empty when each says its own.
            sent: when the client sent it, ms by its clock.
            context: context that all items share.
        """
        self._arrival = arrival
        self._limits = arrival.limits
        self._call = call
        self._sent = sent
        self._context = context
        self._repeats: dict[bytes, int] = {}

    def outcome(self, raw: bytes) -> Event | Rejection:
        """The event of one item, or why there is none."""
        if len(raw) > self._limits.max_event_bytes:
            reason = f"the event has {len(raw)} bytes; at most {self._limits.max_event_bytes} are allowed"
            return Rejection(code="event_too_large", reason=reason, raw=raw, message_id=self._id_of_bad(raw))
        try:
            item = decoded(_ITEM, raw)
        except UNREADABLE as exc:
            at = _AT.search(str(exc))
            code = "wrong_type" if isinstance(exc, msgspec.ValidationError) else "broken_json"
            return Rejection(
                code=code,
                reason=_AT.sub("", str(exc)),
                field=at[1] if at else "",
                raw=raw,
                message_id=self._id_of_bad(raw),
            )
        message_id = self._message_id(item, raw)
        try:
            return self._event(item, message_id)
        except _Refused as no:
            return Rejection(code=no.code, reason=no.reason, field=no.field, raw=raw, message_id=message_id)
        except TooDeep:
            reason = f"objects are nested deeper than {self._limits.max_depth} levels"
            return Rejection(code="too_deep", reason=reason, raw=raw, message_id=message_id)
        except Exception as exc:  # noqa: BLE001 - a defect of ours on one event must lose neither it nor the others
            return Rejection(code="defect", reason=repr(exc), raw=raw, message_id=message_id)

    def _id_of_bad(self, raw: bytes) -> str:
        try:
            return self._message_id(_Item(message_id=text_of(_NAMED.decode(raw).message_id)), raw)
        except UNREADABLE:
            return self._message_id(_Item(), raw)

    def _message_id(self, item: _Item, raw: bytes) -> str:
        """The given id; else one from the content, so that a repeated request gives the same ids.

        Without an id and without any time of the client two equal events cannot be told from a repeat: then the time
        of arrival tells them apart, for losing an event is worse than counting it twice.
        """
        given = text_of(item.message_id)
        if given:
            if len(given) <= _MESSAGE_ID_LENGTH:
                return given
            return "long:" + hashlib.blake2b(given.encode(), digest_size=16).hexdigest()
        repeat = self._repeats.get(raw, 0)
        self._repeats[raw] = repeat + 1
        own_time = item.timestamp is not None or item.original_timestamp is not None or item.sent_at is not None
        told = "" if own_time else str(self._arrival.received if self._sent is None else self._sent)
        digest = hashlib.blake2b(raw, digest_size=16)
        digest.update(f"|{repeat}|{told}".encode())
        return "auto:" + digest.hexdigest()

    def _event(self, item: _Item, message_id: str) -> Event:
        kind = self._call or (item.type or "").lower()
        name = NAMES.get(kind) or self._track_name(kind, item)
        warnings: list[str] = []
        context = self._joined(item.context)
        identifiers = _identifiers(item, kind, context, warnings)
        if not identifiers:
            raise _Refused("no_identifier", "the event has neither userId nor anonymousId", "userId")
        traits: dict[str, Trait] = {}
        props: dict[str, str] = {}
        nums: dict[str, float] = {}
        self._fill(item, kind, context, (traits, props, nums))
        bought = commerce_of(item.properties, self._arrival.currency) if item.properties else NOTHING
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
            self._arrival.received,
            self._arrival.source,
            self._arrival.channel or text_of(item.channel),
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
                raise _Refused("no_type", "the event has no type", "type")
            raise _Refused("unknown_type", f"unknown type {kind[:50]!r}", "type")
        name = text_of(item.event)
        if not name:
            raise _Refused("no_event_name", "a track call needs an event name", "event")
        if len(name) > _NAME_LENGTH:
            raise _Refused("name_too_long", f"an event name has at most {_NAME_LENGTH} characters", "event")
        return name

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
        room, most = self._limits.max_depth, self._limits.max_properties
        if item.properties:
            if len(item.properties) > most:
                raise _Refused("too_many_properties", f"more than {most} properties", "properties")
            put_properties(item.properties, props, nums, "", room)
        if item.traits and len(item.traits) > most:
            raise _Refused("too_many_properties", f"more than {most} traits", "traits")
        if kind == "identify":
            if context is not None and isinstance(context.traits, dict):
                put_traits(context.traits, traits, "", room)
            if item.traits:
                put_traits(item.traits, traits, "", room)
        elif kind != "track":
            _fill_named(item, kind, props, nums, room)
        if len(props) + len(nums) > most or len(traits) > most:
            raise _Refused("too_many_properties", f"more than {most} properties after flattening", "properties")
        if context is not None:
            _put_context(context, props, nums, room)

    def _time(self, item: _Item, props: dict[str, str], warnings: list[str]) -> int:
        received = self._arrival.received
        given = item.timestamp if item.original_timestamp is None else item.original_timestamp
        if given is None:
            return received
        original = instant_ms(given)
        if original is None:
            ts, warning = received, "timestamp_unreadable"
        else:
            sent = self._sent if item.sent_at is None else instant_ms(item.sent_at)
            ts, warning = corrected(original, sent=sent, received=received, limits=self._limits)
        if warning:
            warnings.append(warning)
            props["$original_timestamp"] = str(given)[:100]
        return ts


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
        _contacts(item.traits, found)
    if context is not None:
        if context.traits is not None and isinstance(context.traits, dict):
            _contacts(context.traits, found)
        if context.device is not None and isinstance(context.device, dict):
            found.append(("device_id", text_of(context.device.get("id"))))
    if item.anonymous_id is not None:
        found.append(("anonymous_id", text_of(item.anonymous_id)))
    return _usable(found, warnings)


def _usable(found: list[tuple[str, str]], warnings: list[str]) -> tuple[tuple[str, str], ...]:
    if len(found) == 1 and 0 < len(found[0][1]) <= _IDENTIFIER_LENGTH:
        return (found[0],)
    kept = tuple(dict.fromkeys(pair for pair in found if 0 < len(pair[1]) <= _IDENTIFIER_LENGTH))
    if any(len(value) > _IDENTIFIER_LENGTH for _, value in found):
        warnings.append("identifier_too_long")
    return kept


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


def _contacts(traits: dict[str, Any], found: list[tuple[str, str]]) -> None:
    found.extend((space, text) for space in ("email", "phone") if (text := text_of(traits.get(space))))


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
