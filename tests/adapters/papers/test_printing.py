"""What stands on the papers, read back from them, and what must not stand there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sms_core.papers.views import Item, RejectedRow
from sms_core.purchasing.orders import PurchaseLine, PurchaseState
from sms_core.selling.orders import SalesState, Shipment
from sms_core.stock.counts import CountLine
from sms_django.papers import printing, words
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
from tests.pdf import pages_of, text_of


@pytest.fixture
def desk() -> Desk:
    return Desk()


def bought(quantity: str = "3", unit_cost: str | None = "24.5") -> PurchaseLine:
    return PurchaseLine(
        variant_id=CHAI,
        quantity=Decimal(quantity),
        pack_size=Decimal(12),
        unit_cost=None if unit_cost is None else Decimal(unit_cost),
        discount_percent=Decimal(10),
        tax_rate=Decimal(20),
    )


def test_a_purchase_order_says_what_is_wanted_and_what_it_costs(desk: Desk) -> None:
    order = desk.buy(bought(), bought("1000"))
    order.notes, order.reference = "Ring twice.", "Q-77"
    order.expected_at = datetime(2026, 3, 9, tzinfo=UTC)
    text = text_of(printing.purchase_order(desk.papers.purchase_order(PURCHASE, by=clerk())))
    for told in (
        *("Söhne", "12 Canal Road", "Purchase order", "PO-2026-000001", "Exotic Liquids"),
        *("49 Gilbert St.", "Depot", "1 Mar 2026", "9 Mar 2026", "Q-77", "Ring twice."),
        *("CHAI", "4711", "Chai", "3 × 12 pc", "24.50", "10 %", "66.15", "Net EUR"),
        *("22,050.00", "22,116.15", "Tax 20 %", "4,423.23", "Total EUR", "26,539.38"),
    ):
        assert told in text.splitlines(), told


def test_without_the_right_to_costs_an_order_has_no_prices(desk: Desk) -> None:
    desk.buy(bought())
    paper = desk.papers.purchase_order(PURCHASE, by=clerk("cost.view"))
    text = text_of(printing.purchase_order(paper))
    assert "3 × 12 pc" in text
    for hidden in ("24.5", "66.15", "EUR", "10 %", "Tax 20", "Net", "Cost", "Total"):
        assert hidden not in text


def test_an_order_whose_costs_nobody_knows_yet_has_no_total(desk: Desk) -> None:
    desk.buy(bought(), bought(unit_cost=None))
    text = text_of(printing.purchase_order(desk.papers.purchase_order(PURCHASE, by=clerk())))
    assert "24.50" in text
    assert "Total" not in text


def test_what_came_without_being_ordered_is_not_on_the_order(desk: Desk) -> None:
    desk.buy(bought(), bought("0"))
    (page,) = pages_of(printing.purchase_order(desk.papers.purchase_order(PURCHASE, by=clerk())))
    assert page.count("CHAI") == 1


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (PurchaseState.DRAFT, "Purchase order (draft)"),
        (PurchaseState.PLACED, "Purchase order"),
        (PurchaseState.CANCELLED, "Purchase order (cancelled)"),
    ],
)
def test_an_order_that_does_not_count_says_so(desk: Desk, state: PurchaseState, title: str) -> None:
    desk.buy(bought()).state = state
    (page,) = pages_of(printing.purchase_order(desk.papers.purchase_order(PURCHASE, by=clerk())))
    assert f"{title} PO-2026-000001" in " ".join(page)


def test_a_pick_list_names_places_and_lots_in_the_order_of_the_walk(desk: Desk) -> None:
    desk.sell(sold(CHEESE, 5, reserved=5), sold(CHAI, 9, reserved=4), priority=3)
    desk.stock(CHEESE, bin_of(COLD, "COLD", 3, "L1", date(2026, 4, 1)), reserved=5)
    desk.stock(CHAI, bin_of(SHELF, "A-01", 30), reserved=4)
    (page,) = pages_of(printing.pick_list(desk.papers.pick_list(SALE, by=clerk())))
    for told in ("Pick list", "SO-2026-000001", "Alfreds Futterkiste", "Obere Str. 57", "3 kg"):
        assert told in page
    assert page.index("A-01") < page.index("4 pc") < page.index("COLD") < page.index("L1")
    assert "use by 1 Apr 2026" in page
    assert page.count("☐") == 2
    assert page[page.index("Reserved, but not to be found in storage") + 1] == "2 kg CHEESE Käse"
    assert not any("7.77" in line for line in page)


def test_a_delivery_note_has_no_prices(desk: Desk) -> None:
    order = desk.sell(sold(CHAI, 5, shipped=2), state=SalesState.PARTIALLY_SHIPPED)
    order.reference, order.ship_to = "4711", "Alfreds Futterkiste\nRamp 3"
    order.shipments = (
        Shipment(posting_id=SHIPMENT, number="SHI-31", carrier="Bikes", tracking="T-1"),
    )
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -2, lot_code="L9"))
    text = text_of(printing.delivery_note(desk.papers.delivery_note(SALE, by=clerk())))
    lines = text.splitlines()
    for told in (
        *("Delivery note", "SHI-31", "SO-2026-000001", "4711", "Bikes", "T-1", "Ramp 3"),
        *("CHAI", "L9", "2 pc", "Still to follow", "3 pc CHAI as agreed", "1 Mar 2026"),
    ):
        assert told in lines, told
    assert lines.count("Alfreds Futterkiste") == 1
    for hidden in ("7.77", "15.54", "99", "EUR", "Price", "Net", "Cost", "Obere Str."):
        assert hidden not in text


def test_a_walk_in_sale_is_delivered_to_nobody_in_particular(desk: Desk) -> None:
    desk.sell(sold(CHAI, 1, shipped=1), customer_id=None, state=SalesState.SHIPPED)
    desk.post(SHIPMENT, "shipment", entry(1, CHAI, -1))
    text = text_of(printing.delivery_note(desk.papers.delivery_note(SALE, by=clerk())))
    assert "Walk-in customer" in text
    assert "Still to follow" not in text


def test_a_goods_received_note_says_where_things_are_and_what_was_refused(desk: Desk) -> None:
    chai = Item(code="CHAI", name="Chai", unit="pc")
    desk.sources.refused = (
        RejectedRow(line=2, item=chai, quantity=Decimal(1), reason="Damaged", kept=True),
        RejectedRow(line=None, item=chai, quantity=Decimal(2), reason="Lost", kept=False),
    )
    desk.post(
        RECEIPT,
        "receipt",
        entry(1, CHAI, 9),
        entry(2, CHAI, 1, location_id=QUARANTINE),
        supplier_id=1,
        reference="DN-5",
    )
    text = text_of(printing.goods_received(desk.papers.goods_received(RECEIPT, by=clerk())))
    for told in (
        *("Goods received note", "REC-32", "DN-5", "Exotic Liquids", "A-01", "QUARANTINE"),
        *("9 pc", "anna", "1 pc CHAI Chai: Damaged, kept to be sent back"),
        *("2 pc CHAI Chai: Lost, refused", "Not accepted"),
    ):
        assert told in text.splitlines(), told
    assert "99" not in text


def test_a_count_sheet_does_not_tell_how_much_should_be_there(desk: Desk) -> None:
    found = CountLine(id=1, variant_id=CHAI, location_id=SHELF)
    found.counted_quantity = found.variance = Decimal(87)
    desk.count(found, CountLine(id=2, variant_id=CHEESE, location_id=COLD, lot_code="L1"))
    desk.stock(CHAI, bin_of(SHELF, "A-01", 86), reserved=0)
    desk.stock(CHEESE, bin_of(COLD, "COLD", 86, "L1"), reserved=0)
    for counted in (1, 2):
        text = text_of(printing.count_sheet(desk.papers.count_sheet(COUNT, by=clerk())))
        for told in ("Count sheet", "SC-2026-000001", "COLD", "L1", "." * 18):
            assert told in text.splitlines(), told
        assert not any(number in text for number in ("86", "87"))
        assert ("A-01" in text) is (counted == 2)  # once all is counted, all of it again
        desk.counts[COUNT].lines[1].counted_quantity = Decimal(87)


def test_times_are_told_by_the_clock_of_the_company(desk: Desk) -> None:
    company = desk.get()
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert words.day(late, company) == "1 Mar 2026"
    company.time_zone = "Europe/Paris"
    assert words.day(late, company) == "2 Mar 2026"
    assert words.day(date(2026, 3, 1), company) == "1 Mar 2026"
    assert words.day(None, company) == ""


@pytest.mark.parametrize(
    ("amount", "places", "written"),
    [
        ("1234567.5", 2, "1,234,567.50"),
        ("0.3333", 2, "0.3333"),
        ("5.0000", 0, "5"),
        ("5.0000", 3, "5.000"),
    ],
)
def test_money_has_the_places_of_the_currency(
    desk: Desk, amount: str, places: int, written: str
) -> None:
    company = desk.get()
    company.currency_places = places
    assert words.money(Decimal(amount), company) == written
    assert words.money(None, company) == ""
