"""Suppliers and what they sell over HTTP."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from tests.adapters.api.buying import ITEMS, SUPPLIERS, Market, created
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import RECEIPTS, V1, receipt, refused, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(api: APIClient) -> Market:
    return Market(api)


def test_a_supplier_is_created_found_changed_and_archived(api: APIClient, shop: Market) -> None:
    body = {
        "code": "EXOTIC",
        "name": "Exotic Liquids",
        "tax_id": "GB1",
        "email": "orders@exotic.example",
        "phone": "0171",
        "address": "49 Gilbert St.\nLondon",
        "notes": "By phone",
    }
    supplier = created(api, SUPPLIERS, body)
    path = f"{SUPPLIERS}{supplier['id']}/"

    assert body.items() <= supplier.items()
    found = api.get(f"{SUPPLIERS}?search=gilbert&ordering=-name").json()["results"]
    assert [one["id"] for one in found] == [supplier["id"]]
    assert api.get(f"{SUPPLIERS}?code=exotic").json()["count"] == 1
    changed = api.put(path, {"code": "EX", "name": "Exotic"}, "json").json()
    assert (changed["email"], changed["version"]) == ("", 2)
    stale = api.patch(path, {"name": "Later", "version": 1}, "json")
    assert stale.status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.post(f"{path}restore/").status_code == 200


@pytest.mark.parametrize(
    ("values", "status", "pointer"),
    [
        ({"code": "acme"}, 409, "/code"),
        ({"email": "nobody"}, 400, "/email"),
        ({"name": ""}, 400, "/name"),
        ({"fax": "1"}, 400, "/fax"),
    ],
)
def test_what_is_wrong_with_a_supplier_is_said(
    api: APIClient, shop: Market, values: dict[str, str], status: int, pointer: str
) -> None:
    answer = api.post(SUPPLIERS, {"code": "X", "name": "X", **values}, "json")

    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_supplier_of_open_orders_is_in_use(api: APIClient, shop: Market) -> None:
    order = shop.placed(api)

    answer = api.delete(f"{SUPPLIERS}{shop.acme}/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "in_use"
    assert order["number"] in answer.json()["detail"]


def test_one_item_of_a_variant_is_preferred(api: APIClient, shop: Market) -> None:
    other = shop.supplier(api, "OTHER")
    body = {"variant_id": shop.chai, "is_preferred": True, "pack_size": "12", "unit_cost": "24"}
    first = created(api, ITEMS, {"supplier_id": shop.acme, "code": "A1", **body})
    assert (first["pack_size"], first["unit_cost"], first["lead_days"]) == (
        "12.0000",
        "24.000000",
        None,
    )

    second = created(api, ITEMS, {"supplier_id": other, **body, "lead_days": 14})

    preferred = api.get(f"{ITEMS}?is_preferred=true&variant_id={shop.chai}").json()["results"]
    assert [item["id"] for item in preferred] == [second["id"]]
    taken = api.patch(f"{ITEMS}{first['id']}/", {"is_preferred": True}, "json").json()
    assert taken["is_preferred"]
    assert not api.get(f"{ITEMS}{second['id']}/").json()["is_preferred"]


def test_items_are_found_and_sorted(api: APIClient, shop: Market) -> None:
    chai = created(api, ITEMS, {"supplier_id": shop.acme, "variant_id": shop.chai, "code": "A1"})
    tea = created(
        api,
        ITEMS,
        {"supplier_id": shop.acme, "variant_id": shop.tea, "lead_days": 3, "unit_cost": "1"},
    )
    both = [tea["id"], chai["id"]]

    for query, expected in (
        ("search=a1", [chai["id"]]),
        ("search=TEA", [tea["id"]]),
        (f"variant_id={shop.tea}", [tea["id"]]),
        (f"supplier_id={shop.acme}&ordering=lead_days", both),
        ("ordering=-lead_days", both[::-1]),
        ("ordering=unit_cost", both),
    ):
        found = api.get(f"{ITEMS}?{query}").json()["results"]
        assert [item["id"] for item in found] == expected, query


def test_an_item_is_unique_and_stays_where_it_is(api: APIClient, shop: Market) -> None:
    body = {"supplier_id": shop.acme, "variant_id": shop.chai}
    item = created(api, ITEMS, body)

    assert refused(api.post(ITEMS, body, "json")) == (409, [("/variant_id", "duplicate")])
    moved = api.patch(f"{ITEMS}{item['id']}/", {"variant_id": shop.tea}, "json")
    assert refused(moved) == (422, [("/variant_id", "fixed")])
    gone = api.post(ITEMS, {**body, "supplier_id": 99}, "json")
    assert refused(gone) == (400, [("/supplier_id", "unknown")])


def test_costs_of_items_are_for_those_who_may_see_them(
    api: APIClient, api_as: ApiAs, shop: Market
) -> None:
    body = {"supplier_id": shop.acme, "variant_id": shop.chai, "unit_cost": "24"}
    item = created(api, ITEMS, body)
    blind = api_as(permissions=["supplier.view", "supplier.change", "supplier.add"])
    path = f"{ITEMS}{item['id']}/"

    assert blind.get(path).json()["unit_cost"] is None
    assert blind.patch(path, {"unit_cost": "1"}, "json").status_code == 403
    assert blind.post(ITEMS, {**body, "variant_id": shop.tea}, "json").status_code == 403
    assert blind.get(f"{ITEMS}?ordering=unit_cost").status_code == 400
    assert blind.patch(path, {"code": "N"}, "json").status_code == 200
    assert api.get(path).json()["unit_cost"] == "24.000000"


def test_receipts_and_returns_may_name_a_supplier(api: APIClient, shop: Market) -> None:
    body = {**receipt(shop, shop.chai), "supplier_id": shop.acme, "reference": "DN-1"}
    answer = send(api, RECEIPTS, body)

    assert answer.status_code == 201
    assert answer.json()["supplier_id"] == shop.acme
    unknown = send(api, RECEIPTS, {**body, "supplier_id": 99}, key="K2")
    assert refused(unknown) == (400, [("/supplier_id", "unknown")])
    returned = {
        **receipt(shop, shop.chai, "1"),
        "supplier_id": shop.acme,
        "reason_code": "defective",
    }
    assert send(api, f"{V1}/stock/supplier-returns/", returned, key="K3").status_code == 201
    send(api, RECEIPTS, receipt(shop, shop.tea), key="K4")
    found = api.get(f"{V1}/stock/postings/?supplier_id={shop.acme}").json()["results"]
    assert [posting["kind"] for posting in found] == ["supplier_return", "receipt"]
