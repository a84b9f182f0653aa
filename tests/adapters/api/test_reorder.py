"""Reordering over HTTP."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.conftest import client_of, user_with
from tests.adapters.api.orders import V1, pointers, refused, send
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db
RULES, SUGGESTIONS = f"{V1}/reorder/rules/", f"{V1}/reorder/suggestions/"
ORDERS = f"{V1}/reorder/orders/"


@pytest.fixture
def api(db: None) -> APIClient:
    return client_of(user_with("owner"))


@pytest.fixture
def shop(db: None) -> TradingShop:
    return TradingShop()


@pytest.fixture
def chai(shop: TradingShop) -> int:
    """A variant that runs short and that ACME sells in packs of 12."""
    id = shop.variant("CHAI", stock_alert=Decimal(10))
    shop.item(id, pack_size=Decimal(12), unit_cost=Decimal(24), lead_days=7, code="A-7")
    shop.receive(id, "4")
    return id


def rule(shop: TradingShop, variant_id: int, **values: Any) -> dict[str, Any]:
    at = {"variant_id": variant_id, "warehouse_id": shop.main.id}
    return {**at, "minimum": "10", "maximum": "40", **values}


def test_a_rule_is_made_changed_archived_and_restored(
    api: APIClient, shop: TradingShop, chai: int
) -> None:
    made = api.post(RULES, rule(shop, chai, lead_days=5), "json")
    assert made.status_code == 201
    one = made["Location"]
    body = made.json()
    assert (body["minimum"], body["maximum"]) == ("10.0000", "40.0000")
    assert (body["pack_size"], body["lead_days"], body["version"]) == (None, 5, 1)

    patched = api.patch(one, {"pack_size": "6", "version": 1}, "json")
    assert (patched.status_code, patched.json()["pack_size"]) == (200, "6.0000")
    assert api.patch(one, {"maximum": "50", "version": 1}, "json").status_code == 412
    put = api.put(one, rule(shop, chai), "json").json()
    assert (put["pack_size"], put["lead_days"]) == (None, None)
    assert api.get(f"{RULES}?variant_id={chai}&search=cha").json()["count"] == 1

    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404
    assert api.get(f"{RULES}?deleted=true").json()["count"] == 1
    assert api.post(f"{one}restore/").status_code == 200


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"minimum": "-1"}, (400, [("/minimum", "invalid")])),
        ({"maximum": "9"}, (400, [("/maximum", "invalid")])),
        ({"minimum": "0.5"}, (422, [("/minimum", "too_fine")])),
        ({"pack_size": "0"}, (400, [("/pack_size", "not_positive")])),
        ({"lead_days": 4000}, (400, [("/lead_days", "invalid")])),
        ({"variant_id": 999}, (400, [("/variant_id", "unknown")])),
        ({"warehouse_id": 999}, (400, [("/warehouse_id", "unknown")])),
        ({"size": 1}, (400, [("/size", "unknown_field")])),
    ],
    ids=str,
)
def test_a_bad_rule_is_refused(
    api: APIClient, shop: TradingShop, chai: int, values: dict[str, Any], expected: Any
) -> None:
    body = {**rule(shop, chai), **values}

    assert refused(api.post(RULES, body, "json")) == expected
    assert not models.ReorderRule.objects.exists()


def test_there_is_one_rule_per_variant_and_warehouse(
    api: APIClient, shop: TradingShop, chai: int
) -> None:
    api.post(RULES, rule(shop, chai), "json")

    answer = api.post(RULES, rule(shop, chai), "json")

    assert refused(answer) == (409, [("/variant_id", "duplicate")])


def test_suggestions_show_their_arithmetic(api: APIClient, shop: TradingShop, chai: int) -> None:
    shop.sell(chai, 6)
    shop.buy(chai, 3)
    api.post(RULES, rule(shop, chai), "json")

    (found,) = api.get(SUGGESTIONS).json()["results"]

    expected = {
        "variant_code": "CHAI",
        "warehouse_code": "MAIN",
        "on_hand": "4.0000",
        "reserved": "4.0000",
        "backordered": "2.0000",
        "on_order": "3.0000",
        "in_transit": "0.0000",
        "incoming": "3.0000",
        "projected": "1.0000",
        "minimum": "10.0000",
        "maximum": "40.0000",
        "shortfall": "39.0000",
        "pack_size": "12.0000",
        "packs": "4.0000",
        "quantity": "48.0000",
        "supplier_code": "ACME",
        "supplier_item_code": "A-7",
        "unit_cost": "24.000000",
        "lead_days": 7,
    }
    assert {name: found[name] for name in expected} == expected
    assert found["expected_at"].endswith("Z")


def test_suggestions_of_goods_that_nobody_sells_name_no_supplier(
    api: APIClient, shop: TradingShop
) -> None:
    shop.variant("TEA", stock_alert=Decimal(3))

    (found,) = api.get(SUGGESTIONS).json()["results"]

    names = ("supplier_id", "supplier_code", "supplier_item_code", "unit_cost", "expected_at")
    assert {found[name] for name in names} == {None}
    assert (found["packs"], found["quantity"]) == ("3.0000", "3.0000")


def test_suggestions_are_filtered_and_sorted(api: APIClient, shop: TradingShop, chai: int) -> None:
    tea = shop.variant("TEA", stock_alert=Decimal(3))

    def codes(query: str) -> list[str]:
        return [one["variant_code"] for one in api.get(f"{SUGGESTIONS}?{query}").json()["results"]]

    assert codes("") == ["CHAI", "TEA"]
    assert codes("ordering=-variant_code") == ["TEA", "CHAI"]
    assert codes(f"supplier_id={shop.acme}") == ["CHAI"]
    assert codes(f"variant_id={tea}") == codes("search=te") == ["TEA"]
    assert codes(f"warehouse_id={shop.main.id}&page_size=1&page=2") == ["TEA"]
    assert api.get(f"{SUGGESTIONS}?page=2").status_code == 404
    assert api.get(f"{SUGGESTIONS}?colour=red").status_code == 400


def test_the_chosen_become_drafts(api: APIClient, shop: TradingShop, chai: int) -> None:
    line = {"variant_id": chai, "warehouse_id": shop.main.id}

    answer = send(api, ORDERS, {"lines": [line]})

    assert answer.status_code == 201
    (order,) = answer.json()["results"]
    assert (order["state"], order["supplier_id"]) == ("draft", shop.acme)
    (drafted,) = order["lines"]
    assert (drafted["quantity"], drafted["pack_size"]) == ("1.0000", "12.0000")
    assert (drafted["unit_cost"], drafted["stock_quantity"]) == ("24.000000", "12.0000")
    assert api.get(f"{V1}/purchase-orders/{order['id']}/").json()["number"] == order["number"]
    assert api.get(SUGGESTIONS).json()["results"][0]["drafted"] == "12.0000"


def test_drafts_are_made_once_per_key_and_a_preview_makes_none(
    api: APIClient, shop: TradingShop, chai: int
) -> None:
    body = {"lines": [{"variant_id": chai, "warehouse_id": shop.main.id, "quantity": "24"}]}

    tried = api.post(f"{ORDERS}?preview=true", body, "json")
    assert (tried.status_code, tried.json()["ok"]) == (200, True)
    assert not models.PurchaseOrder.objects.exists()

    first, again = send(api, ORDERS, body), send(api, ORDERS, body)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert models.PurchaseOrder.objects.count() == 1
    assert send(api, ORDERS, body, key=None).status_code == 400


def test_what_cannot_be_ordered_is_refused(api: APIClient, shop: TradingShop, chai: int) -> None:
    tea = shop.variant("TEA", stock_alert=Decimal(3))
    at = {"warehouse_id": shop.main.id}

    answer = send(
        api,
        ORDERS,
        {
            "lines": [
                {"variant_id": tea, **at},
                {"variant_id": chai, "quantity": "13", **at},
            ]
        },
    )

    assert answer.status_code == 422
    assert pointers(answer) == [
        ("/lines/0/supplier_id", "no_supplier"),
        ("/lines/1/quantity", "broken_pack"),
    ]
    assert "TEA" in answer.json()["errors"][0]["detail"]
    assert send(api, ORDERS, {"lines": []}).status_code == 400
    assert not models.PurchaseOrder.objects.exists()


def test_what_an_open_order_names_cannot_be_deleted(
    api: APIClient, shop: TradingShop, chai: int
) -> None:
    number = shop.buy(chai, 1).number

    answer = api.delete(f"{V1}/suppliers/{shop.acme}/")
    assert refused(answer) == (409, [("", "in_use")])
    assert f"1 open purchase order ({number})" in answer.json()["detail"]
    product_id = models.Variant.objects.get(pk=chai).product_id
    body = {"ids": [product_id]}
    bulk = api.post(f"{V1}/products/bulk-delete/", body, "json").json()
    assert bulk["in_use_ids"] == [product_id]


def test_a_clerk_looks_without_costs_and_drafts_nothing(
    shop: TradingShop, chai: int, api: APIClient
) -> None:
    clerk = client_of(user_with("clerk"))

    (found,) = clerk.get(SUGGESTIONS).json()["results"]
    assert (found["unit_cost"], found["quantity"]) == (None, "12.0000")
    assert clerk.post(RULES, rule(shop, chai), "json").status_code == 403
    body = {"lines": [{"variant_id": chai, "warehouse_id": shop.main.id}]}
    assert send(clerk, ORDERS, body).status_code == 403
