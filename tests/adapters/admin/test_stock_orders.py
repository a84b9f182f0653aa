"""Each page that changes stock: what it posts, refuses, shows beforehand, and to whom."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.container import overridden
from sms_core.purchasing.commands import CreateSupplier
from sms_core.purchasing.services import SupplierService
from sms_core.shared.ports import OnceOnly
from sms_core.stock.postings import NamedLot
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
BASE = "/admin/sms/posting/"
PAGES = {
    "receive": "stock.receive",
    "issue": "stock.issue",
    "transfer": "stock.transfer",
    "adjust": "stock.adjust",
    "scrap": "stock.scrap",
    "take-back": "stock.receive",
    "send-back": "stock.issue",
    "revalue": "stock.revalue",
    "correct-cost": "stock.revalue",
    "open": "stock.open",
}
CLERK = {"stock.receive", "stock.issue", "stock.transfer"}


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def chai(shop: Shop) -> int:
    """Ten of it, at 2.00 each."""
    chai = shop.variant("CHAI")
    shop.receive(chai, "10", unit_cost="2")
    return chai


def level(variant_id: int, warehouse_id: int | None = None) -> models.Level:
    rows = models.Level.objects.filter(variant_id=variant_id)
    return (rows.filter(warehouse_id=warehouse_id) if warehouse_id else rows).get()


def post(client: Client, name: str, *lines: dict[str, Any], **head: Any) -> Any:
    """Open the page, fill it in, send it."""
    return client.post(f"{BASE}{name}/", filled(client.get(f"{BASE}{name}/"), *lines, **head))


def last() -> models.Posting:
    return models.Posting.objects.order_by("-pk")[0]


# --- each kind ---------------------------------------------------------------------------------
def test_a_count_sets_what_there_is(owner: Client, shop: Shop, chai: int) -> None:
    line = {"variant": "CHAI", "counted_quantity": "7"}
    assert post(owner, "adjust", line, reason_code="count-difference").status_code == 302
    assert level(chai).on_hand == 7
    assert (last().kind, last().reason_code.code) == ("adjustment", "count-difference")


def test_a_signed_change_is_added(owner: Client, chai: int) -> None:
    line = {"variant": "CHAI", "quantity": "-2"}
    assert post(owner, "adjust", line, reason_code="lost").status_code == 302
    assert level(chai).on_hand == 8
    found = {"variant": "CHAI", "quantity": "5", "unit_cost": "1"}
    assert post(owner, "adjust", found, reason_code="found").status_code == 302
    assert (level(chai).on_hand, level(chai).value) == (13, 21)


def test_an_adjustment_says_one_of_both(owner: Client, chai: int) -> None:
    both = {"variant": "CHAI", "quantity": "1", "counted_quantity": "5"}
    page = post(owner, "adjust", both, reason_code="lost")
    assert "either how much more or less" in errors(page)["lines-0-quantity"][0]
    page = post(owner, "adjust", {"variant": "CHAI"}, reason_code="lost")
    assert errors(page) == {"lines-0-quantity": ["Give the quantity."]}
    assert errors(post(owner, "adjust", both | {"quantity": ""})) == {
        "reason_code": ["Give a reason."]
    }
    assert level(chai).on_hand == 10


def test_goods_are_scrapped(owner: Client, chai: int) -> None:
    line = {"variant": "CHAI", "quantity": "3"}
    assert errors(post(owner, "scrap", line)) == {"reason_code": ["Give a reason."]}
    assert post(owner, "scrap", line, reason_code="damaged").status_code == 302
    assert (last().kind, level(chai).on_hand) == ("scrap", 7)


def test_scrap_releases_what_was_promised_if_asked_to(owner: Client, shop: Shop, chai: int) -> None:
    reserve(owner, quantity="9", purpose="Ms Weber")
    line = {"variant": "CHAI", "quantity": "3"}
    page = post(owner, "scrap", line, reason_code="damaged")
    assert "Ms Weber" in errors(page)["lines-0-quantity"][0]
    assert page.context["lines"].forms[0]["quantity"].value() == "3"
    done = post(owner, "scrap", line, reason_code="damaged", release_reserved="on")
    assert done.status_code == 302
    assert (level(chai).on_hand, level(chai).reserved) == (7, 7)


def test_goods_move_to_another_place_and_warehouse(owner: Client, shop: Shop, chai: int) -> None:
    shelf, north = shop.place("SHELF"), shop.open_warehouse("NORTH")
    line = {"variant": "CHAI", "quantity": "4"}
    within = post(owner, "transfer", line, to_warehouse=shop.main.id, to_location="shelf")
    assert within.status_code == 302
    assert models.Bin.objects.get(location_id=shelf).on_hand == 4
    assert post(owner, "transfer", line, to_warehouse=north.id).status_code == 302
    assert (level(chai, shop.main.id).on_hand, level(chai, north.id).on_hand) == (6, 4)
    assert level(chai, north.id).value == 8


def test_a_transfer_says_what_is_wrong_with_its_places(
    owner: Client, shop: Shop, chai: int
) -> None:
    line = {"variant": "CHAI", "quantity": "4"}
    assert "to_warehouse" in errors(post(owner, "transfer", line))
    unknown = {"to_warehouse": shop.main.id, "from_location": "ATTIC", "to_location": "CELLAR"}
    assert errors(post(owner, "transfer", line, **unknown)) == {
        "from_location": ["There is no such location."],
        "to_location": ["There is no such location."],
    }
    assert last().kind == "receipt"


def test_goods_go_back_to_the_supplier_and_come_back_from_a_customer(
    owner: Client, shop: Shop, chai: int
) -> None:
    back = post(owner, "send-back", {"variant": "CHAI", "quantity": "2"}, reason_code="defective")
    assert back.status_code == 302
    assert level(chai).on_hand == 8
    lines = [
        {"variant": "CHAI", "quantity": "1"},
        {"variant": "CHAI", "quantity": "1", "disposition": "quarantine"},
        {"variant": "CHAI", "quantity": "1", "disposition": "scrap"},
    ]
    assert post(owner, "take-back", *lines, reason_code="wrong-item").status_code == 302
    assert level(chai).on_hand == 10
    kept = models.Bin.objects.get(location_id=shop.main.quarantine_location_id)
    assert kept.on_hand == 1


def test_a_unit_is_worth_something_else(owner: Client, chai: int) -> None:
    page = post(owner, "revalue", variant="NOTHING", unit_cost="3")
    assert errors(page) == {"variant": ["Nothing has this code."]}
    assert post(owner, "revalue", variant="CHAI", unit_cost="3").status_code == 302
    assert level(chai).value == 30


def test_a_receipt_cost_more(owner: Client, chai: int) -> None:
    page = post(owner, "correct-cost", receipt="REC-1", amount="5", spread_by="value")
    assert errors(page) == {"receipt": ["There is no posting with this number."]}
    number = last().number
    done = post(owner, "correct-cost", receipt=number, amount="5", spread_by="quantity")
    assert done.status_code == 302
    assert level(chai).value == 25
    page = post(owner, "correct-cost", receipt=last().number, amount="5", spread_by="value")
    assert "Only what a receipt cost" in errors(page)["receipt"][0]


def test_goods_of_a_lot_are_opened(owner: Client, shop: Shop) -> None:
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    line = {"variant": "CHEESE", "quantity": "2.5", "unit_cost": "4", "lot": "L1"}
    assert post(owner, "open", line).status_code == 302
    assert (level(cheese).on_hand, level(cheese).value) == (Decimal("2.5"), 10)
    assert "lot" in errors(post(owner, "open", {"variant": "CHEESE", "quantity": "1"})).popitem()[0]


# --- partners and expectations ---------------------------------------------------------------
def test_direct_receipts_and_returns_name_the_supplier(
    owner: Client, log_in: LogIn, shop: Shop, chai: int
) -> None:
    command = CreateSupplier(code="EXO", name="Exotic Liquids")
    supplier = shop.service(SupplierService).create(command, by=SYSTEM).id
    line = {"variant": "CHAI", "quantity": "4", "unit_cost": "1"}
    assert post(owner, "receive", line, supplier=supplier).status_code == 302
    assert last().supplier_id == supplier
    back = {"variant": "CHAI", "quantity": "1"}
    done = post(owner, "send-back", back, supplier=supplier, reason_code="defective")
    assert done.status_code == 302
    assert last().supplier_id == supplier
    unknown = post(owner, "receive", line, supplier="999999")
    assert set(errors(unknown)) == {"supplier"}
    shop.service(SupplierService).delete(supplier, by=SYSTEM)
    assert set(errors(post(owner, "receive", line, supplier=supplier))) == {"supplier"}


def test_who_may_see_no_suppliers_is_asked_for_none(log_in: LogIn, shop: Shop) -> None:
    models.Role.objects.filter(name="clerk").update(permissions=["stock.view", "stock.receive"])
    page = log_in("clerk").get(f"{BASE}receive/")
    assert page.status_code == 200
    assert "supplier" not in page.context["head"].fields


def test_a_line_may_say_what_must_be_there(owner: Client, chai: int) -> None:
    line = {"variant": "CHAI", "quantity": "1", "expected_on_hand": "9"}
    page = post(owner, "issue", line, reason_code="sample")
    assert set(errors(page)) == {"lines-0-expected_on_hand"}
    assert page.context["lines"].forms[0].unfolds
    assert level(chai).on_hand == 10
    line["expected_on_hand"] = "10"
    assert post(owner, "issue", line, reason_code="sample").status_code == 302
    assert level(chai).on_hand == 9


# --- reservations ------------------------------------------------------------------------------
RESERVE = "/admin/sms/reservation/reserve/"


def reserve(client: Client, **head: Any) -> Any:
    return client.post(RESERVE, filled(client.get(RESERVE), **{"variant": "CHAI", **head}))


def test_a_promise_is_made_sent_and_released(owner: Client, shop: Shop, chai: int) -> None:
    assert reserve(owner, quantity="6", purpose="Ms Weber").status_code == 302
    promise = models.Reservation.objects.get()
    assert (promise.purpose, promise.open_quantity, level(chai).reserved) == ("Ms Weber", 6, 6)
    listed = owner.get("/admin/sms/reservation/").content.decode()
    ship, release = (f"/admin/sms/reservation/{promise.pk}/{name}/" for name in ("ship", "release"))
    assert ship in listed
    assert release in listed
    page = owner.get(ship)
    assert page.context["title"] == "Ship 6 CHAI for Ms Weber"
    assert owner.post(ship, filled(page, quantity="4")).status_code == 302
    assert (level(chai).on_hand, level(chai).reserved) == (6, 2)
    page = owner.post(release, filled(owner.get(release), quantity="3"))
    assert "Only 2 of this reservation" in str(errors(page))
    assert owner.post(release, filled(owner.get(release))).status_code == 302
    assert level(chai).reserved == 0
    assert not owner.get("/admin/sms/reservation/").context["cl"].result_list
    assert owner.get("/admin/sms/reservation/?state=all").context["cl"].result_list


def test_who_may_only_look_is_shown_no_way_out(owner: Client, log_in: LogIn, chai: int) -> None:
    reserve(owner, quantity="1")
    page = log_in("auditor").get("/admin/sms/reservation/")
    assert page.context["cl"].result_count == 1
    assert "/release/" not in page.content.decode()


def test_a_promise_beyond_what_is_available_is_refused(owner: Client, chai: int) -> None:
    page = reserve(owner, quantity="11", purpose="Ms Weber")
    assert "10 available, 11 asked for" in errors(page)["quantity"][0]
    assert "Ms Weber" in page.content.decode()
    past = {"expires_at": "2020-01-01T10:00", "quantity": "1"}
    assert errors(reserve(owner, **past)) == {"expires_at": ["A promise must last beyond now."]}
    assert not models.Reservation.objects.exists()


def test_a_promise_in_a_hidden_warehouse_does_not_exist(
    owner: Client, log_in: LogIn, shop: Shop, chai: int
) -> None:
    reserve(owner, quantity="1")
    promise = models.Reservation.objects.get()
    clerk = log_in("clerk", warehouse_ids=[shop.open_warehouse("NORTH").id])
    assert clerk.get(f"/admin/sms/reservation/{promise.pk}/release/").status_code == 404
    assert clerk.get("/admin/sms/reservation/999999/ship/").status_code == 404


# --- preview -----------------------------------------------------------------------------------
def test_a_preview_shows_before_and_after_and_writes_nothing(owner: Client, chai: int) -> None:
    line = {"variant": "CHAI", "quantity": "4", "unit_cost": "3.50"}
    page = post(owner, "receive", line, preview="1", note="keep me")
    assert figures(page) == [[("10", "14"), ("0", "0"), ("10", "14"), ("20.00", "34.00")]]
    assert "Nothing is posted yet" in page.content.decode()
    assert "keep me" in page.content.decode()
    assert (models.Posting.objects.count(), level(chai).on_hand) == (1, 10)
    assert not models.KeptAnswer.objects.exists()
    again = filled(page, line)
    assert owner.post(f"{BASE}receive/", again).status_code == 302
    assert level(chai).on_hand == 14


def test_a_preview_shows_all_that_is_in_the_way(owner: Client, shop: Shop, chai: int) -> None:
    shop.variant("MUG")
    lines = [{"variant": "CHAI", "quantity": "11"}, {"variant": "MUG", "quantity": "1"}]
    page = post(owner, "issue", *lines, preview="1", reason_code="sample")
    assert set(errors(page)) == {"lines-0-quantity", "lines-1-quantity"}
    assert figures(page)[0][0] == ("10", None)
    assert "It cannot be posted like this" in page.content.decode()
    assert models.Posting.objects.count() == 1


def test_a_clerk_sees_no_value_in_a_preview(log_in: LogIn, chai: int) -> None:
    line = {"variant": "CHAI", "quantity": "4"}
    page = post(log_in("clerk"), "receive", line, preview="1")
    assert figures(page) == [[("10", "14"), ("0", "0"), ("10", "14")]]
    assert "Value" not in page.content.decode()


# --- the past ----------------------------------------------------------------------------------
def test_who_may_enters_what_happened_earlier(owner: Client, log_in: LogIn, chai: int) -> None:
    models.Company.objects.update(time_zone="Asia/Tokyo")
    day = timezone.now() - timedelta(days=3)
    line = {"variant": "CHAI", "quantity": "4"}
    done = post(owner, "receive", line, occurred_at=f"{day:%Y-%m-%d}T10:00")
    assert done.status_code == 302
    assert f"{last().occurred_at:%Y-%m-%d %H:%M}" == f"{day:%Y-%m-%d} 01:00"
    ahead = f"{timezone.now() + timedelta(days=3):%Y-%m-%d}T10:00"
    page = post(owner, "receive", line, occurred_at=ahead)
    assert errors(page) == {"occurred_at": ["This lies in the future."]}
    clerk = log_in("clerk")
    assert "occurred_at" not in clerk.get(f"{BASE}receive/").content.decode()
    post(clerk, "receive", line, occurred_at=f"{day:%Y-%m-%d}T10:00")
    assert last().occurred_at > timezone.now() - timedelta(minutes=1)


# --- for all of them ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted(PAGES))
def test_each_page_is_for_those_who_may(name: str, log_in: LogIn, shop: Shop) -> None:
    for role in ("owner", "clerk", "auditor"):
        client = log_in(role)
        may = role == "owner" or (role == "clerk" and PAGES[name] in CLERK)
        assert client.get(f"{BASE}{name}/").status_code == (200 if may else 403)
        assert client.post(f"{BASE}{name}/", {}).status_code == (200 if may else 403)
    assert not models.Posting.objects.exists()


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"correct-cost"}))
def test_each_page_offers_only_ones_own_warehouses(name: str, log_in: LogIn, shop: Shop) -> None:
    shop.variant("CHAI")
    north = shop.open_warehouse("NORTH")
    client = log_in("owner", warehouse_ids=[shop.main.id])
    page = client.get(f"{BASE}{name}/")
    fields = [n for n in page.context["head"].fields if n.endswith("warehouse")]
    assert fields
    for field in fields:
        offered = page.context["head"].fields[field].queryset
        assert [row.pk for row in offered] == [shop.main.id]
    line = {"variant": "CHAI", "quantity": "1"}
    lines = (line,) if page.context["lines"] is not None else ()
    forged = filled(page, *lines, **dict.fromkeys(fields, north.id))
    assert set(fields) <= set(errors(client.post(f"{BASE}{name}/", forged)))
    assert not models.Posting.objects.exists()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_each_page_tells_its_heading_and_stands_under_a_constant_number_of_queries(
    name: str, owner: Client, shop: Shop
) -> None:
    owner.get(f"{BASE}{name}/")
    with CaptureQueriesContext(connection) as queries:
        page = owner.get(f"{BASE}{name}/")
    assert page.context["title"]
    assert len(queries) <= 12


def test_a_form_of_many_lines_looks_up_all_codes_at_once(owner: Client, shop: Shop) -> None:
    for number in range(12):
        shop.variant(f"V{number}")
    counts = []
    for many in (1, 12):
        lines = [{"variant": f"V{number}", "quantity": "1"} for number in range(many)]
        data = filled(owner.get(f"{BASE}receive/"), *lines, preview="1")
        data["lines-TOTAL_FORMS"] = str(many)
        with CaptureQueriesContext(connection) as queries:
            page = owner.post(f"{BASE}receive/", data)
        assert errors(page) == {}
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [
        ("adjust", {"reason_code": "lost"}, {"variant": "CHAI", "quantity": "-1"}),
        ("scrap", {"reason_code": "damaged"}, {"variant": "CHAI", "quantity": "1"}),
        ("take-back", {}, {"variant": "CHAI", "quantity": "1"}),
        ("send-back", {}, {"variant": "CHAI", "quantity": "1"}),
        ("revalue", {"variant": "CHAI", "unit_cost": "3"}, None),
    ],
)
def test_a_double_click_posts_once(
    name: str, head: dict[str, str], line: dict[str, str] | None, owner: Client, chai: int
) -> None:
    url = f"{BASE}{name}/"
    data = filled(owner.get(url), *([line] if line else []), **head)
    first, second = owner.post(url, data), owner.post(url, data)
    assert (first.status_code, first.url) == (302, second.url)
    assert models.Posting.objects.count() == 2


def test_lots_are_named_by_their_codes(owner: Client, shop: Shop) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    shop.receive(cheese, "5", lot=NamedLot(code="L1"))
    line = {"variant": "CHEESE", "counted_quantity": "3", "lot": "l1"}
    assert post(owner, "adjust", line, reason_code="lost").status_code == 302
    assert level(cheese).on_hand == 3


# --- when the database is busy -----------------------------------------------------------------
class Locked(OnceOnly):
    """A database that somebody else holds."""

    def run(self, **_: Any) -> Any:
        raise OperationalError("database is locked") from LockTimeout()


class LockTimeout(Exception):
    sqlstate = "55P03"


def test_a_busy_database_is_said_and_the_input_is_kept(owner: Client, shop: Shop) -> None:
    shop.variant("CHAI")
    data = filled(owner.get(f"{BASE}receive/"), {"variant": "CHAI", "quantity": "7"})
    with overridden(lambda binder: binder.bind(OnceOnly, to=Locked())):
        page = owner.post(f"{BASE}receive/", data)
    assert page.status_code == 503
    assert "Nothing was saved: send it again" in errors(page)["__all__"][0]
    assert page.context["lines"].forms[0]["quantity"].value() == "7"
    assert page.context["head"]["key"].value() == data["key"]
    assert owner.post(f"{BASE}receive/", data).status_code == 302


def test_other_faults_stay_faults(owner: Client, shop: Shop) -> None:
    shop.variant("CHAI")
    data = filled(owner.get(f"{BASE}receive/"), {"variant": "CHAI", "quantity": "7"})
    owner.raise_request_exception = False
    cause = LockTimeout()
    cause.sqlstate = "42P01"  # type: ignore[misc]
    with overridden(lambda binder: binder.bind(OnceOnly, to=Raising(cause))):
        assert owner.post(f"{BASE}receive/", data).status_code == 500


class Raising(OnceOnly):
    def __init__(self, cause: Exception) -> None:
        self.cause = cause

    def run(self, **_: Any) -> Any:
        raise OperationalError("no such table") from self.cause


def test_a_page_that_is_no_form_of_ours_says_it_too(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any, **__: Any) -> Any:
        raise OperationalError("database is locked") from LockTimeout()

    monkeypatch.setattr("sms_django.admin.base.CoreAdmin.create", locked)
    page = owner.post("/admin/sms/brand/add/", {"name": "Acme"})
    assert (page.status_code, page["Retry-After"]) == (503, "1")
    assert "Nothing was saved" in page.content.decode()
