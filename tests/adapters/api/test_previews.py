"""Orders that are only tried: what they would do, and that they did not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from sms_core.access.permissions import ALL_CODES
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import V1, bodies, done, receipt, refused, send
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db
FACTS = (models.Posting, models.Entry, models.Reservation, models.Closing, models.KeptAnswer)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(api: APIClient, shop: Shop) -> int:
    """Ten of it lie in the main warehouse at 2.00 each, three of them promised."""
    chai = shop.variant("CHAI")
    shop.receive(chai, "10", unit_cost="2")
    place = {"variant_id": chai, "warehouse_id": shop.main.id}
    done(api, "reservations", **place, quantity="3", purpose="Ada")
    return chai


def tried(api: Any, path: str, **body: Any) -> Any:
    """Post an order to be tried, without a key."""
    return send(api, f"{V1}/stock/{path}/?preview=true", body, key=None)


def balance(on_hand: str, reserved: str, available: str, value: str | None) -> dict[str, Any]:
    numbers = {"on_hand": on_hand, "reserved": reserved, "available": available}
    shown: dict[str, Any] = {name: f"{number}.0000" for name, number in numbers.items()}
    return {**shown, "value": value and f"{value}.0000"}


def facts() -> list[int]:
    return [model.objects.count() for model in FACTS]


def test_a_preview_tells_the_levels_before_and_after(api: APIClient, shop: Shop, chai: int) -> None:
    before = facts()
    answer = tried(api, "receipts", **receipt(shop, chai, "5", unit_cost="4"))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "ok": True,
            "levels": [
                {
                    "variant_id": chai,
                    "warehouse_id": shop.main.id,
                    "in_transit": False,
                    "before": balance("10", "3", "7", "20"),
                    "after": balance("15", "3", "12", "40"),
                }
            ],
            "errors": [],
        },
    )
    assert facts() == before


def test_a_preview_tells_all_that_is_in_the_way_at_once(
    api: APIClient, shop: Shop, chai: int
) -> None:
    before = facts()
    body = {"warehouse_id": shop.main.id, "reason_code": "sample"}
    lines = [
        {"variant_id": chai, "quantity": "8"},
        {"variant_id": chai, "quantity": "0.5"},
        {"variant_id": chai, "quantity": "1", "expected_on_hand": "9"},
    ]
    answer = tried(api, "issues", **body, lines=lines)
    found = answer.json()
    assert (answer.status_code, found["ok"]) == (200, False)
    assert {(error["pointer"], error["code"]) for error in found["errors"]} >= {
        ("/lines/0/quantity", "insufficient_stock"),
        ("/lines/1/quantity", "too_fine"),
        ("/lines/2/expected_on_hand", "stale"),
    }
    assert all(set(error) == {"pointer", "code", "detail"} for error in found["errors"])
    assert found["levels"] == [
        {
            "variant_id": chai,
            "warehouse_id": shop.main.id,
            "in_transit": False,
            "before": balance("10", "3", "7", "20"),
            "after": None,
        }
    ]
    assert facts() == before


def test_every_order_can_be_tried_and_leaves_nothing_behind(
    api: APIClient, shop: Shop, chai: int
) -> None:
    north, other = shop.open_warehouse("NORTH"), shop.variant("OTHER")
    before = facts()
    for path, body in bodies(shop, chai, other, north.id).items():
        answer = tried(api, path, **body)
        assert answer.status_code == 200, (path, answer.content)
        found = answer.json()
        assert set(found) == {"ok", "levels", "errors"}, path
        assert (found["ok"], found["errors"]) == (True, []), path
        assert [level["after"] is None for level in found["levels"]].count(True) == 0, path
        assert bool(found["levels"]) == (path != "periods"), path
    assert facts() == before


def test_every_order_hides_values_from_those_who_may_not_see_them(
    api_as: ApiAs, shop: Shop, chai: int
) -> None:
    north, other = shop.open_warehouse("NORTH"), shop.variant("OTHER")
    blind = api_as(permissions=[code for code in ALL_CODES if code != "cost.view"])
    orders = bodies(shop, chai, other, north.id)
    assert tried(blind, "revaluations", **orders.pop("revaluations")).status_code == 403
    for path, body in orders.items():
        for level in tried(blind, path, **body).json()["levels"]:
            assert (level["before"]["value"], level["after"]["value"]) == (None, None), path
    short = tried(blind, "issues", **orders["issues"] | receipt(shop, chai, "99")).json()
    assert (short["ok"], short["levels"][0]["before"]["value"]) == (False, None)


def test_every_order_is_tried_only_by_those_who_may_give_it(
    api_as: ApiAs, shop: Shop, chai: int
) -> None:
    north, other = shop.open_warehouse("NORTH"), shop.variant("OTHER")
    viewer = api_as(permissions=["stock.view"])
    stranger = api_as("owner", warehouse_ids=[])
    for path, body in bodies(shop, chai, other, north.id).items():
        assert tried(viewer, path, **body).status_code == 403, path
        if path != "periods":
            assert tried(stranger, path, **body).status_code in {400, 404}, path


def test_what_cannot_be_read_is_refused_and_not_previewed(
    api: APIClient, shop: Shop, chai: int
) -> None:
    body = receipt(shop, chai, "x")
    assert refused(tried(api, "receipts", **body)) == (400, [("/lines/0/quantity", "invalid")])
    unknown = receipt(shop, 10**9)
    assert refused(tried(api, "receipts", **unknown)) == (400, [("/lines/0/variant_id", "unknown")])


@pytest.mark.parametrize("value", ["1", "yes", "True", ""])
def test_a_preview_is_true_or_false(api: APIClient, shop: Shop, chai: int, value: str) -> None:
    before = facts()
    url = f"{V1}/stock/receipts/?preview={value}"
    assert refused(send(api, url, receipt(shop, chai))) == (400, [("/preview", "invalid")])
    assert facts() == before


def test_without_a_preview_the_order_is_carried_out(api: APIClient, shop: Shop, chai: int) -> None:
    url = f"{V1}/stock/receipts/?preview=false"
    assert send(api, url, receipt(shop, chai), key=None).status_code == 400
    assert send(api, url, receipt(shop, chai)).status_code == 201


def test_a_tried_order_leaves_its_key_free(api: APIClient, shop: Shop, chai: int) -> None:
    url, body = f"{V1}/stock/receipts/", receipt(shop, chai)
    assert send(api, f"{url}?preview=true", body).status_code == 200
    carried_out = send(api, url, body)
    assert (carried_out.status_code, "Idempotency-Replayed" in carried_out) == (201, False)


def test_the_form_of_a_browser_can_be_tried(shop: Shop, api: APIClient, chai: int) -> None:
    before = facts()
    in_browser = Client(headers={"accept": "text/html"})
    in_browser.force_login(models.User.objects.order_by("pk")[0])
    form = {"warehouse_id": shop.main.id, "lines[0]variant_id": chai, "lines[0]quantity": "2"}
    answer = in_browser.post(f"{V1}/stock/receipts/?preview=true&idempotency_key=K", form)
    assert answer.status_code == 200
    assert "&quot;ok&quot;: true" in answer.content.decode()
    assert facts() == before
