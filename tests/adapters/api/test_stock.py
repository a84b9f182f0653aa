"""Stock over HTTP: master data, lists limited to what one may see."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_core.stock.postings import NamedLot
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import RECEIPTS, V1, pointers, receipt, send
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def api(api_as: ApiAs) -> APIClient:
    return api_as("owner")


# --- master data -------------------------------------------------------------------------------
def test_a_warehouse_shows_its_own_locations(api: APIClient) -> None:
    made = api.post(f"{V1}/warehouses/", {"code": "N", "name": "North"}, "json")
    assert made.status_code == 201
    body = made.json()
    assert made["Location"].endswith(f"/warehouses/{body['id']}/")
    places = api.get(f"{V1}/locations/?warehouse_id={body['id']}").json()["results"]
    kinds = {place["id"]: place["kind"] for place in places}
    assert kinds[body["default_location_id"]] == "storage"
    assert kinds[body["quarantine_location_id"]] == "quarantine"
    assert sorted(kinds.values()) == ["quarantine", "storage", "transit"]
    again = api.post(f"{V1}/warehouses/", {"code": "n", "name": "x"}, "json")
    assert (again.status_code, pointers(again)) == (409, [("/code", "duplicate")])
    refused = api.patch(f"{V1}/warehouses/{body['id']}/", {"default_location_id": 1}, "json")
    assert (refused.status_code, pointers(refused)) == (
        400,
        [("/default_location_id", "read_only")],
    )


def test_locations_are_made_and_kept_in_their_warehouse(api: APIClient, shop: Shop) -> None:
    url = f"{V1}/locations/"
    body = {"warehouse_id": shop.main.id, "code": "A", "name": "Aisle"}
    made = api.post(url, body, "json")
    assert (made.status_code, made.json()["kind"]) == (201, "storage")
    assert api.post(url, {**body, "code": "T", "kind": "transit"}, "json").status_code == 422
    missing = api.post(url, {**body, "warehouse_id": 10**9}, "json")
    assert (missing.status_code, pointers(missing)) == (400, [("/warehouse_id", "unknown")])
    own = api.delete(f"{url}{shop.main.default_location_id}/")
    assert (own.status_code, own.json()["code"]) == (409, "in_use")
    assert api.delete(f"{url}{made.json()['id']}/").status_code == 204


def test_a_warehouse_with_stock_stays(api: APIClient, shop: Shop) -> None:
    shop.receive(shop.variant("CHAI"), "3")
    answer = api.delete(f"{V1}/warehouses/{shop.main.id}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert "3 on hand" in answer.json()["detail"]


def test_lots_are_announced_changed_and_never_deleted(api: APIClient, shop: Shop) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    made = api.post(f"{V1}/lots/", {"variant_id": cheese, "code": "A"}, "json")
    assert made.status_code == 201
    url = f"{V1}/lots/{made.json()['id']}/"
    changed = api.patch(url, {"is_blocked": True, "expires_on": "2031-05-31"}, "json")
    assert (changed.json()["is_blocked"], changed.json()["expires_on"]) == (True, "2031-05-31")
    assert pointers(api.patch(url, {"code": "B"}, "json")) == [("/code", "unknown_field")]
    assert api.patch(url, {"note": "x", "version": 1}, "json").status_code == 412
    assert api.put(url, {"note": "x"}, "json").status_code == 405
    assert api.delete(url).status_code == 405
    found = api.get(f"{V1}/lots/?is_blocked=true&variant_id={cheese}&expires_before=2032-01-01")
    assert [lot["code"] for lot in found.json()["results"]] == ["A"]
    assert api.get(f"{V1}/lots/?deleted=true").status_code == 400


def test_reason_codes_name_the_kinds_they_are_for(api: APIClient) -> None:
    url = f"{V1}/reason-codes/"
    made = api.post(url, {"code": "tasting", "kinds": ["scrap", "issue"]}, "json")
    assert (made.status_code, made.json()["label"]) == (201, "tasting")
    assert made.json()["kinds"] == ["issue", "scrap"]
    wrong = api.post(url, {"code": "x", "kinds": ["magic"]}, "json")
    assert (wrong.status_code, pointers(wrong)[0][1]) == (400, "invalid_choice")
    found = {r["code"] for r in api.get(f"{url}?kind=scrap&page_size=200").json()["results"]}
    assert "tasting" in found
    assert "sample" not in found


def test_the_delivered_reasons_are_there(api: APIClient) -> None:
    results = api.get(f"{V1}/reason-codes/?page_size=200").json()["results"]
    assert {"damaged", "lost", "count-difference", "internal-use"} <= {r["code"] for r in results}


# --- who sees what -----------------------------------------------------------------------------
def test_costs_are_null_and_cannot_be_sent_without_the_right(api_as: ApiAs, shop: Shop) -> None:
    clerk, chai = api_as("clerk"), shop.variant("CHAI")
    refused = send(clerk, RECEIPTS, receipt(shop, chai, unit_cost="2"))
    assert (refused.status_code, pointers(refused)) == (
        403,
        [("/lines/0/unit_cost", "forbidden")],
    )
    entry = send(clerk, RECEIPTS, receipt(shop, chai)).json()["entries"][0]
    assert (entry["value"], entry["unit_cost"], entry["value_after"]) == (None, None, None)
    level = clerk.get(f"{V1}/stock/levels/").json()["results"][0]
    assert (level["value"], level["unit_cost"]) == (None, None)
    assert clerk.get(f"{V1}/stock/entries/").json()["results"][0]["value"] is None
    for key in ("value", "-unit_cost"):
        assert clerk.get(f"{V1}/stock/levels/?ordering={key}").status_code == 400


def test_a_warehouse_one_may_not_see_does_not_exist(api_as: ApiAs, shop: Shop) -> None:
    chai, north = shop.variant("CHAI"), shop.open_warehouse("NORTH")
    seen = shop.receive(chai, "4")
    hidden = shop.receive(chai, "9", warehouse_id=north.id)
    api = api_as("owner", warehouse_ids=[shop.main.id])
    for path in ("warehouses", "stock/levels", "stock/bins"):
        assert api.get(f"{V1}/{path}/").json()["count"] == 1, path
    assert api.get(f"{V1}/locations/").json()["count"] == 3
    for path in ("stock/entries", "stock/postings"):
        assert len(api.get(f"{V1}/{path}/").json()["results"]) == 1, path
    assert api.get(f"{V1}/stock/postings/{seen.id}/").status_code == 200
    assert api.get(f"{V1}/stock/postings/{hidden.id}/").status_code == 404
    assert api.get(f"{V1}/warehouses/{north.id}/").status_code == 404
    assert api.get(f"{V1}/locations/{north.default_location_id}/").status_code == 404
    body = {**receipt(shop, chai), "warehouse_id": north.id}
    answer = send(api, RECEIPTS, body)
    assert (answer.status_code, pointers(answer)) == (400, [("/warehouse_id", "unknown")])
    assert api.get(f"{V1}/stock/levels/?warehouse_id={north.id}").json()["count"] == 0


# --- lists -------------------------------------------------------------------------------------
@pytest.fixture
def stocked(shop: Shop) -> dict[str, int]:
    """Two products in two warehouses, one of them by lots, partly unfit."""
    drinks = models.Category.objects.create(
        code="drinks", code_key="drinks", name="Drinks", name_key="drinks", parent=shop.category
    )
    chai = shop.variant("CHAI", name="Chai of 100%", category=drinks, stock_alert=4)
    cheese = shop.variant("CHEESE", name="Old cheese", tracks_lots=True, stock_alert=1)
    north = shop.open_warehouse("NORTH")
    shop.receive(chai, "3", unit_cost="2")
    shop.receive(chai, "5", unit_cost="1", warehouse_id=north.id)
    shop.receive(chai, "2", location_id=shop.main.quarantine_location_id)
    shop.receive(cheese, "4", lot=NamedLot(code="OLD", expires_on=date(2020, 1, 1)))
    shop.receive(cheese, "6", lot=NamedLot(code="NEW", expires_on=date(2999, 1, 1)))
    return {"chai": chai, "cheese": cheese, "north": north.id, "drinks": drinks.pk}


def test_levels_say_what_there_is(api: APIClient, shop: Shop, stocked: dict[str, int]) -> None:
    rows = api.get(f"{V1}/stock/levels/").json()["results"]
    shown = ("variant_code", "warehouse_code", "on_hand", "available")
    assert [tuple(row[name] for name in shown) for row in rows] == [
        ("CHAI", "MAIN", "5.0000", "3.0000"),
        ("CHAI", "NORTH", "5.0000", "5.0000"),
        ("CHEESE", "MAIN", "10.0000", "6.0000"),
    ]  # fmt: skip
    assert rows[0] == {
        "variant_id": stocked["chai"],
        "variant_code": "CHAI",
        "product_name": "Chai of 100%",
        "warehouse_id": shop.main.id,
        "warehouse_code": "MAIN",
        "on_hand": "5.0000",
        "reserved": "0.0000",
        "available": "3.0000",
        "in_transit": "0.0000",
        "on_order": "0.0000",
        "incoming": "0.0000",
        "expected_at": None,
        "backordered": "0.0000",
        "unit_cost": "2.000000",
        "value": "10.0000",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=OLD chee", ["CHEESE"]),
        ("search=100%25", ["CHAI", "CHAI"]),
        ("search=%25%25", []),
        ("search=chai", ["CHAI", "CHAI"]),
        ("variant_id={chai}", ["CHAI", "CHAI"]),
        ("warehouse_id={north}", ["CHAI"]),
        ("category_id={food}", ["CHAI", "CHAI", "CHEESE"]),
        ("category_id={drinks}", ["CHAI", "CHAI"]),
        ("below_alert=true", []),
        ("below_alert=false", ["CHAI", "CHAI", "CHEESE"]),
        ("below_alert=true&warehouse_id={main}", ["CHAI"]),
        ("ordering=-available", ["CHEESE", "CHAI", "CHAI"]),
        ("ordering=unit_cost,variant_code", ["CHEESE", "CHAI", "CHAI"]),
        ("page_size=1&page=3", ["CHEESE"]),
    ],
)
def test_levels_can_be_searched_filtered_and_sorted(
    api: APIClient, shop: Shop, stocked: dict[str, int], query: str, expected: list[str]
) -> None:
    ids = {**stocked, "main": shop.main.id, "food": shop.category.pk}
    answer = api.get(f"{V1}/stock/levels/?{query.format(**ids)}")
    assert [row["variant_code"] for row in answer.json()["results"]] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [("CHAI", None, True), ("CHAI", None, False), ("CHAI", None, True),
              ("CHEESE", "OLD", False), ("CHEESE", "NEW", True)]),
        ("expires_before=2021-01-01", [("CHEESE", "OLD", False)]),
        ("location_id={quarantine}", [("CHAI", None, False)]),
        ("variant_id={cheese}&ordering=-expires_on",
         [("CHEESE", "NEW", True), ("CHEESE", "OLD", False)]),
        ("product_id={product}&search=old", [("CHEESE", "OLD", False), ("CHEESE", "NEW", True)]),
        ("warehouse_id={north}", [("CHAI", None, True)]),
    ],
)  # fmt: skip
def test_bins_say_where_it_lies_and_whether_it_may_be_used(
    api: APIClient, shop: Shop, stocked: dict[str, int], query: str, expected: list[Any]
) -> None:
    product = models.Variant.objects.get(pk=stocked["cheese"]).product_id
    lot = models.Lot.objects.get(code="OLD").pk
    quarantine = shop.main.quarantine_location_id
    ids = {**stocked, "quarantine": quarantine, "product": product, "lot": lot}
    rows = api.get(f"{V1}/stock/bins/?{query.format(**ids)}").json()["results"]
    assert [(row["variant_code"], row["lot_code"], row["usable"]) for row in rows] == expected


def test_the_ledger_is_read_newest_first_stretch_by_stretch(
    api: APIClient, shop: Shop, stocked: dict[str, int]
) -> None:
    for path in ("stock/entries", "stock/postings"):
        ids, url = [], f"{V1}/{path}/?limit=2"
        while url:
            answer = api.get(url).json()
            ids += [row["id"] for row in answer["results"]]
            url = answer["next"]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 5
    row = api.get(f"{V1}/stock/postings/?limit=1").json()["results"][0]
    assert row["entry_count"] == 1
    assert "entries" not in row
    for bad in ("after=x", "limit=501", "limit=0", "after=WyJhIl0"):
        assert api.get(f"{V1}/stock/entries/?{bad}").status_code == 400, bad


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("variant_id={cheese}", 2),
        ("warehouse_id={north}", 1),
        ("kind=receipt", 5),
        ("kind=issue", 0),
        ("location_id={quarantine}", 1),
        ("occurred_from=2999-01-01T00:00:00Z", 0),
        ("occurred_to=2999-01-01T00:00:00Z", 5),
        ("occurred_from=2999-01-01", 0),
        ("occurred_to=2999-01-01", 5),
        ("lot_id={lot}", 1),
        ("posting_id={posting}", 1),
    ],
)
def test_entries_can_be_filtered(
    api: APIClient, shop: Shop, stocked: dict[str, int], query: str, count: int
) -> None:
    ids = {
        **stocked,
        "quarantine": shop.main.quarantine_location_id,
        "lot": models.Lot.objects.get(code="OLD").pk,
        "posting": models.Posting.objects.order_by("pk")[0].pk,
    }
    assert len(api.get(f"{V1}/stock/entries/?{query.format(**ids)}").json()["results"]) == count


def test_postings_can_be_filtered(api: APIClient, shop: Shop, stocked: dict[str, int]) -> None:
    number = models.Posting.objects.order_by("pk")[0].number
    for query, count in (
        (f"number={number}", 1),
        ("kind=receipt", 5),
        ("reference=none", 0),
        (f"warehouse_id={stocked['north']}", 1),
        ("occurred_to=2000-01-01T00:00:00Z", 0),
        ("occurred_to=2000-01-01", 0),
        ("occurred_from=2000-01-01", 5),
    ):
        results = api.get(f"{V1}/stock/postings/?{query}").json()["results"]
        assert len(results) == count, query


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("stock/levels", 5),
        ("stock/bins", 5),
        ("stock/entries", 3),
        ("stock/postings", 3),
        ("stock/postings/{posting}", 4),
        ("warehouses", 4),
        ("warehouses/{warehouse}", 3),
        ("locations", 4),
        ("lots", 4),
        ("reason-codes", 4),
    ],
)
def test_reading_takes_few_statements_whatever_there_is(
    api: APIClient,
    shop: Shop,
    stocked: dict[str, int],
    django_assert_max_num_queries: Any,
    path: str,
    most: int,
) -> None:
    posting = shop.receive(stocked["chai"], "1")
    url = f"{V1}/{path.format(posting=posting.id, warehouse=shop.main.id)}/"
    with django_assert_max_num_queries(most + 2):  # two are for the log-in
        assert api.get(url).status_code == 200
