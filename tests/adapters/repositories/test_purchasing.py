"""How suppliers, their items and purchase orders are kept: by the fakes and the database alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.purchasing.commands import PlaceOrder
from sms_core.purchasing.entities import Supplier, SupplierItem
from sms_core.purchasing.orders import PurchaseLine, PurchaseOrder, PurchaseState
from sms_core.purchasing.ports import (
    PurchaseOrderFilter,
    PurchaseOrderRepository,
    PurchaseOrderSort,
    SupplierFilter,
    SupplierItemFilter,
    SupplierItemRepository,
    SupplierItemSort,
    SupplierRepository,
    SupplierSort,
    Ware,
    Wares,
)
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_core.stock.ledger_ports import Partners
from sms_django import models
from sms_django.repositories.purchase_orders import DjangoPurchaseOrderRepository
from sms_django.repositories.purchasing import (
    DjangoSupplierItemRepository,
    DjangoSupplierRepository,
    DjangoWares,
)
from tests.adapters.shop import SYSTEM
from tests.adapters.trade import TradingShop
from tests.core.stock.conftest import Company
from tests.fakes.purchasing import (
    InMemoryPurchaseOrderRepository,
    InMemorySupplierItemRepository,
    InMemorySupplierRepository,
    InMemoryWares,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Bought:
    """The repositories, and things they may refer to."""

    suppliers: SupplierRepository
    items: SupplierItemRepository
    orders: PurchaseOrderRepository
    warehouses: tuple[int, int]
    variants: tuple[int, int]

    def supplier(self, code: str, **values: Any) -> Supplier:
        supplier = Supplier(code=code, **{"name": code.title(), **values})
        self.suppliers.add(supplier)
        return supplier

    def item(self, supplier: Supplier, variant_id: int, **values: Any) -> SupplierItem:
        item = SupplierItem(supplier_id=supplier.id, variant_id=variant_id, **values)
        self.items.add(item)
        return item

    def order(self, supplier: Supplier, *quantities: str, **values: Any) -> PurchaseOrder:
        lines = [
            PurchaseLine(variant_id=self.variants[0], quantity=Decimal(quantity))
            for quantity in quantities
        ]
        given = {"warehouse_id": self.warehouses[0], "lines": lines, **values}
        order = PurchaseOrder(supplier_id=supplier.id, **given)
        self.orders.add(order)
        return order

    def numbers(self, **filter: Any) -> list[str]:
        page = self.orders.search(PurchaseOrderFilter(**filter), PageRequest())
        assert page.total == len(page.items)
        return [order.number for order in page.items]


@pytest.fixture(params=["memory", "database"])
def kept(request: pytest.FixtureRequest) -> Bought:
    shop = TradingShop()
    ends = (shop.main.id, shop.open_warehouse("NORTH").id)
    variants = (shop.variant("CHAI"), shop.variant("TEA"))
    models.Supplier.objects.all().delete()
    if request.param == "database":
        return Bought(
            DjangoSupplierRepository(),
            DjangoSupplierItemRepository(),
            DjangoPurchaseOrderRepository(),
            ends,
            variants,
        )
    suppliers = InMemorySupplierRepository()
    wares = InMemoryWares(
        {
            id: Ware(id=id, code=code, places=0)
            for id, code in zip(variants, ("CHAI", "TEA"), strict=True)
        }
    )
    ledger = Company().repository
    return Bought(
        suppliers,
        InMemorySupplierItemRepository(suppliers=suppliers, wares=wares),
        InMemoryPurchaseOrderRepository(ledger=ledger, suppliers=suppliers),
        ends,
        variants,
    )


def test_a_supplier_is_kept_as_it_is(kept: Bought) -> None:
    values = {"tax_id": "T", "email": "a@b.example", "phone": "1", "address": "A", "notes": "N"}
    supplier = kept.supplier("ACME", **values)

    assert kept.suppliers.get(supplier.id) == supplier
    supplier.change(name="New")
    kept.suppliers.save(supplier)
    assert kept.suppliers.get(supplier.id).name == "New"
    assert kept.suppliers.hold([supplier.id, 99]) == {supplier.id: supplier}


def test_live_suppliers_never_share_a_code(kept: Bought) -> None:
    first = kept.supplier("Straße")

    with pytest.raises(Duplicate) as refusal, transaction.atomic():
        kept.supplier("STRASSE")
    assert refusal.value.pointer == "/code"
    kept.suppliers.archive([first.id], AT)
    kept.supplier("STRASSE")


def test_suppliers_are_searched_and_sorted(kept: Bought) -> None:
    kept.supplier("B", name="ä_1")
    kept.supplier("a", name="Z", notes="100%")

    def codes(**filter: Any) -> list[str]:
        found = kept.suppliers.search(SupplierFilter(**filter), PageRequest())
        return [supplier.code for supplier in found.items]

    assert codes() == ["a", "B"]
    assert codes(order=(Order(SupplierSort.NAME, descending=True),)) == ["B", "a"]
    assert codes(search="Ä_") == ["B"]
    assert codes(search="%") == ["a"]
    assert codes(code="b") == ["B"]
    assert codes(name="z") == ["a"]


def test_an_item_is_kept_as_it_is(kept: Bought) -> None:
    supplier = kept.supplier("ACME")
    values = {"code": "X", "pack_size": Decimal("0.5"), "lead_days": 3, "is_preferred": True}
    item = kept.item(supplier, kept.variants[0], unit_cost=Decimal("1.234567"), **values)

    assert kept.items.get(item.id) == item
    assert kept.items.of_supplier(supplier.id, kept.variants) == {kept.variants[0]: item}
    assert kept.items.of_supplier(supplier.id, [kept.variants[1]]) == {}


def test_a_supplier_has_one_live_item_of_a_variant(kept: Bought) -> None:
    supplier = kept.supplier("ACME")
    first = kept.item(supplier, kept.variants[0])

    with pytest.raises(Duplicate) as refusal, transaction.atomic():
        kept.item(supplier, kept.variants[0])
    assert refusal.value.pointer == "/variant_id"
    kept.item(kept.supplier("OTHER"), kept.variants[0])
    kept.items.archive([first.id], AT)
    kept.item(supplier, kept.variants[0])


def test_a_variant_has_one_preferred_item(kept: Bought) -> None:
    acme, other = kept.supplier("ACME"), kept.supplier("OTHER")
    first = kept.item(acme, kept.variants[0], is_preferred=True)
    tea = kept.item(acme, kept.variants[1], is_preferred=True)

    with pytest.raises(Duplicate) as refusal, transaction.atomic():
        kept.item(other, kept.variants[0], is_preferred=True)
    assert refusal.value.pointer == "/is_preferred"
    second = SupplierItem(supplier_id=other.id, variant_id=kept.variants[0], is_preferred=True)
    kept.items.prefer(second)
    kept.items.add(second)

    preferred = kept.items.search(SupplierItemFilter(is_preferred=True), PageRequest())
    assert {item.id for item in preferred.items} == {second.id, tea.id}
    assert kept.items.get(first.id).version == 2


def test_items_go_with_their_supplier_and_come_back(kept: Bought) -> None:
    acme, other = kept.supplier("ACME"), kept.supplier("OTHER")
    earlier = kept.item(acme, kept.variants[1])
    kept.items.archive([earlier.id], datetime(2026, 4, 1, tzinfo=UTC))
    item = kept.item(acme, kept.variants[0], is_preferred=True)
    staying = kept.item(other, kept.variants[0])

    kept.items.archive_with([acme.id], AT)
    with pytest.raises(NotFound):
        kept.items.get(item.id)
    assert kept.items.get(staying.id)
    kept.items.restore_with(acme.id, AT)

    assert not kept.items.get(item.id).is_preferred
    with pytest.raises(NotFound):
        kept.items.get(earlier.id)


def test_items_are_searched_and_sorted(kept: Bought) -> None:
    acme, other = kept.supplier("ACME"), kept.supplier("OTHER")
    a = kept.item(acme, kept.variants[0], code="A1", unit_cost=Decimal(2)).id
    b = kept.item(acme, kept.variants[1], code="b2", lead_days=3).id
    c = kept.item(other, kept.variants[1], unit_cost=Decimal(1), lead_days=1).id

    def ids(**filter: Any) -> list[int]:
        found = kept.items.search(SupplierItemFilter(**filter), PageRequest())
        return [item.id for item in found.items]

    def by(sort: SupplierItemSort, *, descending: bool = False) -> list[int]:
        return ids(order=(Order(sort, descending=descending),))

    assert ids() == [a, b, c]
    assert ids(search="a1") == [a]
    assert ids(search="othe") == [c]
    assert ids(search="tea") == [b, c]
    assert ids(supplier_id=acme.id, variant_id=kept.variants[1]) == [b]
    assert by(SupplierItemSort.LEAD_DAYS) == [c, b, a]
    assert by(SupplierItemSort.LEAD_DAYS, descending=True) == [a, b, c]
    assert by(SupplierItemSort.UNIT_COST) == [c, a, b]
    assert by(SupplierItemSort.CODE) == [c, a, b]


def test_an_order_is_kept_with_its_lines(kept: Bought) -> None:
    order = kept.order(
        kept.supplier("ACME"), "1", "2", number="PO-1", reference="R", notes="N", expected_at=AT
    )
    first, second = order.lines
    assert kept.orders.get(order.id) == order

    second.unit_cost, second.discount_percent = Decimal("0.000001"), Decimal("2.5")
    third = PurchaseLine(variant_id=kept.variants[1], quantity=Decimal("0.5"), pack_size=Decimal(2))
    order.lines = [third, second]
    order.state, order.placed_at = PurchaseState.PLACED, AT
    kept.orders.save(order)

    found = kept.orders.get(order.id)
    assert found == order
    assert [line.id for line in found.lines] == [third.id, second.id]
    assert first.id not in {line.id for line in found.lines}
    with pytest.raises(Stale):
        kept.orders.save(PurchaseOrder(**{**vars(found), "version": 1}))


def test_orders_are_searched_and_sorted(kept: Bought) -> None:
    acme, beta = kept.supplier("ACME", name="Zeta"), kept.supplier("BETA")
    kept.order(beta, number="PO-1", reference="Q%1", expected_at=AT)
    later = datetime(2026, 6, 1, tzinfo=UTC)
    kept.order(acme, "1", number="PO-2", expected_at=later, state=PurchaseState.PLACED)
    kept.order(acme, number="PO-3", warehouse_id=kept.warehouses[1])

    def by(sort: PurchaseOrderSort, *, descending: bool = False) -> list[str]:
        return kept.numbers(order=(Order(sort, descending=descending),))

    assert kept.numbers() == ["PO-3", "PO-2", "PO-1"]
    assert kept.numbers(supplier_id=beta.id) == ["PO-1"]
    assert kept.numbers(warehouse_id=kept.warehouses[1]) == ["PO-3"]
    assert kept.numbers(state=PurchaseState.PLACED) == ["PO-2"]
    assert kept.numbers(variant_id=kept.variants[0]) == ["PO-2"]
    assert kept.numbers(variant_id=kept.variants[1]) == []
    assert kept.numbers(reference="Q%1") == ["PO-1"]
    assert kept.numbers(number="po-3") == ["PO-3"]
    assert kept.numbers(expected_before=later) == ["PO-1"]
    assert kept.numbers(search="zeta") == ["PO-3", "PO-2"]
    assert kept.numbers(search="q%") == ["PO-1"]
    assert kept.numbers(visible=frozenset({kept.warehouses[1]})) == ["PO-3"]
    assert by(PurchaseOrderSort.NUMBER) == ["PO-1", "PO-2", "PO-3"]
    assert by(PurchaseOrderSort.EXPECTED_AT) == ["PO-1", "PO-2", "PO-3"]
    assert by(PurchaseOrderSort.EXPECTED_AT, descending=True) == ["PO-3", "PO-2", "PO-1"]
    assert by(PurchaseOrderSort.SUPPLIER_CODE) == ["PO-2", "PO-3", "PO-1"]
    assert by(PurchaseOrderSort.STATE) == ["PO-1", "PO-3", "PO-2"]


def test_the_database_keeps_the_numbers_of_lines_possible() -> None:
    shop = TradingShop()
    chai = shop.variant("CHAI")
    order = shop.buy(chai, 1)
    rows = models.PurchaseOrderLine.objects.filter(document_id=order.id)

    for values in ({"quantity": -1}, {"pack_size": 0}, {"discount_percent": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)


def test_wares_say_what_an_order_must_know() -> None:
    shop = TradingShop()
    own = shop.variant("OWN", cost=2, tax_rate=20, tracks_lots=True)
    models.Variant.objects.filter(pk=own).update(cost=3)
    kilo = shop.variant("KILO", places=3, cost="2.5", is_active=False)
    gone = shop.variant("GONE")
    models.Variant.objects.filter(pk=gone).update(deleted_at=AT)
    wares: Wares = DjangoWares()

    with transaction.atomic():
        assert wares.hold([own, kilo, gone, 99]) == {
            own: Ware(
                id=own,
                code="OWN",
                places=0,
                cost=Decimal(3),
                tax_rate=Decimal(20),
                tracks_lots=True,
            ),
            kilo: Ware(id=kilo, code="KILO", places=3, cost=Decimal("2.5"), is_active=False),
        }


def test_partners_know_the_live_suppliers() -> None:
    acme = TradingShop().acme
    partners: Partners = container().get(Partners)  # type: ignore[type-abstract]

    with transaction.atomic():
        assert partners.hold_supplier(acme)
        models.Supplier.objects.filter(pk=acme).update(deleted_at=AT)
        assert not partners.hold_supplier(acme)
        assert not partners.hold_supplier(99)


def test_a_list_of_orders_takes_as_many_statements_as_one_order() -> None:
    shop = TradingShop()
    chai = shop.variant("CHAI")
    service = container().get(PurchaseOrderService)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            service.search(PurchaseOrderFilter(), PageRequest(), by=SYSTEM)
        return len(captured)

    shop.buy(chai, 1)
    one = statements()
    for _ in range(5):
        order = shop.buy(chai, 3, place=False)
        service.place(PlaceOrder(id=order.id), by=SYSTEM)

    assert statements() == one == 4
