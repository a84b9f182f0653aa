"""Openings, adjustments, scrap, returns and transfers over HTTP, and what every order may say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_core.stock.postings import NamedLot
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import V1, ago, done, order, receipt, refused
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db
AMOUNT = "/lines/0/quantity"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(shop: Shop) -> int:
    """Ten of it lie in the main warehouse, at 2.00 each."""
    chai = shop.variant("CHAI")
    shop.receive(chai, "10", unit_cost="2")
    return chai


def at_main(shop: Shop, variant_id: int, **line: Any) -> dict[str, Any]:
    return {"warehouse_id": shop.main.id, "lines": [{"variant_id": variant_id, **line}]}


def moves(posting: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["counterpart"], entry["quantity"]) for entry in posting["entries"]]


# --- openings ----------------------------------------------------------------------------------
def test_an_opening_comes_before_anything_else_of_its_level(api: APIClient, shop: Shop) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    lot = {"code": "L1", "expires_on": "2031-05-31"}
    made = done(api, "openings", **at_main(shop, cheese, quantity="5", unit_cost="3", lot=lot))
    assert made["kind"] == "opening"
    assert moves(made) == [("opening", "5.0000")]
    again = order(api, "openings", **at_main(shop, cheese, quantity="5", lot=lot))
    assert refused(again) == (409, [("/lines/0/variant_id", "not_first")])


# --- adjustments and scrap ---------------------------------------------------------------------
def test_what_was_counted_becomes_what_there_is(api: APIClient, shop: Shop, chai: int) -> None:
    body = {"reason_code": "count-difference", **at_main(shop, chai, counted_quantity="7")}
    assert moves(done(api, "adjustments", **body)) == [("adjustment", "-3.0000")]
    assert refused(order(api, "adjustments", **body)) == (409, [("", "no_change")])
    more = {"reason_code": "found", **at_main(shop, chai, quantity="2", unit_cost="1")}
    assert moves(done(api, "adjustments", **more)) == [("adjustment", "2.0000")]


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        ({}, 400, (AMOUNT, "one_of")),
        ({"quantity": "1", "counted_quantity": "1"}, 400, (AMOUNT, "one_of")),
        ({"quantity": "-1", "unit_cost": "1"}, 422, ("/lines/0/unit_cost", "not_allowed")),
        ({"quantity": "-0.5"}, 422, (AMOUNT, "too_fine")),
        ({"quantity": "-11"}, 409, (AMOUNT, "insufficient_stock")),
        ({"quantity": "1", "location_id": 10**9}, 400, ("/lines/0/location_id", "unknown")),
        ({"quantity": "-1", "lot_code": "X"}, 400, ("/lines/0/lot_code", "unknown")),
    ],
)
def test_a_wrong_adjustment_is_refused_where_it_is_wrong(
    api: APIClient,
    shop: Shop,
    chai: int,
    line: dict[str, Any],
    status: int,
    error: tuple[str, str],
) -> None:
    answer = order(api, "adjustments", reason_code="found", **at_main(shop, chai, **line))
    assert refused(answer) == (status, [error])
    assert models.Level.objects.get().on_hand == 10


@pytest.mark.parametrize("path", ["adjustments", "scraps"])
def test_corrections_and_scrap_must_say_why(
    api: APIClient, shop: Shop, chai: int, path: str
) -> None:
    body = at_main(shop, chai, quantity="1")
    assert refused(order(api, path, **body)) == (400, [("/reason_code", "required")])
    nonsense = order(api, path, reason_code="nope", **body)
    assert refused(nonsense) == (400, [("/reason_code", "unknown")])
    wrong = order(api, path, reason_code="sample", **body)
    assert refused(wrong) == (422, [("/reason_code", "reason_not_offered")])


def test_facts_overtake_promises_only_when_told_to(api: APIClient, shop: Shop, chai: int) -> None:
    place = {"variant_id": chai, "warehouse_id": shop.main.id}
    done(api, "reservations", **place, quantity="8", purpose="Ada")
    body = {"reason_code": "damaged", **at_main(shop, chai, quantity="5")}
    kept = order(api, "scraps", **body)
    assert refused(kept) == (409, [(AMOUNT, "reserved")])
    assert "8 for Ada" in kept.json()["detail"]
    scrapped = done(api, "scraps", **body, release_reserved=True)
    assert ("scrap", "-5.0000") in moves(scrapped)
    level = models.Level.objects.get()
    assert (level.on_hand, level.reserved) == (5, 5)


def test_large_corrections_take_a_right_of_their_own(
    api: APIClient, api_as: ApiAs, shop: Shop, chai: int
) -> None:
    assert api.patch(f"{V1}/company/", {"large_adjustment_value": "5"}).status_code == 200
    keeper = api_as(permissions=["stock.view", "stock.adjust", "stock.scrap"])
    small = {"reason_code": "damaged", **at_main(shop, chai, quantity="2")}
    large = {"reason_code": "damaged", **at_main(shop, chai, quantity="3")}
    assert order(keeper, "scraps", **small).status_code == 201
    assert refused(order(keeper, "scraps", **large)) == (403, [("", "forbidden")])
    assert order(api, "scraps", **large).status_code == 201


# --- returns -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("disposition", "expected", "available"),
    [
        ("stock", [("customer", "2.0000")], "12.0000"),
        ("quarantine", [("customer", "2.0000")], "10.0000"),
        ("scrap", [("customer", "2.0000"), ("scrap", "-2.0000")], "10.0000"),
    ],
)
def test_what_a_customer_brings_back_goes_where_it_should(
    api: APIClient, shop: Shop, chai: int, disposition: str, expected: Any, available: str
) -> None:
    body = at_main(shop, chai, quantity="2", disposition=disposition)
    made = done(api, "customer-returns", reason_code="wrong-item", **body)
    assert (made["kind"], moves(made)) == ("customer_return", expected)
    assert api.get(f"{V1}/stock/levels/").json()["results"][0]["available"] == available


def test_goods_go_back_to_a_supplier_out_of_quarantine(
    api: APIClient, shop: Shop, chai: int
) -> None:
    shop.receive(chai, "3", location_id=shop.main.quarantine_location_id)
    body = at_main(shop, chai, quantity="3", disposition="quarantine")
    made = done(api, "supplier-returns", reason_code="defective", **body)
    entry = made["entries"][0]
    assert (made["kind"], moves(made)) == ("supplier_return", [("supplier", "-3.0000")])
    assert entry["location_id"] == shop.main.quarantine_location_id
    scrap = order(api, "supplier-returns", **at_main(shop, chai, quantity="1", disposition="scrap"))
    assert refused(scrap) == (422, [("/lines/0/disposition", "not_allowed")])
    nonsense = order(
        api, "supplier-returns", **at_main(shop, chai, quantity="1", disposition="bin")
    )
    assert refused(nonsense) == (400, [("/lines/0/disposition", "invalid_choice")])


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("receipts", "supplier_id"),
        ("supplier-returns", "supplier_id"),
        ("issues", "customer_id"),
        ("customer-returns", "customer_id"),
    ],
)
def test_a_partner_that_nobody_keeps_is_unknown(
    api: APIClient, shop: Shop, chai: int, path: str, field: str
) -> None:
    body = {field: 77, "reason_code": "sample"} if path == "issues" else {field: 77}
    answer = order(api, path, **body, **at_main(shop, chai, quantity="1"))
    assert refused(answer) == (400, [(f"/{field}", "unknown")])


# --- transfers ---------------------------------------------------------------------------------
def between(source: int, target: int, variant_id: int, **line: Any) -> dict[str, Any]:
    return {
        "from_warehouse_id": source,
        "to_warehouse_id": target,
        "lines": [{"variant_id": variant_id, "quantity": "4", **line}],
    }


def test_a_transfer_carries_its_value(api: APIClient, shop: Shop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    made = done(api, "transfers", **between(shop.main.id, north.id, chai))
    assert made["kind"] == "transfer"
    assert [(e["warehouse_id"], e["quantity"], e["value"]) for e in made["entries"]] == [
        (shop.main.id, "-4.0000", "-8.0000"),
        (north.id, "4.0000", "8.0000"),
    ]


def test_goods_change_places_within_a_warehouse(api: APIClient, shop: Shop, chai: int) -> None:
    shelf = shop.place("A-01")
    body = between(shop.main.id, shop.main.id, chai)
    made = done(api, "transfers", **body, to_location_id=shelf)
    assert [entry["value"] for entry in made["entries"]] == ["0.0000", "0.0000"]
    bins = api.get(f"{V1}/stock/bins/?location_id={shelf}").json()["results"]
    assert [row["on_hand"] for row in bins] == ["4.0000"]


def test_a_transfer_to_where_it_comes_from_is_refused(
    api: APIClient, shop: Shop, chai: int
) -> None:
    home = shop.main.default_location_id
    body = between(shop.main.id, shop.main.id, chai)
    answer = order(api, "transfers", **body, from_location_id=home, to_location_id=home)
    assert answer.status_code == 422
    assert answer.json()["code"] == "same_place"


@pytest.mark.parametrize("field", ["from_warehouse_id", "to_warehouse_id"])
def test_a_transfer_needs_both_ends(
    api: APIClient, api_as: ApiAs, shop: Shop, chai: int, field: str
) -> None:
    north = shop.open_warehouse("NORTH")
    body = between(shop.main.id, north.id, chai)
    seen = body["to_warehouse_id" if field == "from_warehouse_id" else "from_warehouse_id"]
    limited = api_as("owner", warehouse_ids=[seen])
    assert refused(order(limited, "transfers", **body)) == (400, [(f"/{field}", "unknown")])
    missing = order(api, "transfers", **{**body, field: 10**9})
    assert refused(missing) == (400, [(f"/{field}", "unknown")])


def test_a_transfer_shows_each_warehouse_its_own_entries(
    api: APIClient, api_as: ApiAs, shop: Shop, chai: int
) -> None:
    north = shop.open_warehouse("NORTH")
    made = done(api, "transfers", **between(shop.main.id, north.id, chai))
    url = f"{V1}/stock/postings/{made['id']}/"
    northerner = api_as("owner", warehouse_ids=[north.id])
    assert [e["warehouse_id"] for e in northerner.get(url).json()["entries"]] == [north.id]
    listed = northerner.get(f"{V1}/stock/postings/").json()["results"]
    assert [(row["id"], row["entry_count"]) for row in listed] == [(made["id"], 1)]


# --- what every order may say ------------------------------------------------------------------
def test_what_one_expects_is_compared_with_what_is_there(
    api: APIClient, shop: Shop, chai: int
) -> None:
    shelf = shop.place("A-01")
    line = {"quantity": "1", "expected_on_hand": "9"}
    stale = order(api, "issues", reason_code="sample", **at_main(shop, chai, **line))
    assert refused(stale) == (409, [("/lines/0/expected_on_hand", "stale")])
    assert "10" in stale.json()["detail"]
    on_shelf = at_main(shop, chai, quantity="1", location_id=shelf, expected_on_hand="0")
    assert order(api, "receipts", **on_shelf).status_code == 201
    right = at_main(shop, chai, quantity="1", expected_on_hand="11.000")
    assert order(api, "issues", reason_code="sample", **right).status_code == 201


def test_all_lines_are_judged_at_once_and_the_gravest_names_the_status(
    api: APIClient, shop: Shop, chai: int
) -> None:
    lines = [
        {"variant_id": chai, "quantity": "0.5"},
        {"variant_id": chai, "quantity": "11"},
        {"variant_id": chai, "quantity": "1", "expected_on_hand": "3"},
    ]
    answer = order(api, "issues", warehouse_id=shop.main.id, reason_code="sample", lines=lines)
    status, errors = refused(answer)
    assert status == 409
    assert set(errors) >= {
        ("/lines/0/quantity", "too_fine"),
        ("/lines/1/quantity", "insufficient_stock"),
        ("/lines/2/expected_on_hand", "stale"),
    }


def test_the_same_note_is_not_entered_twice_by_mistake(
    api: APIClient, shop: Shop, chai: int
) -> None:
    body = {**receipt(shop, chai), "reference": "DN-1"}
    first = done(api, "receipts", **body)
    again = order(api, "receipts", **body)
    assert refused(again) == (409, [("/reference", "duplicate_reference")])
    assert first["number"] in again.json()["detail"]
    assert order(api, "receipts", **body, same_reference=True).status_code == 201


def test_days_before_today_take_a_right_of_their_own(
    api: APIClient, api_as: ApiAs, shop: Shop, chai: int
) -> None:
    body = {**receipt(shop, chai), "occurred_at": ago(days=2)}
    assert refused(order(api_as("clerk"), "receipts", **body)) == (
        403,
        [("/occurred_at", "forbidden")],
    )
    made = done(api, "receipts", **body)
    assert made["occurred_at"] < made["recorded_at"]


def test_goods_cannot_have_left_before_they_came(api: APIClient, shop: Shop, chai: int) -> None:
    body = {"reason_code": "sample", "occurred_at": ago(days=2)}
    answer = order(api, "issues", **body, **at_main(shop, chai, quantity="1"))
    assert refused(answer) == (409, [(AMOUNT, "short_at")])


def test_expired_goods_leave_only_when_they_are_named(api: APIClient, shop: Shop) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    shop.receive(cheese, "4", lot=NamedLot(code="OLD", expires_on=date(2020, 1, 1)))
    body = {"reason_code": "expired", **at_main(shop, cheese, quantity="4")}
    assert refused(order(api, "scraps", **body)) == (409, [(AMOUNT, "insufficient_stock")])
    body["lines"][0]["lot_code"] = "OLD"
    assert order(api, "scraps", **body).status_code == 201


ORDERS = {
    "receipts": {"quantity": "1"},
    "openings": {"quantity": "1"},
    "issues": {"quantity": "1"},
    "adjustments": {"quantity": "1"},
    "scraps": {"quantity": "1"},
    "customer-returns": {"quantity": "1"},
    "supplier-returns": {"quantity": "1"},
}


@pytest.mark.parametrize("path", ORDERS)
def test_no_order_reaches_into_a_warehouse_one_does_not_see(
    api_as: ApiAs, shop: Shop, chai: int, path: str
) -> None:
    north = shop.open_warehouse("NORTH")
    limited = api_as("owner", warehouse_ids=[north.id])
    body = {"reason_code": "found"} if path in {"adjustments", "scraps"} else {}
    answer = order(limited, path, **body, **at_main(shop, chai, **ORDERS[path]))
    assert refused(answer) == (400, [("/warehouse_id", "unknown")])


@pytest.mark.parametrize("path", [*ORDERS, "transfers"])
def test_no_order_has_more_than_a_thousand_lines(api: APIClient, shop: Shop, path: str) -> None:
    answer = order(api, path, lines=[{}] * 1001)
    assert ("/lines", "max_length") in refused(answer)[1]


@pytest.mark.parametrize("path", ["receipts", "openings", "adjustments", "customer-returns"])
def test_costs_are_sent_only_by_those_who_may_see_them(
    api_as: ApiAs, shop: Shop, chai: int, path: str
) -> None:
    blind = api_as(
        permissions=["stock.view", "stock.receive", "stock.open", "stock.adjust", "stock.issue"]
    )
    answer = order(blind, path, **at_main(shop, chai, quantity="1", unit_cost="1"))
    assert refused(answer) == (403, [("/lines/0/unit_cost", "forbidden")])
