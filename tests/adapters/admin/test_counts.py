"""Stock counts in the back office: the sheet, what is entered on it, and what comes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sms_core.stock.count_commands import CreateCount, EnterCounts, EnteredLine, StartCount
from sms_core.stock.count_services import CountService
from sms_core.stock.lines import NamedLot
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled, sent
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
BASE = "/admin/sms/stockcount/"


@pytest.fixture
def shop(db: None) -> Any:
    shop: Any = Shop()
    shop.chai, shop.tea = shop.variant("CHAI", name="Chai"), shop.variant("TEA", name="Tea")
    shop.cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    shop.receive(shop.chai, "10", unit_cost="2")
    shop.receive(shop.tea, "5", unit_cost="4")
    shop.receive(shop.cheese, "2", unit_cost="8", lot=NamedLot(code="L1"))
    return shop


@pytest.fixture
def counting(shop: Any) -> int:
    """A count of the whole warehouse, started."""
    service = shop.service(CountService)
    draft = service.create(CreateCount(warehouse_id=shop.main.id), by=SYSTEM)
    service.start(StartCount(id=draft.id), by=SYSTEM)
    return int(draft.id)


@pytest.fixture
def handed_in(shop: Any, counting: int) -> int:
    """The same, with one CHAI missing, handed in by the system."""
    line = EnteredLine(variant_id=shop.chai, quantity=Decimal(9))
    order = EnterCounts(id=counting, lines=(line,), done=True)
    shop.service(CountService).enter(order, by=SYSTEM)
    return counting


def act(client: Client, id: int, name: str, **head: Any) -> Any:
    """Open the page of an act and send it as it stands, but for what is given."""
    url = f"{BASE}{id}/{name}/"
    page = client.get(url)
    data = sent(page) if page.context["lines"] is not None else filled(page)
    return client.post(url, {**data, **head})


def state(id: int) -> str:
    return models.StockCount.objects.get(pk=id).state


def ways(page: Any) -> list[str]:
    return [each["verb"] for each in page.context["acts"]]


def counted(id: int) -> dict[str, Decimal | None]:
    rows = models.StockCountLine.objects.filter(document_id=id)
    return dict(rows.values_list("variant__code", "counted_quantity"))


def test_a_count_is_drafted_by_codes_and_changed(owner: Client, shop: Any) -> None:
    place = shop.place("A1")
    page = owner.get(f"{BASE}add/")
    data = filled(
        page,
        warehouse=shop.main.id,
        category=shop.category.pk,
        locations="a1, MAIN",
        goods="chai\nTEA",
        notes="Drinks",
    )
    answer = owner.post(f"{BASE}add/", data)
    made = models.StockCount.objects.get()
    assert answer.url == f"{BASE}{made.pk}/change/"
    assert made.location_ids == sorted([place, shop.main.default_location_id])
    assert (made.variant_ids, made.category_id) == ([shop.chai, shop.tea], shop.category.pk)

    page = owner.get(f"{BASE}{made.pk}/edit/")
    head = page.context["head"]
    assert (head["locations"].value(), head["goods"].value()) == ("A1, MAIN", "CHAI\nTEA")
    owner.post(f"{BASE}{made.pk}/edit/", {**filled(page), "goods": "", "locations": ""})
    made.refresh_from_db()
    assert (made.location_ids, made.variant_ids, made.notes) == ([], [], "Drinks")


def test_codes_that_stand_for_nothing_are_said_at_their_field(owner: Client, shop: Any) -> None:
    data = filled(owner.get(f"{BASE}add/"), warehouse=shop.main.id, locations="Z9", goods="NOTHING")
    assert set(errors(owner.post(f"{BASE}add/", data))) == {"locations", "goods"}
    assert not models.StockCount.objects.exists()


def test_the_sheet_is_started_and_filled_in(owner: Client, shop: Any) -> None:
    draft = shop.service(CountService).create(CreateCount(warehouse_id=shop.main.id), by=SYSTEM)
    assert ways(owner.get(f"{BASE}{draft.id}/change/")) == ["Start"]
    act(owner, draft.id, "start")
    assert state(draft.id) == "counting"

    page = owner.get(f"{BASE}{draft.id}/enter/")
    rows = [form["variant"].value() for form in page.context["lines"].forms[:3]]
    assert rows == ["CHAI", "CHEESE", "TEA"]
    # What stays blank is not counted, although the row stands there.
    act(owner, draft.id, "enter", **{"lines-0-quantity": "9", "lines-1-add": "1.5"})
    assert counted(draft.id) == {"CHAI": 9, "CHEESE": Decimal("1.5"), "TEA": None}
    page = owner.get(f"{BASE}{draft.id}/enter/")
    assert page.context["lines"].forms[0]["variant"].value() == "TEA"
    act(owner, draft.id, "enter", zero_rest="on", done="on")
    assert (counted(draft.id)["TEA"], state(draft.id)) == (0, "to_approve")


def test_scanned_codes_add_and_found_goods_are_entered(
    owner: Client, shop: Any, counting: int
) -> None:
    shop.barcode(shop.tea, "14006381333938", quantity=12)
    shop.place("A1")
    url = f"{BASE}{counting}/enter/"
    data = filled(
        owner.get(url),
        {"variant": "14006381333938"},
        {"variant": "CHAI", "quantity": "3", "location": "a1"},
        {"variant": "CHEESE", "quantity": "1", "lot": "NEW", "expires_on": "2031-05-31"},
    )
    owner.post(url, data)
    assert counted(counting)["TEA"] == 12
    found = models.StockCountLine.objects.get(location__code="A1")
    assert found.counted_quantity == 3
    assert str(models.StockCountLine.objects.get(lot_code="NEW").expires_on) == "2031-05-31"


def test_what_cannot_be_is_said_in_its_row(owner: Client, counting: int) -> None:
    url = f"{BASE}{counting}/enter/"
    data = filled(
        owner.get(url),
        {"variant": "NOTHING", "quantity": "1"},
        {"variant": "CHAI", "quantity": "1", "location": "Z9"},
    )
    assert errors(owner.post(url, data)).keys() == {"lines-1-location"}
    data["lines-1-location"] = ""
    assert errors(owner.post(url, data)).keys() == {"lines-0-variant"}
    data["lines-0-variant"], data["lines-0-quantity"] = "CHAI", "1.5"
    assert errors(owner.post(url, data)).keys() == {"lines-0-quantity"}
    data["lines-0-variant"] = "CHEESE"
    assert errors(owner.post(url, data)).keys() == {"lines-0-lot"}
    empty = filled(owner.get(url))
    assert errors(owner.post(url, empty))


def test_the_sheet_is_blind_while_people_count(owner: Client, shop: Any, counting: int) -> None:
    line = EnteredLine(variant_id=shop.chai, quantity=Decimal(9))
    shop.service(CountService).enter(EnterCounts(id=counting, lines=(line,)), by=SYSTEM)
    rows = owner.get(f"{BASE}{counting}/change/").context["lines"]
    cells = {cell["label"]: str(cell["text"]) for cell in rows[0]["cells"]}
    assert (cells["Counted"], cells["By"], cells["Difference"]) == ("9", "system", "")


def test_differences_are_shown_approved_and_posted(
    owner: Client, handed_in: int, shop: Any
) -> None:
    models.Company.objects.update(count_approval_value=1)
    page = owner.get(f"{BASE}{handed_in}/change/")
    cells = {cell["label"]: str(cell["text"]) for cell in page.context["lines"][0]["cells"]}
    assert (cells["Difference"], cells["Worth"]) == ("-1", "-2.00")
    assert ways(page) == ["Approve", "Post", "Count again", "Cancel count"]
    refusal = act(owner, handed_in, "post")
    assert "must approve it first" in errors(refusal)["__all__"][0]
    act(owner, handed_in, "approve")
    preview = act(owner, handed_in, "post", preview="1")
    assert ("10", "9") in figures(preview)[0]
    act(owner, handed_in, "post")
    assert state(handed_in) == "posted"
    assert models.Level.objects.get(variant_id=shop.chai).on_hand == 9


def test_chosen_lines_are_counted_again(owner: Client, handed_in: int) -> None:
    page = owner.get(f"{BASE}{handed_in}/recount/")
    (form,) = page.context["lines"].forms
    assert [fact["text"] for fact in form.facts] == ["MAIN", "", "9", "-1"]
    refused = act(owner, handed_in, "recount")
    assert errors(refused)
    act(owner, handed_in, "recount", **{"lines-0-again": "on"})
    assert (state(handed_in), counted(handed_in)["CHAI"]) == ("counting", None)


def test_a_count_is_cancelled(owner: Client, counting: int) -> None:
    act(owner, counting, "cancel", note="Too late")
    assert state(counting) == "cancelled"


def test_what_waits_is_on_the_work_list(owner: Client, handed_in: int) -> None:
    page = owner.get("/admin/work/")
    titles = [heap.title for heap, _ in page.context["waiting"]]
    assert "Counts to approve" in titles


def test_a_clerk_enters_and_sees_no_values(log_in: LogIn, shop: Any, handed_in: int) -> None:
    page = log_in("clerk").get(f"{BASE}{handed_in}/change/")
    assert ways(page) == []
    labels = {cell["label"] for cell in page.context["lines"][0]["cells"]}
    assert "Difference" in labels
    assert "Worth" not in labels
    assert "All differences" not in page.content.decode()
    stranger = log_in("manager", [shop.open_warehouse("NORTH").id])
    assert stranger.get(f"{BASE}{handed_in}/enter/").status_code == 404


def test_what_happened_before_a_count_is_said_on_purpose(
    owner: Client, log_in: LogIn, shop: Any, handed_in: int
) -> None:
    act(owner, handed_in, "post")
    url = "/admin/sms/posting/receive/"
    page = owner.get(url)
    data = filled(
        page,
        {"variant": "CHAI", "quantity": "1"},
        warehouse=shop.main.id,
        occurred_at="2026-01-02T10:00",
    )
    assert "despite_count" not in [field.name for field in page.context["head"].shown_fields]
    refused = owner.post(url, data)
    assert "was counted at" in errors(refused)["occurred_at"][0]
    assert "despite_count" in [field.name for field in refused.context["head"].shown_fields]
    owner.post(url, {**data, "despite_count": "on"})
    assert models.Level.objects.get(variant_id=shop.chai).on_hand == 10
    assert "despite_count" not in log_in("clerk").get(url).context["head"].fields
