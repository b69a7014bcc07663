"""What every wire does with one item: read it, name it, turn it into an `Event`, or say why not.

Pure and on the hot path. What cannot become an event becomes a `Rejection` with its bytes; what can be mended is
mended and named in the property ``$warnings``. A wire fills in four methods of `ItemMapper`.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from ninefold.collect.event import Event
from ninefold.collect.model import WARNINGS, Decoded, ItemStatement, Limits, Outcome, Rejection

from .body import repair
from .commerce import NOTHING, Commerce
from .flatten import TooDeep, Trait, put_properties, put_traits, text_of
from .times import corrected, instant_ms
from .wire import Arrival, Envelope

IDENTIFIER_LENGTH = 1_024
NAME_LENGTH = 255
_MESSAGE_ID_LENGTH = 100
_AT = re.compile(r" - at `\$\.?(.*)`$")
_NUL = b"\\u0000"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for JSON that is broken or of another shape."""

T = TypeVar("T")


class Refused(Exception):  # noqa: N818 - a signal inside the wires, turned into a rejection
    """This item cannot become an event."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        """Args: stable code, a sentence for a person, path of the field at fault."""
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


Change = tuple[str, str, str | float | bool]


@dataclass(slots=True)
class Told:
    """What one item tells, gathered piece by piece; the parts of an `Event` that every wire fills alike.

    Attributes:
        kind: type of the event.
        name: its name.
        identifiers: whom it is about, usable ones only.
        ts: when it happened, ms.
        session_id: session of the client.
        bought: commerce columns.
        traits, once, changes: what is stated about the person, see `Event`.
        props, nums: properties.
        warnings: what was mended.
    """

    kind: str
    name: str
    identifiers: tuple[tuple[str, str], ...] = ()
    ts: int = 0
    session_id: str = ""
    bought: Commerce = NOTHING
    traits: dict[str, Trait] = field(default_factory=dict)
    once: dict[str, Trait] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    props: dict[str, str] = field(default_factory=dict)
    nums: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class ItemMapper(Generic[T]):
    """Maps the items of one request; a wire derives its own, which says how an item is read.

    Attributes:
        decoder: reads an item.
        arrival: where and when the request came in.
        limits: of the arrival.
        sent: when the client sent it, ms by its clock.
    """

    decoder: "msgspec.json.Decoder[T]"

    def __init__(self, arrival: Arrival, *, sent: int | None = None) -> None:
        """Args: where and when the request came in, and when the client says that it sent it (ms)."""
        self.arrival = arrival
        self.limits = arrival.limits
        self.sent = sent
        self._repeats: dict[bytes, int] = {}

    def event(self, item: T, message_id: str) -> Event | ItemStatement:
        """The event of an item, or what it states about a thing. Raises `Refused` or `TooDeep`."""
        raise NotImplementedError

    def given_id(self, item: T) -> str:
        """The id that the client gave, or empty."""
        raise NotImplementedError

    def has_time(self, item: T) -> bool:
        """Whether the item holds a time of the client, which tells two equal events apart."""
        raise NotImplementedError

    def id_within(self, raw: bytes) -> str:
        """The id that the client gave in an item that cannot be read as a whole. Raises `UNREADABLE`."""
        raise NotImplementedError

    def content(self, _item: T, raw: bytes) -> bytes:
        """What an id is made of where none was given; the same for a repeat, so without what changes on the way."""
        return raw

    def outcome(self, raw: bytes) -> Outcome:
        """The event of one item, or why there is none."""
        if len(raw) > self.limits.max_event_bytes:
            reason = f"the event has {len(raw)} bytes; at most {self.limits.max_event_bytes} are allowed"
            return Rejection(code="event_too_large", reason=reason, raw=raw, message_id=self._id_of_bad(raw))
        try:
            item = decoded(self.decoder, raw)
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
        message_id = short_id(self.given_id(item)) or self._derived(self.content(item, raw), told=self.has_time(item))
        try:
            return self.event(item, message_id)
        except Refused as no:
            return Rejection(code=no.code, reason=no.reason, field=no.field, raw=raw, message_id=message_id)
        except TooDeep:
            reason = f"objects are nested deeper than {self.limits.max_depth} levels"
            return Rejection(code="too_deep", reason=reason, raw=raw, message_id=message_id)
        except Exception as exc:  # noqa: BLE001 - a defect of ours on one event must lose neither it nor the others
            return Rejection(code="defect", reason=repr(exc), raw=raw, message_id=message_id)

    def outcomes(self, envelope: Envelope) -> Decoded:
        """The events and rejections of a request, in order; rejections keep what stood around them."""
        found = [self.outcome(item) for item in envelope.items]
        if any(type(outcome) is Rejection for outcome in found):
            around = envelope.around(self.arrival.channel)
            found = [_with(outcome, around) for outcome in found]
        return Decoded(outcomes=tuple(found))

    def made(self, told: Told, message_id: str) -> Event:
        """The event of what was gathered; the campaign of the page stands in where the purchase names none."""
        props, bought, arrival = told.props, told.bought, self.arrival
        warnings = [*told.warnings, bought.warning] if bought.warning else told.warnings
        if warnings:
            props[WARNINGS] = " ".join(warnings)
        return Event(
            message_id,
            told.kind,
            told.name,
            told.ts,
            arrival.received,
            arrival.source,
            arrival.channel,
            told.identifiers,
            0,
            told.traits,
            props,
            told.nums,
            told.session_id,
            bought.order_id,
            bought.product_id,
            bought.campaign_id or props.get("context.campaign.name", ""),
            bought.revenue_minor,
            bought.currency,
            bought.quantity,
            told.once,
            tuple(told.changes),
        )

    def time(self, given: str | float | None, sent: int | None, props: dict[str, str], warnings: list[str]) -> int:
        """When an event happened, ms UTC; a time that cannot be true is replaced by that of arrival, with a warning.

        Args:
            given: the client's time of the event.
            sent: the client's time of sending, ms; ``None`` where nothing is known of its clock.
            props: receives ``$original_timestamp`` when the time was replaced.
            warnings: receives the reason.
        """
        received = self.arrival.received
        if given is None:
            return received
        original = instant_ms(given)
        if original is None:
            ts, warning = received, "timestamp_unreadable"
        else:
            ts, warning = corrected(original, sent=sent, received=received, limits=self.limits)
        if warning:
            warnings.append(warning)
            props["$original_timestamp"] = str(given)[:100]
        return ts

    def _id_of_bad(self, raw: bytes) -> str:
        try:
            given = self.id_within(raw)
        except UNREADABLE:
            given = ""
        return short_id(given) or self._derived(raw, told=False)

    def _derived(self, raw: bytes, *, told: bool) -> str:
        """An id from the content, so that a repeated request gives the same ids.

        Without an id and without any time of the client two equal events cannot be told from a repeat: then the time
        of arrival tells them apart, for losing an event is worse than counting it twice.
        """
        repeat = self._repeats.get(raw, 0)
        self._repeats[raw] = repeat + 1
        told_by = "" if told else str(self.arrival.received if self.sent is None else self.sent)
        digest = hashlib.blake2b(raw, digest_size=16)
        digest.update(f"|{repeat}|{told_by}".encode())
        return "auto:" + digest.hexdigest()


def short_id(given: str) -> str:
    """A message id, or the hash of one that is too long to keep.

    >>> short_id("m1"), short_id("x" * 101)[:5]
    ('m1', 'long:')
    """
    if len(given) <= _MESSAGE_ID_LENGTH:
        return given
    return "long:" + hashlib.blake2b(given.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def event_name(value: object) -> str:
    """The name of an event. Raises `Refused` when there is none, or it is too long."""
    name = text_of(value)
    if not name:
        raise Refused("no_event_name", "a track call needs an event name", "event")
    if len(name) > NAME_LENGTH:
        raise Refused("name_too_long", f"an event name has at most {NAME_LENGTH} characters", "event")
    return name


def usable(found: list[tuple[str, str]], warnings: list[str]) -> tuple[tuple[str, str], ...]:
    """Identifiers without empty, repeated and endless ones."""
    if len(found) == 1 and 0 < len(found[0][1]) <= IDENTIFIER_LENGTH:
        return (found[0],)
    kept = tuple(dict.fromkeys(pair for pair in found if 0 < len(pair[1]) <= IDENTIFIER_LENGTH))
    if any(len(value) > IDENTIFIER_LENGTH for _, value in found):
        warnings.append("identifier_too_long")
    return kept


def contacts(traits: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    """``email`` and ``phone`` of traits as identifiers."""
    return [(space, text) for space in ("email", "phone") if (text := text_of(traits.get(space)))]


def put_changes(told: Told, said: Mapping[str, object], operation: str, limits: Limits) -> None:
    """Add ``add`` or ``append`` operations on traits: a number each, or one per item of a list.

    Raises:
        Refused: where a number is needed and none is there, or there are too many.
    """
    flat: dict[str, Trait] = {}
    for name, value in said.items():
        if operation == "append":
            listed = value if isinstance(value, list) else [value]
            for item in listed:
                put_traits({name: item}, flat, "", 0)
                told.changes.append((operation, name, _operand(flat.pop(name, None), name, operation)))
        else:
            put_traits({name: value}, flat, "", 0)
            operand = _operand(flat.get(name), name, operation)
            if isinstance(operand, str | bool):
                raise Refused("not_a_number", f"{name!r} can only grow by a number", name)
            told.changes.append((operation, name, operand))
    if len(told.changes) > limits.max_properties:
        raise Refused("too_many_properties", f"more than {limits.max_properties} changes of traits", "properties")


def _operand(value: Trait, name: str, operation: str) -> str | float | bool:
    if value is None:
        raise Refused("no_operand", f"{operation} of {name!r} needs a value", name)
    return value


def put_checked(
    values: Mapping[str, object], props: dict[str, str], nums: dict[str, float], limits: Limits, prefix: str = ""
) -> None:
    """Flatten properties into an event's maps. Raises `Refused` or `TooDeep` beyond the limits."""
    most = limits.max_properties
    if len(values) > most:
        raise Refused("too_many_properties", f"more than {most} properties", "properties")
    put_properties(values, props, nums, prefix, limits.max_depth)


def check_count(props: Mapping[str, str], nums: Mapping[str, float], traits: Mapping[str, Trait], most: int) -> None:
    """Raises `Refused` when flattening made more than ``most`` properties or traits."""
    if len(props) + len(nums) > most or len(traits) > most:
        raise Refused("too_many_properties", f"more than {most} properties after flattening", "properties")


def _with(outcome: Outcome, envelope: bytes) -> Outcome:
    if not isinstance(outcome, Rejection):
        return outcome
    return Rejection(
        code=outcome.code,
        reason=outcome.reason,
        field=outcome.field,
        raw=outcome.raw,
        envelope=envelope,
        message_id=outcome.message_id,
    )
