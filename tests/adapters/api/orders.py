"""Orders of stock as programs send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sms_django import models
from tests.adapters.shop import Shop

V1 = "/api/v1"
RECEIPTS, ISSUES = f"{V1}/stock/receipts/", f"{V1}/stock/issues/"
LEVELS, BINS = f"{V1}/stock/levels/", f"{V1}/stock/bins/"
POSTINGS = f"{V1}/stock/postings/"
_keys = count(1)


def send(api: Any, url: str, body: Any, *, key: str | None = "K1", **headers: str) -> Any:
    """Post an order under a key; None: without one."""
    if key is not None:
        headers["HTTP_IDEMPOTENCY_KEY"] = key
    return api.post(url, body, "json", **headers)


def order(api: Any, path: str, **body: Any) -> Any:
    """Post an order of stock under a key of its own."""
    return send(api, f"{V1}/stock/{path}/", body, key=f"key-{next(_keys)}")


def done(api: Any, path: str, **body: Any) -> Any:
    """What an order answered that must succeed."""
    answer = order(api, path, **body)
    assert answer.status_code in {200, 201}, answer.content
    return answer.json()


def receipt(shop: Shop, variant_id: int, quantity: object = "10", **line: Any) -> dict[str, Any]:
    return {
        "warehouse_id": shop.main.id,
        "lines": [{"variant_id": variant_id, "quantity": quantity, **line}],
    }


def issue(shop: Shop, variant_id: int, quantity: object = "1", **line: Any) -> dict[str, Any]:
    return {**receipt(shop, variant_id, quantity, **line), "reason_code": "sample"}


def pointers(answer: Any) -> list[tuple[str, str]]:
    """What is wrong, and where."""
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def refused(answer: Any) -> tuple[int, list[tuple[str, str]]]:
    """The status of a refusal, and what is wrong where."""
    return answer.status_code, pointers(answer)


def ago(**span: float) -> str:
    """A time so long before now, as programs write it."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def day(**span: float) -> str:
    """A day so long before today."""
    return (datetime.now(UTC) - timedelta(**span)).date().isoformat()


def bodies(shop: Shop, variant_id: int, other_id: int, warehouse_id: int) -> dict[str, Any]:
    """An order of every kind that would succeed."""
    line = {"variant_id": variant_id, "quantity": "1"}
    at = {"warehouse_id": shop.main.id, "lines": [line]}
    ends = {"from_warehouse_id": shop.main.id, "to_warehouse_id": warehouse_id}
    key = {"variant_id": variant_id, "warehouse_id": shop.main.id}
    first = models.Posting.objects.get(kind="receipt").pk
    reservation = models.Reservation.objects.get().pk
    return {
        "receipts": at,
        "openings": {**at, "lines": [{**line, "variant_id": other_id}]},
        "issues": {**at, "reason_code": "sample"},
        "adjustments": {**at, "reason_code": "found"},
        "scraps": {**at, "reason_code": "damaged"},
        "customer-returns": at,
        "supplier-returns": at,
        "transfers": {**ends, "lines": [line]},
        "revaluations": {"level": key, "unit_cost": "3"},
        f"postings/{first}/reverse": {"release_reserved": True},
        "reservations": {**key, "quantity": "1"},
        f"reservations/{reservation}/release": {},
        f"reservations/{reservation}/ship": {},
        "periods": {"closed_until": day(days=3)},
    }
