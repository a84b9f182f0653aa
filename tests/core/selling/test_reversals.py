"""What becomes of orders when one of their postings is undone."""

from __future__ import annotations

from datetime import date

import pytest

from sms_core.selling.orders import SalesState
from sms_core.shared.errors import Conflict
from sms_core.stock.commands import ChangeLot, ShipReservation
from sms_core.stock.lines import NamedLot
from tests.core.selling.conftest import (
    CHAI,
    CHEESE,
    TEA,
    Shop,
    back,
    figures,
    parcel,
    seller,
    want,
)
from tests.core.stock.conftest import actor


def test_the_goods_of_an_undone_shipment_are_reserved_again(shop: Shop) -> None:
    shop.receive(CHAI, "10", unit_cost="2")
    order = shop.sold(want(CHAI, "10"))
    waits = shop.sold(want(CHAI, "5"), priority=9)
    sent = shop.ship(order).postings[0]

    undone = shop.reverse(sent)
    shop.serve()

    now = shop.order(order)
    assert now.state is SalesState.CONFIRMED
    assert figures(now) == [(10, 0, 0, 0)]
    # Not even the most urgent order gets what was on its way to a customer.
    assert figures(shop.order(waits)) == [(0, 5, 0, 0)]
    told = shop.journal.of(order.ref)[-1]
    assert (told.act, told.postings[0], len(told.postings)) == ("reverse", undone.number, 2)
    assert undone.document == order.ref
    assert shop.ship(order).document.state is SalesState.SHIPPED


def test_a_line_of_a_shipment_can_be_undone_alone(shop: Shop) -> None:
    shop.receive(CHAI, "4")
    shop.receive(TEA, "4")
    order = shop.sold(want(CHAI, "4"), want(TEA, "4"))
    sent = shop.ship(order).postings[0]

    shop.reverse(sent, lines=(2,))

    now = shop.order(order)
    assert now.state is SalesState.PARTIALLY_SHIPPED
    assert figures(now) == [(0, 0, 4, 0), (4, 0, 0, 0)]


def test_the_state_goes_back_as_far_as_it_must(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    order = shop.sold(want(CHAI, "10"))
    first = shop.ship(order, parcel(order, "4")).postings[0]
    second = shop.ship(order).postings[0]

    shop.reverse(first)
    assert shop.order(order).state is SalesState.PARTIALLY_SHIPPED
    assert figures(shop.order(order)) == [(4, 0, 6, 0)]
    shop.reverse(second)
    assert shop.order(order).state is SalesState.CONFIRMED
    assert shop.cancel(order).document.state is SalesState.CANCELLED


def test_what_comes_back_for_an_order_that_is_over_is_free(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    order = shop.sold(want(CHAI, "10"))
    sent = shop.ship(order).postings[0]
    shop.close(order)
    waits = shop.sold(want(CHAI, "5"))

    shop.reverse(sent)
    shop.serve()

    now = shop.order(order)
    assert (now.state, figures(now)) == (SalesState.CLOSED, [(0, 0, 0, 0)])
    assert figures(shop.order(waits)) == [(5, 0, 0, 0)]


def test_no_more_is_reserved_again_than_is_still_wanted(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    order = shop.sold(want(CHAI, "10"))
    first = shop.ship(order, parcel(order, "4")).postings[0]
    shop.ship(order, parcel(order, "3"))
    shop.amend(order, lines=(want(None, "8", id=order.lines[0].id),))

    shop.reverse(first)

    assert figures(shop.order(order)) == [(5, 0, 3, 0)]
    assert shop.level(CHAI).available(date(2026, 3, 2)) == 2


def test_what_comes_back_unfit_waits_in_the_queue(shop: Shop) -> None:
    shop.receive(CHEESE, "2", lot=NamedLot(code="L1"))
    order = shop.sold(want(CHEESE, "2"))
    sent = shop.ship(order).postings[0]
    lot = next(iter(shop.lots.stored))
    shop.lot_service.change(ChangeLot(id=lot, is_blocked=True), by=actor())

    shop.reverse(sent)

    now = shop.order(order)
    assert (now.state, figures(now)) == (SalesState.CONFIRMED, [(0, 2, 0, 0)])


def test_a_shipment_of_which_something_came_back_stays(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    order = shop.sold(want(CHAI, "10"))
    sent = shop.ship(order).postings[0]
    returned = shop.take_back(order, back(order, "1")).postings[0]

    with pytest.raises(Conflict) as refusal:
        shop.reverse(sent)
    assert refusal.value.code == "returned"
    assert figures(shop.order(order)) == [(0, 0, 10, 1)]

    shop.reverse(returned)
    assert figures(shop.order(order)) == [(0, 0, 10, 0)]
    assert shop.order(order).state is SalesState.SHIPPED
    shop.reverse(sent)
    assert shop.order(order).state is SalesState.CONFIRMED


def test_releases_and_reservations_of_orders_are_not_undone(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    done = shop.confirm(shop.draft(want(CHAI, "10")))

    with pytest.raises(Conflict) as refusal:
        shop.reverse(done.postings[0])
    assert refusal.value.code == "not_reversible"


def test_facts_that_release_a_promise_leave_a_backorder(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    order = shop.sold(want(CHAI, "10"))

    shop.scrap(CHAI, "4", release_reserved=True)

    assert figures(shop.order(order)) == [(6, 4, 0, 0)]


def test_what_is_reserved_for_an_order_leaves_with_the_order_only(shop: Shop) -> None:
    shop.receive(CHAI, "10")
    shop.sold(want(CHAI, "10"))

    with pytest.raises(Conflict) as refusal:
        shop.reservations.ship(ShipReservation(reservation_id=1), by=seller())
    assert refusal.value.code == "belongs_to_document"
