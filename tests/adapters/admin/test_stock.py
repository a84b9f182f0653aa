"""Stock in the back office: forms that post once, refusals by line, nothing unseen shown."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from sms_core.stock.commands import ReceivedLine, ReceiveGoods
from sms_core.stock.postings import NamedLot
from sms_core.stock.services import StockService
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, filled
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
RECEIVE, ISSUE = "/admin/sms/posting/receive/", "/admin/sms/posting/issue/"


@pytest.fixture
def shop() -> Shop:
    return Shop()


def on_hand(variant_id: int) -> Decimal:
    return models.Level.objects.get(variant_id=variant_id).on_hand


# --- receive and issue -------------------------------------------------------------------------
def test_goods_are_received_and_issued(owner: Client, shop: Shop) -> None:
    chai, cheese = shop.variant("CHAI"), shop.variant("CHEESE", places=3, tracks_lots=True)
    shelf = shop.place("SHELF")
    page = owner.get(RECEIVE)
    data = filled(
        page,
        {"variant": "chai", "quantity": "10", "unit_cost": "1.5"},
        {},
        {
            "variant": "CHEESE",
            "quantity": "2.5",
            "location": "shelf",
            "lot": "L1",
            "expires_on": "2999-01-31",
        },
        reference="DN-1",
        note="by hand",
    )
    done = owner.post(RECEIVE, data, follow=True)
    posting = models.Posting.objects.get()
    assert done.redirect_chain == [(f"/admin/sms/posting/{posting.pk}/change/", 302)]
    assert f"{posting.number} is posted." in done.content.decode()
    assert (posting.reference, posting.note, posting.username[:5]) == ("DN-1", "by hand", "owner")
    assert (on_hand(chai), on_hand(cheese)) == (10, Decimal("2.5"))
    assert models.Bin.objects.get(lot__code="L1").location_id == shelf

    page = owner.get(ISSUE)
    data = filled(
        page,
        {"variant": "CHAI", "quantity": "3"},
        {"variant": "CHEESE", "quantity": "1", "lot": "l1"},
        counterpart="internal",
        reason_code="sample",
    )
    assert owner.post(ISSUE, data).status_code == 302
    assert (on_hand(chai), on_hand(cheese)) == (7, Decimal("1.5"))


def test_a_double_click_or_a_reload_posts_once(owner: Client, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    data = filled(owner.get(RECEIVE), {"variant": "CHAI", "quantity": "10"})
    first, second = owner.post(RECEIVE, data), owner.post(RECEIVE, data)
    assert first.url == second.url
    assert on_hand(chai) == 10


def test_going_back_and_changing_the_form_asks_before_it_posts_again(
    owner: Client, shop: Shop
) -> None:
    chai = shop.variant("CHAI")
    data = filled(owner.get(RECEIVE), {"variant": "CHAI", "quantity": "10"})
    owner.post(RECEIVE, data)
    page = owner.post(RECEIVE, {**data, "lines-0-quantity": "4"})
    assert "stands for another request" in errors(page)["__all__"][0]
    assert on_hand(chai) == 10
    again = {**data, "lines-0-quantity": "4", "key": page.context["head"]["key"].value()}
    assert owner.post(RECEIVE, again).status_code == 302
    assert on_hand(chai) == 14


def test_a_barcode_says_how_many_when_nothing_is_typed(owner: Client, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.barcode(chai, "4006381333931")
    shop.barcode(chai, "04006381333948", quantity=12)
    data = filled(
        owner.get(RECEIVE),
        {"variant": "04006381333931", "quantity": ""},
        {"variant": "4006381333948", "quantity": ""},
        {"variant": "4006381333948", "quantity": "5"},
    )
    assert owner.post(RECEIVE, data).status_code == 302
    assert on_hand(chai) == 1 + 12 + 5


def test_what_is_wrong_is_said_beside_each_line_and_all_input_is_kept(
    owner: Client, shop: Shop
) -> None:
    shop.receive(shop.variant("CHAI"), "1")
    page = owner.post(
        ISSUE,
        filled(
            owner.get(ISSUE),
            {"variant": "CHAI", "quantity": "2"},
            {},
            {"variant": "CHAI", "quantity": "0.5"},
            counterpart="internal",
            reason_code="sample",
            note="keep me",
        ),
    )
    found = errors(page)
    assert "1 available, 2 asked for" in found["lines-0-quantity"][0]
    assert "whole numbers only" in found["lines-2-quantity"][0]
    html = page.content.decode()
    assert "keep me" in html
    assert found["lines-0-quantity"][0] in html
    assert page.context["lines"].forms[2]["quantity"].value() == "0.5"
    assert models.Posting.objects.count() == 1


def test_unknown_codes_places_and_missing_quantities_are_said_at_once(
    owner: Client, shop: Shop
) -> None:
    shop.variant("CHAI")
    page = owner.post(
        RECEIVE,
        filled(
            owner.get(RECEIVE),
            {"variant": "NOTHING", "quantity": "1"},
            {"variant": "CHAI", "quantity": "", "location": "ATTIC"},
            {"variant": "CHAI", "quantity": "1", "expires_on": "2999-01-01"},
        ),
    )
    assert errors(page) == {"lines-2-lot": ["Give the lot that expires then."]}
    data = filled(
        owner.get(RECEIVE),
        {"variant": "NOTHING", "quantity": "1"},
        {"variant": "CHAI", "quantity": "", "location": "ATTIC"},
    )
    assert errors(owner.post(RECEIVE, data)) == {
        "lines-0-variant": ["Nothing has this code."],
        "lines-1-quantity": ["Give the quantity."],
        "lines-1-location": ["There is no such location."],
    }
    assert not models.Posting.objects.exists()


def test_own_use_needs_a_reason(owner: Client, shop: Shop) -> None:
    shop.receive(shop.variant("CHAI"), "1")
    data = filled(owner.get(ISSUE), {"variant": "CHAI", "quantity": "1"}, counterpart="internal")
    assert errors(owner.post(ISSUE, data)) == {"reason_code": ["Give a reason."]}
    assert owner.post(ISSUE, {**data, "counterpart": "customer"}).status_code == 302


def test_a_form_without_lines_is_refused(owner: Client, shop: Shop) -> None:
    page = owner.post(RECEIVE, filled(owner.get(RECEIVE)))
    assert "Give at least one line." in page.content.decode()


def test_more_lines_can_be_asked_for_and_nothing_typed_is_lost(owner: Client, shop: Shop) -> None:
    data = filled(owner.get(RECEIVE), {"variant": "CHAI"}, more="1", note="so far")
    page = owner.post(RECEIVE, data)
    assert len(page.context["lines"].forms) == 10
    assert page.context["lines"].forms[0]["variant"].value() == "CHAI"
    assert "so far" in page.content.decode()
    assert "This field is required" not in page.content.decode()


def test_goods_are_suggested_while_one_types(owner: Client, shop: Shop) -> None:
    shop.variant("CHAI", name="Tea from Assam")
    shop.variant("MUG")
    for typed in ("assam", "cha"):
        answer = owner.get(RECEIVE, {"goods": typed}).json()
        assert answer == {"results": [{"code": "CHAI", "name": "Tea from Assam"}]}
    assert owner.get(RECEIVE, {"goods": "%"}).json() == {"results": []}
    assert owner.get(RECEIVE, {"goods": "\x00"}).json() == {"results": []}


# --- who may, and sees what --------------------------------------------------------------------
def test_the_forms_are_for_those_who_may_post(log_in: LogIn, shop: Shop) -> None:
    for role, status in (("clerk", 200), ("manager", 200), ("auditor", 403)):
        client = log_in(role)
        assert client.get(RECEIVE).status_code == status
        assert client.get(ISSUE).status_code == status
        links = client.get(reverse("admin:index")).content.decode()
        assert (RECEIVE in links, ISSUE in links) == (status == 200, status == 200)
    assert log_in("auditor").post(RECEIVE, {}).status_code == 403
    assert Client().get(RECEIVE).status_code == 302


def test_a_clerk_neither_sees_nor_sends_costs(log_in: LogIn, shop: Shop) -> None:
    shop.variant("CHAI")
    clerk = log_in("clerk")
    page = clerk.get(RECEIVE)
    assert "unit_cost" not in page.content.decode()
    data = filled(page, {"variant": "CHAI", "quantity": "1", "unit_cost": "5"})
    posted = clerk.post(RECEIVE, data, follow=True)
    assert models.Entry.objects.get().unit_cost == 0
    assert "Unit cost" not in posted.content.decode()
    owner = log_in("owner").get(posted.redirect_chain[0][0])
    assert "Unit cost" in owner.content.decode()


def test_only_warehouses_one_sees_can_be_chosen(log_in: LogIn, shop: Shop) -> None:
    shop.variant("CHAI")
    north = shop.open_warehouse("NORTH")
    clerk = log_in("clerk", warehouse_ids=[shop.main.id])
    page = clerk.get(RECEIVE)
    assert [w.pk for w in page.context["head"].fields["warehouse"].queryset] == [shop.main.id]
    data = filled(page, {"variant": "CHAI", "quantity": "1"}, warehouse=north.id)
    assert "warehouse" in errors(clerk.post(RECEIVE, data))
    assert not models.Posting.objects.exists()


def test_a_posting_shows_only_ones_own_entries(log_in: LogIn, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    north = shop.open_warehouse("NORTH")
    seen, hidden = shop.receive(chai, "4"), shop.receive(chai, "9", warehouse_id=north.id)
    auditor = log_in("auditor", warehouse_ids=[shop.main.id])
    page = auditor.get(f"/admin/sms/posting/{seen.id}/change/")
    assert len(page.context["posting"].entries) == 1
    assert auditor.get(f"/admin/sms/posting/{hidden.id}/change/").status_code == 302


# --- master data -------------------------------------------------------------------------------
def test_a_warehouse_and_a_location_are_made_through_the_core(owner: Client) -> None:
    owner.post("/admin/sms/warehouse/add/", {"code": "N", "name": "North"})
    warehouse = models.Warehouse.objects.get(code="N")
    assert warehouse.locations.count() == 3
    location = {"warehouse": warehouse.pk, "code": "A", "name": "Aisle", "kind": "quarantine"}
    assert owner.post("/admin/sms/location/add/", location).status_code == 302
    made = models.Location.objects.get(code="A")
    assert (made.kind, made.warehouse_id) == ("quarantine", warehouse.pk)
    renamed = {"code": "A", "name": "Left aisle", "kind": "quarantine", "version": 1}
    owner.post(f"/admin/sms/location/{made.pk}/change/", renamed)
    assert models.Location.objects.get(pk=made.pk).name == "Left aisle"


def test_a_warehouse_with_stock_is_not_archived_and_the_page_says_why(
    owner: Client, shop: Shop
) -> None:
    shop.receive(shop.variant("CHAI"), "3")
    url = f"/admin/sms/warehouse/{shop.main.id}/delete/"
    page = owner.post(url, {"post": "yes"}, follow=True)
    assert "This warehouse is in use by stock (3 on hand)." in page.content.decode()
    assert models.Warehouse.objects.get(pk=shop.main.id).deleted_at is None


def test_a_lot_is_blocked_by_those_who_may_adjust(log_in: LogIn, shop: Shop) -> None:
    shop.receive(shop.variant("CHEESE", tracks_lots=True), "1", lot=NamedLot(code="L1"))
    lot = models.Lot.objects.get()
    url = f"/admin/sms/lot/{lot.pk}/change/"
    change = {"expires_on": "2031-05-31", "is_blocked": "on", "note": "mould", "version": 1}
    assert log_in("clerk").post(url, change).status_code == 403
    assert log_in("manager").post(url, change).status_code == 302
    lot.refresh_from_db()
    assert (lot.is_blocked, lot.note, str(lot.expires_on)) == (True, "mould", "2031-05-31")


def test_a_reason_is_made_with_its_kinds(owner: Client) -> None:
    owner.post("/admin/sms/reasoncode/add/", {"code": "tasting", "kinds": ["scrap", "issue"]})
    made = models.ReasonCode.objects.get(code="tasting")
    assert (made.label, made.kinds) == ("tasting", ["issue", "scrap"])
    page = owner.get(f"/admin/sms/reasoncode/{made.pk}/change/")
    assert page.context["adminform"].form["kinds"].value() == ["issue", "scrap"]
    owner.post(
        f"/admin/sms/reasoncode/{made.pk}/change/",
        {"code": "tasting", "label": "Tasting", "kinds": ["issue"], "version": 1},
    )
    made.refresh_from_db()
    assert (made.label, made.kinds) == ("Tasting", ["issue"])


def test_times_are_shown_as_they_are_where_the_company_is(owner: Client, shop: Shop) -> None:
    models.Company.objects.update(time_zone="Pacific/Kiritimati")
    line = ReceivedLine(variant_id=shop.variant("CHAI"), quantity=Decimal(1))
    at = datetime(2020, 12, 31, 10, 30, tzinfo=UTC)
    order = ReceiveGoods(warehouse_id=shop.main.id, lines=(line,), occurred_at=at)
    posting = shop.service(StockService).receive(order, by=SYSTEM)

    page = owner.get(reverse("admin:sms_posting_change", args=[posting.id])).content.decode()

    assert "1 Jan 2021, 00:30" in page
    assert "31 Dec 2020" not in page


def test_the_list_of_levels_shows_what_is_available(owner: Client, shop: Shop) -> None:
    chai = shop.variant("CHAI", name="Chai")
    shop.receive(chai, "5")
    shop.receive(chai, "2", location_id=shop.main.quarantine_location_id)
    page = owner.get("/admin/sms/level/", {"q": "chai"})
    row = page.context["cl"].result_list[0]
    assert (row.on_hand, row.stock_available) == (7, 5)
    assert not owner.get("/admin/sms/level/", {"q": "%"}).context["cl"].result_list
