"""The pages of documents, tried on purchase orders: written, acted upon, looked at, by whom."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sms_core.purchasing.commands import (
    CreatePurchaseOrder,
    CreateSupplier,
    OrderedLine,
    PlaceOrder,
)
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierService
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled, sent
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
BASE = "/admin/sms/purchaseorder/"


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


@pytest.fixture
def supplier(shop: Shop) -> int:
    command = CreateSupplier(code="EXO", name="Exotic Liquids")
    made = shop.service(SupplierService).create(command, by=SYSTEM)
    return int(made.id)


@pytest.fixture
def goods(shop: Shop) -> tuple[int, int]:
    return shop.variant("CHAI", name="Chai"), shop.variant("CHANG", name="Chang")


def draft(shop: Shop, supplier: int, *lines: OrderedLine, warehouse_id: int | None = None) -> int:
    command = CreatePurchaseOrder(
        supplier_id=supplier, warehouse_id=warehouse_id or shop.main.id, lines=lines
    )
    return int(shop.service(PurchaseOrderService).create(command, by=SYSTEM).id)


def line(variant_id: int, quantity: str = "10", cost: str = "2", pack: str = "1") -> OrderedLine:
    return OrderedLine(
        variant_id=variant_id,
        quantity=Decimal(quantity),
        unit_cost=Decimal(cost),
        pack_size=Decimal(pack),
    )


@pytest.fixture
def drafted(shop: Shop, supplier: int, goods: tuple[int, int]) -> int:
    """An order of 10 CHAI and 5 packs of 12 CHANG."""
    return draft(shop, supplier, line(goods[0]), line(goods[1], "5", "24", "12"))


@pytest.fixture
def placed(shop: Shop, drafted: int) -> int:
    shop.service(PurchaseOrderService).place(PlaceOrder(id=drafted), by=SYSTEM)
    return drafted


def act(client: Client, id: int, name: str, **head: Any) -> Any:
    """Open the page of an act and send it as it stands, but for what is given."""
    url = f"{BASE}{id}/{name}/"
    page = client.get(url)
    data = sent(page) if page.context["lines"] is not None else filled(page)
    return client.post(url, {**data, **head})


def order(id: int) -> Any:
    return models.PurchaseOrder.objects.get(pk=id)


def messages(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


# --- writing -----------------------------------------------------------------------------------
def test_an_order_is_written_with_scanned_goods_once(
    owner: Client, shop: Shop, supplier: int, goods: tuple[int, int]
) -> None:
    shop.barcode(goods[1], "5012345678900")
    lines = [
        {"variant": "chai", "quantity": "10", "unit_cost": "2"},
        {"variant": "5012345678900", "quantity": "5", "pack_size": "12", "unit_cost": "24"},
    ]
    data = filled(owner.get(f"{BASE}add/"), *lines, supplier=supplier, reference="Q-7")
    first, second = owner.post(f"{BASE}add/", data), owner.post(f"{BASE}add/", data)
    made = models.PurchaseOrder.objects.get()
    assert first.url == second.url == f"{BASE}{made.pk}/change/"
    assert (made.state, made.reference, made.supplier_id) == ("draft", "Q-7", supplier)
    written = made.lines.order_by("position").values_list("variant_id", "stock_quantity")
    assert list(written) == [(goods[0], 10), (goods[1], 60)]


def test_what_is_wrong_stands_at_its_field_and_the_input_is_kept(
    owner: Client, supplier: int, goods: tuple[int, int]
) -> None:
    lines = [
        {"variant": "CHAI", "quantity": "-1"},
        {"variant": "NOTHING", "quantity": "1"},
        {"variant": "CHANG"},
    ]
    data = filled(owner.get(f"{BASE}add/"), *lines, supplier=supplier, notes="keep me")
    page = owner.post(f"{BASE}add/", data)
    assert errors(page) == {
        "lines-1-variant": ["Nothing has this code."],
        "lines-2-quantity": ["Give the quantity."],
    }
    assert "keep me" in page.content.decode()
    del data["lines-1-variant"], data["lines-1-quantity"], data["lines-2-variant"]
    assert set(errors(owner.post(f"{BASE}add/", data))) == {"lines-0-quantity"}
    assert not models.PurchaseOrder.objects.exists()


def test_more_lines_keep_what_was_typed(owner: Client, supplier: int) -> None:
    data = filled(owner.get(f"{BASE}add/"), {"variant": "CHAI"}, supplier=supplier, more="1")
    page = owner.post(f"{BASE}add/", data)
    assert len(page.context["lines"].forms) == 10
    assert page.context["lines"].forms[0]["variant"].value() == "CHAI"


def test_a_link_may_say_for_whom(owner: Client, supplier: int) -> None:
    page = owner.get(f"{BASE}add/?supplier={supplier}")
    assert str(page.context["head"]["supplier"].value()) == str(supplier)


def test_a_draft_is_changed_line_by_line(
    owner: Client, shop: Shop, drafted: int, goods: tuple[int, int]
) -> None:
    kept = models.PurchaseOrderLine.objects.get(document=drafted, variant=goods[1])
    url = f"{BASE}{drafted}/edit/"
    data = sent(owner.get(url))
    data |= {"lines-0-variant": "", "lines-0-quantity": "", "lines-1-quantity": "6"}
    data |= {"reference": "Q-8"}
    for blank in [name for name in data if name.startswith("lines-0-") and name != "lines-0-id"]:
        data[blank] = ""
    assert owner.post(url, data).status_code == 302
    left = models.PurchaseOrderLine.objects.get(document=drafted)
    assert (left.pk, left.quantity, order(drafted).reference) == (kept.pk, 6, "Q-8")


def test_who_saw_an_older_version_overwrites_nothing(owner: Client, drafted: int) -> None:
    url = f"{BASE}{drafted}/edit/"
    mine, colleagues = sent(owner.get(url)), sent(owner.get(url))
    assert owner.post(url, {**colleagues, "reference": "theirs"}).status_code == 302
    page = owner.post(url, {**mine, "reference": "mine"})
    assert "was changed by someone else" in str(errors(page))
    assert order(drafted).reference == "theirs"


def test_a_placed_order_is_amended_after_a_preview(
    owner: Client, placed: int, goods: tuple[int, int]
) -> None:
    url = f"{BASE}{placed}/edit/"
    data = {**sent(owner.get(url)), "lines-0-quantity": "8"}
    page = owner.post(url, {**data, "preview": "1"})
    assert page.context["after"]["state"]["text"] == "Placed"
    assert "8" in str(page.context["after"]["lines"][0]["cells"][0]["text"])
    line = models.PurchaseOrderLine.objects.get(document=placed, variant=goods[0])
    assert line.quantity == 10
    assert owner.post(url, data).status_code == 302
    line.refresh_from_db()
    assert line.quantity == 8


def test_a_closed_order_is_not_changed(owner: Client, placed: int) -> None:
    act(owner, placed, "close")
    page = owner.get(f"{BASE}{placed}/edit/", follow=True)
    assert "it cannot be changed" in messages(page)[-1]
    assert page.redirect_chain[-1][0] == f"{BASE}{placed}/change/"


# --- acting ------------------------------------------------------------------------------------
def test_an_order_goes_its_way(owner: Client, drafted: int, goods: tuple[int, int]) -> None:
    assert act(owner, drafted, "place").status_code == 302
    assert order(drafted).state == "placed"
    assert act(owner, drafted, "receive", **{"lines-0-quantity": "4"}).status_code == 302
    assert order(drafted).state == "partially_received"
    levels = dict(models.Level.objects.values_list("variant_id", "on_hand"))
    assert levels == {goods[0]: 4, goods[1]: 60}
    page = owner.get(f"{BASE}{drafted}/receive/")
    rows = page.context["lines"].forms
    assert [(row.part.of.code, row["quantity"].value()) for row in rows] == [("CHAI", 6)]
    back = {"lines-1-quantity": "1", "lines-1-reason_code": "defective"}
    done = act(owner, drafted, "return", **back)
    assert done.status_code == 302, errors(done)
    assert models.Level.objects.get(variant=goods[1]).on_hand == 48
    assert act(owner, drafted, "close").status_code == 302
    assert order(drafted).state == "closed"


def test_a_preview_shows_levels_and_order_and_changes_nothing(owner: Client, placed: int) -> None:
    page = act(owner, placed, "receive", preview="1")
    assert [row[0] for row in figures(page)] == [("0", "10"), ("0", "60")]
    assert page.context["after"]["state"]["text"] == "Received"
    assert "Stock stays as it is" not in page.content.decode()
    assert order(placed).state == "placed"
    assert not models.Posting.objects.exists()
    assert not models.KeptAnswer.objects.exists()
    again = sent(page)
    assert owner.post(f"{BASE}{placed}/receive/", again).status_code == 302
    assert order(placed).state == "received"


def test_a_preview_says_so_when_stock_stays_as_it_is(owner: Client, drafted: int) -> None:
    page = act(owner, drafted, "place", preview="1")
    assert "Stock stays as it is" in page.content.decode()
    assert page.context["after"]["state"]["text"] == "Placed"
    assert order(drafted).state == "draft"


def test_an_act_without_lines_says_so_and_still_offers_them(owner: Client, placed: int) -> None:
    act(owner, placed, "receive", **{"lines-0-quantity": "4", "lines-1-quantity": ""})
    act(owner, placed, "receive", **{"lines-0-quantity": "6", "lines-1-quantity": ""})
    url = f"{BASE}{placed}/return/"
    back = {"lines-0-quantity": "10", "lines-0-reason_code": "defective"}
    assert owner.post(url, {**sent(owner.get(url)), **back}).status_code == 302
    page = owner.get(url)
    assert "No line stands here now" in page.content.decode()
    page = owner.post(url, {**sent(page), "more": "1"})
    offered = page.context["lines"].forms[0].fields["line_id"].choices
    assert [name for _, name in offered] == ["", "CHAI Chai", "CHANG Chang"]


def test_a_double_click_receives_once(owner: Client, placed: int) -> None:
    url = f"{BASE}{placed}/receive/"
    data = sent(owner.get(url))
    first, second = owner.post(url, data), owner.post(url, data)
    assert first.url == second.url == f"{BASE}{placed}/change/"
    assert models.Posting.objects.count() == 1


def test_who_comes_too_late_is_told_so_and_led_back(owner: Client, placed: int) -> None:
    late = sent(owner.get(f"{BASE}{placed}/receive/"))
    act(owner, placed, "receive")
    page = owner.post(f"{BASE}{placed}/receive/", late, follow=True)
    assert "is received: you cannot receive it" in messages(page)[-1]
    assert page.redirect_chain[-1][0] == f"{BASE}{placed}/change/"
    page = owner.get(f"{BASE}{placed}/cancel/", follow=True)
    assert "you cannot cancel it" in messages(page)[-1]
    assert models.Posting.objects.count() == 1


def test_too_much_is_refused_at_its_line(log_in: LogIn, placed: int) -> None:
    clerk = log_in("clerk")
    page = act(clerk, placed, "receive", **{"lines-1-quantity": "6", "reference": "DN-1"})
    assert set(errors(page)) == {"lines-1-quantity"}
    assert page.context["head"]["reference"].value() == "DN-1"
    assert not models.Posting.objects.exists()


def test_what_is_rejected_is_kept_with_its_reason(owner: Client, shop: Shop, placed: int) -> None:
    rejected = {
        "lines-0-quantity": "9",
        "lines-0-rejected_quantity": "1",
        "lines-0-reason_code": "damaged",
        "lines-0-keep_rejected": "on",
    }
    page = act(owner, placed, "receive", **rejected)
    assert page.status_code == 302, errors(page)
    kept = models.Bin.objects.get(location_id=shop.main.quarantine_location_id)
    assert kept.on_hand == 1


def test_a_line_comes_in_two_lots(owner: Client, shop: Shop, supplier: int) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    id = draft(shop, supplier, line(cheese, "10"))
    act(owner, id, "place")
    url = f"{BASE}{id}/receive/"
    page = owner.post(url, {**sent(owner.get(url)), "more": "1"})
    row = models.PurchaseOrderLine.objects.get(document=id).pk
    data = {**sent(page), "lines-0-quantity": "6", "lines-0-lot": "A"}
    data |= {"lines-1-line_id": row, "lines-1-quantity": "4", "lines-1-lot": "B"}
    done = owner.post(url, data)
    assert done.status_code == 302, errors(done)
    lots = dict(models.Bin.objects.values_list("lot__code", "on_hand"))
    assert lots == {"A": 6, "B": 4}


def test_other_goods_are_taken_in_by_those_who_may(
    owner: Client, log_in: LogIn, shop: Shop, placed: int
) -> None:
    mug = shop.variant("MUG")
    url = f"{BASE}{placed}/receive/"
    page = owner.post(url, {**sent(owner.get(url)), "more": "1"})
    other = {"lines-2-variant": "MUG", "lines-2-quantity": "3"}
    both = {**sent(page), **other, "lines-2-line_id": page.context["lines"][0]["line_id"].value()}
    assert "lines-2-line_id" in errors(owner.post(url, both))
    wrong = {**sent(page), **other, "lines-2-variant": "NOTHING"}
    assert "Nothing has this code" in owner.post(url, wrong).content.decode()
    assert owner.post(url, {**sent(page), **other}).status_code == 302
    assert models.Level.objects.get(variant=mug).on_hand == 3
    clerk = log_in("clerk")
    again = draft(shop, order(placed).supplier_id, line(mug))
    act(owner, again, "place")
    assert "other_goods" not in clerk.get(f"{BASE}{again}/receive/").content.decode()
    assert clerk.get(f"{BASE}{again}/receive/").context["lines"][0].other_goods is None


def test_lots_are_asked_for_only_where_goods_have_some(owner: Client, placed: int) -> None:
    columns = [f.name for f in owner.get(f"{BASE}{placed}/receive/").context["lines"].columns]
    assert columns == ["line_id", "quantity", "location"]


# --- looking -----------------------------------------------------------------------------------
def test_the_page_tells_what_became_of_it(owner: Client, placed: int, goods: tuple) -> None:
    act(owner, placed, "receive", **{"lines-0-quantity": "4"})
    page = owner.get(f"{BASE}{placed}/change/")
    html = page.content.decode()
    number = models.Posting.objects.get().number
    assert dict(page.context["facts"])["Deliver to"]
    assert [view["verb"] for view in page.context["acts"]] == ["Receive", "Send back", "Close"]
    assert number in html
    assert f"/admin/sms/posting/{models.Posting.objects.get().pk}/reverse/" in html
    assert f"/admin/sms/level/card/{goods[0]}/" in html
    assert [event["act"] for event in page.context["events"]] == ["Receive", "Place", "Create"]
    assert dict(page.context["totals"])["Net"] == "140.00"
    told = owner.get(f"{BASE}{placed}/history/")
    assert number in told.content.decode()


def test_what_was_undone_says_by_what(owner: Client, placed: int) -> None:
    act(owner, placed, "receive")
    posting = models.Posting.objects.get()
    url = f"/admin/sms/posting/{posting.pk}/reverse/"
    assert owner.post(url, filled(owner.get(url))).status_code == 302
    assert order(placed).state == "placed"
    page = owner.get(f"{BASE}{placed}/change/")
    undoing = models.Posting.objects.get(reverses=posting)
    shown = page.context["postings"]
    assert undoing.number in str(shown[0]["undone_by"])
    assert shown[1]["undoes"] == posting.number


def test_a_copy_is_drafted_once(owner: Client, placed: int) -> None:
    page = owner.get(f"{BASE}{placed}/change/")
    data = {"key": page.context["key"]}
    first = owner.post(page.context["duplicate"], data)
    second = owner.post(page.context["duplicate"], data)
    copy = models.PurchaseOrder.objects.exclude(pk=placed).get()
    assert first.url == second.url == f"{BASE}{copy.pk}/change/"
    assert (copy.state, copy.lines.count()) == ("draft", 2)


def test_only_drafts_are_archived_and_come_back(owner: Client, drafted: int) -> None:
    assert owner.post(f"{BASE}{drafted}/delete/", {"post": "yes"}).status_code == 302
    page = owner.get(f"{BASE}{drafted}/change/")
    assert "is archived since" in page.content.decode()
    assert owner.post(f"{BASE}{drafted}/restore/").status_code == 302
    act(owner, drafted, "place")
    page = owner.post(f"{BASE}{drafted}/delete/", {"post": "yes"}, follow=True)
    assert "only drafts are archived" in messages(page)[-1]
    assert order(drafted).deleted_at is None


def test_the_list_finds_filters_and_leads_on(
    owner: Client, shop: Shop, placed: int, supplier: int
) -> None:
    other = draft(shop, supplier)
    listed = owner.get(BASE, {"q": "exotic"})
    assert {row.pk for row in listed.context["cl"].result_list} == {placed, other}
    assert f"{BASE}{placed}/receive/" in listed.content.decode()
    assert f"{BASE}{other}/place/" in listed.content.decode()
    for asked in ({"state": "placed"}, {"work": "receive"}, {"q": order(placed).number}):
        found = owner.get(BASE, asked).context["cl"].result_list
        assert [row.pk for row in found] == [placed]


# --- for whom ----------------------------------------------------------------------------------
def test_each_page_is_for_those_who_may(log_in: LogIn, placed: int, drafted: int) -> None:
    may = {
        "owner": {"add", "edit", "receive", "cancel"},
        "clerk": {"receive"},
        "auditor": set(),
    }
    for role, pages in may.items():
        client = log_in(role)
        for name in ("edit", "receive", "cancel"):
            url = f"{BASE}{placed}/{name}/"
            expected = 200 if name in pages else 403
            assert client.get(url).status_code == expected, (role, name)
            assert client.post(url, {}).status_code == expected, (role, name)
        assert client.get(f"{BASE}add/").status_code == (200 if "add" in pages else 403)
        assert client.get(f"{BASE}{placed}/change/").status_code == 200
    assert not models.Posting.objects.exists()


def test_the_buttons_are_those_of_the_actor(log_in: LogIn, placed: int) -> None:
    page = log_in("clerk").get(f"{BASE}{placed}/change/")
    assert [view["verb"] for view in page.context["acts"]] == ["Receive"]
    assert (page.context["edit"], page.context["duplicate"]) == ("", "")
    page = log_in("auditor").get(f"{BASE}{placed}/change/")
    assert page.context["acts"] == []
    assert "/reverse/" not in page.content.decode()


def test_a_placed_order_is_amended_by_those_who_may_place(log_in: LogIn, placed: int) -> None:
    models.Role.objects.filter(name="clerk").update(
        permissions=["purchase_order.view", "purchase_order.change", "stock.view"]
    )
    clerk = log_in("clerk")
    assert clerk.get(f"{BASE}{placed}/change/").context["edit"] == ""
    page = clerk.get(f"{BASE}{placed}/edit/", follow=True)
    assert "it cannot be changed" in messages(page)[-1]


def test_postings_and_cards_lead_back_to_their_order(
    owner: Client, log_in: LogIn, placed: int, goods: tuple[int, int]
) -> None:
    act(owner, placed, "receive", **{"lines-0-quantity": "4"})
    link = f'href="{BASE}{placed}/change/"'
    pages = [
        f"/admin/sms/posting/{models.Posting.objects.get().pk}/change/",
        f"/admin/sms/level/card/{goods[0]}/",
    ]
    number = order(placed).number
    for page in pages:
        assert link in owner.get(page).content.decode()
    listed = owner.get("/admin/sms/posting/", {"q": number}).context["cl"].result_list
    assert len(listed) == 1
    card = owner.get(pages[1])
    assert [(each["quantity"], each["brings"]) for each in card.context["orders"]] == [("6", True)]
    models.Role.objects.filter(name="clerk").update(permissions=["stock.view"])
    clerk = log_in("clerk")
    for page in pages:
        html = clerk.get(page).content.decode()
        assert number in html
        assert link not in html


def test_costs_are_for_those_who_may_see_them(log_in: LogIn, placed: int, owner: Client) -> None:
    clerk = log_in("clerk")
    page = clerk.get(f"{BASE}{placed}/change/")
    assert "Net" not in page.content.decode()
    assert page.context["totals"] == []
    assert "unit_cost" not in clerk.get(f"{BASE}{placed}/receive/").content.decode()
    assert "unit_cost" in owner.get(f"{BASE}{placed}/receive/").content.decode()


def test_an_order_of_another_warehouse_does_not_exist(
    log_in: LogIn, shop: Shop, placed: int
) -> None:
    north = shop.open_warehouse("NORTH")
    client = log_in("owner", warehouse_ids=[north.id])
    assert client.get(f"{BASE}{placed}/receive/").status_code == 404
    assert client.get(f"{BASE}{placed}/edit/").status_code == 404
    assert client.post(f"{BASE}{placed}/duplicate/", {"key": "k"}).status_code == 404
    assert client.get(f"{BASE}{placed}/change/").status_code == 302
    assert not client.get(BASE).context["cl"].result_list


def test_pages_cost_as_many_queries_with_many_lines_as_with_few(
    owner: Client, shop: Shop, supplier: int
) -> None:
    ids = [shop.variant(f"V{number}") for number in range(12)]
    few = draft(shop, supplier, line(ids[0]))
    many = draft(shop, supplier, *(line(id) for id in ids))
    for id in (few, many):
        act(owner, id, "place")
    for name in ("change", "edit", "receive"):
        counts = []
        for id in (few, many):
            with CaptureQueriesContext(connection) as queries:
                owner.get(f"{BASE}{id}/{name}/")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 25, name
