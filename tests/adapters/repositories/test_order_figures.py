"""What is on order, on its way and backordered: added up from the orders and the ledger."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.catalogue.ports import ProductFilter, ProductRepository, VariantRepository
from sms_core.purchasing.commands import CloseOrder
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.selling.commands import CancelSalesOrder
from sms_core.selling.services import SalesOrderService
from sms_core.shared.paging import PageRequest
from sms_core.stock.commands import ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.ports import LevelFilter, StockReader
from sms_core.stock.views import LevelView
from sms_django import models
from tests.adapters.shop import SYSTEM
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db
MAY, JUNE = datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)


@pytest.fixture
def shop() -> TradingShop:
    return TradingShop()


@pytest.fixture
def chai(shop: TradingShop) -> int:
    """A variant of which 10 are there."""
    id = shop.variant("CHAI")
    shop.receive(id, "10", unit_cost="1")
    return id


def level(variant_id: int, **filter: Any) -> LevelView:
    reader = container().get(StockReader)  # type: ignore[type-abstract]
    found = reader.levels(LevelFilter(variant_id=variant_id, **filter), PageRequest())
    assert found.total == 1
    return found.items[0]


def undo(posting_id: int) -> None:
    order = ReversePosting(posting_id=posting_id)
    container().get(CorrectionService).reverse(order, by=SYSTEM)


def test_what_is_placed_and_not_received_is_on_order(shop: TradingShop, chai: int) -> None:
    order = shop.buy(chai, 3, pack_size=12, expected_at=JUNE)
    shop.buy(chai, 5, expected_at=MAY)
    shop.buy(chai, 99, place=False)
    assert (level(chai).on_order, level(chai).expected_at) == (41, MAY)

    came = shop.take_in(order, 1)
    assert (level(chai).on_order, level(chai).on_hand) == (29, 22)

    undo(came.postings[0].id)
    assert (level(chai).on_order, level(chai).incoming) == (41, 41)


def test_the_first_date_is_that_of_what_is_still_to_come(shop: TradingShop, chai: int) -> None:
    shop.take_in(shop.buy(chai, 5, expected_at=MAY), 5)
    shop.buy(chai, 5, expected_at=JUNE)
    shop.buy(chai, 5)

    assert (level(chai).on_order, level(chai).expected_at) == (10, JUNE)


def test_what_came_and_was_rejected_is_still_on_order(shop: TradingShop, chai: int) -> None:
    models.ReasonCode.objects.filter(code="defective").update(kinds=[])
    order = shop.buy(chai, 10)

    came = shop.take_in(
        order,
        4,
        rejected_quantity=Decimal(2),
        reason_code="defective",
        keep_rejected=True,
    )
    assert (level(chai).on_order, level(chai).on_hand) == (6, 16)

    for posting in came.postings:
        undo(posting.id)
    assert (level(chai).on_order, level(chai).on_hand) == (10, 10)


def test_nothing_is_expected_of_a_closed_order(shop: TradingShop, chai: int) -> None:
    order = shop.buy(chai, 10)
    shop.take_in(order, 4)

    container().get(PurchaseOrderService).close(CloseOrder(id=order.id), by=SYSTEM)

    assert (level(chai).on_order, level(chai).expected_at) == (0, None)


def test_what_is_neither_sent_nor_reserved_is_backordered(shop: TradingShop, chai: int) -> None:
    order = shop.sell(chai, 14)
    shop.sell(chai, 3)
    shop.sell(chai, 50, confirm=False)
    assert (level(chai).reserved, level(chai).backordered) == (10, 7)

    sent = shop.send(order, 6)
    assert (level(chai).reserved, level(chai).backordered) == (4, 7)

    undo(sent.postings[0].id)
    assert (level(chai).on_hand, level(chai).backordered) == (10, 7)


def test_nobody_waits_for_a_cancelled_sale(shop: TradingShop, chai: int) -> None:
    order = shop.sell(chai, 14)

    container().get(SalesOrderService).cancel(CancelSalesOrder(id=order.id), by=SYSTEM)

    assert (level(chai).reserved, level(chai).backordered) == (0, 0)


def test_figures_are_those_of_the_warehouse(shop: TradingShop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    shop.receive(chai, "1", warehouse_id=north.id)
    shop.buy(chai, 5, warehouse_id=north.id)
    shop.sell(chai, 3, warehouse_id=north.id)

    here, there = level(chai, warehouse_id=shop.main.id), level(chai, warehouse_id=north.id)
    assert (here.on_order, here.backordered) == (0, 0)
    assert (there.on_order, there.backordered) == (5, 2)


def test_variants_and_products_tell_what_the_warehouses_one_sees_expect(
    shop: TradingShop, chai: int
) -> None:
    north = shop.open_warehouse("NORTH")
    shop.buy(chai, 5, expected_at=JUNE)
    shop.buy(chai, 7, warehouse_id=north.id, expected_at=MAY)
    shop.sell(chai, 12)
    variants, products = (container().get(p) for p in (VariantRepository, ProductRepository))

    everywhere = variants.read(chai, seen_in=None).stock
    here = variants.read(chai, seen_in=frozenset({shop.main.id})).stock
    listed = products.search(ProductFilter(warehouse_id=north.id), PageRequest()).items[0].stock

    assert (everywhere.on_order, everywhere.incoming, everywhere.backordered) == (12, 12, 2)
    assert (here.on_order, here.backordered) == (5, 2)
    assert [f.expected_at for f in (everywhere, here, listed)] == [MAY, JUNE, MAY]
    assert (listed.on_order, listed.backordered) == (7, 0)


def test_goods_on_their_way_are_incoming(shop: TradingShop, chai: int) -> None:
    models.Level.objects.create(
        variant_id=chai, warehouse_id=shop.main.id, in_transit=True, on_hand=4, value=4
    )
    shop.buy(chai, 5)

    view = level(chai)
    stock = container().get(VariantRepository).read(chai, seen_in=None).stock  # type: ignore[type-abstract]
    assert (view.in_transit, view.on_order, view.incoming) == (4, 5, 9)
    assert (stock.in_transit, stock.on_order, stock.incoming) == (4, 5, 9)


def test_lists_take_as_many_statements_however_much_is_ordered(
    shop: TradingShop, chai: int
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            level(chai)
            container().get(ProductRepository).search(ProductFilter(), PageRequest())  # type: ignore[type-abstract]
        return len(queries)

    before = statements()
    for _ in range(4):
        shop.buy(chai, 5)
        shop.sell(chai, 7)

    assert statements() == before


def test_what_was_never_in_stock_shows_as_soon_as_it_is_ordered(shop: TradingShop) -> None:
    tea = shop.variant("TEA")

    shop.buy(tea, 5)

    assert (level(tea).on_hand, level(tea).on_order) == (0, 5)
