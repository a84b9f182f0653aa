"""Purchase orders over HTTP: from the draft until everything has come, or gone back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.buying import ITEMS, ORDERS, Market, act, created, done
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import LEVELS, POSTINGS, V1, ago, order, pointers, refused, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(api: APIClient) -> Market:
    return Market(api)


def level(api: APIClient, variant_id: int) -> Any:
    (found,) = api.get(f"{LEVELS}?variant_id={variant_id}").json()["results"]
    return found


def test_an_order_goes_from_draft_to_received(api: APIClient, shop: Market) -> None:
    line = {
        "variant_id": shop.chai,
        "quantity": "3",
        "pack_size": "12",
        "unit_cost": "24.00",
        "discount_percent": "10",
    }
    answer = api.post(ORDERS, shop.body(line, reference="Q-77", notes="Ring first"), "json")
    assert answer.status_code == 201
    bought = answer.json()
    assert api.get(answer["Location"]).json() == bought
    assert set(bought) == {
        "id", "number", "state", "supplier_id", "warehouse_id", "reference", "expected_at",
        "placed_at", "net", "tax", "gross", "notes", "lines", "allowed", "postings", "version",
        "created_at", "updated_at", "deleted_at",
    }  # fmt: skip
    assert bought["state"] == "draft"
    assert bought["allowed"] == ["place", "change", "duplicate", "delete"]
    (shown,) = bought["lines"]
    assert shown == {
        "id": shown["id"],
        "variant_id": shop.chai,
        "quantity": "3.0000",
        "pack_size": "12.0000",
        "unit_cost": "24.000000",
        "discount_percent": "10.00",
        "tax_rate": "20.00",
        "stock_quantity": "36.0000",
        "stock_unit_cost": "1.800000",
        "net": "64.8000",
        "tax": "12.9600",
        "gross": "77.7600",
        "received_quantity": "0.0000",
        "rejected_quantity": "0.0000",
        "returned_quantity": "0.0000",
        "open_quantity": "3.0000",
    }

    bought = done(api, bought, "place", occurred_at=ago(days=2))
    assert (bought["state"], bought["placed_at"][:4]) == ("placed", ago(days=2)[:4])
    delivered = {"line_id": shown["id"], "quantity": "1"}
    bought = done(api, bought, "receive", reference="DN-1", note="Half", lines=[delivered])
    assert bought["state"] == "partially_received"
    assert bought["lines"][0]["received_quantity"] == "1.0000"
    assert level(api, shop.chai)["value"] == "21.6000"
    bought = done(api, bought, "receive")
    assert bought["state"] == "received"
    assert (level(api, shop.chai)["on_hand"], level(api, shop.chai)["value"]) == (
        "36.0000",
        "64.8000",
    )

    assert [(one["kind"], one["reference"], one["note"]) for one in bought["postings"]] == [
        ("receipt", "DN-1", "Half"),
        ("receipt", "", ""),
    ]
    posting = api.get(f"{POSTINGS}{bought['postings'][0]['id']}/").json()
    assert posting["supplier_id"] == shop.acme
    assert posting["document"] == {
        "type": "purchase_order",
        "id": bought["id"],
        "number": bought["number"],
    }
    history = api.get(f"{ORDERS}{bought['id']}/history/").json()["results"]
    assert [event["act"] for event in history] == ["create", "place", "receive", "receive"]


def test_rejected_goods_are_kept_and_sent_back(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    line = bought["lines"][0]["id"]
    delivered = {
        "line_id": line,
        "quantity": "7",
        "rejected_quantity": "3",
        "reason_code": "damaged",
        "keep_rejected": True,
    }
    bought = done(api, bought, "receive", lines=[delivered])
    shown = bought["lines"][0]
    assert (shown["received_quantity"], shown["rejected_quantity"]) == ("7.0000", "3.0000")
    assert level(api, shop.chai)["on_hand"] == "10.0000"
    assert level(api, shop.chai)["available"] == "7.0000"

    back = [{"line_id": line, "quantity": "4", "reason_code": "defective"}]
    bought = done(api, bought, "return", lines=back, reference="CN-1")
    assert bought["lines"][0]["returned_quantity"] == "4.0000"
    assert level(api, shop.chai)["available"] == "6.0000"
    too_much = [{"line_id": line, "quantity": "7", "reason_code": "defective"}]
    assert refused(act(api, bought, "return", lines=too_much)) == (
        409,
        [("/lines/0/quantity", "over_returned")],
    )


def test_undoing_a_receipt_moves_the_order_back(api: APIClient, shop: Market) -> None:
    bought = done(api, shop.placed(api), "receive")
    posting = bought["postings"][0]["id"]

    answer = send(api, f"{POSTINGS}{posting}/reverse/", {}, key="undo")
    assert answer.status_code == 201, answer.content

    bought = api.get(f"{ORDERS}{bought['id']}/").json()
    assert bought["state"] == "placed"
    assert bought["lines"][0]["received_quantity"] == "0.0000"
    assert [one["reverses_id"] for one in bought["postings"]] == [None, posting]
    history = api.get(f"{ORDERS}{bought['id']}/history/").json()["results"]
    assert history[-1]["act"] == "reverse"
    assert done(api, bought, "cancel")["state"] == "cancelled"


def test_a_rejection_is_void_with_its_receipt(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    line = bought["lines"][0]["id"]
    delivered = {
        "line_id": line,
        "quantity": "7",
        "rejected_quantity": "2",
        "reason_code": "damaged",
    }
    bought = done(api, bought, "receive", lines=[delivered])
    posting = bought["postings"][0]["id"]
    assert bought["lines"][0]["rejected_quantity"] == "2.0000"

    send(api, f"{POSTINGS}{posting}/reverse/", {}, key="undo")

    left = api.get(f"{ORDERS}{bought['id']}/").json()["lines"][0]
    assert (left["received_quantity"], left["rejected_quantity"]) == ("0.0000", "0.0000")


def test_a_wrong_state_is_named_with_the_ways_out(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    bought = done(
        api, bought, "receive", lines=[{"line_id": bought["lines"][0]["id"], "quantity": "1"}]
    )

    answer = act(api, bought, "cancel")

    assert answer.status_code == 409
    assert answer.json()["code"] == "document_state"
    assert "partially received" in answer.json()["detail"]
    assert "close" in answer.json()["detail"]
    closed = done(api, bought, "close", note="Enough")
    assert (closed["state"], closed["allowed"]) == ("closed", ["return", "duplicate"])


def test_too_much_takes_a_right(api: APIClient, api_as: ApiAs, shop: Market) -> None:
    bought = shop.placed(api)
    line = bought["lines"][0]["id"]
    clerk = api_as("clerk")

    over = act(clerk, bought, "receive", lines=[{"line_id": line, "quantity": "11"}])
    assert refused(over) == (409, [("/lines/0/quantity", "over_received")])
    other = act(clerk, bought, "receive", lines=[{"variant_id": shop.tea, "quantity": "1"}])
    assert refused(other) == (409, [("/lines/0/variant_id", "over_received")])

    models.Company.objects.update(over_receipt_percent=10)
    taken = done(clerk, bought, "receive", lines=[{"line_id": line, "quantity": "11"}])
    assert taken["state"] == "received"


def test_goods_that_were_not_ordered_become_a_line(api: APIClient, shop: Market) -> None:
    created(
        api,
        ITEMS,
        {
            "supplier_id": shop.acme,
            "variant_id": shop.tea,
            "pack_size": "10",
            "unit_cost": "20",
        },
    )
    bought = shop.placed(api)

    bought = done(api, bought, "receive", lines=[{"variant_id": shop.tea, "quantity": "2"}])

    line = bought["lines"][1]
    assert (line["quantity"], line["received_quantity"]) == ("0.0000", "2.0000")
    assert level(api, shop.tea)["value"] == "40.0000"


def test_a_placed_order_is_amended(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    line = bought["lines"][0]["id"]
    done(api, bought, "receive", lines=[{"line_id": line, "quantity": "4"}])
    path = f"{ORDERS}{bought['id']}/"

    below = {"lines": [{"id": line, "variant_id": shop.chai, "quantity": "3"}]}
    assert refused(api.patch(path, below, "json")) == (
        409,
        [("/lines/0/quantity", "below_received")],
    )
    enough = {"lines": [{"id": line, "variant_id": shop.chai, "quantity": "4"}]}
    tried = api.patch(f"{path}?preview=true", enough, "json")
    assert tried.json() == {"ok": True, "levels": [], "errors": []}
    tried = api.patch(f"{path}?preview=true", below, "json").json()
    assert (tried["ok"], tried["errors"][0]["code"]) == (False, "below_received")
    assert api.get(path).json()["lines"][0]["quantity"] == "10.0000"

    answer = api.patch(path, {**enough, "expected_at": "2031-01-01T00:00:00Z"}, "json")
    assert (answer.status_code, answer.json()["state"]) == (200, "received")
    assert answer.json()["lines"][0]["unit_cost"] == "1.000000"
    event = api.get(f"{path}history/").json()["results"][-1]
    assert event["changes"] == {
        "expected_at": [None, "2031-01-01T00:00:00+00:00"],
        f"lines/{line}/quantity": ["10", "4"],
    }


def test_put_replaces_a_draft(api: APIClient, shop: Market) -> None:
    bought = shop.drafted(api, reference="R", notes="N")
    path = f"{ORDERS}{bought['id']}/"
    body = shop.body({"variant_id": shop.tea, "quantity": "2"})

    answer = api.put(path, body, "json", HTTP_IF_MATCH=f'"{bought["version"]}"')

    changed = answer.json()
    assert (changed["reference"], changed["notes"]) == ("", "")
    assert [line["variant_id"] for line in changed["lines"]] == [shop.tea]
    assert changed["lines"][0]["unit_cost"] == "2.500000"
    stale = api.put(path, body, "json", HTTP_IF_MATCH=f'"{bought["version"]}"')
    assert stale.status_code == 412
    assert act(api, bought, "place").status_code == 200


def test_an_act_upon_an_older_version_is_refused(api: APIClient, shop: Market) -> None:
    bought = shop.drafted(api)
    path = f"{ORDERS}{bought['id']}/place/"

    stale = send(api, path, {}, key="P1", HTTP_IF_MATCH='"7"')

    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("line", "status", "pointer"),
    [
        ({"quantity": "0"}, 400, "quantity"),
        ({"quantity": "0.5"}, 422, "quantity"),
        ({"variant_id": 99}, 400, "variant_id"),
        ({"pack_size": "0"}, 400, "pack_size"),
        ({"discount_percent": "101"}, 400, "discount_percent"),
        ({"id": 99}, 400, "id"),
        ({"received_quantity": "1"}, 400, "received_quantity"),
        ({"unit_cost": 1.5}, 400, "unit_cost"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(
    api: APIClient, shop: Market, line: dict[str, Any], status: int, pointer: str
) -> None:
    answer = api.post(ORDERS, shop.body({"variant_id": shop.chai, "quantity": "1", **line}), "json")

    assert answer.status_code == status
    assert [where for where, _ in pointers(answer)] == [f"/lines/0/{pointer}"]


def test_an_archived_product_or_supplier_is_unknown(api: APIClient, shop: Market) -> None:
    assert refused(api.post(ORDERS, shop.body(supplier_id=99), "json")) == (
        400,
        [("/supplier_id", "unknown")],
    )
    models.Product.objects.filter(code="CHAI").update(is_active=False)
    assert refused(api.post(ORDERS, shop.body(), "json")) == (
        422,
        [("/lines/0/variant_id", "inactive")],
    )


def test_costs_are_for_those_who_may_see_them(api: APIClient, api_as: ApiAs, shop: Market) -> None:
    bought = shop.placed(api)
    clerk = api_as("clerk")
    line = bought["lines"][0]["id"]

    seen = clerk.get(f"{ORDERS}{bought['id']}/").json()
    costs = ("unit_cost", "stock_unit_cost", "net", "tax", "gross")
    assert [seen["lines"][0][name] for name in costs] == [None] * 5
    assert [seen[name] for name in ("net", "tax", "gross")] == [None] * 3
    sent = act(
        clerk, bought, "receive", lines=[{"line_id": line, "quantity": "1", "unit_cost": "1"}]
    )
    assert sent.status_code == 403
    received = done(clerk, bought, "receive")
    assert received["lines"][0]["unit_cost"] is None
    assert level(api, shop.chai)["value"] == "10.0000"
    tried = act(api, bought, "receive", "?preview=true")
    assert tried.status_code == 200
    assert tried.json()["errors"][0]["code"] == "document_state"


def test_a_preview_tells_what_would_come(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)

    tried = act(api, bought, "receive", "?preview=true").json()

    assert tried["ok"]
    assert tried["levels"][0]["after"]["on_hand"] == "10.0000"
    assert api.get(f"{ORDERS}{bought['id']}/").json() == bought


def test_the_same_receipt_is_booked_once(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    path = f"{ORDERS}{bought['id']}/receive/"
    body = {"lines": [{"line_id": bought["lines"][0]["id"], "quantity": "4"}]}

    first = send(api, path, body, key="R1")
    again = send(api, path, body, key="R1")

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert level(api, shop.chai)["on_hand"] == "4.0000"
    assert send(api, path, body, key=None).status_code == 400


def test_the_same_delivery_note_is_refused_unless_meant(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    line = {"line_id": bought["lines"][0]["id"], "quantity": "1"}
    done(api, bought, "receive", reference="DN-1", lines=[line])

    again = act(api, bought, "receive", reference="DN-1", lines=[line])
    assert refused(again) == (409, [("/reference", "duplicate_reference")])
    done(api, bought, "receive", reference="DN-1", same_reference=True, lines=[line])


def test_orders_of_warehouses_that_one_does_not_see_do_not_exist(
    api: APIClient, api_as: ApiAs, shop: Market
) -> None:
    north = shop.open_warehouse("NORTH")
    mine, theirs = shop.placed(api), shop.placed(api, warehouse_id=north.id)
    limited = api_as("owner", warehouse_ids=[shop.main.id])

    assert limited.get(f"{ORDERS}{theirs['id']}/").status_code == 404
    assert limited.get(f"{ORDERS}{theirs['id']}/history/").status_code == 404
    assert act(limited, theirs, "receive").status_code == 404
    assert [one["id"] for one in limited.get(ORDERS).json()["results"]] == [mine["id"]]
    body = shop.body(warehouse_id=north.id)
    assert refused(limited.post(ORDERS, body, "json")) == (400, [("/warehouse_id", "unknown")])


def test_orders_are_found_and_sorted(api: APIClient, shop: Market) -> None:
    other = shop.supplier(api, "BETA", name="Beta Foods")
    first = shop.drafted(api, reference="Q-1", expected_at="2031-02-01T00:00:00Z")
    tea = {"variant_id": shop.tea, "quantity": "1"}
    second = shop.placed(api, tea, supplier_id=other, expected_at="2031-01-01T00:00:00Z")
    third = shop.placed(api, tea)

    def ids(query: str) -> list[int]:
        return [one["id"] for one in api.get(f"{ORDERS}?{query}").json()["results"]]

    a, b, c = (one["id"] for one in (first, second, third))
    for query, expected in (
        ("", [c, b, a]),
        (f"supplier_id={other}", [b]),
        (f"warehouse_id={shop.main.id}&state=draft", [a]),
        (f"variant_id={shop.tea}", [c, b]),
        ("reference=Q-1", [a]),
        (f"number={third['number'].lower()}", [c]),
        ("search=beta%20foo", [b]),
        ("search=q-1", [a]),
        ("expected_before=2031-02-01T00:00:00Z", [b]),
        ("ordering=expected_at", [b, a, c]),
        ("ordering=-expected_at", [c, a, b]),
        ("ordering=-supplier_code,number", [b, a, c]),
        ("ordering=state", [a, b, c]),
    ):
        assert ids(query) == expected, query


def test_drafts_are_archived_and_restored(api: APIClient, shop: Market) -> None:
    draft, placed = shop.drafted(api), shop.placed(api)

    assert api.delete(f"{ORDERS}{placed['id']}/").status_code == 409
    assert api.delete(f"{ORDERS}{draft['id']}/").status_code == 204
    assert api.get(f"{ORDERS}?deleted=true").json()["count"] == 1
    assert api.post(f"{ORDERS}{draft['id']}/restore/").status_code == 200
    copy = api.post(f"{ORDERS}{placed['id']}/duplicate/")
    assert copy.status_code == 201
    assert (copy.json()["state"], copy.json()["lines"][0]["unit_cost"]) == ("draft", "1.000000")


def test_a_long_order_costs_as_many_statements_as_a_short_one(api: APIClient, shop: Market) -> None:
    def life(count: int) -> list[int]:
        """How many statements each step takes for an order of so many lines."""
        variants = [shop.variant(f"V{count}-{n}") for n in range(count)]
        lines = [{"variant_id": id, "quantity": "2", "unit_cost": "1"} for id in variants]
        costs = []

        def counted(step: Callable[[], Any]) -> Any:
            with CaptureQueriesContext(connection) as captured:
                answer = step()
            costs.append(len(captured))
            return answer

        bought = counted(lambda: shop.drafted(api, *lines))
        counted(lambda: done(api, bought, "place"))
        rejected = {"rejected_quantity": "1", "reason_code": "damaged", "keep_rejected": True}
        delivered = [{"line_id": line["id"], "quantity": "1"} for line in bought["lines"]]
        counted(
            lambda: done(api, bought, "receive", lines=[{**one, **rejected} for one in delivered])
        )
        back = [{**one, "reason_code": "defective"} for one in delivered]
        counted(lambda: done(api, bought, "return", lines=back))
        counted(lambda: api.get(f"{ORDERS}{bought['id']}/"))
        return costs

    long, short = life(30), life(2)
    assert long == short
    assert short[-1] <= 6


def test_what_is_on_order_shows_on_the_level(api: APIClient, shop: Market) -> None:
    bought = shop.placed(api)
    done(api, bought, "receive", lines=[{"line_id": bought["lines"][0]["id"], "quantity": "4"}])

    assert level(api, shop.chai)["on_order"] == "6.0000"
    done(api, bought, "close")
    assert level(api, shop.chai)["on_order"] == "0.0000"


def test_direct_receipts_know_nothing_of_orders(api: APIClient, shop: Market) -> None:
    line = {"variant_id": shop.chai, "quantity": "1"}
    answer = order(api, "receipts", warehouse_id=shop.main.id, lines=[line])

    assert answer.json()["document"] is None
    assert api.get(f"{V1}/purchase-orders/").json()["count"] == 0
