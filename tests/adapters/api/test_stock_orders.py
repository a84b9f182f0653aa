"""Receipts and issues over HTTP: carried out once, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from config.container import overridden
from sms_core.shared.ports import Answer, OnceOnly
from sms_django import models
from sms_django.gateways.once_only import DjangoOnceOnly, InProgress
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import (
    ISSUES,
    RECEIPTS,
    V1,
    bodies,
    issue,
    pointers,
    receipt,
    send,
)
from tests.adapters.shop import Shop

AMOUNT = "/lines/0/quantity"
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def api(api_as: ApiAs) -> APIClient:
    return api_as("owner")


# --- receipts and issues -----------------------------------------------------------------------
def test_a_receipt_answers_with_the_posting(api: APIClient, shop: Shop) -> None:
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    body = receipt(
        shop, cheese, "2.5", unit_cost="4", lot={"code": "L1", "expires_on": "2031-05-31"}
    )
    answer = send(api, RECEIPTS, {**body, "reference": "DN-1", "note": "ok"})
    assert answer.status_code == 201
    posting = answer.json()
    assert answer["Location"].endswith(f"/stock/postings/{posting['id']}/")
    assert set(posting) == {
        "id", "number", "kind", "occurred_at", "recorded_at", "user_id", "username", "request_id",
        "reference", "note", "reason_code", "supplier_id", "customer_id", "document",
        "reverses_id", "reversed_lines", "entries",
    }  # fmt: skip
    assert (posting["kind"], posting["reference"], posting["document"]) == ("receipt", "DN-1", None)
    assert posting["username"].startswith("user-")
    assert posting["request_id"]
    entry = posting["entries"][0]
    assert set(entry) == {
        "id", "posting_id", "line", "kind", "variant_id", "variant_code", "warehouse_id",
        "location_id", "lot_code", "seq", "quantity", "reserved", "value", "unit_cost",
        "cost_source", "on_hand_after", "reserved_after", "value_after", "counterpart",
        "occurred_at", "recorded_at", "hash",
    }  # fmt: skip
    assert (entry["quantity"], entry["unit_cost"], entry["value"]) == (
        "2.5000",
        "4.000000",
        "10.0000",
    )
    assert (entry["lot_code"], entry["counterpart"], len(entry["hash"])) == ("L1", "supplier", 64)
    assert api.get(answer["Location"]).json() == posting


def test_an_issue_takes_goods_and_says_what_is_missing(api: APIClient, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "3")
    answer = send(api, ISSUES, issue(shop, chai, "2"))
    assert answer.status_code == 201
    assert answer.json()["entries"][0]["on_hand_after"] == "1.0000"
    short = send(api, ISSUES, issue(shop, chai, "2"), key="K2")
    assert (short.status_code, pointers(short)) == (
        409,
        [(AMOUNT, "insufficient_stock")],
    )
    assert "1 on hand, 0 reserved, 1 available, 2 asked for" in short.json()["detail"]


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"warehouse_id": 10**9}, 400, ("/warehouse_id", "unknown")),
        ({"occurred_at": "2026-01-01T00:00:00"}, 400, ("/occurred_at", "invalid")),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, 422, ("/occurred_at", "in_future")),
        ({"occurred_at": "1969-01-01T00:00:00Z"}, 422, ("/occurred_at", "too_old")),
        ({"supplier_id": 1}, 400, ("/supplier_id", "unknown")),
        ({"customer_id": 1}, 400, ("/customer_id", "unknown_field")),
        ({"same_reference": 1}, 400, ("/same_reference", "invalid")),
        ({"lines": []}, 400, ("/lines", "empty")),
        ({"lines": [{"variant_id": 0}]}, 400, (AMOUNT, "required")),
        ({"lines": [{"variant_id": 10**9, "quantity": "1"}]}, 400,
         ("/lines/0/variant_id", "unknown")),
        ({"lines": [{"variant_id": 0, "quantity": "0.5"}]}, 422, (AMOUNT, "too_fine")),
        ({"lines": [{"variant_id": 0, "quantity": "0"}]}, 400, (AMOUNT, "not_positive")),
        ({"lines": [{"variant_id": 0, "quantity": "-1"}]}, 400, (AMOUNT, "not_positive")),
        ({"lines": [{"variant_id": 0, "quantity": 1.5}]}, 400, (AMOUNT, "invalid")),
        (
            {"lines": [{"variant_id": 0, "quantity": "1", "expected_on_hand": "1"}]},
            409,
            ("/lines/0/expected_on_hand", "stale"),
        ),
        (
            {"lines": [{"variant_id": 0, "quantity": "1", "lot": {"code": "A"}}]},
            422,
            ("/lines/0/lot", "lot_not_tracked"),
        ),
        (
            {"lines": [{"variant_id": 0, "quantity": "1", "unit_cost": "0.0000001"}]},
            422,
            ("/lines/0/unit_cost", "too_fine"),
        ),
    ],
)  # fmt: skip
def test_a_wrong_receipt_is_refused_where_it_is_wrong(
    api: APIClient, shop: Shop, change: dict[str, Any], status: int, error: tuple[str, str]
) -> None:
    chai = shop.variant("CHAI")
    body = {**receipt(shop, chai), **change}
    body["lines"] = [{**line, "variant_id": line["variant_id"] or chai} for line in body["lines"]]
    answer = send(api, RECEIPTS, body)
    assert (answer.status_code, pointers(answer)) == (status, [error])
    assert not models.Posting.objects.exists()


def test_a_thousand_lines_are_one_posting_and_one_more_is_refused(
    api: APIClient, shop: Shop
) -> None:
    chai = shop.variant("CHAI")
    body = receipt(shop, chai, "1")
    body["lines"] *= 1000
    assert len(send(api, RECEIPTS, body).json()["entries"]) == 1000
    body["lines"].append(body["lines"][0])
    assert send(api, RECEIPTS, body, key="K2").status_code == 400


def test_own_use_needs_a_reason_that_exists(api: APIClient, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "3")
    body = issue(shop, chai)
    none = send(api, ISSUES, {**body, "reason_code": None})
    assert (none.status_code, pointers(none)) == (422, [("/reason_code", "reason_required")])
    unknown = send(api, ISSUES, {**body, "reason_code": "nope"})
    assert (unknown.status_code, pointers(unknown)) == (400, [("/reason_code", "unknown")])
    sold = send(api, ISSUES, {**body, "reason_code": None, "counterpart": "customer"})
    assert sold.json()["entries"][0]["counterpart"] == "customer"
    wrong = send(api, ISSUES, {**body, "counterpart": "supplier"}, key="K2")
    assert (wrong.status_code, pointers(wrong)) == (400, [("/counterpart", "invalid_choice")])


# --- idempotency -------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [None, "", "x" * 256, "käse", "a\tb"])
def test_an_order_needs_a_key_of_printable_ascii(
    api: APIClient, shop: Shop, key: str | None
) -> None:
    answer = send(api, RECEIPTS, receipt(shop, shop.variant("CHAI")), key=key)
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("idempotency_key")
    assert not models.Posting.objects.exists()


def test_the_same_order_again_is_answered_and_not_repeated(api: APIClient, shop: Shop) -> None:
    body = receipt(shop, shop.variant("CHAI"), unit_cost="2")
    first, second = send(api, RECEIPTS, body), send(api, RECEIPTS, body)
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Location"] == first["Location"]
    assert models.Level.objects.get().on_hand == 10


def test_another_order_under_the_key_is_refused(api: APIClient, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    send(api, RECEIPTS, receipt(shop, chai))
    other = send(api, RECEIPTS, receipt(shop, chai, "11"))
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    elsewhere = send(api, ISSUES, issue(shop, chai))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "key_reused")
    assert models.Level.objects.get().on_hand == 10


def test_a_refused_order_leaves_its_key_free(api: APIClient, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    assert send(api, ISSUES, issue(shop, chai)).status_code == 409
    shop.receive(chai, "1")
    assert send(api, ISSUES, issue(shop, chai)).status_code == 201


def test_a_replay_asks_for_the_rights_again(api_as: ApiAs, shop: Shop) -> None:
    clerk = api_as("clerk", warehouse_ids=[shop.main.id])
    body = receipt(shop, shop.variant("CHAI"))
    assert send(clerk, RECEIPTS, body).status_code == 201
    row = models.User.objects.order_by("pk").last()
    assert row is not None
    models.User.objects.filter(pk=row.pk).update(warehouse_ids=[])
    answer = send(clerk, RECEIPTS, body)
    assert (answer.status_code, pointers(answer)) == (400, [("/warehouse_id", "unknown")])
    row.roles.clear()
    assert send(clerk, RECEIPTS, body).status_code in {401, 403, 404}


def test_a_key_in_the_address_is_for_browsers_only(api: APIClient, shop: Shop) -> None:
    body = receipt(shop, shop.variant("CHAI"))
    answer = send(api, f"{RECEIPTS}?idempotency_key=K1", body, key=None)
    assert answer.status_code == 400
    in_browser = APIClient()
    in_browser.force_login(models.User.objects.order_by("pk").last())
    assert send(in_browser, f"{RECEIPTS}?idempotency_key=K1", body, key=None).status_code == 201


# --- all orders alike --------------------------------------------------------------------------
@pytest.fixture
def every_order(api: APIClient, shop: Shop) -> dict[str, Any]:
    """An order of every kind that would succeed, by its path."""
    chai, other, north = shop.variant("CHAI"), shop.variant("OTHER"), shop.open_warehouse("NORTH")
    shop.receive(chai, "10", unit_cost="2")
    promise = {"variant_id": chai, "warehouse_id": shop.main.id, "quantity": "3"}
    assert send(api, f"{V1}/stock/reservations/", promise, key="promise").status_code == 201
    return bodies(shop, chai, other, north.id)


def test_every_order_needs_a_key(api: APIClient, every_order: dict[str, Any]) -> None:
    before = models.Posting.objects.count()
    for path, body in every_order.items():
        answer = send(api, f"{V1}/stock/{path}/", body, key=None)
        assert (answer.status_code, pointers(answer)) == (
            400,
            [("", "idempotency_key_required")],
        ), path
    assert models.Posting.objects.count() == before


@pytest.mark.parametrize("number", range(14))
def test_every_order_is_carried_out_once(
    api: APIClient, every_order: dict[str, Any], number: int
) -> None:
    path, body = list(every_order.items())[number]
    url = f"{V1}/stock/{path}/"
    first = send(api, url, body)
    assert first.status_code in {200, 201}, first.content
    count = models.Posting.objects.count()
    second = send(api, url, body)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second["Idempotency-Replayed"] == "true"
    assert second.headers.get("Location") == first.headers.get("Location")
    assert send(api, url, {**body, "note": "x"}).json()["code"] in {"key_reused", "unknown_field"}
    assert models.Posting.objects.count() == count


def test_a_repeated_order_asks_for_the_right_again(
    api_as: ApiAs, every_order: dict[str, Any]
) -> None:
    keeper = api_as("owner")
    row = models.User.objects.order_by("pk").last()
    assert row is not None
    for path in ("scraps", "transfers", "reservations", "periods"):
        assert send(keeper, f"{V1}/stock/{path}/", every_order[path], key=path).status_code == 201
    row.roles.set([models.Role.objects.get(name="auditor")])
    for path in ("scraps", "transfers", "reservations", "periods"):
        answer = send(keeper, f"{V1}/stock/{path}/", every_order[path], key=path)
        assert answer.status_code == 403, path


class StillRunning(OnceOnly):
    """The same order came a moment ago and is not through."""

    def run(self, **_: Any) -> Answer:
        raise InProgress(InProgress.sentence)


def test_an_order_that_is_still_running_is_not_started_again(
    api: APIClient, every_order: dict[str, Any]
) -> None:
    with overridden(lambda binder: binder.bind(OnceOnly, to=StillRunning())):
        for path, body in every_order.items():
            answer = send(api, f"{V1}/stock/{path}/", body)
            assert (answer.status_code, answer.json()["code"]) == (409, "in_progress"), path
            assert answer["Retry-After"], path


# --- in a browser ------------------------------------------------------------------------------
def test_the_page_of_an_order_has_its_form(shop: Shop, api: APIClient) -> None:
    in_browser = APIClient()
    in_browser.force_login(models.User.objects.order_by("pk").last())
    page = in_browser.get(RECEIPTS, HTTP_ACCEPT="text/html").content.decode()
    assert "lines[0]variant_id" in page
    assert "idempotency_key=" in page
    form = {
        "warehouse_id": shop.main.id,
        "lines[0]variant_id": shop.variant("CHAI"),
        "lines[0]quantity": "2",
        "lines[1]quantity": "",
    }
    posted = in_browser.post(
        f"{RECEIPTS}?idempotency_key=K", form, "multipart", HTTP_ACCEPT="text/html"
    )
    assert posted.status_code == 201
    assert models.Level.objects.get().on_hand == 2


def test_an_order_that_is_still_being_carried_out_says_when_to_ask_again(
    api: APIClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(*_: object) -> None:
        raise InProgress(InProgress.sentence)

    monkeypatch.setattr(DjangoOnceOnly, "_claim", claim)
    answer = send(api, RECEIPTS, receipt(shop, shop.variant("CHAI")))
    assert (answer.status_code, answer.json()["code"]) == (409, "in_progress")
    assert answer["Retry-After"] == "1"


@pytest.fixture
def in_browser(api: APIClient) -> Client:
    """A browser in which the owner is logged in."""
    client = Client(headers={"accept": "text/html"})
    client.force_login(models.User.objects.order_by("pk")[0])
    return client


def flat(body: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A body as the controls of a form carry it."""
    for name, value in body.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            for index, row in enumerate(value):
                yield from flat(row, f"{prefix}{name}[{index}]")
        else:
            yield f"{prefix}{name}", str(value).lower() if isinstance(value, bool) else value


def test_every_order_can_be_given_with_a_form(
    in_browser: Client, every_order: dict[str, Any]
) -> None:
    for path, body in every_order.items():
        url = f"{V1}/stock/{path}/"
        page = in_browser.get(url).content.decode()
        controls = dict(flat(body))
        for name in controls:
            assert f'name="{name}"' in page, (path, name)
        action = re.search(r'action="([^"]*idempotency_key=\w{32})" method="POST"', page)
        assert action, path
        answer = in_browser.post(f"{action[1]}&preview=true", controls)
        assert answer.status_code == 200, (path, answer.content.decode())
        assert "&quot;ok&quot;: true" in answer.content.decode(), path


def test_the_lists_beside_forms_can_be_read_with_the_key_of_the_form(in_browser: Client) -> None:
    for path in ("reservations", "periods"):
        answer = in_browser.get(f"{V1}/stock/{path}/?idempotency_key=K")
        assert answer.status_code == 200, path
