"""Stock transfers in the back office: written, sent, received and settled, at each end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sms_core.stock.commands import CreateReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.places import ReasonCodeService
from sms_core.stock.transfer_commands import CreateTransfer, DispatchTransfer, TransferredLine
from sms_core.stock.transfer_services import TransferService
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled, sent
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
BASE = "/admin/sms/stocktransfer/"


@pytest.fixture
def shop(db: None) -> Any:
    shop: Any = Shop()
    shop.north = shop.open_warehouse("NORTH")
    shop.chai, shop.chang = shop.variant("CHAI", name="Chai"), shop.variant("CHANG", name="Chang")
    for variant in (shop.chai, shop.chang):
        shop.receive(variant, "100", unit_cost="2")
    if not models.ReasonCode.objects.filter(code="transfer-shortage").exists():
        command = CreateReasonCode(code="transfer-shortage", kinds=(Kind.ADJUSTMENT,))
        shop.service(ReasonCodeService).create(command, by=SYSTEM)
    return shop


@pytest.fixture
def drafted(shop: Any) -> int:
    """A transfer of 10 CHAI and 5 CHANG."""
    command = CreateTransfer(
        from_warehouse_id=shop.main.id,
        to_warehouse_id=shop.north.id,
        lines=tuple(
            TransferredLine(variant_id=variant, quantity=Decimal(quantity))
            for variant, quantity in ((shop.chai, 10), (shop.chang, 5))
        ),
    )
    return int(shop.service(TransferService).create(command, by=SYSTEM).id)


@pytest.fixture
def sent_off(shop: Any, drafted: int) -> int:
    shop.service(TransferService).dispatch(DispatchTransfer(id=drafted), by=SYSTEM)
    return drafted


def act(client: Client, id: int, name: str, **head: Any) -> Any:
    """Open the page of an act and send it as it stands, but for what is given."""
    url = f"{BASE}{id}/{name}/"
    page = client.get(url)
    data = sent(page) if page.context["lines"] is not None else filled(page)
    return client.post(url, {**data, **head})


def state(id: int) -> str:
    return models.StockTransfer.objects.get(pk=id).state


def on_hand(warehouse_id: int, variant_id: int) -> Decimal:
    level = models.Level.objects.filter(
        warehouse_id=warehouse_id, variant_id=variant_id, in_transit=False
    ).first()
    return level.on_hand if level else Decimal(0)


def ways(page: Any) -> list[str]:
    return [each["verb"] for each in page.context["acts"]]


def test_a_transfer_is_written_with_scanned_goods(owner: Client, shop: Any) -> None:
    page = owner.get(f"{BASE}add/")
    data = filled(
        page,
        {"variant": "chai", "quantity": "3"},
        {"variant": "CHANG", "quantity": "2"},
        from_warehouse=shop.main.id,
        to_warehouse=shop.north.id,
        notes="With the van",
    )
    first, second = owner.post(f"{BASE}add/", data), owner.post(f"{BASE}add/", data)

    made = models.StockTransfer.objects.get()
    assert first.url == second.url == f"{BASE}{made.pk}/change/"
    assert (made.state, made.notes, made.to_warehouse_id) == (
        "draft",
        "With the van",
        shop.north.id,
    )
    written = made.lines.order_by("position").values_list("variant_id", "quantity")
    assert list(written) == [(shop.chai, 3), (shop.chang, 2)]


def test_what_is_wrong_stands_at_its_field(owner: Client, shop: Any) -> None:
    data = filled(
        owner.get(f"{BASE}add/"),
        {"variant": "CHAI", "quantity": "1.5"},
        {"variant": "CHANG", "quantity": "1", "lot": "L1"},
        from_warehouse=shop.main.id,
        to_warehouse=shop.north.id,
    )
    page = owner.post(f"{BASE}add/", data)
    assert set(errors(page)) == {"lines-0-quantity", "lines-1-lot"}
    page = owner.post(f"{BASE}add/", {**data, "to_warehouse": shop.main.id})
    assert "another warehouse" in errors(page)["to_warehouse"][0]
    assert not models.StockTransfer.objects.exists()


def test_a_draft_is_changed_line_by_line(owner: Client, drafted: int) -> None:
    url = f"{BASE}{drafted}/edit/"
    lines = models.StockTransferLine.objects.order_by("position")
    before = list(lines.values_list("pk", flat=True))
    data = {**sent(owner.get(url)), "lines-1-quantity": "7"}
    assert owner.post(url, data).status_code == 302
    assert list(lines.values_list("pk", "quantity")) == [(before[0], 10), (before[1], 7)]


def test_a_transfer_goes_its_way(owner: Client, shop: Any, drafted: int) -> None:
    assert act(owner, drafted, "dispatch", note="Van 3").status_code == 302
    assert state(drafted) == "in_transit"
    assert on_hand(shop.main.id, shop.chai) == 90

    page = owner.get(f"{BASE}{drafted}/change/")
    assert ways(page) == ["Receive", "Close"]
    assert [posting["kind"] for posting in page.context["postings"]] == ["Dispatch"]
    assert act(owner, drafted, "receive", **{"lines-0-quantity": "4"}).status_code == 302
    assert state(drafted) == "partially_received"
    rows = owner.get(f"{BASE}{drafted}/receive/").context["lines"].forms
    assert [(row.part.of.code, row["quantity"].value()) for row in rows] == [("CHAI", 6)]
    assert act(owner, drafted, "receive").status_code == 302
    assert (state(drafted), on_hand(shop.north.id, shop.chai)) == ("received", 10)
    page = owner.get(f"{BASE}{drafted}/change/")
    assert ways(page) == []
    assert [event["act"] for event in page.context["events"]] == [
        "Receive",
        "Receive",
        "Dispatch",
        "Create",
    ]


def test_goods_leave_and_arrive_in_the_named_places(owner: Client, shop: Any, drafted: int) -> None:
    place = shop.place("SHELF", warehouse_id=shop.north.id)
    page = act(owner, drafted, "dispatch", from_location="NOWHERE")
    assert errors(page) == {"from_location": ["There is no such location."]}
    assert act(owner, drafted, "dispatch", from_location="MAIN").status_code == 302
    assert act(owner, drafted, "receive", **{"lines-0-location": "shelf"}).status_code == 302
    bin = models.Bin.objects.get(location=place, on_hand__gt=0)
    assert (bin.level.variant_id, bin.on_hand) == (shop.chai, 10)


def test_an_arrival_is_tried_first(owner: Client, shop: Any, sent_off: int) -> None:
    page = act(owner, sent_off, "receive", preview="1", **{"lines-1-quantity": "1"})

    assert page.context["after"]["state"]["text"] == "Partially received"
    assert ("0", "10") in [figure for change in figures(page) for figure in change]
    assert state(sent_off) == "in_transit"


def test_more_than_was_sent_stands_at_its_line(owner: Client, sent_off: int) -> None:
    page = act(owner, sent_off, "receive", **{"lines-1-quantity": "6"})
    (wrong,) = errors(page).items()
    assert wrong[0] == "lines-1-quantity"
    assert "only 5" in wrong[1][0]
    assert state(sent_off) == "in_transit"


def test_the_rest_is_written_off_for_a_reason(owner: Client, shop: Any, sent_off: int) -> None:
    page = act(owner, sent_off, "close")
    assert "reason_code" in errors(page)
    assert act(owner, sent_off, "close", reason_code="transfer-shortage").status_code == 302
    assert (state(sent_off), on_hand(shop.main.id, shop.chai)) == ("closed", 90)


def test_the_rest_is_put_back_at_the_source(owner: Client, shop: Any, sent_off: int) -> None:
    assert act(owner, sent_off, "close", found_at="source").status_code == 302
    assert (state(sent_off), on_hand(shop.main.id, shop.chai)) == ("closed", 100)


def test_a_draft_is_cancelled(owner: Client, drafted: int) -> None:
    assert act(owner, drafted, "cancel", note="No van").status_code == 302
    assert state(drafted) == "cancelled"


def test_each_end_is_offered_its_own_part(log_in: LogIn, shop: Any, drafted: int) -> None:
    sender = log_in("manager", warehouse_ids=[shop.main.id])
    receiver = log_in("manager", warehouse_ids=[shop.north.id])
    url = f"{BASE}{drafted}/change/"

    assert ways(sender.get(url)) == ["Dispatch", "Cancel transfer"]
    assert ways(receiver.get(url)) == []
    works = [client.get(f"{BASE}?work=dispatch").context["cl"] for client in (sender, receiver)]
    assert [work.queryset.count() for work in works] == [1, 0]
    page = act(receiver, drafted, "dispatch")
    assert "the other end" in str(errors(page))

    assert act(sender, drafted, "dispatch").status_code == 302
    assert ways(sender.get(url)) == []
    assert ways(receiver.get(url)) == ["Receive", "Close"]
    works = [client.get(f"{BASE}?work=receive").context["cl"] for client in (sender, receiver)]
    assert [work.queryset.count() for work in works] == [0, 1]
    assert act(receiver, drafted, "receive").status_code == 302


def test_whoever_sees_neither_end_sees_nothing(log_in: LogIn, shop: Any, sent_off: int) -> None:
    stranger = log_in("manager", warehouse_ids=[shop.open_warehouse("SOUTH").id])
    assert not stranger.get(BASE).context["cl"].queryset.exists()
    assert stranger.get(f"{BASE}{sent_off}/change/").status_code == 302
    assert stranger.get(f"{BASE}{sent_off}/receive/").status_code == 404
