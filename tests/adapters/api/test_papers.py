"""Papers over HTTP: as PDF, to whom they concern, at the same price however long they are."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import V1, send
from tests.adapters.shop import Shop
from tests.pdf import pages_of, text_of

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 16
_keys = count(1)


def made(api: APIClient, path: str, **body: Any) -> Any:
    answer = api.post(f"{V1}/{path}/", body, "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def act(api: APIClient, path: str, document: Any, name: str, **body: Any) -> Any:
    answer = send(api, f"{V1}/{path}/{document['id']}/{name}/", body, key=f"paper-{next(_keys)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def shop() -> Shop:
    return Shop()


class Trade:
    """A shop with a supplier and a customer, dealing in so many goods."""

    def __init__(self, api: APIClient, shop: Shop, goods: int = 1) -> None:
        self.api, self.shop = api, shop
        names = ("Côte de Blaye", "Γραβιέρα", "Пряник", "茶")
        self.goods = [
            shop.variant(f"G-{n:03}", name=f"{names[n % 4]} {n:03}", price="19")
            for n in range(goods)
        ]
        self.supplier = made(api, "suppliers", code="EXO", name="Exotic Liquids")["id"]
        self.customer = made(api, "customers", code="ALFKI", name="Alfreds Futterkiste")["id"]
        self.at = {"warehouse_id": shop.main.id}
        made(api, "supplier-items", supplier_id=self.supplier, variant_id=self.goods[0], code="X-1")

    def lines(self, **values: Any) -> list[dict[str, Any]]:
        return [{"variant_id": id, **values} for id in self.goods]

    def placed(self) -> Any:
        lines = self.lines(quantity="2", pack_size="439", unit_cost="7.77")
        draft = made(self.api, "purchase-orders", **self.at, supplier_id=self.supplier, lines=lines)
        return act(self.api, "purchase-orders", draft, "place")

    def received(self) -> Any:
        order = self.placed()
        first, *rest = order["lines"]
        more = {"rejected_quantity": "1", "reason_code": "damaged", "keep_rejected": True}
        lines = [{"line_id": first["id"], "quantity": "1", **more}]
        lines += [{"line_id": line["id"], "quantity": line["quantity"]} for line in rest]
        body = {"reference": f"DN-{order['id']}", "lines": lines}
        return act(self.api, "purchase-orders", order, "receive", **body)

    def confirmed(self) -> Any:
        self.received()
        lines = self.lines(quantity="4", unit_price="19.99")
        order = made(self.api, "sales-orders", **self.at, customer_id=self.customer, lines=lines)
        return act(self.api, "sales-orders", order, "confirm")

    def shipped(self) -> Any:
        order = self.confirmed()
        chosen = [{"line_id": line["id"], "quantity": "3"} for line in order["lines"]]
        return act(self.api, "sales-orders", order, "ship", lines=chosen, carrier="Bikes")

    def counting(self) -> Any:
        self.received()
        count = made(self.api, "stock-counts", **self.at)
        return act(self.api, "stock-counts", count, "start")


def printed(api: APIClient, path: str) -> str:
    answer = api.get(f"{V1}/{path}")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/pdf"
    return text_of(answer.content)


def note_of(order: Any) -> str:
    """The path of the note of its receipt."""
    (receipt,) = (p for p in order["postings"] if p["kind"] == "receipt")
    return f"stock/postings/{receipt['id']}/goods-received-note/"


def test_a_purchase_order_is_printed_with_the_codes_of_the_supplier(
    api: APIClient, shop: Shop
) -> None:
    order = Trade(api, shop).placed()
    text = printed(api, f"purchase-orders/{order['id']}/paper/")
    for told in (
        *(order["number"], "Exotic Liquids", "X-1", "Côte de Blaye 000"),
        *("2 × 439 u0", "7.77"),
    ):
        assert told in text.splitlines(), told


def test_a_purchase_order_has_no_prices_for_a_clerk(
    api: APIClient, api_as: ApiAs, shop: Shop
) -> None:
    order = Trade(api, shop).placed()
    text = printed(api_as("clerk"), f"purchase-orders/{order['id']}/paper/")
    assert "2 × 439 u0" in text
    assert "7.77" not in text


def test_a_pick_list_says_where_to_go(api: APIClient, shop: Shop) -> None:
    order = Trade(api, shop).confirmed()
    text = printed(api, f"sales-orders/{order['id']}/pick-list/")
    for told in (order["number"], "Alfreds Futterkiste", "MAIN", "G-000", "4 u0"):
        assert told in text.splitlines(), told
    assert "19.99" not in text


def test_a_delivery_note_has_no_prices_and_says_what_will_follow(
    api: APIClient, shop: Shop
) -> None:
    order = Trade(api, shop).shipped()
    shipment = next(p for p in order["postings"] if p["kind"] == "shipment")
    text = printed(api, f"sales-orders/{order['id']}/delivery-note/")
    for told in (shipment["number"], order["number"], "Bikes", "3 u0", "Still to follow"):
        assert told in text.splitlines(), told
    for hidden in ("19.99", "59.97", "7.77", "EUR"):
        assert hidden not in text
    named = f"sales-orders/{order['id']}/delivery-note/?posting_id={shipment['id']}"
    assert printed(api, named) == text


def test_a_goods_received_note_tells_what_was_rejected(api: APIClient, shop: Shop) -> None:
    order = Trade(api, shop).received()
    text = printed(api, note_of(order))
    for told in (
        *(order["number"], f"DN-{order['id']}", "Exotic Liquids"),
        *("MAIN", "QUARANTINE", "439 u0"),
    ):
        assert told in text.splitlines(), told
    assert "439 u0 G-000 Côte de Blaye 000: Damaged, kept to be sent back" in text
    assert "7.77" not in text


def test_a_count_sheet_is_blind(api: APIClient, shop: Shop) -> None:
    count = Trade(api, shop).counting()
    text = printed(api, f"stock-counts/{count['id']}/sheet/")
    assert text.splitlines().count("G-000") == 2  # in storage and in quarantine
    assert "439" not in text


# --- what is refused
@pytest.mark.parametrize(
    ("path", "code"),
    [("pick-list/", "nothing_reserved"), ("delivery-note/", "nothing_shipped")],
)
def test_a_paper_of_nothing_is_refused(api: APIClient, shop: Shop, path: str, code: str) -> None:
    trade = Trade(api, shop)
    draft = made(api, "sales-orders", **trade.at, lines=trade.lines(quantity="1"))
    answer = api.get(f"{V1}/sales-orders/{draft['id']}/{path}", HTTP_ACCEPT="application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_count_that_has_not_begun_has_no_sheet(api: APIClient, shop: Shop) -> None:
    count = made(api, "stock-counts", **Trade(api, shop).at)
    answer = api.get(f"{V1}/stock-counts/{count['id']}/sheet/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_started")


def test_only_a_receipt_has_a_goods_received_note(api: APIClient, shop: Shop) -> None:
    order = Trade(api, shop).shipped()
    shipment = next(p for p in order["postings"] if p["kind"] == "shipment")
    answer = api.get(f"{V1}/stock/postings/{shipment['id']}/goods-received-note/")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_receipt")


@pytest.mark.parametrize("posting_id", ["0", "-1", "x", "1.0", "99999999999999999999"])
def test_a_shipment_is_named_by_an_id(api: APIClient, shop: Shop, posting_id: str) -> None:
    order = Trade(api, shop).confirmed()
    path = f"{V1}/sales-orders/{order['id']}/delivery-note/"
    assert api.get(path, {"posting_id": posting_id}).status_code == 400
    assert api.get(path, {"posting": "1"}).status_code == 400


def test_a_shipment_of_another_order_is_none_of_this(api: APIClient, shop: Shop) -> None:
    order = Trade(api, shop).confirmed()
    path = f"{V1}/sales-orders/{order['id']}/delivery-note/"
    answer = api.get(path, {"posting_id": 987654})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown")
    assert answer.json()["errors"][0]["pointer"] == "/posting_id"


def test_papers_of_a_warehouse_one_does_not_see_do_not_exist(
    api: APIClient, api_as: ApiAs, shop: Shop
) -> None:
    trade = Trade(api, shop)
    bought, sold, counted = trade.received(), trade.shipped(), trade.counting()
    elsewhere = api_as("owner", warehouse_ids=[shop.open_warehouse("NORTH").id])
    for path in (
        f"purchase-orders/{bought['id']}/paper/",
        f"sales-orders/{sold['id']}/pick-list/",
        f"sales-orders/{sold['id']}/delivery-note/",
        note_of(bought),
        f"stock-counts/{counted['id']}/sheet/",
    ):
        assert elsewhere.get(f"{V1}/{path}").status_code == 404, path
        assert api.get(f"{V1}/{path}").status_code == 200, path
        assert api_as(None).get(f"{V1}/{path}").status_code in {401, 404}, path


# --- how it is answered
@pytest.mark.parametrize("accept", ["*/*", "application/pdf", "text/html", "application/json"])
def test_whoever_asks_gets_pdf_under_a_name_to_save_it(
    api: APIClient, shop: Shop, accept: str
) -> None:
    order = Trade(api, shop).placed()
    path = f"{V1}/purchase-orders/{order['id']}/paper/"
    answer = api.get(path, HTTP_ACCEPT=accept)
    assert answer.headers["Content-Type"] == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'inline; filename="{order["number"]}.pdf"'
    assert api.post(path, {}, "json").status_code == 405


def test_long_papers_take_no_more_statements_than_short_ones(api: APIClient, shop: Shop) -> None:
    trade = Trade(api, shop, goods=60)
    bought, sold, counted = trade.received(), trade.shipped(), trade.counting()
    for path, least in (
        (f"purchase-orders/{bought['id']}/paper/", 2),
        (f"sales-orders/{sold['id']}/pick-list/", 2),
        (f"sales-orders/{sold['id']}/delivery-note/", 2),
        (note_of(bought), 2),
        (f"stock-counts/{counted['id']}/sheet/", 2),
    ):
        with CaptureQueriesContext(connection) as captured:
            answer = api.get(f"{V1}/{path}")
        assert len(captured) <= MOST_STATEMENTS, path
        assert len(pages_of(answer.content)) >= least, path
