"""Why is it this number: cards, traces, and stock as of a day, in the back office."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sms_core.stock.postings import NamedLot
from sms_django import models
from sms_django.admin import stock_card
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import filled
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(shop: Shop) -> int:
    """Ten came at 2.00, three left."""
    chai = shop.variant("CHAI", name="Chai")
    shop.receive(chai, "10", unit_cost="2")
    shop.issue(chai, "3")
    return chai


def card(client: Client, variant_id: int, **asked: Any) -> Any:
    return client.get(f"/admin/sms/level/card/{variant_id}/", asked)


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def test_a_card_runs_from_opening_to_closing(owner: Client, chai: int) -> None:
    page = card(owner, chai)
    assert page.context["opening"]["on_hand"] == "0"
    rows = page.context["rows"]
    assert [(row["quantity"], row["on_hand_after"], row["value_after"]) for row in rows] == [
        ("+10", "10", "20.00"),
        ("-3", "7", "14.00"),
    ]
    assert page.context["closing"] == {
        "on_hand": "7",
        "reserved": "0",
        "available": "7",
        "value": "14.00",
    }
    for row in rows:
        assert row["row"].posting_number in page.content.decode()
        assert "system" in row["row"].username
    assert "sample" in text(page)


def test_a_card_tells_for_whom_is_reserved(owner: Client, chai: int) -> None:
    reserve = "/admin/sms/reservation/reserve/"
    data = filled(owner.get(reserve), variant="CHAI", quantity="2", purpose="Ms Weber")
    owner.post(reserve, data)
    page = card(owner, chai)
    assert [row["reserved"] for row in page.context["rows"]] == ["", "", "+2"]
    assert page.context["closing"]["available"] == "5"
    assert [promise["whom"] for promise in page.context["reservations"]] == ["Ms Weber"]
    promise = models.Reservation.objects.get()
    assert f"/admin/sms/reservation/{promise.pk}/change/" in page.content.decode()


def test_a_card_links_what_was_undone_both_ways(owner: Client, shop: Shop, chai: int) -> None:
    issue = models.Posting.objects.get(kind="issue")
    url = f"/admin/sms/posting/{issue.pk}/reverse/"
    owner.post(url, filled(owner.get(url)))
    reversal = models.Posting.objects.get(kind="reversal")
    rows = card(owner, chai).context["rows"]
    assert (rows[1]["undone_by"], rows[2]["undoes"]) == (reversal.number, issue.number)


def test_a_card_of_a_stretch_of_time_opens_with_what_was_before(owner: Client, chai: int) -> None:
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}"
    page = card(owner, chai, start=tomorrow)
    assert (page.context["opening"]["on_hand"], page.context["rows"]) == ("7", [])
    yesterday = f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"
    for asked in ({"end": yesterday}, {"known": yesterday}):
        assert card(owner, chai, **asked).context["closing"]["on_hand"] == "0"


def test_a_wrong_question_is_answered_with_a_sentence(owner: Client, shop: Shop, chai: int) -> None:
    page = card(owner, chai, start="yesterday", warehouse="999999")
    assert set(page.context["form"].errors) == {"start", "warehouse"}
    assert "closing" not in page.context
    for cursor in ("x", "1~2", "2026-01-01T00:00:00+00:00~x~1", "2026-99-99T00:00~1~1"):
        refused = card(owner, chai, after=cursor)
        assert "no cursor of this list" in str(refused.context["form"].errors)
    assert card(owner, 999999).status_code == 404


def test_a_long_card_goes_on_page_by_page(
    owner: Client, chai: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_card, "ROWS", 1)
    first = card(owner, chai)
    assert [row["quantity"] for row in first.context["rows"]] == ["+10"]
    assert 'id="closing"' not in first.content.decode()
    second = owner.get(f"/admin/sms/level/card/{chai}/{first.context['next']}")
    assert [row["on_hand_after"] for row in second.context["rows"]] == ["7"]
    assert second.context["next"] is None
    assert 'id="opening"' not in second.content.decode()


def test_a_clerk_sees_no_values_on_a_card(log_in: LogIn, chai: int) -> None:
    page = card(log_in("clerk"), chai)
    assert page.context["rows"][0]["value_after"] == ""
    assert "Value" not in text(page)
    assert "20.00" not in text(page)


def test_a_card_shows_only_ones_own_warehouses(log_in: LogIn, shop: Shop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    shop.receive(chai, "5", warehouse_id=north.id)
    client = log_in("auditor", warehouse_ids=[north.id])
    assert card(client, chai).context["closing"]["on_hand"] == "5"
    assert "warehouse" in card(client, chai, warehouse=shop.main.id).context["form"].errors
    everything = card(log_in("auditor"), chai)
    assert everything.context["closing"]["on_hand"] == "12"
    here = card(log_in("auditor"), chai, warehouse=shop.main.id)
    assert here.context["closing"]["on_hand"] == "7"


def test_a_card_costs_as_many_queries_with_many_entries_as_with_few(
    owner: Client, shop: Shop, chai: int
) -> None:
    card(owner, chai)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            card(owner, chai)
        counts.append(len(queries))
        for _ in range(5):
            shop.receive(chai, "1")
    assert counts[0] == counts[1]
    assert counts[0] <= 18


def test_every_quantity_leads_to_its_card(owner: Client, shop: Shop, chai: int) -> None:
    here = f"/admin/sms/level/card/{chai}/"
    for path in ("level/", "bin/", "entry/"):
        assert (
            f'href="{here}?warehouse={shop.main.id}"'
            in owner.get(f"/admin/sms/{path}").content.decode()
        )
    for path in ("product/", "variant/"):
        assert f'href="{here}"' in owner.get(f"/admin/sms/{path}").content.decode()
    posting = models.Posting.objects.get(kind="issue")
    assert here in owner.get(f"/admin/sms/posting/{posting.pk}/change/").content.decode()
    models.Variant.objects.filter(pk=chai).update(stock_alert=9)
    assert here in owner.get("/admin/").content.decode()


def test_the_quantity_of_a_product_with_several_variants_leads_to_them(
    owner: Client, shop: Shop, chai: int
) -> None:
    models.Product.objects.update(type="variable")
    product = models.Product.objects.get()
    listed = f"/admin/sms/variant/?product__id__exact={product.pk}"
    assert listed in owner.get("/admin/sms/product/").content.decode()
    assert owner.get(listed).context["cl"].result_count == 1


# --- lots --------------------------------------------------------------------------------------
def test_a_lot_is_traced_from_where_it_came_to_where_it_went(
    owner: Client, log_in: LogIn, shop: Shop
) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    shop.receive(cheese, "5", lot=NamedLot(code="L1"))
    shop.issue(cheese, "2", lot_code="L1")
    lot = models.Lot.objects.get()
    url = f"/admin/sms/lot/{lot.pk}/trace/"
    assert url in owner.get("/admin/sms/lot/").content.decode()
    page = owner.get(url)
    steps = {title: [step["quantity"] for step in found] for title, found in page.context["parts"]}
    assert steps == {"Came from": ["+5"], "Moved between places": [], "Went to": ["-2"]}
    assert [bin.on_hand for bin in page.context["bins"]] == [3]
    elsewhere = log_in("auditor", warehouse_ids=[shop.open_warehouse("NORTH").id])
    assert not any(found for _, found in elsewhere.get(url).context["parts"])
    assert owner.get("/admin/sms/lot/999999/trace/").status_code == 404


# --- as of a day -------------------------------------------------------------------------------
AS_OF = "/admin/sms/level/as-of/"


def test_stock_is_shown_as_of_a_day(owner: Client, log_in: LogIn, chai: int) -> None:
    assert "rows" not in owner.get(AS_OF).context
    today = f"{timezone.now():%Y-%m-%d}"
    rows = owner.get(AS_OF, {"end": today}).context["rows"]
    assert [(row["on_hand"], row["value"]) for row in rows] == [("7", "14.00")]
    yesterday = f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"
    assert "There was nothing yet." in text(owner.get(AS_OF, {"end": yesterday}))
    assert "end" in owner.get(AS_OF, {"known": today}).context["form"].errors
    assert "14.00" not in text(log_in("clerk").get(AS_OF, {"end": today}))
    assert owner.get(AS_OF, {"end": today, "page": "x"}).status_code == 200
