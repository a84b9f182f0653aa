"""Each paper says what it must, and not what its reader must not know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sms_core.papers.views import Item, RejectedRow
from sms_core.purchasing.orders import PurchaseLine
from sms_core.selling.orders import SalesState
from sms_core.shared.errors import Conflict, Forbidden, NotFound, Unknown
from sms_core.stock.counts import CountLine
from tests.core.papers.desk import (
    CHAI,
    CHEESE,
    COLD,
    COUNT,
    PURCHASE,
    QUARANTINE,
    RECEIPT,
    SALE,
    SHELF,
    SHIPMENT,
    Desk,
    bin_of,
    clerk,
    entry,
    sold,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


CHAI_LINE = PurchaseLine(
    id=1, variant_id=CHAI, quantity=Decimal(3), pack_size=Decimal(12), unit_cost=Decimal(24)
)
ELSEWHERE = clerk(warehouse_ids=frozenset({9}))


# --- purchase orders
def test_an_order_goes_out_under_the_codes_of_the_supplier(desk: Desk) -> None:
    desk.buy(CHAI_LINE)
    paper = desk.papers.purchase_order(PURCHASE, by=clerk())
    assert paper.supplier.name == "Exotic Liquids"
    assert paper.supplier_codes == {CHAI: "4711"}
    assert paper.items[CHAI].name == "Chai"
    assert paper.shows_costs
    assert paper.order.net == 72


def test_an_order_has_no_costs_for_those_who_may_not_see_them(desk: Desk) -> None:
    desk.buy(CHAI_LINE)
    paper = desk.papers.purchase_order(PURCHASE, by=clerk("cost.view"))
    assert not paper.shows_costs
    assert [line.unit_cost for line in paper.order.lines] == [None]


# --- pick lists
def test_a_pick_list_goes_along_the_shelves(desk: Desk) -> None:
    desk.sell(sold(CHEESE, 5, reserved=5), sold(CHAI, 9, reserved=4))
    spring, summer = date(2026, 4, 1), date(2026, 7, 1)
    desk.stock(
        CHEESE,
        bin_of(COLD, "COLD", 10, "L22", summer),
        bin_of(COLD, "COLD", 2, "L1", spring),
        reserved=5,
    )
    desk.stock(CHAI, bin_of(SHELF, "A-01", 30), reserved=4)

    paper = desk.papers.pick_list(SALE, by=clerk())

    shown = [(p.location_code, p.item.code, p.lot_code, p.quantity) for p in paper.picks]
    assert shown == [
        ("A-01", "CHAI", None, 4),
        ("COLD", "CHEESE", "L1", 2),
        ("COLD", "CHEESE", "L22", 3),
    ]
    assert paper.picks[1].expires_on == spring
    assert paper.missing == ()


def test_two_lines_of_one_thing_do_not_fetch_the_same_goods_twice(desk: Desk) -> None:
    desk.sell(sold(CHAI, 3, reserved=3), sold(CHAI, 2, reserved=2))
    desk.stock(CHAI, bin_of(SHELF, "A-01", 4), bin_of(COLD, "COLD", 4), reserved=5)
    paper = desk.papers.pick_list(SALE, by=clerk())
    assert sum(pick.quantity for pick in paper.picks) == 5
    assert [(p.location_code, p.quantity) for p in paper.picks] == [("A-01", 4), ("COLD", 1)]


def test_what_is_reserved_but_not_in_storage_is_told_apart(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5, reserved=5))
    desk.stock(CHAI, bin_of(SHELF, "A-01", 2), bin_of(QUARANTINE, "QUARANTINE", 8), reserved=5)
    paper = desk.papers.pick_list(SALE, by=clerk())
    assert [pick.quantity for pick in paper.picks] == [2]
    assert [(row.item.code, row.quantity) for row in paper.missing] == [("CHAI", 3)]


def test_what_others_were_promised_is_left_to_them(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5, reserved=2))
    desk.stock(CHAI, bin_of(SHELF, "A-01", 5), reserved=5)
    paper = desk.papers.pick_list(SALE, by=clerk())
    assert sum(pick.quantity for pick in paper.picks) == 2


def test_there_is_no_pick_list_of_nothing(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5), state=SalesState.DRAFT)
    with pytest.raises(Conflict, match="Nothing is reserved for SO-2026-000001") as refusal:
        desk.papers.pick_list(SALE, by=clerk())
    assert refusal.value.code == "nothing_reserved"


# --- delivery notes
def test_a_delivery_note_says_what_went_out_and_what_will_follow(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5, shipped=2), state=SalesState.PARTIALLY_SHIPPED)
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -2))
    paper = desk.papers.delivery_note(SALE, by=clerk())
    assert [(row.item.code, row.quantity) for row in paper.goods] == [("CHAI", 2)]
    assert [(row.item.name, row.quantity) for row in paper.to_follow] == [("as agreed", 3)]
    assert paper.customer is not None
    assert paper.customer.code == "ALFKI"
    assert paper.posting.entries[0].value is None


def test_what_went_out_for_several_promises_is_one_row_per_lot(desk: Desk) -> None:
    desk.sell(sold(CHEESE, 9, shipped=9), state=SalesState.SHIPPED)
    lots = [(1, "L1"), (2, "L1"), (4, "L2"), (2, "L1")]
    entries = [
        entry(line, CHEESE, -number, lot_code=lot) for line, (number, lot) in enumerate(lots, 1)
    ]
    desk.post(SHIPMENT, "shipment", *entries)
    paper = desk.papers.delivery_note(SALE, by=clerk())
    assert [(row.lot_code, row.quantity) for row in paper.goods] == [("L1", 5), ("L2", 4)]


def test_nothing_follows_once_the_order_is_closed(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5, shipped=2), state=SalesState.CLOSED)
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -2))
    assert desk.papers.delivery_note(SALE, by=clerk()).to_follow == ()


def test_the_last_shipment_that_stands_is_noted_unless_one_is_named(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5, shipped=3), state=SalesState.PARTIALLY_SHIPPED)
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1))
    desk.post(34, "shipment", entry(1, CHAI, -2), entry(2, CHEESE, -7), reversed_lines=(2,))
    desk.post(35, "shipment", entry(1, CHAI, -4), reversed_lines=(1,))

    last = desk.papers.delivery_note(SALE, by=clerk())
    named = desk.papers.delivery_note(SALE, posting_id=SHIPMENT, by=clerk())

    assert (last.posting.id, [row.quantity for row in last.goods]) == (34, [2])
    assert (named.posting.id, [row.quantity for row in named.goods]) == (SHIPMENT, [1])


def test_a_note_of_a_shipment_of_others_is_refused(desk: Desk) -> None:
    desk.sell(sold(CHAI, 5))
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1))
    with pytest.raises(Unknown, match="99 is no shipment of SO-2026-000001") as refusal:
        desk.papers.delivery_note(SALE, posting_id=99, by=clerk())
    assert refusal.value.pointer == "/posting_id"


@pytest.mark.parametrize("posting_id", [None, SHIPMENT])
def test_what_never_left_has_no_note(desk: Desk, posting_id: int | None) -> None:
    desk.sell(sold(CHAI, 5))
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1), reversed_lines=(1,))
    with pytest.raises(Conflict) as refusal:
        desk.papers.delivery_note(SALE, posting_id=posting_id, by=clerk())
    assert refusal.value.code == "nothing_shipped"


def test_a_walk_in_sale_has_nobody_to_write_to(desk: Desk) -> None:
    desk.sell(sold(CHAI, 1, shipped=1), customer_id=None, state=SalesState.SHIPPED)
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1))
    assert desk.papers.delivery_note(SALE, by=clerk()).customer is None


# --- goods received notes
def test_a_received_note_says_where_goods_were_put_and_what_was_refused(desk: Desk) -> None:
    chai = Item(code="CHAI", name="Chai", unit="pc")
    kept = RejectedRow(line=2, item=chai, quantity=Decimal(1), reason="Damaged", kept=True)
    refused = RejectedRow(line=None, item=chai, quantity=Decimal(2), reason="Lost", kept=False)
    undone = RejectedRow(line=3, item=chai, quantity=Decimal(4), reason="Lost", kept=True)
    desk.sources.refused = (kept, refused, undone)
    desk.post(
        RECEIPT,
        "receipt",
        entry(1, CHAI, 9),
        entry(2, CHAI, 1, location_id=QUARANTINE),
        entry(3, CHAI, 4),
        supplier_id=1,
        reversed_lines=(3,),
    )
    paper = desk.papers.goods_received(RECEIPT, by=clerk())
    shown = [(row.location_code, row.quantity) for row in paper.goods]
    assert shown == [("A-01", 9), ("QUARANTINE", 1)]
    assert paper.rejected == (kept, refused)
    assert paper.supplier is not None
    assert paper.posting.entries[0].unit_cost is None


def test_a_receipt_from_nobody_in_particular_has_a_note_too(desk: Desk) -> None:
    desk.post(RECEIPT, "receipt", entry(1, CHAI, 9))
    assert desk.papers.goods_received(RECEIPT, by=clerk()).supplier is None


def test_only_receipts_are_noted(desk: Desk) -> None:
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1))
    with pytest.raises(Conflict, match="is no receipt") as refusal:
        desk.papers.goods_received(SHIPMENT, by=clerk())
    assert refusal.value.code == "no_receipt"


# --- count sheets
def test_a_count_sheet_is_blind_and_goes_along_the_shelves(desk: Desk) -> None:
    desk.count(
        CountLine(id=1, variant_id=CHEESE, location_id=COLD, lot_code="L1"),
        CountLine(id=2, variant_id=CHAI, location_id=SHELF, counted_quantity=Decimal(5)),
        CountLine(id=3, variant_id=CHEESE, location_id=SHELF),
    )
    paper = desk.papers.count_sheet(COUNT, by=clerk())
    shown = [(row.location_code, row.item.code, row.lot_code) for row in paper.bins]
    assert shown == [("A-01", "CHEESE", None), ("COLD", "CHEESE", "L1")]
    assert paper.count.lines == ()


def test_once_all_is_counted_the_sheet_has_all_of_it_again(desk: Desk) -> None:
    desk.count(CountLine(id=2, variant_id=CHAI, location_id=SHELF, counted_quantity=Decimal(5)))
    assert len(desk.papers.count_sheet(COUNT, by=clerk()).bins) == 1


def test_a_count_has_no_sheet_before_it_starts(desk: Desk) -> None:
    desk.count()
    with pytest.raises(Conflict, match="start it first") as refusal:
        desk.papers.count_sheet(COUNT, by=clerk())
    assert refusal.value.code == "not_started"


# --- who may
PAPERS: dict[str, tuple[int, str]] = {
    "purchase_order": (PURCHASE, "purchase_order.view"),
    "pick_list": (SALE, "sales_order.view"),
    "delivery_note": (SALE, "sales_order.view"),
    "goods_received": (RECEIPT, "stock.view"),
    "count_sheet": (COUNT, "stock_count.view"),
}


@pytest.fixture
def full_desk(desk: Desk) -> Desk:
    desk.buy(CHAI_LINE)
    desk.sell(sold(CHAI, 5, reserved=1, shipped=1), state=SalesState.PARTIALLY_SHIPPED)
    desk.stock(CHAI, bin_of(SHELF, "A-01", 4), reserved=1)
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1))
    desk.post(RECEIPT, "receipt", entry(1, CHAI, 1))
    desk.count(CountLine(id=1, variant_id=CHAI, location_id=SHELF))
    return desk


@pytest.mark.parametrize("paper", PAPERS)
def test_papers_are_for_those_who_may_see_what_they_are_about(full_desk: Desk, paper: str) -> None:
    id, right = PAPERS[paper]
    printed: Any = getattr(full_desk.papers, paper)
    assert printed(id, by=clerk())
    with pytest.raises(Forbidden):
        printed(id, by=clerk(right))
    with pytest.raises(NotFound):
        printed(id, by=ELSEWHERE)
    with pytest.raises(NotFound):
        printed(99, by=clerk())
