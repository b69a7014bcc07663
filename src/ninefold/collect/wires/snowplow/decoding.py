"""One event of Snowplow's tracker protocol as an `Event`. Pure.

Source: the Snowplow tracker protocol. The IP address, the user agent, fingerprints and screen sizes are not kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ninefold.collect.event import Event
from ninefold.collect.model import WARNINGS, Decoded
from ninefold.collect.wires.commerce import Commerce, commerce_of
from ninefold.collect.wires.flatten import text_of
from ninefold.collect.wires.items import ItemMapper, Refused, check_count, event_name, put_checked, usable
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival, Envelope

from .selfdescribing import SelfDescribed, contexts, described, packed_json

KEY_IN_APP_ID = "aid"
_PLATFORMS = {"web": "web", "mob": "app", "app": "app", "srv": "server", "pc": "desktop", "tv": "tv", "iot": "iot"}
_PAGE = (
    ("url", "context.page.url"), ("page", "context.page.title"), ("refr", "context.page.referrer"),
    ("lang", "context.locale"), ("tz", "context.timezone"), ("p", "context.platform"),
)  # fmt: skip
_STRUCTURED = (("category", "se_ca"), ("label", "se_la"), ("property", "se_pr"), ("value", "se_va"))
_PING = (("min_x", "pp_mix"), ("max_x", "pp_max"), ("min_y", "pp_miy"), ("max_y", "pp_may"))
_TRANSACTION = (
    ("order_id", "tr_id"), ("affiliation", "tr_af"), ("revenue", "tr_tt"), ("tax", "tr_tx"), ("shipping", "tr_sh"),
    ("city", "tr_ci"), ("state", "tr_st"), ("country", "tr_co"), ("currency", "tr_cu"),
)  # fmt: skip
_LINE = (
    ("order_id", "ti_id"), ("product_id", "ti_sk"), ("product_name", "ti_nm"), ("category", "ti_ca"),
    ("price", "ti_pr"), ("quantity", "ti_qu"), ("currency", "ti_cu"),
)  # fmt: skip
_NUMBERS = frozenset(("value", "min_x", "max_x", "min_y", "max_y", "revenue", "tax", "shipping", "price", "quantity"))
_SHOP = "com.snowplowanalytics.snowplow.ecommerce"
_UTM = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term",
        "utm_content": "content", "utm_id": "id"}  # fmt: skip


class SnowplowMapper(ItemMapper[dict[str, Any]]):
    """Maps the events of one request."""

    decoder = msgspec.json.Decoder(dict[str, Any])

    def __init__(self, arrival: Arrival, *, keyed_by_app: bool) -> None:
        """Args: where and when the request came in, and whether the app id is the write key, which is not kept."""
        super().__init__(arrival)
        self._keyed_by_app = keyed_by_app

    def given_id(self, item: dict[str, Any]) -> str:
        """``eid``."""
        return text_of(item.get("eid"))

    def has_time(self, item: dict[str, Any]) -> bool:
        """``dtm`` or ``ttm``."""
        return bool(item.get("dtm") or item.get("ttm"))

    def id_within(self, raw: bytes) -> str:
        """The id of an event of which something else is broken."""
        return self.given_id(self.decoder.decode(raw))

    def event(self, item: dict[str, Any], message_id: str) -> Event:
        """The event. Raises `Refused` or `TooDeep`."""
        warnings: list[str] = []
        entities = _entities(item, warnings)
        kind, name, values = _said(item)
        props: dict[str, str] = {}
        nums: dict[str, float] = {}
        put_checked(values, props, nums, self.limits)
        self._put_contexts(entities, props, nums)
        self._put_page(item, props)
        check_count(props, nums, {}, self.limits.max_properties)
        bought = self._bought(item, values, entities)
        if bought.warning:
            warnings.append(bought.warning)
        session = next((each.data for each in entities if each.name == "client_session"), {})
        identifiers = usable(_people(item, session, entities), warnings)
        if not identifiers:
            raise Refused("no_identifier", "the event has neither uid nor duid nor a session entity", "uid")
        ts = self._when(item, props, warnings)
        if warnings:
            props[WARNINGS] = " ".join(warnings)
        return Event(
            message_id=message_id,
            type=kind,
            name=name,
            ts=ts,
            received=self.arrival.received,
            source=self.arrival.source,
            channel=self.arrival.channel or _PLATFORMS.get(text_of(item.get("p")), ""),
            identifiers=identifiers,
            props=props,
            nums=nums,
            session_id=text_of(item.get("sid")) or text_of(session.get("sessionId")),
            order_id=bought.order_id,
            product_id=bought.product_id,
            campaign_id=bought.campaign_id or props.get("context.campaign.id", props.get("context.campaign.name", "")),
            revenue_minor=bought.revenue_minor,
            currency=bought.currency,
            quantity=bought.quantity,
        )

    def _when(self, item: Mapping[str, Any], props: dict[str, str], warnings: list[str]) -> int:
        """The true time as it is; else that of the device, corrected by its clock when it sent."""
        if (true := item.get("ttm")) not in (None, ""):
            return self.time(_clock(true), None, props, warnings)
        return self.time(_clock(item.get("dtm")), instant_ms(_clock(item.get("stm"))), props, warnings)

    def _put_contexts(self, entities: Sequence[SelfDescribed], props: dict[str, str], nums: dict[str, float]) -> None:
        """Entities under their names; several of one name as a list."""
        by_name: dict[str, list[Mapping[str, object]]] = {}
        for entity in entities:
            by_name.setdefault(entity.name, []).append(entity.data)
        for name, listed in by_name.items():
            if len(listed) == 1:
                put_checked(listed[0], props, nums, self.limits, f"{name}.")
            else:
                put_checked({name: listed}, props, nums, self.limits)

    def _put_page(self, item: Mapping[str, Any], props: dict[str, str]) -> None:
        for parameter, name in _PAGE:
            if text := text_of(item.get(parameter)):
                props[name] = text
        if not self._keyed_by_app and (app := text_of(item.get("aid"))):
            props["context.app.id"] = app
        if "utm_" in (url := props.get("context.page.url", "")):
            for parameter, value in _query(url):
                if value and (part := _UTM.get(parameter)):
                    props.setdefault(f"context.campaign.{part}", value)

    def _bought(
        self, item: Mapping[str, Any], values: Mapping[str, object], entities: Sequence[SelfDescribed]
    ) -> Commerce:
        """The commerce columns. The total of an order stands with its transaction, not with each of its items."""
        if item["e"] in ("tr", "ti", "ue"):
            return commerce_of(_shop(entities) or values, self.arrival.currency)
        return Commerce()


def decode(envelope: Envelope, arrival: Arrival) -> Decoded:
    """The events and rejections of a request, in order; its ``call`` says whether the app id was the write key."""
    return SnowplowMapper(arrival, keyed_by_app=envelope.call == KEY_IN_APP_ID).outcomes(envelope)


def _said(item: Mapping[str, Any]) -> tuple[str, str, Mapping[str, object]]:
    """Type, name and properties of an event by its kind ``e``."""
    match item.get("e"):
        case "pv":
            return "page", "$page", {}
        case "pp":
            return "track", "$page_ping", _picked(item, _PING)
        case "se":
            return "track", event_name(item.get("se_ac")), _picked(item, _STRUCTURED)
        case "tr":
            return "track", "transaction", _picked(item, _TRANSACTION)
        case "ti":
            return "track", "transaction_item", _picked(item, _LINE)
        case "ue":
            return _unstructured(item)
        case None | "":
            raise Refused("no_type", "the event has no e", "e")
        case other:
            raise Refused("unknown_type", f"unknown e {str(other)[:50]!r}", "e")


def _unstructured(item: Mapping[str, Any]) -> tuple[str, str, Mapping[str, object]]:
    """A self-describing event: the name of its schema, its data, and where the schema comes from."""
    try:
        outer = packed_json(item.get("ue_pr"), item.get("ue_px"))
    except ValueError as exc:
        raise Refused("broken_json", f"the self-describing event is {exc}", "ue_pr") from None
    inner = outer.get("data") if isinstance(outer, dict) else None
    found = described(inner)
    if found is None:
        raise Refused("no_event_name", "the self-describing event names no iglu: schema", "ue_pr")
    values = {**found.data, "schema_vendor": found.vendor, "schema_version": found.version}
    if found.name == "screen_view":
        return "screen", "$screen", values
    return "track", event_name(found.name), values


def _picked(item: Mapping[str, Any], names: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Parameters under readable names; the values of trackers are text, so numbers are read from it."""
    found: dict[str, object] = {}
    for name, parameter in names:
        value = item.get(parameter)
        if value not in (None, ""):
            found[name] = _number(value) if name in _NUMBERS else value
    return found


def _number(value: object) -> object:
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return number if abs(number) < 1e15 else value
    return value


def _entities(item: Mapping[str, Any], warnings: list[str]) -> tuple[SelfDescribed, ...]:
    try:
        return contexts(packed_json(item.get("co"), item.get("cx")))
    except ValueError:
        warnings.append("contexts_unreadable")
        return ()


def _people(
    item: Mapping[str, Any], session: Mapping[str, object], entities: Sequence[SelfDescribed]
) -> list[tuple[str, str]]:
    """The user as the application names them, then devices and cookies."""
    found = [("user_id", text_of(item.get("uid")))]
    mobile = next((each.data for each in entities if each.name == "mobile_context"), {})
    found.append(("device_id", text_of(mobile.get("appleIdfv")) or text_of(mobile.get("androidIdfa"))))
    found += [("anonymous_id", text_of(item.get(name))) for name in ("duid", "tnuid", "nuid")]
    found.append(("anonymous_id", text_of(session.get("userId"))))
    return found


def _shop(entities: Sequence[SelfDescribed]) -> dict[str, object]:
    """Columns of a purchase from the entities of Snowplow's e-commerce schemas; empty without a transaction."""
    of_shop = [each for each in entities if each.vendor == _SHOP]
    order = next((each.data for each in of_shop if each.name == "transaction"), None)
    if order is None:
        return {}
    lines = [
        {"product_id": each.data.get("id"), "quantity": each.data.get("quantity", 1)}
        for each in of_shop
        if each.name == "product"
    ]
    return {
        "order_id": order.get("transaction_id"),
        "revenue": order.get("revenue"),
        "currency": order.get("currency"),
        **({"products": lines} if lines else {}),
    }


def _clock(value: object) -> str | float | None:
    """A time of the protocol: milliseconds since 1970, mostly as text."""
    if isinstance(value, str):
        text = value.strip()
        return float(text) if text.isdecimal() and len(text) < 16 else text or None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query)[:100]
    except ValueError:
        return []
