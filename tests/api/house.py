"""A brand with a file of orders and one definition of each kind, and a caller of its API."""

import asyncio
import json
from typing import Any

import httpx

from ninefold.app import Ninefold, build_application


class Api:
    """Calls the application in this process."""

    def __init__(self, ninefold: Ninefold) -> None:
        self.ninefold = ninefold
        self.application = build_application(ninefold)
        self.token = ninefold.operator_token()

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | arguments.pop("headers", {})

        async def inside() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.application, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(inside())

    def ok(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self.call(method, path, **arguments)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


ORDERS = "phone,order,at,paid,city\n" + "".join(
    f"1391234{i % 40:04d},o{i},2026-05-{1 + i % 28:02d} 10:00,{10 + i}.50,{'上海' if i % 40 < 10 else '北京'}\n"
    for i in range(120)
)
OWNED = {"owner": "crm", "purpose": "test"}
MAPPING = {
    "kind": "mapping", "key": "orders", "name": "orders", "source": "pos", "channel": "store",
    "event": "Order Completed",
    "identifiers": [{"namespace": "phone", "column": "phone"}], "time": "at", "zone": "UTC", "traits": {"city": "city"},
    "amount": {"column": "paid", "currency": "CNY"}, "order_id": "order", "message_id": ["order"],
}  # fmt: skip
DOCUMENTS: list[dict[str, Any]] = [
    {"kind": "campaign", "key": "thanks", "name": "Thanks", "status": "live", "start": {"by_hand": True},
     "audience": {"segment": "shanghai"}, "channel": "outbox", "template": {"subject": "Hi", "body": "Thank you"},
     "holdout": "50%", "goal": {"event": "Order Completed", "within": "7d", "revenue": True}, **OWNED},
    {"kind": "segment", "key": "shanghai", "name": {"en": "Shanghai", "zh": "上海"},
     "condition": {"trait": "city", "op": "eq", "value": "上海"}, **OWNED},
    {"kind": "channel", "key": "outbox", "name": "Outbox", "type": "outbox", "address": "person", **OWNED},
    {"kind": "tag", "key": "rfm", "name": "RFM", "rfm": {
        "order": {"event": "Order Completed"}, "window_days": 365, "recency": "quantile", "frequency": "quantile",
        "monetary": "quantile"}, **OWNED},
]  # fmt: skip


def imported(api: Api) -> None:
    run = api.ok("POST", "/v1/imports", files={"file": ("orders.csv", ORDERS)},
                 data={"mapping_document": json.dumps(MAPPING)})  # fmt: skip
    for _ in range(600):
        found = api.ok("GET", f"/v1/imports/{run['id']}")
        if found["state"] == "done" and api.ok("GET", "/v1/inbox")["events"] == 0:
            return
        asyncio.run(asyncio.sleep(0.05))
    raise AssertionError(found)
