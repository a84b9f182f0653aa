"""Customers and sales orders over HTTP: from the draft until the last thing came back."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from config.container import container
from sms_core.company.ports import CompanyRepository
from sms_core.selling.queue import QueueService
from sms_core.stock.levels import LevelKey
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import V1, ago, pointers, refused, send
from tests.adapters.shop import SYSTEM
from tests.adapters.trade import TradingShop

ORDERS, CUSTOMERS = f"{V1}/sales-orders/", f"{V1}/customers/"
_keys = count(1)
pytestmark = pytest.mark.django_db


class SellingShop(TradingShop):
    """A shop that sells chai at 18.00 and tea, by the kilo, at 4.00 with tax."""

    def __init__(self) -> None:
        super().__init__()
        self.chai = self.variant("CHAI", name="Chai", price=18, tax_rate=20)
        self.tea = self.variant("TEA", places=3, price=4, tax_rate=5, tax_method="inclusive")


@pytest.fixture
def shop() -> SellingShop:
    return SellingShop()


def body(shop: SellingShop, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "customer_id": shop.ada,
        "warehouse_id": shop.main.id,
        "lines": list(lines) or [{"variant_id": shop.chai, "quantity": "10"}],
        **more,
    }


def drafted(api: APIClient, shop: SellingShop, *lines: dict[str, Any], **more: Any) -> Any:
    answer = api.post(ORDERS, body(shop, *lines, **more), "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def act(api: APIClient, order: Any, name: str, query: str = "", **values: Any) -> Any:
    key = None if "preview" in query else f"act-{next(_keys)}"
    return send(api, f"{ORDERS}{order['id']}/{name}/{query}", values, key=key)


def done(api: APIClient, order: Any, name: str, **values: Any) -> Any:
    answer = act(api, order, name, **values)
    assert answer.status_code == 200, answer.content
    return answer.json()


def sold(api: APIClient, shop: SellingShop, *lines: dict[str, Any], **more: Any) -> Any:
    return done(api, drafted(api, shop, *lines, **more), "confirm")


def now(api: APIClient, order: Any) -> Any:
    answer = api.get(f"{ORDERS}{order['id']}/")
    assert answer.status_code == 200
    return answer.json()


def figures(order: Any) -> list[tuple[str, ...]]:
    names = ("reserved", "backordered", "shipped", "returned")
    return [
        tuple(line[f"{name}_quantity"].removesuffix(".0000") for name in names)
        for line in order["lines"]
    ]


def test_a_sale_goes_from_draft_to_shipped_and_back(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "12", unit_cost="2")
    models.Customer.objects.update(address="Ring 1")
    answer = api.post(ORDERS, body(shop, reference="PO 7", notes="Ring twice"), "json")
    assert answer.status_code == 201
    order = answer.json()
    assert answer["Location"].endswith(f"/sales-orders/{order['id']}/")
    assert now(api, order) == order
    assert set(order) == {
        "id", "number", "state", "customer_id", "customer_name", "warehouse_id", "reference",
        "ordered_at", "promised_at", "priority", "ship_to", "confirmed_at", "net", "tax", "gross",
        "taxes", "shipments", "notes", "lines", "allowed", "postings", "version", "created_at",
        "updated_at", "deleted_at",
    }  # fmt: skip
    (line,) = order["lines"]
    assert line == {
        "id": line["id"], "variant_id": shop.chai, "variant_code": "CHAI", "description": "Chai",
        "quantity": "10.0000", "unit_price": "18.0000", "discount_percent": "0.00",
        "tax_rate": "20.00", "tax_method": "exclusive", "net": "180.0000", "tax": "36.0000",
        "gross": "216.0000", "reserved_quantity": "0.0000", "backordered_quantity": "0.0000",
        "shipped_quantity": "0.0000", "returned_quantity": "0.0000",
    }  # fmt: skip
    assert (order["net"], order["tax"], order["gross"]) == ("180.0000", "36.0000", "216.0000")
    assert order["taxes"] == [
        {"rate": "20.00", "net": "180.0000", "tax": "36.0000", "gross": "216.0000"}
    ]

    order = done(api, order, "confirm", note="By phone")
    assert (order["state"], order["ship_to"]) == ("confirmed", "Ring 1")
    assert figures(order) == [("10", "0", "0", "0")]
    assert [posting["kind"] for posting in order["postings"]] == ["reservation"]

    parcel = [{"line_id": line["id"], "quantity": "4"}]
    order = done(api, order, "ship", carrier="DHL", tracking="T1", lines=parcel)
    assert (order["state"], figures(order)) == ("partially_shipped", [("6", "0", "4", "0")])
    (shipment,) = order["shipments"]
    posting = order["postings"][-1]
    assert shipment == {
        "posting_id": posting["id"], "number": posting["number"], "carrier": "DHL",
        "tracking": "T1",
    }  # fmt: skip
    fact = api.get(f"{V1}/stock/postings/{posting['id']}/").json()
    assert (fact["customer_id"], fact["document"]["number"]) == (shop.ada, order["number"])

    assert done(api, order, "ship")["state"] == "shipped"
    back = {"line_id": line["id"], "quantity": "2", "reason_code": "defective"}
    order = done(api, order, "return", lines=[{**back, "disposition": "quarantine"}])
    assert (order["state"], figures(order)) == ("shipped", [("0", "0", "10", "2")])
    order = done(api, order, "close")
    assert (order["state"], order["allowed"]) == ("closed", ["return", "duplicate"])

    history = api.get(f"{ORDERS}{order['id']}/history/").json()["results"]
    acts = ["create", "confirm", "ship", "ship", "return", "close"]
    assert [event["act"] for event in history] == acts
    assert history[1]["note"] == "By phone"


def test_backorders_are_served_in_turn(api: APIClient, shop: SellingShop) -> None:
    first, second = sold(api, shop), sold(api, shop, priority=1)
    assert figures(first) == figures(second) == [("0", "10", "0", "0")]
    shop.receive(shop.chai, "12")

    assert act(api, first, "allocate").status_code == 200
    assert figures(now(api, first)) == [("2", "8", "0", "0")]
    assert figures(done(api, second, "allocate")) == [("10", "0", "0", "0")]
    answer = act(api, first, "allocate")
    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    answer = act(api, second, "allocate")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_backordered")


def test_out_of_turn_takes_its_right(api: APIClient, api_as: ApiAs, shop: SellingShop) -> None:
    shop.receive(shop.tea, "0.001")
    waits, jumps = sold(api, shop), sold(api, shop)
    shop.receive(shop.chai, "10")

    assert act(api_as("clerk"), jumps, "allocate", out_of_turn=True).status_code == 403
    assert act(api, jumps, "allocate").status_code == 409
    assert figures(done(api, jumps, "allocate", out_of_turn=True)) == [("10", "0", "0", "0")]
    assert figures(now(api, waits)) == [("0", "10", "0", "0")]


def test_goods_that_come_in_are_promised_after_the_commit(
    api: APIClient, shop: SellingShop, django_capture_on_commit_callbacks: Any
) -> None:
    order = sold(api, shop)
    line = {"variant_id": shop.chai, "quantity": "4"}
    receipt = {"warehouse_id": shop.main.id, "lines": [line]}

    with django_capture_on_commit_callbacks(execute=True):
        answer = send(api, f"{V1}/stock/receipts/", receipt, key="r1")

    assert answer.status_code == 201
    assert figures(now(api, order)) == [("4", "6", "0", "0")]
    served = api.get(f"{ORDERS}{order['id']}/history/").json()["results"][-1]
    assert (served["act"], served["user_id"]) == ("allocate", None)


def test_a_company_may_serve_by_hand(
    api: APIClient, shop: SellingShop, django_capture_on_commit_callbacks: Any
) -> None:
    order = sold(api, shop)
    companies = container().get(CompanyRepository)  # type: ignore[type-abstract]
    company = companies.get()
    company.change(serves_backorders=False)
    companies.save(company)

    with django_capture_on_commit_callbacks(execute=True):
        shop.receive(shop.chai, "4")

    assert figures(now(api, order)) == [("0", "10", "0", "0")]


def test_nobody_waiting_costs_one_statement(shop: SellingShop) -> None:
    queue = container().get(QueueService)
    keys = [LevelKey(shop.chai, shop.main.id), LevelKey(shop.tea, shop.main.id)]

    with CaptureQueriesContext(connection) as captured:
        queue.serve(keys, by=SYSTEM)
    assert len(captured.captured_queries) == 1


def test_selling_at_the_counter_is_one_request(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "12")
    url = f"{ORDERS}?confirm=true&ship=true"

    answer = send(api, url, body(shop), key="sale")
    assert answer.status_code == 201, answer.content
    order = answer.json()
    assert answer["Location"].endswith(f"/sales-orders/{order['id']}/")
    assert (order["state"], figures(order)) == ("shipped", [("0", "0", "10", "0")])
    assert [posting["kind"] for posting in order["postings"]] == ["reservation", "shipment"]

    again = send(api, url, body(shop), key="sale")
    assert (again.json(), again["Idempotency-Replayed"]) == (order, "true")
    assert models.SalesOrder.objects.count() == 1
    other = send(api, f"{ORDERS}?confirm=true", body(shop), key="sale")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_selling_at_the_counter_is_all_or_nothing(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "9")
    url = f"{ORDERS}?confirm=true&ship=true"

    assert refused(send(api, url, body(shop), key="sale")) == (
        409,
        [("/lines/0/quantity", "insufficient_stock")],
    )
    assert not models.SalesOrder.objects.exists()
    assert not models.Reservation.objects.exists()
    answer = send(api, f"{ORDERS}?confirm=true", body(shop), key="sale")
    assert (answer.status_code, figures(answer.json())) == (201, [("9", "1", "0", "0")])


def test_selling_now_can_be_tried(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "10")
    url = f"{ORDERS}?confirm=true&ship=true&preview=true"

    answer = api.post(url, body(shop), "json")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    (level,) = answer.json()["levels"]
    assert (level["before"]["on_hand"], level["after"]["on_hand"]) == ("10.0000", "0.0000")
    short = api.post(url, body(shop, {"variant_id": shop.chai, "quantity": "11"}), "json").json()
    assert (short["ok"], short["errors"][0]["pointer"]) == (False, "/lines/0/quantity")
    draft = api.post(f"{ORDERS}?preview=true", body(shop), "json")
    assert draft.json() == {"ok": True, "levels": [], "errors": []}
    assert not models.SalesOrder.objects.exists()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?confirm=yes", ("/confirm", "invalid")),
        ("?confirm=true&ship=1", ("/ship", "invalid")),
        ("?ship=true", ("/ship", "invalid")),
        ("?preview=maybe", ("/preview", "invalid")),
    ],
)
def test_switches_are_true_or_false(
    api: APIClient, shop: SellingShop, query: str, wrong: tuple[str, str]
) -> None:
    assert refused(send(api, f"{ORDERS}{query}", body(shop))) == (400, [wrong])


@pytest.mark.parametrize("lacking", ["sales_order.add", "sales_order.confirm", "sales_order.ship"])
def test_selling_at_once_takes_all_its_rights(
    api_as: ApiAs, shop: SellingShop, lacking: str
) -> None:
    shop.receive(shop.chai, "10")
    rights = {"sales_order.view", "sales_order.add", "sales_order.confirm", "sales_order.ship"}
    clerk = api_as(permissions=sorted(rights - {lacking}))

    answer = send(clerk, f"{ORDERS}?confirm=true&ship=true", body(shop))

    assert answer.status_code == 403
    assert not models.SalesOrder.objects.exists()


@pytest.mark.parametrize("name", ["confirm", "allocate", "ship", "return", "close", "cancel"])
def test_acts_need_a_key_and_their_right(
    api: APIClient, api_as: ApiAs, shop: SellingShop, name: str
) -> None:
    order = drafted(api, shop)
    values = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    given = values if name == "return" else {}

    url = f"{ORDERS}{order['id']}/{name}/"
    assert pointers(send(api, url, given, key=None)) == [("", "idempotency_key_required")]
    looker = api_as(permissions=["sales_order.view"])
    assert act(looker, order, name, **given).status_code == 403


def test_acts_in_the_wrong_state_name_it_and_the_ways_out(
    api: APIClient, shop: SellingShop
) -> None:
    order = drafted(api, shop)

    answer = act(api, order, "ship")

    assert (answer.status_code, answer.json()["code"]) == (409, "document_state")
    assert "is draft" in answer.json()["detail"]
    assert "confirm, change, duplicate, delete" in answer.json()["detail"]


def test_an_act_sent_twice_is_done_once(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "5")
    order = sold(api, shop)
    url = f"{ORDERS}{order['id']}/ship/"

    first, again = send(api, url, {}, key="once"), send(api, url, {}, key="once")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert figures(now(api, order)) == [("0", "5", "5", "0")]


def test_acts_can_be_tried(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "4")
    order = drafted(api, shop)

    tried = act(api, order, "confirm", "?preview=true").json()
    (level,) = tried["levels"]
    assert (tried["ok"], level["after"]["reserved"]) == (True, "4.0000")
    order = done(api, order, "confirm")
    parcel = [{"line_id": order["lines"][0]["id"], "quantity": "5"}]
    tried = act(api, order, "ship", "?preview=true", lines=parcel).json()
    assert (tried["ok"], tried["errors"][0]["code"]) == (False, "not_reserved")
    assert tried["errors"][0]["pointer"] == "/lines/0/quantity"
    assert now(api, order) == order


def test_what_others_changed_meanwhile_is_412(api: APIClient, shop: SellingShop) -> None:
    order = drafted(api, shop)
    url = f"{ORDERS}{order['id']}/"
    assert api.patch(url, {"notes": "x"}, "json").status_code == 200

    stale = f'"{order["version"]}"'
    assert send(api, f"{url}confirm/", {}, HTTP_IF_MATCH=stale).status_code == 412
    assert api.patch(url, {"notes": "y"}, "json", HTTP_IF_MATCH=stale).status_code == 412
    assert api.patch(url, {"notes": "y", "version": 1}, "json").status_code == 412
    assert api.delete(url, HTTP_IF_MATCH=stale).status_code == 412


def test_a_draft_is_changed_and_replaced(api: APIClient, shop: SellingShop) -> None:
    order = drafted(api, shop, reference="R1", priority=4)
    url = f"{ORDERS}{order['id']}/"
    line = {"id": order["lines"][0]["id"], "variant_id": shop.chai, "quantity": "3"}

    tea = {"variant_id": shop.tea, "quantity": "0.5", "discount_percent": "10"}
    changed = api.patch(url, {"lines": [line, {**tea}]}, "json").json()
    assert [one["gross"] for one in changed["lines"]] == ["64.8000", "1.8000"]
    assert [tax["rate"] for tax in changed["taxes"]] == ["5.00", "20.00"]
    assert changed["reference"] == "R1"

    replaced = api.put(url, {"warehouse_id": shop.main.id, "lines": [line]}, "json").json()
    assert (replaced["reference"], replaced["priority"], replaced["customer_id"]) == ("", 0, None)
    assert replaced["ordered_at"] == order["ordered_at"]
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.post(f"{url}restore/", {}, "json").status_code == 200


def test_what_was_agreed_is_amended(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "10")
    order = sold(api, shop)
    url, line = f"{ORDERS}{order['id']}/", order["lines"][0]["id"]

    def lines(quantity: str, **more: Any) -> dict[str, Any]:
        return {"lines": [{"id": line, "variant_id": shop.chai, "quantity": quantity, **more}]}

    tried = api.patch(f"{url}?preview=true", lines("4"), "json").json()
    assert (tried["ok"], tried["levels"][0]["after"]["reserved"]) == (True, "4.0000")
    assert now(api, order) == order
    changed = api.patch(url, {**lines("4"), "priority": 2, "ship_to": "Dock 5"}, "json").json()
    assert (changed["priority"], figures(changed)) == (2, [("4", "0", "0", "0")])
    assert [posting["kind"] for posting in changed["postings"]] == ["reservation", "release"]
    assert figures(api.patch(url, lines("12"), "json").json()) == [("10", "2", "0", "0")]
    done(api, order, "ship")
    assert refused(api.patch(url, lines("9"), "json")) == (
        409,
        [("/lines/0/quantity", "below_shipped")],
    )
    assert refused(api.patch(url, lines("12", unit_price="1"), "json")) == (
        409,
        [("/lines/0/unit_price", "fixed")],
    )
    gone = {"lines": [{"variant_id": shop.tea, "quantity": "1"}]}
    assert refused(api.patch(url, gone, "json")) == (409, [("/lines", "below_shipped")])
    assert refused(api.patch(url, {"customer_id": None}, "json")) == (
        409,
        [("/customer_id", "fixed")],
    )
    history = api.get(f"{url}history/").json()["results"]
    assert [event["act"] for event in history].count("change") == 2
    assert history[2]["changes"]["priority"] == ["0", "2"]


def test_amending_takes_the_right_to_confirm_too(
    api: APIClient, api_as: ApiAs, shop: SellingShop
) -> None:
    changes = api_as(permissions=["sales_order.view", "sales_order.change"])
    draft, agreed = drafted(api, shop), sold(api, shop)

    for order, status in ((draft, 200), (agreed, 403)):
        url = f"{ORDERS}{order['id']}/"
        assert changes.patch(url, {"notes": "x"}, "json").status_code == status


def test_an_undone_shipment_is_reserved_again(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "10")
    order = done(api, sold(api, shop), "ship")
    posting = order["postings"][-1]["id"]

    answer = send(api, f"{V1}/stock/postings/{posting}/reverse/", {}, key="undo")

    assert answer.status_code == 201, answer.content
    order = now(api, order)
    assert (order["state"], figures(order)) == ("confirmed", [("10", "0", "0", "0")])
    assert [posting["kind"] for posting in order["postings"]][-2:] == ["reversal", "reservation"]


def test_a_copy_is_a_draft(api: APIClient, shop: SellingShop) -> None:
    order = sold(api, shop)

    answer = api.post(f"{ORDERS}{order['id']}/duplicate/", {}, "json")

    assert (answer.status_code, answer.json()["state"]) == (201, "draft")
    assert answer.json()["gross"] == order["gross"]


@pytest.mark.parametrize("name", ["cancel", "reopen", "close"])
def test_leaving_frees_what_was_reserved(api: APIClient, shop: SellingShop, name: str) -> None:
    shop.receive(shop.chai, "10")
    order = done(api, sold(api, shop), name)

    assert figures(order) == [("0", "0", "0", "0")]
    assert models.Level.objects.get(variant_id=shop.chai, in_transit=False).reserved == 0


@pytest.mark.parametrize(
    ("line", "status", "wrong"),
    [
        ({"variant_id": 10**6}, 400, ("variant_id", "unknown")),
        ({"quantity": "0"}, 400, ("quantity", "not_positive")),
        ({"quantity": "1.5"}, 422, ("quantity", "too_fine")),
        ({"quantity": 1.5}, 400, ("quantity", "invalid")),
        ({"unit_price": "-1"}, 400, ("unit_price", "negative")),
        ({"unit_price": "1.00001"}, 422, ("unit_price", "too_fine")),
        ({"discount_percent": "101"}, 400, ("discount_percent", "out_of_range")),
        ({"tax_rate": "-1"}, 400, ("tax_rate", "negative")),
        ({"tax_method": "both"}, 400, ("tax_method", "invalid_choice")),
        ({"net": "1"}, 400, ("net", "read_only")),
        ({"reserved_quantity": "1"}, 400, ("reserved_quantity", "read_only")),
        ({"id": 10**6}, 400, ("id", "unknown")),
    ],
)
def test_lines_nobody_can_mean_are_refused(
    api: APIClient, shop: SellingShop, line: dict[str, Any], status: int, wrong: tuple[str, str]
) -> None:
    sent = {"variant_id": shop.chai, "quantity": "1", **line}

    answer = api.post(ORDERS, body(shop, sent), "json")

    assert refused(answer) == (status, [(f"/lines/0/{wrong[0]}", wrong[1])])
    assert not models.SalesOrder.objects.exists()


@pytest.mark.parametrize("column", ["is_for_sale", "is_active"])
def test_what_is_not_for_sale_is_422(api: APIClient, shop: SellingShop, column: str) -> None:
    models.Product.objects.filter(code="CHAI").update(**{column: False})

    assert refused(api.post(ORDERS, body(shop), "json")) == (
        422,
        [("/lines/0/variant_id", "not_for_sale")],
    )


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"customer_id": 10**6}, "/customer_id"),
        ({"warehouse_id": 10**6}, "/warehouse_id"),
        ({"priority": 1_000_001}, "/priority"),
        ({"ordered_at": "2026-01-01"}, "/ordered_at"),
        ({"customer_name": "Ada"}, "/customer_name"),
        ({"state": "shipped"}, "/state"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_headers_nobody_can_mean_are_400(
    api: APIClient, shop: SellingShop, wrong: dict[str, Any], pointer: str
) -> None:
    answer = api.post(ORDERS, body(shop, **wrong), "json")

    assert (answer.status_code, pointers(answer)[0][0]) == (400, pointer)


def test_what_has_not_happened_or_is_long_gone_is_refused(
    api: APIClient, api_as: ApiAs, shop: SellingShop
) -> None:
    shop.receive(shop.chai, "10")
    order = drafted(api, shop)

    later = act(api, order, "confirm", occurred_at=ago(hours=-1))
    assert refused(later) == (422, [("/occurred_at", "in_future")])
    assert act(api_as("clerk"), order, "confirm", occurred_at=ago(days=2)).status_code == 403


def test_lists_are_filtered_and_ordered(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "10")
    tea = {"variant_id": shop.tea, "quantity": "1"}
    one = sold(api, shop, promised_at="2031-01-02T00:00:00Z", reference="Ref 7")
    two = sold(api, shop, tea, customer_id=None, priority=-1)
    three = drafted(api, shop, promised_at="2031-01-01T00:00:00Z")

    def found(query: str) -> list[str]:
        answer = api.get(f"{ORDERS}?{query}")
        assert answer.status_code == 200, answer.content
        return [order["number"] for order in answer.json()["results"]]

    first, second, third = (order["number"] for order in (one, two, three))
    assert found("") == [third, second, first]
    assert found(f"customer_id={shop.ada}") == [third, first]
    assert found(f"warehouse_id={shop.main.id}&state=confirmed") == [second, first]
    assert found(f"variant_id={shop.tea}") == [second]
    assert found("reference=ref 7") == found("search=f 7") == [first]
    assert found(f"number={second}") == [second]
    assert found("priority=-1") == [second]
    assert found("priority=0") == [third, first]
    assert found("promised_before=2031-01-02T00:00:00Z") == [third]
    assert found("backordered=true") == [second]
    assert found("backordered=false") == [third, first]
    assert found("search=ada") == [third, first]
    assert found("ordering=promised_at") == [third, first, second]
    assert found("ordering=-priority,number") == [first, third, second]
    for name in ("number", "ordered_at", "created_at", "state"):
        assert sorted(found(f"ordering=-{name}")) == [first, second, third]
    assert api.get(f"{ORDERS}?ordering=gross").status_code == 400
    assert api.get(f"{ORDERS}?state=lost").status_code == 400


def test_who_sees_other_warehouses_only_sees_nothing_of_it(
    api: APIClient, api_as: ApiAs, shop: SellingShop
) -> None:
    order = sold(api, shop)
    elsewhere = api_as("clerk", warehouse_ids=[shop.open_warehouse("WEST").id])

    url = f"{ORDERS}{order['id']}/"
    assert elsewhere.get(ORDERS).json()["count"] == 0
    for path in ("", "history/"):
        assert elsewhere.get(f"{url}{path}").status_code == 404
    assert act(elsewhere, order, "ship").status_code == 404
    assert elsewhere.patch(url, {"notes": "x"}, "json").status_code == 404
    assert refused(elsewhere.post(ORDERS, body(shop), "json")) == (
        400,
        [("/warehouse_id", "unknown")],
    )


def test_clerks_see_prices_but_no_costs(api: APIClient, api_as: ApiAs, shop: SellingShop) -> None:
    shop.receive(shop.chai, "10", unit_cost="2")
    clerk = api_as("clerk")
    order = done(clerk, sold(clerk, shop), "ship")

    assert order["gross"] == "216.0000"
    fact = clerk.get(f"{V1}/stock/postings/{order['postings'][-1]['id']}/").json()
    assert fact["entries"][0]["value"] is None
    tried = act(clerk, sold(clerk, shop), "cancel", "?preview=true").json()
    assert tried["ok"] is True


def test_customers_are_kept_like_any_list(api: APIClient, shop: SellingShop) -> None:
    sent = {"code": "B1", "name": "Bob", "email": "bob@example.org", "address": "Ring 1\nTown"}

    answer = api.post(CUSTOMERS, sent, "json")
    assert answer.status_code == 201
    bob = answer.json()
    assert {name: bob[name] for name in sent} == sent
    url = f"{CUSTOMERS}{bob['id']}/"
    assert api.patch(url, {"phone": "1"}, "json").json()["phone"] == "1"
    assert refused(api.post(CUSTOMERS, {"code": "b1", "name": "x"}, "json")) == (
        409,
        [("/code", "duplicate")],
    )
    assert refused(api.patch(url, {"email": "nobody"}, "json"))[1][0][0] == "/email"
    assert api.get(f"{CUSTOMERS}?search=ring").json()["count"] == 1
    assert api.delete(url).status_code == 204
    assert api.post(f"{url}restore/", {}, "json").status_code == 200


def test_a_customer_with_open_orders_is_in_use(api: APIClient, shop: SellingShop) -> None:
    order = drafted(api, shop)
    url = f"{CUSTOMERS}{shop.ada}/"

    answer = api.delete(url)

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert order["number"] in answer.json()["detail"]
    assert api.delete(f"{ORDERS}{order['id']}/").status_code == 204
    assert api.delete(url).status_code == 204
    assert refused(api.post(ORDERS, body(shop), "json")) == (400, [("/customer_id", "unknown")])
    assert refused(api.post(f"{ORDERS}{order['id']}/restore/", {}, "json"))[0] == 400


def test_postings_without_a_document_name_customers(api: APIClient, shop: SellingShop) -> None:
    shop.receive(shop.chai, "10")
    line = {"variant_id": shop.chai, "quantity": "1"}
    at = {"warehouse_id": shop.main.id, "customer_id": shop.ada, "lines": [line]}
    issue = {**at, "counterpart": "customer"}

    sent = send(api, f"{V1}/stock/issues/", issue, key="i1")
    back = send(api, f"{V1}/stock/customer-returns/", at, key="c1")

    assert (sent.status_code, back.status_code) == (201, 201)
    assert sent.json()["customer_id"] == back.json()["customer_id"] == shop.ada
    found = api.get(f"{V1}/stock/postings/?customer_id={shop.ada}").json()["results"]
    assert [posting["id"] for posting in found] == [back.json()["id"], sent.json()["id"]]
    unknown = {**issue, "customer_id": 10**6}
    assert refused(send(api, f"{V1}/stock/issues/", unknown, key="i2")) == (
        400,
        [("/customer_id", "unknown")],
    )


def test_an_order_of_many_lines_takes_as_many_statements_as_one_of_a_few(
    api: APIClient, shop: SellingShop
) -> None:
    shop.receive(shop.chai, "200")

    def statements(lines: int) -> list[int]:
        sent = body(shop, *[{"variant_id": shop.chai, "quantity": "1"}] * lines)
        counts = []
        with CaptureQueriesContext(connection) as captured:
            order = api.post(ORDERS, sent, "json").json()
        counts.append(len(captured.captured_queries))
        for name in ("confirm", "ship"):
            with CaptureQueriesContext(connection) as captured:
                done(api, order, name)
            counts.append(len(captured.captured_queries))
        with CaptureQueriesContext(connection) as captured:
            api.get(f"{ORDERS}{order['id']}/")
        return [*counts, len(captured.captured_queries)]

    statements(1)
    assert statements(2) == statements(40)
