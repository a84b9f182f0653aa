"""The life of a sale: confirmed, amended, closed, cancelled, reopened; what may be done when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.selling.orders import SalesOrder, SalesState
from sms_core.shared.documents import WrongState
from sms_core.shared.errors import Conflict, RuleBroken, Stale
from sms_core.stock.kinds import Kind
from sms_core.stock.picking import InsufficientStock
from tests.core.selling.conftest import (
    CHAI,
    TEA,
    Shop,
    back,
    day,
    figures,
    parcel,
    seller,
    want,
)


def at_draft(shop: Shop) -> SalesOrder:
    return shop.draft(want(CHAI, "10"))


def at_confirmed(shop: Shop) -> SalesOrder:
    return shop.confirm(at_draft(shop)).document


def at_partially_shipped(shop: Shop) -> SalesOrder:
    order = at_confirmed(shop)
    return shop.ship(order, parcel(order, "2")).document


def at_shipped(shop: Shop) -> SalesOrder:
    shop.receive(CHAI, "5", unit_cost="1")
    return shop.ship(at_confirmed(shop)).document


def at_closed(shop: Shop) -> SalesOrder:
    return shop.close(at_partially_shipped(shop)).document


def at_cancelled(shop: Shop) -> SalesOrder:
    return shop.cancel(at_confirmed(shop)).document


STATES: dict[SalesState, Callable[[Shop], SalesOrder]] = {
    SalesState.DRAFT: at_draft,
    SalesState.CONFIRMED: at_confirmed,
    SalesState.PARTIALLY_SHIPPED: at_partially_shipped,
    SalesState.SHIPPED: at_shipped,
    SalesState.CLOSED: at_closed,
    SalesState.CANCELLED: at_cancelled,
}


def do_allocate(shop: Shop, order: SalesOrder) -> Any:
    shop.receive(CHAI, "20")
    return shop.allocate(order)


def do_delete(shop: Shop, order: SalesOrder) -> Any:
    shop.sales.delete(order.id, by=seller())
    return shop.orders.get_archived_for_update(order.id)


ACTS: dict[str, Callable[[Shop, SalesOrder], Any]] = {
    "confirm": Shop.confirm,
    "change": lambda shop, order: shop.amend(order, notes="Ring twice"),
    "allocate": do_allocate,
    "ship": Shop.ship,
    "return": lambda shop, order: shop.take_back(order, back(order, "1")),
    "close": Shop.close,
    "cancel": Shop.cancel,
    "reopen": Shop.reopen,
    "duplicate": lambda shop, order: shop.sales.duplicate(order.id, by=seller()),
    "delete": do_delete,
}

D, C, P = SalesState.DRAFT, SalesState.CONFIRMED, SalesState.PARTIALLY_SHIPPED
S, X, N = SalesState.SHIPPED, SalesState.CLOSED, SalesState.CANCELLED
# Of each act, where it leads from each state in which it is allowed; there are 5 in stock.
LEADS: dict[str, dict[SalesState, SalesState]] = {
    "confirm": {D: C},
    "change": {D: D, C: C, P: P},
    "allocate": {C: C, P: P},
    "ship": {C: P, P: P},
    "return": {P: P, S: S, X: X},
    "close": {C: X, P: X, S: X},
    "cancel": {C: N},
    "reopen": {C: D},
    "duplicate": {D: D, C: C, P: P, S: S, X: X, N: N},
    "delete": {D: D},
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.value)
@pytest.mark.parametrize("act", ACTS)
def test_what_may_be_done_in_which_state(shop: Shop, act: str, state: SalesState) -> None:
    shop.receive(CHAI, "5", unit_cost="1")
    order = STATES[state](shop)
    assert order.state is state
    before = shop.order(order)

    if state not in LEADS[act]:
        with pytest.raises(WrongState) as refusal:
            ACTS[act](shop, order)
        assert refusal.value.detail.endswith(f"Allowed now: {', '.join(order.allowed)}.")
        assert act not in order.allowed
        assert shop.order(order) == before
        return
    assert act in order.allowed
    ACTS[act](shop, order)
    now = shop.orders.stored[order.id]
    assert now.state is LEADS[act][state]
    assert [e.act for e in shop.journal.of(order.ref)][-1:] != [] or act == "duplicate"


def test_confirming_reserves_what_is_there_and_fixes_what_was_agreed(shop: Shop) -> None:
    shop.receive(CHAI, "7")
    ada = shop.customer("Ada", address="Ring 1\n1000 Town")
    order = shop.draft(want(CHAI, "10"), want(TEA, "1"), customer_id=ada.id)
    shop.sell(CHAI, "CHAI-2", price="99", name="Chai, strong")

    done = shop.confirm(order, note="By phone")

    sold = done.document
    assert (sold.state, sold.ship_to) == (SalesState.CONFIRMED, "Ring 1\n1000 Town")
    assert (sold.lines[0].code, sold.lines[0].description) == ("CHAI-2", "Chai, strong")
    assert sold.lines[0].terms.unit_price == 18
    assert figures(sold) == [(7, 3, 0, 0), (0, 1, 0, 0)]
    (posting,) = done.postings
    assert (posting.kind, posting.document) == ("reservation", order.ref)
    promise = shop.promises.stored[1]
    assert (promise.purpose, promise.document) == ("SO-2026-000001 Ada", order.ref)
    told = shop.sales.history(order.id, by=seller())[-1]
    assert (told.act, told.note, told.postings) == ("confirm", "By phone", (posting.number,))


def test_an_address_that_was_given_stays(shop: Shop) -> None:
    ada = shop.customer("Ada", address="Ring 1")

    assert shop.sold(want(CHAI, "1"), customer_id=ada.id, ship_to="Dock 5").ship_to == "Dock 5"


def test_nothing_there_is_no_posting(shop: Shop) -> None:
    done = shop.confirm(shop.draft(want(CHAI, "10")))

    assert (done.document.state, done.postings) == (SalesState.CONFIRMED, ())
    assert figures(done.document) == [(0, 10, 0, 0)]


def test_an_order_of_nothing_is_not_confirmed(shop: Shop) -> None:
    with pytest.raises(RuleBroken) as refusal:
        shop.confirm(shop.draft())
    assert (refusal.value.code, refusal.value.pointer) == ("empty", "/lines")


def test_what_was_archived_meanwhile_is_not_confirmed(shop: Shop) -> None:
    order = shop.draft(want(CHAI, "1"))
    del shop.assortment.articles[CHAI]

    with pytest.raises(Conflict) as refusal:
        shop.confirm(order)
    assert (refusal.value.code, refusal.value.pointer) == ("archived", "/lines/0/variant_id")


def test_a_sale_was_agreed_when_somebody_says_but_not_in_the_future(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    order = shop.draft(want(CHAI, "5"))

    with pytest.raises(RuleBroken) as refusal:
        shop.confirm(order, occurred_at=shop.clock.now() + timedelta(hours=1))
    assert refusal.value.code == "in_future"
    assert shop.order(order).state is SalesState.DRAFT
    done = shop.confirm(order, occurred_at=day(1))
    assert done.postings[0].occurred_at == day(1)


def test_less_releases_the_newest_promises_first(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    order = shop.sold(want(CHAI, "10"))
    shop.receive(CHAI, "3")
    shop.allocate(order)

    done = shop.amend(order, lines=(want(None, "6", id=order.lines[0].id),))

    assert figures(done.document) == [(6, 0, 0, 0)]
    assert [p.open_quantity for p in shop.promises.stored.values()] == [5, 1]
    assert [posting.kind for posting in done.postings] == ["release"]
    assert shop.level(CHAI).reserved == 6


def test_more_and_new_lines_claim_in_their_turn(shop: Shop) -> None:
    shop.receive(CHAI, "9")
    order = shop.sold(want(CHAI, "5"))
    other = shop.sold(want(CHAI, "5"))

    done = shop.amend(
        order, lines=(want(None, "7", id=order.lines[0].id), want(TEA, "2", unit_price="3"))
    )

    # The one unit that the other lacks was there for nobody; what order lacks comes first now.
    assert figures(done.document) == [(5, 2, 0, 0), (0, 2, 0, 0)]
    assert figures(shop.order(other)) == [(4, 1, 0, 0)]
    shop.receive(CHAI, "3")
    shop.receive(TEA, "1")
    assert shop.serve() == 3
    assert figures(shop.order(order)) == [(7, 0, 0, 0), (1, 1, 0, 0)]
    assert figures(shop.order(other)) == [(5, 0, 0, 0)]


def test_less_of_one_line_can_be_more_of_another(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    order = shop.sold(want(CHAI, "5"))

    done = shop.amend(
        order, lines=(want(None, "2", id=order.lines[0].id), want(CHAI, "3", unit_price="1"))
    )

    assert figures(done.document) == [(2, 0, 0, 0), (3, 0, 0, 0)]
    assert [posting.kind for posting in done.postings] == ["release", "reservation"]


def test_a_line_that_goes_frees_what_it_had(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    shop.receive(TEA, "5")
    order = shop.sold(want(CHAI, "5"), want(TEA, "5"))

    done = shop.amend(order, lines=(want(None, id=order.lines[1].id),))

    assert figures(done.document) == [(5, 0, 0, 0)]
    assert (shop.level(CHAI).reserved, shop.level(TEA).reserved) == (0, 5)
    gone = f"line {order.lines[0].id} (CHAI)"
    assert shop.journal.of(order.ref)[-1].changes[gone][1] is None


def test_an_order_that_is_cut_to_what_was_sent_is_shipped(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    order = shop.sold(want(CHAI, "10"))
    shop.ship(order)

    done = shop.amend(order, lines=(want(None, "5", id=order.lines[0].id),))

    assert done.document.state is SalesState.SHIPPED


def refused(shop: Shop, order: SalesOrder, **values: Any) -> tuple[str, str]:
    with pytest.raises(Conflict) as refusal:
        shop.amend(order, **values)
    return refusal.value.code, refusal.value.pointer


def test_what_was_agreed_or_sent_stays(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    shop.open_warehouse("WEST")
    order = shop.sold(want(CHAI, "10"))
    shop.ship(order, parcel(order, "3"))
    line = order.lines[0].id

    def one(quantity: str | None = None, variant_id: int = CHAI, **more: Any) -> tuple[str, str]:
        return refused(shop, order, lines=(want(variant_id, quantity, id=line, **more),))

    assert one("2") == ("below_shipped", "/lines/0/quantity")
    assert one(unit_price="17") == ("fixed", "/lines/0/unit_price")
    assert one(discount_percent="1") == ("fixed", "/lines/0/discount_percent")
    assert one(tax_rate="1") == ("fixed", "/lines/0/tax_rate")
    assert one(variant_id=TEA) == ("fixed", "/lines/0/variant_id")
    assert refused(shop, order, lines=(want(TEA, "1"),)) == ("below_shipped", "/lines")
    assert refused(shop, order, customer_id=5) == ("fixed", "/customer_id")
    assert refused(shop, order, warehouse_id=2) == ("fixed", "/warehouse_id")
    with pytest.raises(RuleBroken, match="at least one line"):
        shop.amend(shop.sold(want(CHAI, "1")), lines=())
    # Said again, as they are, they are no change.
    shop.amend(order, lines=(want(CHAI, "10", id=line, unit_price="18"),), warehouse_id=1)


def test_when_and_where_it_goes_may_change(shop: Shop) -> None:
    order = shop.sold(want(CHAI, "10"))

    done = shop.amend(
        order, priority=3, promised_at=day(20), ship_to="Dock 5", reference="R2", ordered_at=None
    )

    now = done.document
    assert (now.priority, now.promised_at, now.ship_to, now.reference) == (
        *(3, day(20), "Dock 5", "R2"),
    )
    assert now.ordered_at == order.ordered_at
    assert shop.journal.of(order.ref)[-1].changes["priority"] == ("0", "3")


@pytest.mark.parametrize("leave", [Shop.close, Shop.cancel, Shop.reopen])
def test_leaving_frees_what_was_reserved(shop: Shop, leave: Any) -> None:
    shop.receive(CHAI, "5")
    order = shop.sold(want(CHAI, "10"))

    done = leave(shop, order, note="Changed their mind")

    assert [posting.kind for posting in done.postings] == [Kind.RELEASE.value]
    assert figures(done.document) == [(0, 0, 0, 0)]
    assert shop.level(CHAI).reserved == 0
    assert shop.waiting.told[-1] == {done.document.key(order.lines[0])}


def test_a_reopened_order_is_a_draft_like_any_other(shop: Shop) -> None:
    order = shop.reopen(shop.sold(want(CHAI, "10"))).document

    shop.amend(order, lines=(want(CHAI, "1", id=order.lines[0].id, unit_price="5"),))
    assert shop.confirm(order).document.amount.net == 5


def test_acts_on_what_others_changed_meanwhile_are_refused(shop: Shop) -> None:
    order = shop.sold(want(CHAI, "10"))
    shop.amend(order, notes="x")

    with pytest.raises(Stale):
        shop.cancel(order, version=order.version)


def test_selling_at_the_counter_is_one_step(shop: Shop) -> None:
    shop.receive(CHAI, "5", unit_cost="2")

    done = shop.sell_now(want(CHAI, "5"))

    assert done.document.state is SalesState.SHIPPED
    assert [posting.kind for posting in done.postings] == ["reservation", "shipment"]
    assert shop.level(CHAI).on_hand == 0
    acts = [event.act for event in shop.journal.of(done.document.ref)]
    assert acts == ["create", "confirm", "ship"]


def test_selling_at_the_counter_is_all_or_nothing(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    shop.receive(TEA, "5")

    with pytest.raises(InsufficientStock) as refusal:
        shop.sell_now(want(CHAI, "6"), want(TEA, "5"), want(TEA, "2"))

    assert [error.pointer for error in refusal.value.errors] == [
        "/lines/0/quantity",
        "/lines/2/quantity",
    ]
    assert "Of 6 CHAI 1 are not available" in refusal.value.errors[0].detail
    assert (shop.orders.stored, shop.promises.stored) == ({}, {})
    assert shop.level(CHAI).reserved == 0


def test_confirming_at_once_may_leave_a_backorder(shop: Shop) -> None:
    shop.receive(CHAI, "5")

    done = shop.sell_now(want(CHAI, "6"), ship=False)

    assert figures(done.document) == [(5, Decimal(1), 0, 0)]
