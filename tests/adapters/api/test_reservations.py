"""Promises over HTTP: made, sent, taken back, each once."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import V1, ago, done, order, refused, send
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db
RESERVATIONS = f"{V1}/stock/reservations/"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(shop: Shop) -> int:
    """Ten of it lie in the main warehouse."""
    chai = shop.variant("CHAI")
    shop.receive(chai, "10", unit_cost="2")
    return chai


@pytest.fixture
def reserved(api: APIClient, shop: Shop, chai: int) -> Any:
    """Four of them are promised to Ada."""
    return done(api, "reservations", **asked(shop, chai, purpose="Ada"))


def asked(shop: Shop, variant_id: int, quantity: str = "4", **body: Any) -> dict[str, Any]:
    place = {"variant_id": variant_id, "warehouse_id": shop.main.id}
    return {**place, "quantity": quantity, **body}


def on_hand_and_reserved() -> tuple[Any, Any]:
    level = models.Level.objects.get()
    return level.on_hand, level.reserved


def test_a_reservation_promises_what_is_available(api: APIClient, shop: Shop, chai: int) -> None:
    answer = order(api, "reservations", **asked(shop, chai, expires_at="2099-05-31T18:00:00+02:00"))
    made = answer.json()
    assert answer.status_code == 201
    assert answer["Location"].endswith(f"/stock/reservations/{made['id']}/")
    assert set(made) == {
        "id", "variant_id", "warehouse_id", "quantity", "open_quantity", "purpose", "expires_at",
        "document", "posting_id", "user_id", "username", "occurred_at", "recorded_at",
    }  # fmt: skip
    assert (made["quantity"], made["open_quantity"]) == ("4.0000", "4.0000")
    assert (made["expires_at"], made["document"]) == ("2099-05-31T16:00:00Z", None)
    assert api.get(answer["Location"]).json() == made
    level = api.get(f"{V1}/stock/levels/").json()["results"][0]
    assert (level["on_hand"], level["reserved"], level["available"]) == (
        "10.0000",
        "4.0000",
        "6.0000",
    )
    posting = api.get(f"{V1}/stock/postings/{made['posting_id']}/").json()
    assert (posting["kind"], posting["entries"][0]["location_id"]) == ("reservation", None)


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"quantity": "11"}, 409, ("/quantity", "insufficient_stock")),
        ({"quantity": "0"}, 400, ("/quantity", "not_positive")),
        ({"quantity": "0.5"}, 422, ("/quantity", "too_fine")),
        ({"variant_id": 10**9}, 400, ("/variant_id", "unknown")),
        ({"warehouse_id": 10**9}, 400, ("/warehouse_id", "unknown")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, ("/expires_at", "in_past")),
        ({"expires_at": "2099-01-01"}, 400, ("/expires_at", "invalid")),
        ({"open_quantity": "1"}, 400, ("/open_quantity", "read_only")),
        ({"location_id": 1}, 400, ("/location_id", "unknown_field")),
    ],
)
def test_a_wrong_reservation_is_refused_where_it_is_wrong(
    api: APIClient,
    shop: Shop,
    chai: int,
    change: dict[str, Any],
    status: int,
    error: tuple[str, str],
) -> None:
    answer = order(api, "reservations", **{**asked(shop, chai), **change})
    assert refused(answer) == (status, [error])
    assert not models.Reservation.objects.exists()


def test_reserved_goods_do_not_leave_otherwise(
    api: APIClient, shop: Shop, chai: int, reserved: Any
) -> None:
    body = {"warehouse_id": shop.main.id, "reason_code": "sample"}
    answer = order(api, "issues", **body, lines=[{"variant_id": chai, "quantity": "7"}])
    assert refused(answer) == (409, [("/lines/0/quantity", "insufficient_stock")])
    assert "4 for Ada" in answer.json()["detail"]


def test_what_was_promised_is_sent_once(api: APIClient, reserved: Any) -> None:
    path = f"reservations/{reserved['id']}/ship"
    part = order(api, path, quantity="1", reference="PARCEL-1")
    assert part.status_code == 200
    body = part.json()
    assert body["open_quantity"] == "3.0000"
    assert (body["posting"]["kind"], body["posting"]["reference"]) == ("shipment", "PARCEL-1")
    assert [e["quantity"] for e in body["posting"]["entries"]] == ["-1.0000"]
    rest = done(api, path)
    assert rest["open_quantity"] == "0.0000"
    assert on_hand_and_reserved() == (6, 0)
    assert refused(order(api, path)) == (409, [("", "not_open")])


def test_a_promise_is_taken_back_once(api: APIClient, reserved: Any) -> None:
    path = f"reservations/{reserved['id']}/release"
    assert done(api, path, quantity="1")["open_quantity"] == "3.0000"
    released = done(api, path, note="Not wanted.")
    assert (released["open_quantity"], released["posting"]["kind"]) == ("0.0000", "release")
    assert on_hand_and_reserved() == (10, 0)
    assert refused(order(api, path))[0] == 409


@pytest.mark.parametrize(
    ("action", "body", "status", "error"),
    [
        ("release", {"quantity": "5"}, 409, ("/quantity", "over_reserved")),
        ("ship", {"quantity": "5"}, 409, ("/quantity", "over_reserved")),
        ("ship", {"quantity": "0"}, 400, ("/quantity", "not_positive")),
        ("ship", {"quantity": "0.5"}, 422, ("/quantity", "too_fine")),
        ("ship", {"location_id": 10**9}, 400, ("/location_id", "unknown")),
        ("ship", {"customer_id": 77}, 400, ("/customer_id", "unknown")),
        ("ship", {"occurred_at": "2020-01-01T00:00:00Z"}, 422, ("/occurred_at", "before_origin")),
        ("release", {"lines": []}, 400, ("/lines", "unknown_field")),
    ],
)
def test_a_wrong_settlement_is_refused_where_it_is_wrong(
    api: APIClient,
    reserved: Any,
    action: str,
    body: dict[str, Any],
    status: int,
    error: tuple[str, str],
) -> None:
    answer = order(api, f"reservations/{reserved['id']}/{action}", **body)
    assert refused(answer) == (status, [error])
    assert on_hand_and_reserved() == (10, 4)


def test_a_repeated_settlement_is_answered_and_not_repeated(api: APIClient, reserved: Any) -> None:
    url = f"{RESERVATIONS}{reserved['id']}/ship/"
    first = send(api, url, {"quantity": "1"})
    second = send(api, url, {"quantity": "1"})
    assert (first.status_code, second.json()) == (200, first.json())
    assert second["Idempotency-Replayed"] == "true"
    assert on_hand_and_reserved() == (9, 3)
    assert send(api, url, {"quantity": "1"}, key=None).json()["code"] == "idempotency_key_required"
    assert send(api, url, {"quantity": "2"}).json()["code"] == "key_reused"


def test_a_replay_asks_again_what_one_may_see(api_as: ApiAs, shop: Shop, chai: int) -> None:
    clerk = api_as("clerk", warehouse_ids=[shop.main.id])
    made = done(clerk, "reservations", **asked(shop, chai))
    url = f"{RESERVATIONS}{made['id']}/release/"
    assert send(clerk, url, {}).status_code == 200
    row = models.User.objects.order_by("pk").last()
    assert row is not None
    models.User.objects.filter(pk=row.pk).update(warehouse_ids=[])
    assert send(clerk, url, {}).status_code == 404


def test_reservations_out_of_sight_do_not_exist(
    api_as: ApiAs, shop: Shop, chai: int, reserved: Any
) -> None:
    north = shop.open_warehouse("NORTH")
    api = api_as("owner", warehouse_ids=[north.id])
    assert api.get(RESERVATIONS).json()["count"] == 0
    assert api.get(f"{RESERVATIONS}{reserved['id']}/").status_code == 404
    for action in ("release", "ship"):
        assert order(api, f"reservations/{reserved['id']}/{action}").status_code == 404
    answer = order(api, "reservations", **asked(shop, chai))
    assert refused(answer) == (400, [("/warehouse_id", "unknown")])
    assert order(api_as("owner"), f"reservations/{10**9}/ship").status_code == 404


def test_sending_takes_another_right_than_promising(api_as: ApiAs, shop: Shop, chai: int) -> None:
    seller = api_as(permissions=["stock.view", "stock.reserve"])
    made = done(seller, "reservations", **asked(shop, chai))
    assert order(seller, f"reservations/{made['id']}/ship").status_code == 403
    assert order(seller, f"reservations/{made['id']}/release").status_code == 200
    viewer = api_as(permissions=["stock.view"])
    assert order(viewer, "reservations", **asked(shop, chai)).status_code == 403


def test_a_shipment_shows_no_costs_to_those_who_may_not_see_them(
    api_as: ApiAs, shop: Shop, chai: int
) -> None:
    clerk = api_as("clerk")
    made = done(clerk, "reservations", **asked(shop, chai))
    entry = done(clerk, f"reservations/{made['id']}/ship")["posting"]["entries"][0]
    assert (entry["value"], entry["unit_cost"], entry["value_after"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Bob", "Ada"]),
        ("is_open=true", ["Bob"]),
        ("is_open=false", ["Ada"]),
        ("search=AD", ["Ada"]),
        ("expires_before=2099-12-31T00:00:00Z", ["Bob"]),
        ("ordering=quantity", ["Bob", "Ada"]),
        ("ordering=-quantity", ["Ada", "Bob"]),
        ("variant_id={chai}&warehouse_id={main}", ["Bob", "Ada"]),
        ("variant_id=99999", []),
    ],
)
def test_reservations_can_be_found(
    api: APIClient, shop: Shop, chai: int, reserved: Any, query: str, expected: list[str]
) -> None:
    done(api, f"reservations/{reserved['id']}/release")
    done(
        api,
        "reservations",
        **asked(shop, chai, "1", purpose="Bob", expires_at="2099-01-01T00:00:00Z"),
    )
    answer = api.get(f"{RESERVATIONS}?{query.format(chai=chai, main=shop.main.id)}")
    assert [row["purpose"] for row in answer.json()["results"]] == expected


def test_unknown_questions_about_reservations_are_refused(api: APIClient) -> None:
    for query in ("deleted=true", "ordering=purpose", "is_open=1", "preview=true"):
        assert api.get(f"{RESERVATIONS}?{query}").status_code == 400, query


def test_goods_promised_today_cannot_have_been_sent_yesterday(
    api: APIClient, reserved: Any
) -> None:
    answer = order(api, f"reservations/{reserved['id']}/release", occurred_at=ago(days=1))
    assert refused(answer) == (422, [("/occurred_at", "before_origin")])
