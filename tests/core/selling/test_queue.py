"""The queue: who waits longer is served first, and nobody takes what is owed to others."""

from __future__ import annotations

from typing import Any

import pytest

from sms_core.access.entities import system_actor
from sms_core.selling.orders import SalesOrder
from sms_core.shared.errors import Conflict, Forbidden
from sms_core.stock.levels import LevelKey
from sms_core.stock.picking import InsufficientStock
from tests.core.selling.conftest import CHAI, TEA, Shop, day, figures, seller, want


def reserved(shop: Shop, *orders: SalesOrder) -> list[Any]:
    """How much of its first line is reserved for each order."""
    return [figures(shop.order(order))[0][0] for order in orders]


def test_priority_then_promised_date_then_confirming_decide(shop: Shop) -> None:
    def waiting(**order: Any) -> SalesOrder:
        shop.clock.advance(minutes=1)
        return shop.sold(want(CHAI, "1"), **order)

    undated, late = waiting(), waiting(promised_at=day(20))
    early, undated_too = waiting(promised_at=day(10)), waiting()
    urgent, low = waiting(priority=1, promised_at=day(30)), waiting(priority=-1)

    expected = [urgent, early, late, undated, undated_too, low]
    for count in range(1, 7):
        shop.receive(CHAI, "1")
        shop.serve()
        assert reserved(shop, *expected) == [1] * count + [0] * (6 - count)


def test_when_it_was_confirmed_counts_not_when_it_was_drafted(shop: Shop) -> None:
    drafted = shop.draft(want(CHAI, "1"))
    first = shop.sold(want(CHAI, "1"))
    shop.clock.advance(minutes=1)
    shop.confirm(drafted)

    shop.receive(CHAI, "1")
    shop.serve()

    assert reserved(shop, first, drafted) == [1, 0]


def test_what_is_owed_to_others_is_not_promised_to_a_new_order(shop: Shop) -> None:
    waits = shop.sold(want(CHAI, "5"))
    shop.receive(CHAI, "8")

    later = shop.sold(want(CHAI, "5"))
    urgent = shop.sold(want(CHAI, "1"), priority=1)

    assert reserved(shop, waits, later, urgent) == [0, 3, 1]
    # One of the eight went to the urgent one: now too few are left for the one that waits.
    shop.serve()
    assert reserved(shop, waits) == [4]


def test_nobody_jumps_the_queue_unless_somebody_lets_them(shop: Shop) -> None:
    waits = shop.sold(want(CHAI, "5"))
    later = shop.sold(want(CHAI, "5"))
    shop.receive(CHAI, "5")

    with pytest.raises(InsufficientStock, match="the orders before it"):
        shop.allocate(later)
    shop.allocate(later, out_of_turn=True)

    assert reserved(shop, waits, later) == [0, 5]
    with pytest.raises(Conflict) as refusal:
        shop.allocate(later)
    assert refusal.value.code == "not_backordered"


def test_orders_that_are_over_are_owed_nothing(shop: Shop) -> None:
    for leave in (shop.close, shop.cancel, shop.reopen):
        leave(shop.sold(want(CHAI, "5")))
    draft = shop.draft(want(CHAI, "5"))
    shop.receive(CHAI, "5")

    assert reserved(shop, shop.sold(want(CHAI, "5")), draft) == [5, 0]


def test_goods_that_somebody_gives_back_go_to_who_waits(shop: Shop) -> None:
    shop.receive(CHAI, "5")
    has = shop.sold(want(CHAI, "5"))
    waits = shop.sold(want(CHAI, "3"), want(TEA, "1"))
    shop.serve()

    shop.cancel(has)

    assert shop.serve() == 1
    assert figures(shop.order(waits)) == [(3, 0, 0, 0), (0, 1, 0, 0)]
    told = shop.journal.of(waits.ref)[-1]
    assert (told.act, told.username, len(told.postings)) == ("allocate", "System", 1)
    assert shop.order(waits).version == waits.version


def test_an_order_is_served_from_each_level_by_itself(shop: Shop) -> None:
    both = shop.sold(want(CHAI, "5"), want(TEA, "5"))
    tea = shop.sold(want(TEA, "2"))
    shop.receive(CHAI, "1")
    shop.receive(TEA, "6")

    shop.serve()

    assert figures(shop.order(both)) == [(1, 4, 0, 0), (5, 0, 0, 0)]
    assert figures(shop.order(tea)) == [(1, 1, 0, 0)]


def test_other_warehouses_serve_others(shop: Shop) -> None:
    west = shop.open_warehouse("WEST")
    waits = shop.sold(want(CHAI, "5"), warehouse_id=west.id)
    shop.receive(CHAI, "5")

    assert shop.serve() == 0
    assert reserved(shop, waits) == [0]


def test_a_company_may_serve_by_hand(shop: Shop) -> None:
    company = shop.companies.get()
    company.change(serves_backorders=False)
    shop.companies.save(company)
    waits = shop.sold(want(CHAI, "5"))
    shop.receive(CHAI, "5")

    assert shop.serve() == 0
    assert reserved(shop, waits) == [0]
    shop.allocate(waits)
    assert reserved(shop, waits) == [5]


def test_once_a_level_has_nothing_left_nobody_else_is_asked(shop: Shop) -> None:
    first = shop.sold(want(CHAI, "5"))
    others = [shop.sold(want(CHAI, "5")) for _ in range(3)]
    shop.receive(CHAI, "3")
    locked: list[int] = []
    get = shop.orders.get_for_update

    def watched(id: int) -> SalesOrder:
        locked.append(id)
        return get(id)

    shop.orders.get_for_update = watched  # type: ignore[method-assign]
    shop.serve()

    assert locked == [first.id]
    assert reserved(shop, first, *others) == [3, 0, 0, 0]


def test_who_was_archived_or_served_meanwhile_is_passed_over(shop: Shop) -> None:
    first, second = shop.sold(want(CHAI, "5")), shop.sold(want(CHAI, "5"))
    shop.receive(CHAI, "6")
    key = LevelKey(CHAI, shop.main.id)
    found = shop.orders.backorders([key])
    shop.cancel(first)

    def as_it_was(keys: Any, **more: Any) -> Any:
        del shop.orders.backorders  # type: ignore[method-assign]
        return found

    shop.orders.backorders = as_it_was  # type: ignore[method-assign]

    assert shop.queue.serve([key], by=system_actor("")) == 1
    assert reserved(shop, first, second) == [0, 5]


def test_serving_takes_the_right_to_promise(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        shop.queue.serve([], by=seller("sales_order.confirm"))
