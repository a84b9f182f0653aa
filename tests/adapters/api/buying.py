"""Purchase orders as programs send them."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.adapters.api.orders import V1, send
from tests.adapters.shop import Shop

SUPPLIERS, ITEMS = f"{V1}/suppliers/", f"{V1}/supplier-items/"
ORDERS = f"{V1}/purchase-orders/"
_keys = count(1)


class Market(Shop):
    """A shop with two things to buy, and whom to buy them from."""

    def __init__(self, api: Any) -> None:
        super().__init__()
        self.chai = self.variant("CHAI", tax_rate=20)
        self.tea = self.variant("TEA", cost="2.5")
        self.acme = self.supplier(api, "ACME")

    def supplier(self, api: Any, code: str, **values: Any) -> int:
        body = {"code": code, "name": code.title(), **values}
        id: int = created(api, SUPPLIERS, body)["id"]
        return id

    def body(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        line = {"variant_id": self.chai, "quantity": "10", "unit_cost": "1.00"}
        return {
            "supplier_id": self.acme,
            "warehouse_id": self.main.id,
            "lines": list(lines) or [line],
            **more,
        }

    def drafted(self, api: Any, *lines: dict[str, Any], **more: Any) -> Any:
        return created(api, ORDERS, self.body(*lines, **more))

    def placed(self, api: Any, *lines: dict[str, Any], **more: Any) -> Any:
        return done(api, self.drafted(api, *lines, **more), "place")


def created(api: Any, path: str, body: dict[str, Any]) -> Any:
    answer = api.post(path, body, "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def act(api: Any, order: Any, name: str, query: str = "", **values: Any) -> Any:
    key = None if "preview" in query else f"act-{next(_keys)}"
    return send(api, f"{ORDERS}{order['id']}/{name}/{query}", values, key=key)


def done(api: Any, order: Any, name: str, **values: Any) -> Any:
    answer = act(api, order, name, **values)
    assert answer.status_code == 200, answer.content
    return answer.json()
