"""What open documents name is kept: it cannot be archived."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.products import ProductType
from sms_core.purchasing.commands import CancelOrder
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierService
from sms_core.selling.commands import CloseSalesOrder
from sms_core.selling.customers import CustomerService
from sms_core.selling.services import SalesOrderService
from sms_core.shared.errors import InUse
from sms_core.stock.documents import OpenDocuments
from sms_core.stock.places import LocationService, WarehouseService
from sms_django import models
from tests.adapters.shop import SYSTEM, limited_to
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> TradingShop:
    return TradingShop()


@pytest.fixture
def chai(shop: TradingShop) -> int:
    """A variant, one of several of its product."""
    id = shop.variant("CHAI")
    models.Product.objects.update(type=ProductType.VARIABLE)
    return id


def documents() -> OpenDocuments:
    return container().get(OpenDocuments)  # type: ignore[type-abstract]


def refusal(service: type[Any], id: int, by: Any = SYSTEM) -> str:
    with pytest.raises(InUse) as refused:
        container().get(service).delete(id, by=by)
    return refused.value.detail


def transfer(shop: TradingShop, variant_id: int, target: int) -> models.StockTransfer:
    row = models.StockTransfer.objects.create(
        number="ST-2026-000001", state="draft", from_warehouse_id=shop.main.id,
        to_warehouse_id=target,
    )  # fmt: skip
    row.lines.create(position=1, variant_id=variant_id, quantity=1)
    return row


def test_an_open_purchase_order_keeps_all_it_names(shop: TradingShop, chai: int) -> None:
    number = shop.buy(chai, 1, place=False).number
    product_id = models.Variant.objects.get(pk=chai).product_id
    words = f"in use by 1 open purchase order ({number})."

    for service, id in (
        (SupplierService, shop.acme),
        (VariantService, chai),
        (ProductService, product_id),
        (WarehouseService, shop.main.id),
    ):
        assert words in refusal(service, id)


def test_an_open_sale_keeps_all_it_names(shop: TradingShop, chai: int) -> None:
    number = shop.sell(chai, 1).number
    words = f"in use by 1 open sales order ({number})."

    for service, id in (
        (CustomerService, shop.ada),
        (VariantService, chai),
        (WarehouseService, shop.main.id),
    ):
        assert words in refusal(service, id)


def test_what_is_over_keeps_nothing(shop: TradingShop, chai: int) -> None:
    bought, sold = shop.buy(chai, 1), shop.sell(chai, 1)
    container().get(PurchaseOrderService).cancel(CancelOrder(id=bought.id), by=SYSTEM)
    container().get(SalesOrderService).close(CloseSalesOrder(id=sold.id), by=SYSTEM)

    for service, id in (
        (SupplierService, shop.acme),
        (CustomerService, shop.ada),
        (VariantService, chai),
        (WarehouseService, shop.main.id),
    ):
        container().get(service).delete(id, by=SYSTEM)

    assert models.Warehouse.objects.get().deleted_at is not None


def test_both_ends_of_a_transfer_are_kept(shop: TradingShop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    transfer(shop, chai, north.id)

    for service, id in (
        (WarehouseService, shop.main.id),
        (WarehouseService, north.id),
        (VariantService, chai),
    ):
        assert "1 open stock transfer (ST-2026-000001)" in refusal(service, id)


def test_a_location_that_is_counted_is_kept(shop: TradingShop, chai: int) -> None:
    on_sheet, in_scope, free = (shop.place(code) for code in ("A", "B", "C"))
    started = models.StockCount.objects.create(
        number="SC-2026-000001", state="counting", warehouse_id=shop.main.id
    )
    started.lines.create(position=1, variant_id=chai, location_id=on_sheet)
    models.StockCount.objects.create(
        number="SC-2026-000002",
        state="draft",
        warehouse_id=shop.main.id,
        location_ids=[in_scope],
    )

    assert "1 open stock count (SC-2026-000001)" in refusal(LocationService, on_sheet)
    assert "1 open stock count (SC-2026-000002)" in refusal(LocationService, in_scope)
    assert "2 open stock counts" in refusal(WarehouseService, shop.main.id)
    container().get(LocationService).delete(free, by=SYSTEM)
    models.StockCount.objects.update(state="cancelled")
    container().get(LocationService).delete(on_sheet, by=SYSTEM)


def test_many_documents_are_told_in_few_words(shop: TradingShop, chai: int) -> None:
    numbers = [shop.buy(chai, 1).number for _ in range(5)]
    sale = shop.sell(chai, 1).number

    assert documents().of_variants([chai], seen_in=None) == {
        chai: f"5 open purchase orders ({', '.join(numbers[:3])} and 2 more) and "
        f"1 open sales order ({sale})"
    }


def test_documents_one_does_not_see_are_not_numbered(shop: TradingShop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    there = shop.buy(chai, 1, warehouse_id=north.id)
    here = limited_to(shop.main.id)

    assert there.number not in refusal(SupplierService, shop.acme, by=here)
    assert "open purchase orders of another place" in refusal(VariantService, chai, by=here)
    seen = shop.buy(chai, 1)
    assert f"1 open purchase order ({seen.number})" in refusal(VariantService, chai, by=here)


def test_stock_and_documents_are_told_together(shop: TradingShop, chai: int) -> None:
    shop.receive(chai, "3")
    number = shop.sell(chai, 1).number

    words = refusal(WarehouseService, shop.main.id)

    assert f"stock (3 on hand) and 1 open sales order ({number})" in words


def test_the_question_takes_as_many_statements_for_many_documents(
    shop: TradingShop, chai: int
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            documents().of_variants([chai], seen_in=None)
            documents().of_warehouses([shop.main.id], seen_in=None)
        return len(queries)

    before = statements()
    for _ in range(3):
        shop.buy(chai, 1)
        shop.sell(chai, 1)

    assert statements() == before
