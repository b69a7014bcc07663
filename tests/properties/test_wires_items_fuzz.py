"""Whatever trackers, CloudEvents senders and scripts send: each item is an event that can be stored, or a rejection."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.wires import well_formed

from ninefold.base import Error
from ninefold.collect import Event, Limits, Rejection
from ninefold.collect.model import Request
from ninefold.collect.wires import BY_KIND, Arrival

ARRIVAL = Arrival(source="shop", channel="", received=1_780_300_800_000)
text = st.text(max_size=12) | st.sampled_from(["", " ", "1e999", "nan", "-1", "1780300800000", "\x00", "张", "md5"])
scalar = st.none() | st.booleans() | st.integers() | st.floats() | text
thing = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=6
)


def described(data: Any) -> dict[str, Any]:
    return {"schema": "iglu:com.acme/seen/jsonschema/1-0-0", "data": data}


packed = st.builds(
    lambda data: base64.urlsafe_b64encode(json.dumps({"data": described(data)}).encode()).decode(), thing
)
PARAMETERS = ["eid", "dtm", "stm", "ttm", "uid", "nuid", "sid", "aid", "p", "url", "page", "se_ac", "se_va", "tr_id",
              "tr_tt", "tr_cu", "ti_id", "ti_qu", "ue_pr", "ue_px", "co", "cx"]  # fmt: skip
snowplow = st.fixed_dictionaries(
    {"e": st.sampled_from(["pv", "pp", "se", "ue", "tr", "ti"]) | thing, "duid": st.just("d1") | thing},
    optional=dict.fromkeys(PARAMETERS[1:], scalar | packed | thing),
)
ATTRIBUTES = ["id", "source", "subject", "time", "datacontenttype", "data", "data_base64", "userid", "tenant"]
cloudevent = st.fixed_dictionaries(
    {"specversion": st.just("1.0") | thing, "type": st.just("a.b") | text}, optional=dict.fromkeys(ATTRIBUTES, thing)
)
MEMBERS = ["type", "name", "message_id", "time", "sent_at", "keep", "properties", "traits",
           "amount", "currency", "order_id", "quantity", "session_id", "channel", "other"]  # fmt: skip
rest = st.fixed_dictionaries(
    {"event": st.just("Seen") | thing, "identifiers": st.just({"user_id": "u1"}) | st.dictionaries(text, thing)},
    optional=dict.fromkeys(MEMBERS, thing),
)
ITEMS = {"snowplow": snowplow, "cloudevents": cloudevent, "rest": rest}


@pytest.mark.parametrize("kind", ITEMS)
@settings(max_examples=150)
@given(data=st.data())
def test_every_item_has_its_outcome(kind: str, data: st.DataObject) -> None:
    items = data.draw(st.lists(ITEMS[kind], min_size=1, max_size=3))
    body = {"data": items} if kind == "snowplow" else items
    wire = BY_KIND[kind]
    request = Request(call="", body=json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode(errors="replace"))
    try:
        envelope = wire.unpack(request, Limits())
    except Error:
        return
    outcomes = wire.decode(envelope, ARRIVAL).outcomes
    assert len(outcomes) == len(items)
    for outcome in outcomes:
        assert 0 < len(outcome.message_id) <= 100
        if isinstance(outcome, Event):
            well_formed(outcome)
        elif isinstance(outcome, Rejection):
            assert outcome.code != "defect", outcome.reason
            again = wire.decode(envelope, ARRIVAL).outcomes
            assert [each.message_id for each in again] == [each.message_id for each in outcomes]
