"""Cards, picks, traces and the stock of another day over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sms_core.stock.postings import NamedLot
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import BINS, LEVELS, V1, ago, day, done, order, receipt, refused
from tests.adapters.shop import Shop
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db
CARD, PICKS = f"{V1}/stock/card/", f"{V1}/stock/picks/"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(shop: Shop) -> int:
    return shop.variant("CHAI")


@pytest.fixture
def history(api: APIClient, shop: Shop, chai: int) -> list[Any]:
    """Ten at 2.00 came nine days ago, four left six days ago, three are promised since today."""
    came = done(
        api, "receipts", **receipt(shop, chai, "10", unit_cost="2"), occurred_at=ago(days=9)
    )
    left = done(
        api,
        "issues",
        **receipt(shop, chai, "4"),
        reason_code="sample",
        reference="FAIR",
        occurred_at=ago(days=6),
    )
    place = {"variant_id": chai, "warehouse_id": shop.main.id}
    promised = done(api, "reservations", **place, quantity="3", purpose="Ada")
    return [came, left, promised]


def ask(api: Any, path: str, **query: Any) -> Any:
    answer = api.get(path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


# --- as of -------------------------------------------------------------------------------------
def test_levels_tell_what_there_was(api: APIClient, history: list[Any]) -> None:
    def then(**query: str) -> list[Any]:
        shown = ("on_hand", "reserved", "value")
        rows = ask(api, LEVELS, **query)["results"]
        return [tuple(row[name] for name in shown) for row in rows]

    assert then() == [("6.0000", "3.0000", "12.0000")]
    assert then(as_of=day(days=7)) == [("10.0000", "0.0000", "20.0000")]
    assert then(as_of=day(days=6)) == [("6.0000", "0.0000", "12.0000")]
    assert then(as_of=ago(days=6.5)) == [("10.0000", "0.0000", "20.0000")]
    assert [row for row in then(as_of=day(days=20)) if row[0] != "0.0000"] == []
    assert [row for row in then(known_at=day(days=2)) if row[0] != "0.0000"] == []
    assert then(known_at=day()) == then()


def test_of_another_time_only_quantities_and_value_are_told(
    api: APIClient, history: list[Any]
) -> None:
    row = ask(api, LEVELS, as_of=day(days=6))["results"][0]
    for name in ("available", "in_transit", "on_order", "incoming", "backordered"):
        assert row[name] is None, name


def test_bins_tell_where_it_lay(api: APIClient, history: list[Any]) -> None:
    rows = ask(api, BINS, as_of=day(days=7))["results"]
    assert [row["on_hand"] for row in rows] == ["10.0000"]
    assert ask(api, BINS, as_of=day(days=20))["results"] == []


@pytest.mark.parametrize("path", [LEVELS, BINS])
@pytest.mark.parametrize(
    "value", ["yesterday", "2026-02-30", "2026-01-01T00:00:00", "0001-01-01", "9999-12-31", "1"]
)
def test_what_is_no_time_is_refused(api: APIClient, path: str, value: str) -> None:
    for name in ("as_of", "known_at"):
        answer = api.get(path, {name: value})
        assert refused(answer) == (400, [(f"/{name}", "invalid")])


def test_reorder_levels_are_not_asked_of_the_past(api: APIClient) -> None:
    answer = api.get(LEVELS, {"as_of": day(days=1), "below_alert": "true"})
    assert refused(answer) == (400, [("/below_alert", "invalid")])


def test_costs_of_another_time_are_hidden_too(api_as: ApiAs, history: list[Any]) -> None:
    row = ask(api_as("clerk"), LEVELS, as_of=day(days=7))["results"][0]
    assert (row["on_hand"], row["value"], row["unit_cost"]) == ("10.0000", None, None)


# --- card --------------------------------------------------------------------------------------
def test_a_card_says_why_it_is_this_number(
    api: APIClient, shop: Shop, chai: int, history: list[Any]
) -> None:
    card = ask(api, CARD, variant_id=chai, warehouse_id=shop.main.id)
    assert set(card) == {
        "opening", "results", "closing", "reservations", "orders", "next",
    }  # fmt: skip
    assert card["opening"] == {"on_hand": "0.0000", "reserved": "0.0000", "value": "0.0000"}
    assert card["closing"] == {"on_hand": "6.0000", "reserved": "3.0000", "value": "12.0000"}
    running = ("on_hand", "reserved", "available", "value")
    assert [tuple(row[name] for name in running) for row in card["results"]] == [
        ("10.0000", "0.0000", "10.0000", "20.0000"),
        ("6.0000", "0.0000", "6.0000", "12.0000"),
        ("6.0000", "3.0000", "3.0000", "12.0000"),
    ]
    second = card["results"][1]
    (entry,) = history[1]["entries"]
    balances = {"reserved": second["reserved_change"], "value": second["value_change"]}
    assert {name: second[name] for name in entry} | balances == entry
    assert (second["posting_number"], second["reference"], second["reason_code"]) == (
        history[1]["number"],
        "FAIR",
        "sample",
    )
    assert second["username"].startswith("user-")
    assert [(r["purpose"], r["open_quantity"]) for r in card["reservations"]] == [("Ada", "3.0000")]
    assert (card["orders"], card["next"]) == ([], None)


def test_a_stretch_of_a_card_begins_with_what_there_was(
    api: APIClient, chai: int, history: list[Any]
) -> None:
    card = ask(api, CARD, variant_id=chai, **{"from": day(days=7), "to": day(days=1)})
    assert card["opening"]["on_hand"] == "10.0000"
    assert [row["quantity"] for row in card["results"]] == ["-4.0000"]
    assert card["closing"]["on_hand"] == "6.0000"
    unknown_then = ask(api, CARD, variant_id=chai, known_at=day(days=2))
    assert unknown_then["results"] == []


def test_a_card_is_read_stretch_by_stretch_the_oldest_first(
    api: APIClient, chai: int, history: list[Any]
) -> None:
    found, url = [], f"{CARD}?variant_id={chai}&limit=1"
    while url:
        card = api.get(url).json()
        found += [(row["quantity"], row["on_hand"]) for row in card["results"]]
        url = card["next"]
    assert found == [("10.0000", "10.0000"), ("-4.0000", "6.0000"), ("0.0000", "6.0000")]


def test_a_card_links_what_was_undone_with_what_undid_it(
    api: APIClient, chai: int, history: list[Any]
) -> None:
    undone = done(api, f"postings/{history[1]['id']}/reverse")
    rows = ask(api, CARD, variant_id=chai)["results"]
    links = {row["posting_id"]: (row["reverses_id"], row["reversed_by_id"]) for row in rows}
    assert links[history[1]["id"]] == (None, undone["id"])
    assert links[undone["id"]] == (history[1]["id"], None)


def test_a_card_hides_costs_and_warehouses_out_of_sight(
    api_as: ApiAs, shop: Shop, chai: int, history: list[Any]
) -> None:
    card = ask(api_as("clerk"), CARD, variant_id=chai)
    assert card["opening"]["value"] is None
    assert card["closing"]["value"] is None
    for row in card["results"]:
        costs = ("value", "value_change", "unit_cost", "value_after", "cost_source")
        assert {row[name] for name in costs} == {None}
    north = shop.open_warehouse("NORTH")
    northerner = api_as("owner", warehouse_ids=[north.id])
    blank = ask(northerner, CARD, variant_id=chai)
    assert (blank["results"], blank["reservations"]) == ([], [])
    assert blank["closing"]["on_hand"] == "0.0000"
    answer = northerner.get(CARD, {"variant_id": chai, "warehouse_id": shop.main.id})
    assert refused(answer) == (400, [("/warehouse_id", "unknown")])


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, ("/variant_id", "required")),
        ({"variant_id": "0"}, ("/variant_id", "min_value")),
        ({"variant_id": "1", "from": "monday"}, ("/from", "invalid")),
        ({"variant_id": "1", "to": "2026-01-01T00:00:00"}, ("/to", "invalid")),
        ({"variant_id": "1", "from_at": "2026-01-01"}, ("/from_at", "unknown_parameter")),
        ({"variant_id": "1", "page": "1"}, ("/page", "unknown_parameter")),
        ({"variant_id": "1", "after": "x"}, ("/after", "invalid")),
        ({"variant_id": "1", "limit": "501"}, ("/limit", "invalid")),
    ],
)
def test_a_wrong_question_for_a_card_is_refused_where_it_is_wrong(
    api: APIClient, query: dict[str, str], error: tuple[str, str]
) -> None:
    assert refused(api.get(CARD, query)) == (400, [error])


@pytest.mark.parametrize(
    "path", [f"{CARD}?limit=500&variant_id={{chai}}", f"{LEVELS}?page_size=200", f"{LEVELS}?as_of="]
)
def test_a_longer_ledger_takes_no_more_statements(
    api: APIClient, shop: Shop, chai: int, history: list[Any], path: str
) -> None:
    url = path.format(chai=chai) + (day() if path.endswith("=") else "")

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(url).status_code == 200
        return len(captured)

    before = statements()
    other = shop.variant("OTHER")
    for number in range(8):
        shop.receive(chai, "1")
        shop.receive(other, "1", warehouse_id=shop.open_warehouse(f"W{number}").id)
    done(api, f"postings/{history[1]['id']}/reverse")
    assert statements() == before
    assert before <= 10


# --- picks -------------------------------------------------------------------------------------
@pytest.fixture
def cheese(shop: Shop) -> int:
    """Two of a late lot, two of an early one, and two that are past their day."""
    cheese = shop.variant("CHEESE", tracks_lots=True)
    for code, expires_on in (
        ("LATE", date(2999, 1, 1)),
        ("SOON", date(2998, 1, 1)),
        ("OLD", date(2020, 1, 1)),
    ):
        shop.receive(cheese, "2", lot=NamedLot(code=code, expires_on=expires_on))
    return cheese


def test_picks_take_the_earliest_expiry_first(api: APIClient, shop: Shop, cheese: int) -> None:
    asked = {"variant_id": cheese, "warehouse_id": shop.main.id, "quantity": "5"}
    found = ask(api, PICKS, **asked)
    assert [(p["lot_code"], p["expires_on"], p["quantity"]) for p in found["picks"]] == [
        ("SOON", "2998-01-01", "2.0000"),
        ("LATE", "2999-01-01", "2.0000"),
    ]
    assert found["missing"] == "1.0000"
    assert set(found["picks"][0]) == {
        "location_id", "location_code", "lot_id", "lot_code", "expires_on", "quantity",
    }  # fmt: skip
    assert found["picks"][0]["location_id"] == shop.main.default_location_id


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"quantity": ""}, ("/quantity", "required")),
        ({"quantity": "0"}, ("/quantity", "not_positive")),
        ({"quantity": "1e3"}, ("/quantity", "invalid")),
        ({"warehouse_id": "99999"}, ("/warehouse_id", "unknown")),
        ({"limit": "5"}, ("/limit", "unknown_parameter")),
    ],
)
def test_a_wrong_question_for_picks_is_refused_where_it_is_wrong(
    api: APIClient, shop: Shop, cheese: int, change: dict[str, str], error: tuple[str, str]
) -> None:
    asked = {"variant_id": cheese, "warehouse_id": shop.main.id, "quantity": "1", **change}
    assert refused(api.get(PICKS, asked)) == (400, [error])


def test_nobody_is_told_of_picks_out_of_sight(api_as: ApiAs, shop: Shop, cheese: int) -> None:
    north = shop.open_warehouse("NORTH")
    asked = {"variant_id": cheese, "warehouse_id": shop.main.id, "quantity": "1"}
    answer = api_as("owner", warehouse_ids=[north.id]).get(PICKS, asked)
    assert refused(answer) == (400, [("/warehouse_id", "unknown")])


# --- trace -------------------------------------------------------------------------------------
def test_a_lot_is_traced_from_where_it_came_to_where_it_went(
    api: APIClient, api_as: ApiAs, shop: Shop, cheese: int
) -> None:
    lot = models.Lot.objects.get(code="SOON")
    line = {"variant_id": cheese, "quantity": "1", "lot_code": "SOON"}
    sold = done(api, "issues", warehouse_id=shop.main.id, counterpart="customer", lines=[line])
    found = ask(api, f"{V1}/lots/{lot.pk}/trace/")
    assert (found["lot_id"], found["variant_id"], found["lot_code"]) == (lot.pk, cheese, "SOON")
    assert [(r["kind"], r["counterpart"], r["quantity"]) for r in found["came_from"]] == [
        ("receipt", "supplier", "2.0000")
    ]
    assert [(r["warehouse_code"], r["on_hand"]) for r in found["lies_in"]] == [("MAIN", "1.0000")]
    assert [(r["posting_id"], r["counterpart"]) for r in found["went_to"]] == [
        (sold["id"], "customer")
    ]
    north = shop.open_warehouse("NORTH")
    northerner = api_as("owner", warehouse_ids=[north.id])
    hidden = ask(northerner, f"{V1}/lots/{lot.pk}/trace/")
    assert [hidden[name] for name in ("came_from", "lies_in", "went_to", "moved")] == [[]] * 4
    assert api.get(f"{V1}/lots/{10**9}/trace/").status_code == 404
    assert api_as(None).get(f"{V1}/lots/{lot.pk}/trace/").status_code == 404


# --- in a browser ------------------------------------------------------------------------------
def test_questions_can_be_asked_in_a_browser(
    api: APIClient, shop: Shop, chai: int, history: list[Any]
) -> None:
    empty = api.get(CARD, HTTP_ACCEPT="text/html")
    assert empty.status_code == 400
    assert 'name="variant_id"' in empty.content.decode()
    assert 'name="from"' in empty.content.decode()
    full = api.get(CARD, {"variant_id": chai}, HTTP_ACCEPT="text/html")
    assert full.status_code == 200
    assert 'name="known_at"' in full.content.decode()
    picks = api.get(PICKS, HTTP_ACCEPT="text/html")
    assert 'name="quantity"' in picks.content.decode()
    assert order(api, "card").status_code == 405


def test_the_card_tells_what_open_orders_bring_and_take(api: APIClient) -> None:
    trade = TradingShop()
    chai = trade.variant("CHAI")
    trade.receive(chai, "10")
    bought, sold = trade.buy(chai, 5), trade.sell(chai, 14)

    body = api.get(f"{V1}/stock/card/?variant_id={chai}").json()

    coming, going = body["orders"]
    assert coming["document"]["number"] == bought.number
    assert (coming["quantity"], coming["backordered"]) == ("5.0000", "0.0000")
    assert going["document"] == {"type": "sales_order", "id": sold.id, "number": sold.number}
    assert (going["partner"], going["quantity"]) == ("Ada", "14.0000")
    assert (going["reserved"], going["backordered"]) == ("10.0000", "4.0000")
    assert body["reservations"][0]["document"]["number"] == sold.number
