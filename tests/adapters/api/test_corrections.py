"""Undoing, revaluing and closing over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import POSTINGS, V1, ago, day, done, order, receipt, refused, send
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db
PERIODS = f"{V1}/stock/periods/"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(shop: Shop) -> int:
    return shop.variant("CHAI")


@pytest.fixture
def received(api: APIClient, shop: Shop, chai: int) -> Any:
    """A receipt of two lines, ten and five, at 2.00 each."""
    body = receipt(shop, chai, "10", unit_cost="2")
    body["lines"].append({"variant_id": chai, "quantity": "5", "unit_cost": "2"})
    return done(api, "receipts", **body)


def reverse(api: Any, posting: Any, **body: Any) -> Any:
    return order(api, f"postings/{posting['id']}/reverse", **body)


def level() -> tuple[Any, Any]:
    row = models.Level.objects.get()
    return row.on_hand, row.value


# --- undoing -----------------------------------------------------------------------------------
def test_chosen_lines_are_undone_and_linked_both_ways(api: APIClient, received: Any) -> None:
    answer = reverse(api, received, lines=[2], note="Keyed in twice.")
    undone = answer.json()
    assert answer.status_code == 201
    assert answer["Location"].endswith(f"/stock/postings/{undone['id']}/")
    assert (undone["kind"], undone["reverses_id"]) == ("reversal", received["id"])
    assert [(e["line"], e["quantity"], e["counterpart"]) for e in undone["entries"]] == [
        (2, "-5.0000", "supplier")
    ]
    original = api.get(f"{POSTINGS}{received['id']}/").json()
    assert (original["reversed_lines"], original["reverses_id"]) == ([2], None)
    assert level() == (10, 20)


def test_a_line_is_undone_once(api: APIClient, received: Any) -> None:
    assert reverse(api, received, lines=[2]).status_code == 201
    again = reverse(api, received, lines=[1, 2])
    assert refused(again) == (409, [("/lines/1", "already_reversed")])
    assert [e["quantity"] for e in reverse(api, received).json()["entries"]] == ["-10.0000"]
    assert refused(reverse(api, received)) == (409, [("", "already_reversed")])
    assert level() == (0, 0)


def test_a_reversal_is_not_undone_again(api: APIClient, received: Any) -> None:
    undone = reverse(api, received).json()
    assert refused(reverse(api, undone)) == (409, [("", "not_reversible")])


def test_a_promise_is_released_and_not_undone(
    api: APIClient, shop: Shop, chai: int, received: Any
) -> None:
    place = {"variant_id": chai, "warehouse_id": shop.main.id}
    made = done(api, "reservations", **place, quantity="1")
    answer = reverse(api, {"id": made["posting_id"]})
    assert refused(answer) == (409, [("", "not_reversible")])


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"lines": [3]}, 400, ("/lines/0", "unknown")),
        ({"lines": []}, 400, ("/lines", "required")),
        ({"lines": ["1"]}, 400, ("/lines/0", "invalid")),
        ({"lines": 1}, 400, ("/lines", "not_a_list")),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, 422, ("/occurred_at", "before_origin")),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, 422, ("/occurred_at", "in_future")),
        ({"reference": "x"}, 400, ("/reference", "unknown_field")),
    ],
)
def test_a_wrong_reversal_is_refused_where_it_is_wrong(
    api: APIClient, received: Any, body: dict[str, Any], status: int, error: tuple[str, str]
) -> None:
    assert refused(reverse(api, received, **body)) == (status, [error])
    assert level() == (15, 30)


def test_what_left_meanwhile_cannot_leave_again(
    api: APIClient, shop: Shop, chai: int, received: Any
) -> None:
    shop.issue(chai, "12")
    assert refused(reverse(api, received, lines=[1])) == (409, [("/lines", "insufficient_stock")])


def test_undoing_releases_promises_only_when_told_to(
    api: APIClient, shop: Shop, chai: int, received: Any
) -> None:
    place = {"variant_id": chai, "warehouse_id": shop.main.id}
    done(api, "reservations", **place, quantity="12", purpose="Ada")
    assert refused(reverse(api, received, lines=[1])) == (409, [("/lines", "reserved")])
    assert reverse(api, received, lines=[1], release_reserved=True).status_code == 201
    row = models.Level.objects.get()
    assert (row.on_hand, row.reserved) == (5, 5)


def test_what_changed_stock_out_of_sight_is_undone_by_who_sees_it(
    api: APIClient, api_as: ApiAs, shop: Shop, chai: int, received: Any
) -> None:
    north = shop.open_warehouse("NORTH")
    ends = {"from_warehouse_id": shop.main.id, "to_warehouse_id": north.id}
    moved = done(api, "transfers", **ends, lines=[{"variant_id": chai, "quantity": "4"}])
    northerner = api_as("owner", warehouse_ids=[north.id])
    assert refused(reverse(northerner, moved)) == (409, [("", "not_all_visible")])
    assert reverse(northerner, received).status_code == 404
    assert reverse(api, {"id": 10**9}).status_code == 404
    assert reverse(api, {"id": "x"}).status_code == 404
    assert reverse(api_as(permissions=["stock.view"]), moved).status_code == 403


def test_a_repeated_reversal_is_answered_and_not_repeated(
    api_as: ApiAs, shop: Shop, received: Any
) -> None:
    keeper = api_as("manager")
    url = f"{POSTINGS}{received['id']}/reverse/"
    assert send(keeper, url, {}, key=None).json()["code"] == "idempotency_key_required"
    first, second = send(keeper, url, {}), send(keeper, url, {})
    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Idempotency-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    row = models.User.objects.order_by("pk").last()
    assert row is not None
    models.User.objects.filter(pk=row.pk).update(warehouse_ids=[])
    assert send(keeper, url, {}).status_code == 404


# --- what goods are worth ----------------------------------------------------------------------
def test_a_level_gets_a_new_unit_cost(api: APIClient, shop: Shop, chai: int, received: Any) -> None:
    key = {"variant_id": chai, "warehouse_id": shop.main.id}
    made = done(api, "revaluations", level=key, unit_cost="3", note="Market")
    assert (made["kind"], made["note"]) == ("revaluation", "Market")
    assert [(e["quantity"], e["value"], e["counterpart"]) for e in made["entries"]] == [
        ("0.0000", "15.0000", "cost_difference")
    ]
    assert level() == (15, 45)
    same = order(api, "revaluations", level=key, unit_cost="3")
    assert refused(same)[0] == 409


def test_a_receipt_that_cost_more_is_corrected(
    api: APIClient, shop: Shop, chai: int, received: Any
) -> None:
    shop.issue(chai, "5")
    body = {"receipt_posting_id": received["id"], "amount": "15", "spread_by": "quantity"}
    made = done(api, "revaluations", **body)
    assert sum(float(e["value"]) for e in made["entries"]) != 0
    assert level() == (10, 30)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, ("/level", "one_of")),
        ({"level": "key", "receipt_posting_id": 1}, 400, ("/level", "one_of")),
        ({"level": "key"}, 400, ("/unit_cost", "required")),
        ({"level": "key", "unit_cost": "1", "amount": "1"}, 400, ("/amount", "not_allowed")),
        (
            {"level": "key", "unit_cost": "1", "spread_by": "value"},
            400,
            ("/spread_by", "not_allowed"),
        ),
        ({"level": {"variant_id": 1}, "unit_cost": "1"}, 400, ("/level/warehouse_id", "required")),
        (
            {"level": {"variant_id": 10**9, "warehouse_id": "main"}, "unit_cost": "1"},
            400,
            ("/level/variant_id", "unknown"),
        ),
        (
            {"level": {"variant_id": 1, "warehouse_id": 10**9}, "unit_cost": "1"},
            400,
            ("/level/warehouse_id", "unknown"),
        ),
        ({"level": "key", "unit_cost": "-1"}, 400, ("/unit_cost", "negative")),
        ({"level": "key", "unit_cost": "0.0000001"}, 422, ("/unit_cost", "too_fine")),
        ({"receipt_posting_id": 1}, 400, ("/amount", "required")),
        (
            {"receipt_posting_id": 1, "amount": "1", "unit_cost": "1"},
            400,
            ("/unit_cost", "not_allowed"),
        ),
        ({"receipt_posting_id": 1, "amount": "0"}, 400, ("/amount", "not_zero")),
        (
            {"receipt_posting_id": 1, "amount": "1", "spread_by": "weight"},
            400,
            ("/spread_by", "invalid_choice"),
        ),
        ({"receipt_posting_id": 10**9, "amount": "1"}, 400, ("/receipt_posting_id", "unknown")),
    ],
)
def test_a_wrong_revaluation_is_refused_where_it_is_wrong(
    api: APIClient,
    shop: Shop,
    chai: int,
    received: Any,
    body: dict[str, Any],
    status: int,
    error: tuple[str, str],
) -> None:
    key = {"variant_id": chai, "warehouse_id": shop.main.id}
    if body.get("level") == "key":
        body = {**body, "level": key}
    elif body.get("level", {}).get("warehouse_id") == "main":
        body = {**body, "level": {**body["level"], "warehouse_id": shop.main.id}}
    answer = order(api, "revaluations", **body)
    assert refused(answer) == (status, [error])
    assert level() == (15, 30)


def test_only_receipts_have_a_cost_to_correct(
    api: APIClient, shop: Shop, chai: int, received: Any
) -> None:
    issued = shop.issue(chai, "1")
    answer = order(api, "revaluations", receipt_posting_id=issued.id, amount="1")
    assert refused(answer) == (409, [("/receipt_posting_id", "not_a_receipt")])


def test_revaluing_takes_the_rights_to_see_cost_and_warehouse(
    api_as: ApiAs, shop: Shop, chai: int, received: Any
) -> None:
    body = {"level": {"variant_id": chai, "warehouse_id": shop.main.id}, "unit_cost": "3"}
    blind = api_as(permissions=["stock.view", "stock.revalue"])
    assert refused(order(blind, "revaluations", **body)) == (403, [("/unit_cost", "forbidden")])
    spent = {"receipt_posting_id": received["id"], "amount": "1"}
    assert refused(order(blind, "revaluations", **spent)) == (403, [("/amount", "forbidden")])
    north = shop.open_warehouse("NORTH")
    northerner = api_as("owner", warehouse_ids=[north.id])
    assert refused(order(northerner, "revaluations", **body)) == (
        400,
        [("/level/warehouse_id", "unknown")],
    )
    assert refused(order(northerner, "revaluations", **spent)) == (
        400,
        [("/receipt_posting_id", "unknown")],
    )


def test_a_repeated_revaluation_is_answered_and_not_repeated(
    api: APIClient, shop: Shop, chai: int, received: Any
) -> None:
    body = {"receipt_posting_id": received["id"], "amount": "15"}
    url = f"{V1}/stock/revaluations/"
    first, second = send(api, url, body), send(api, url, body)
    assert (second.status_code, second.json()) == (201, first.json())
    assert level() == (15, 45)


# --- closing -----------------------------------------------------------------------------------
def test_what_happened_in_closed_days_cannot_be_entered(
    api: APIClient, shop: Shop, chai: int
) -> None:
    closed = order(api, "periods", closed_until=day(days=3), note="October")
    assert closed.status_code == 201
    assert set(closed.json()) == {
        "id", "closed_until", "note", "user_id", "username", "recorded_at",
    }  # fmt: skip
    late = {**receipt(shop, chai), "occurred_at": ago(days=5)}
    assert refused(order(api, "receipts", **late)) == (422, [("/occurred_at", "period_closed")])
    reopened = order(api, "periods", closed_until=day(days=9))
    assert refused(reopened) == (400, [("/note", "required")])
    assert order(api, "periods", closed_until=day(days=9), note="Forgotten").status_code == 201
    assert order(api, "receipts", **late).status_code == 201
    rows = api.get(PERIODS).json()["results"]
    assert [row["closed_until"] for row in rows] == [day(days=9), day(days=3)]


def test_an_undoing_happens_now_when_its_day_is_closed(
    api: APIClient, shop: Shop, chai: int
) -> None:
    made = done(api, "receipts", **receipt(shop, chai), occurred_at=ago(days=5))
    done(api, "periods", closed_until=day(days=3))
    at_its_time = reverse(api, made, occurred_at=made["occurred_at"])
    assert refused(at_its_time) == (422, [("/occurred_at", "period_closed")])
    undone = reverse(api, made).json()
    assert undone["occurred_at"] == undone["recorded_at"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, ("/closed_until", "required")),
        ({"closed_until": "2026-13-01"}, 400, ("/closed_until", "invalid")),
        ({"closed_until": "2999-01-01"}, 422, ("/closed_until", "in_future")),
        ({"closed_until": "2020-01-31", "username": "x"}, 400, ("/username", "read_only")),
    ],
)
def test_a_wrong_closing_is_refused_where_it_is_wrong(
    api: APIClient, body: dict[str, Any], status: int, error: tuple[str, str]
) -> None:
    assert refused(order(api, "periods", **body)) == (status, [error])
    assert api.get(PERIODS).json()["count"] == 0


def test_closing_the_same_day_again_changes_nothing(api: APIClient) -> None:
    assert order(api, "periods", closed_until="2020-01-31").status_code == 201
    again = order(api, "periods", closed_until="2020-01-31")
    assert refused(again) == (409, [("/closed_until", "no_change")])


def test_closing_takes_a_right_and_a_key(api: APIClient, api_as: ApiAs) -> None:
    clerk = api_as("clerk")
    assert order(clerk, "periods", closed_until="2020-01-31").status_code == 403
    assert clerk.get(PERIODS).json()["results"] == []
    assert send(api, PERIODS, {"closed_until": "2020-01-31"}, key=None).status_code == 400
    first, second = (send(api, PERIODS, {"closed_until": "2020-01-31"}) for _ in range(2))
    assert (second.status_code, second.json()) == (201, first.json())
    assert api.get(PERIODS).json()["count"] == 1
