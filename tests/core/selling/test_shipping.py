"""What is sent and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_core.selling.orders import SalesState, Shipment
from sms_core.selling.progress import Progress
from sms_core.shared.errors import Conflict, DomainError, Forbidden, Invalid, RuleBroken, Unknown
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot
from tests.core.selling.conftest import (
    CHAI,
    CHEESE,
    TEA,
    Shop,
    back,
    day,
    figures,
    parcel,
    seller,
    want,
)


def test_all_that_is_reserved_is_sent(shop: Shop) -> None:
    ada = shop.customer("Ada")
    shop.receive(CHAI, "7", unit_cost="2")
    order = shop.sold(want(CHAI, "10"), want(TEA, "1"), customer_id=ada.id)

    done = shop.ship(order, carrier="DHL", tracking=" T-1 ", note="By noon")

    assert done.document.state is SalesState.PARTIALLY_SHIPPED
    assert figures(done.document) == [(0, 3, 7, 0), (0, 1, 0, 0)]
    (posting,) = done.postings
    assert (posting.kind, posting.customer_id, posting.reference) == ("shipment", ada.id, "T-1")
    assert (posting.document, posting.note) == (order.ref, "By noon")
    assert done.document.shipments == (
        Shipment(posting_id=posting.id, number=posting.number, carrier="DHL", tracking="T-1"),
    )
    assert (shop.level(CHAI).on_hand, shop.level(CHAI).reserved) == (0, 0)


def test_the_oldest_promise_is_used_first(shop: Shop) -> None:
    shop.receive(CHAI, "3")
    order = shop.sold(want(CHAI, "10"))
    shop.receive(CHAI, "4")
    shop.allocate(order)

    shop.ship(order, parcel(order, "2"), parcel(order, "2"))

    assert [p.open_quantity for p in shop.promises.stored.values()] == [0, 3]
    assert figures(shop.order(order)) == [(3, 3, 4, 0)]


def test_the_last_of_it_makes_it_shipped(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    order = shop.sold(want(CHAI, "10"))

    assert shop.ship(order, parcel(order, "4")).document.state is SalesState.PARTIALLY_SHIPPED
    assert shop.ship(order).document.state is SalesState.SHIPPED


def test_places_and_lots_can_be_chosen(shop: Shop) -> None:
    shelf = shop.place("A-1")
    for code in ("L1", "L2"):
        lot = NamedLot(code=code, expires_on=date(2031, 1, 1))
        shop.receive(CHEESE, "2", lot=lot, location_id=shelf if code == "L2" else None)
    order = shop.sold(want(CHEESE, "4"))

    done = shop.ship(
        order, parcel(order, "1", lot_code="L2"), parcel(order, "0.5", location_id=shelf)
    )

    lots = [entry.lot_code for entry in done.postings[0].entries]
    assert lots == ["L2", "L2"]


def outcome(use_case: Callable[..., Any], *given: Any, **more: Any) -> tuple[Any, str, str]:
    with pytest.raises(DomainError) as refusal:
        use_case(*given, **more)
    return type(refusal.value), refusal.value.code, refusal.value.pointer


def test_only_what_is_reserved_can_be_sent(shop: Shop) -> None:
    shop.receive(CHAI, "7")
    order = shop.sold(want(CHAI, "10"), want(TEA, "1"))

    with pytest.raises(Conflict) as refusal:
        shop.ship(order, parcel(order, "5"), parcel(order, "3"))

    assert (refusal.value.code, refusal.value.pointer) == ("not_reserved", "/lines/1/quantity")
    assert "Of 10 CHAI 2 are reserved and 3 backordered" in refusal.value.detail
    tea = parcel(order, "1", index=1)
    assert outcome(shop.ship, order, tea) == (Conflict, "not_reserved", "/lines/0/quantity")
    nothing = shop.sold(want(TEA, "1"))
    assert outcome(shop.ship, nothing) == (Conflict, "not_reserved", "")
    assert shop.level(CHAI).on_hand == 7


def test_parcels_nobody_can_mean_are_refused(shop: Shop) -> None:
    shop.receive(CHAI, "7")
    order, other = shop.sold(want(CHAI, "5")), shop.sold(want(CHAI, "1"))

    assert outcome(shop.ship, order, lines=()) == (Invalid, "required", "/lines")
    strange = parcel(other, "1")
    assert outcome(shop.ship, order, strange) == (Unknown, "unknown", "/lines/0/line_id")
    none = parcel(order, "0")
    assert outcome(shop.ship, order, none) == (Invalid, "not_positive", "/lines/0/quantity")
    fine = parcel(order, "0.5")
    assert outcome(shop.ship, order, fine) == (RuleBroken, "too_fine", "/lines/0/quantity")
    gone = parcel(order, "1", location_id=99)
    assert outcome(shop.ship, order, gone) == (Unknown, "unknown", "/lines/0/location_id")
    assert outcome(shop.ship, order, carrier="x" * 121) == (Invalid, "max_length", "/carrier")


def test_refusals_of_the_ledger_point_at_the_line_of_the_parcel(shop: Shop) -> None:
    shelf = shop.place("A-1")
    shop.receive(CHAI, "7")
    shop.receive(TEA, "7")
    order = shop.sold(want(TEA, "1"), want(CHAI, "5"))

    # The first parcel takes two promises, so that the ledger counts other lines than the clerk.
    shop.receive(TEA, "1")
    wanted = (want(None, "3", id=order.lines[0].id), want(None, id=order.lines[1].id))
    order = shop.amend(order, lines=wanted).document
    refusal = outcome(
        shop.ship, order, parcel(order, "3"), parcel(order, "1", index=1, location_id=shelf)
    )
    assert refusal[1:] == ("insufficient_stock", "/lines/1/quantity")


def test_nothing_leaves_before_it_was_promised_or_without_the_right(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    shop.clock.advance(minutes=5)
    order = shop.sold(want(CHAI, "5"))

    early = shop.clock.now() - timedelta(minutes=1)
    assert outcome(shop.ship, order, occurred_at=early)[1] == "before_origin"
    with pytest.raises(Forbidden):
        shop.ship(order, occurred_at=day(1), by=seller("stock.backdate"))


def test_costs_are_left_out_for_those_who_may_not_see_them(shop: Shop) -> None:
    shop.receive(CHAI, "5", unit_cost="2")
    order = shop.sold(want(CHAI, "5"))

    done = shop.ship(order, by=seller("cost.view"))

    assert done.postings[0].entries[0].value is None
    assert done.document.amount.net == 90


def test_goods_come_back_at_what_they_were_worth(shop: Shop) -> None:
    ada = shop.customer("Ada")
    shop.receive(CHAI, "3", unit_cost="3.3333")
    order = shop.sold(want(CHAI, "3"), customer_id=ada.id)
    shop.ship(order)
    shop.receive(CHAI, "10", unit_cost="100")

    values = []
    for _ in range(3):
        done = shop.take_back(order, back(order, "1", reason_code="wrong-item"))
        (posting,) = done.postings
        values.append(posting.entries[0].value)

    assert values == [Decimal("3.3333")] * 3
    assert figures(done.document) == [(0, 0, 3, 3)]
    assert (posting.kind, posting.customer_id) == ("customer_return", ada.id)
    assert (posting.reason_code, posting.document) == ("wrong-item", order.ref)
    assert done.document.state is SalesState.SHIPPED


def test_goods_that_come_back_go_where_somebody_says(shop: Shop) -> None:
    shop.receive(CHAI, "9", unit_cost="1")
    order = shop.sold(want(CHAI, "9"))
    shop.ship(order)
    shelf = shop.place("A-1")

    done = shop.take_back(
        order,
        back(order, "2", location_id=shelf),
        back(order, "3", disposition=Disposition.QUARANTINE),
        back(order, "4", disposition=Disposition.SCRAP),
    )

    level = shop.level(CHAI)
    assert level.held(location_id=shelf, lot_id=None) == 2
    assert level.held(location_id=shop.main.quarantine_location_id, lot_id=None) == 3
    assert (level.on_hand, level.value) == (5, 5)
    assert figures(done.document) == [(0, 0, 9, 9)]


def test_each_reason_is_a_posting_of_its_own(shop: Shop) -> None:
    shop.receive(CHAI, "9")
    order = shop.sold(want(CHAI, "9"))
    shop.ship(order)

    done = shop.take_back(
        order,
        back(order, "1", reason_code="defective"),
        back(order, "1", reason_code="wrong-item"),
        back(order, "1", reason_code="defective"),
    )

    assert [(p.reason_code, p.entry_count) for p in done.postings] == [
        ("defective", 2),
        ("wrong-item", 1),
    ]
    told = shop.journal.of(order.ref)[-1]
    assert told.postings == tuple(posting.number for posting in done.postings)


def test_returns_nobody_can_mean_are_refused(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    order = shop.sold(want(CHAI, "9"))
    shop.ship(order)
    other = shop.sold(want(TEA, "1"))

    def refused(*lines: Any) -> tuple[Any, str, str]:
        return outcome(shop.take_back, order, *lines)

    assert refused() == (Invalid, "required", "/lines")
    assert refused(back(other, "1")) == (Unknown, "unknown", "/lines/0/line_id")
    assert refused(back(order, "0")) == (Invalid, "not_positive", "/lines/0/quantity")
    assert refused(back(order, "0.5")) == (RuleBroken, "too_fine", "/lines/0/quantity")
    over = (Conflict, "over_returned", "/lines/1/quantity")
    assert refused(back(order, "3"), back(order, "3")) == over
    assert refused(back(order, "1"), back(order, "1", reason_code="none")) == (
        *(Unknown, "unknown", "/lines/1/reason_code"),
    )
    assert refused(back(order, "1"), back(order, "1", reason_code="sample")) == (
        *(RuleBroken, "reason_not_offered", "/lines/1/reason_code"),
    )
    assert shop.level(CHAI).on_hand == 0


def test_a_lot_comes_back_as_a_lot(shop: Shop) -> None:
    shop.receive(CHEESE, "2", lot=NamedLot(code="L1", expires_on=date(2031, 1, 1)))
    order = shop.sold(want(CHEESE, "2"))
    shop.ship(order)

    assert outcome(shop.take_back, order, back(order, "1"))[1:] == (
        *("lot_required", "/lines/0/lot"),
    )
    shop.take_back(order, back(order, "1", lot=NamedLot(code="L1")))
    assert shop.level(CHEESE).on_hand == 1


@given(
    st.integers(1, 10**12),
    st.integers(1, 500),
    st.lists(st.integers(1, 100), min_size=1, max_size=20),
)
def test_returns_of_a_line_share_its_value_exactly(
    value: int, shipped: int, parts: list[int]
) -> None:
    worth = Decimal(value).scaleb(-4)
    progress = Progress(shipped=Decimal(shipped), shipped_value=worth)
    values = []
    for part in parts:
        quantity = min(Decimal(part), progress.shipped - progress.returned)
        if quantity:
            values.append(progress.value_of(quantity))
            progress = progress.returning(quantity)

    assert all(one >= 0 for one in values)
    assert sum(values) == progress.returned_value <= worth
    if progress.returned == progress.shipped:
        assert sum(values) == worth
