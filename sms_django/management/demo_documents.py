"""The demo shop's paperwork: partners, and documents at every stage of their lives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from config.container import Injected
from sms_core.purchasing.commands import (
    CreatePurchaseOrder,
    CreateSupplier,
    CreateSupplierItem,
    DeliveredLine,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
)
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.reorder import CreateReorderRule
from sms_core.purchasing.reordering import ReorderRuleService
from sms_core.purchasing.services import SupplierItemService, SupplierService
from sms_core.selling.commands import (
    ConfirmSalesOrder,
    CreateCustomer,
    CreateSalesOrder,
    SellNow,
    ShippedLine,
    ShipSalesOrder,
    WantedLine,
)
from sms_core.selling.customers import CustomerService
from sms_core.selling.orders import SalesOrder
from sms_core.selling.services import SalesOrderService
from sms_core.shared.entities import Actor
from sms_core.stock.count_commands import CreateCount, EnterCounts, EnteredLine, StartCount
from sms_core.stock.count_services import CountService
from sms_core.stock.counts import CountScope
from sms_core.stock.transfer_commands import CreateTransfer, DispatchTransfer, TransferredLine
from sms_core.stock.transfer_services import TransferService


class Partner(NamedTuple):
    """Whom the shop buys from or sells to."""

    code: str
    name: str
    address: str


SUPPLIERS = (
    Partner("NORTHLIGHT", "Northlight Roasters", "Ågade 7\n8000 Aarhus\nDenmark"),
    Partner("KESTREL", "Kestrel Pottery", "4 Kiln Lane\nStoke-on-Trent"),
    Partner("FJORDWARE", "Fjordware AS", "Strandkaien 21\n5013 Bergen\nNorway"),
)
CUSTOMERS = (
    Partner("LUMIERE", "Café Lumière", "18 rue des Tanneurs\n67000 Strasbourg\nFrance"),
    Partner("HARBOUR", "Harbour Hotel", "1 Harbour Street"),
    Partner("BAKER", "Baker & Daughters", "9 Mill Road"),
)
OFFERS = (  # supplier, product, its code, pack, cost of a pack, days
    ("NORTHLIGHT", "COF-500", "NL-ESP-6", 6, "38.40", 4),
    ("NORTHLIGHT", "COF-DECAF", "NL-DEC-6", 6, "24.60", 4),
    ("KESTREL", "CUP-080", "K80", 12, "45.00", 14),
    ("KESTREL", "MUG-350", "K350", 6, "27.60", 14),
    ("KESTREL", "TEAPOT-1L", "KT1", 1, "14.20", 21),
    ("FJORDWARE", "DRIP-02", "F-02", 1, "7.80", 7),
    ("FJORDWARE", "GRIND-H", "F-GH", 1, "31.00", 7),
    ("FJORDWARE", "FILTER-100", "F-100", 24, "34.80", 7),
)
RULES = (("FILTER-100", 48, 192), ("GRIND-H", 3, 12), ("TEA-EARL", 15, 45))  # in the depot


@dataclass(frozen=True)
class DemoOffice:
    """Does a few days' paperwork; `variants` are those of the shop by the product's code."""

    suppliers = Injected(SupplierService)
    supplier_items = Injected(SupplierItemService)
    rules = Injected(ReorderRuleService)
    purchases = Injected(PurchaseOrderService)
    customers = Injected(CustomerService)
    sales = Injected(SalesOrderService)
    transfers = Injected(TransferService)
    counts = Injected(CountService)

    by: Actor
    depot: int
    shop: int
    variants: Mapping[str, int]

    def work(self) -> None:
        """Buy, sell, send and count, and leave most of it half done."""
        self._buy(self._suppliers())
        self._sell(self._customers())
        self._send()
        self._count()

    def _suppliers(self) -> dict[str, int]:
        made = {
            one.code: self.suppliers.create(CreateSupplier(**one._asdict()), by=self.by).id
            for one in SUPPLIERS
        }
        for supplier, product, code, pack, cost, days in OFFERS:
            item = CreateSupplierItem(
                supplier_id=made[supplier],
                variant_id=self.variants[product],
                code=code,
                pack_size=Decimal(pack),
                unit_cost=Decimal(cost),
                lead_days=days,
                is_preferred=True,
            )
            self.supplier_items.create(item, by=self.by)
        for product, minimum, maximum in RULES:
            rule = CreateReorderRule(
                variant_id=self.variants[product],
                warehouse_id=self.depot,
                minimum=Decimal(minimum),
                maximum=Decimal(maximum),
            )
            self.rules.create(rule, by=self.by)
        return made

    def _customers(self) -> dict[str, int]:
        return {
            one.code: self.customers.create(CreateCustomer(**one._asdict()), by=self.by).id
            for one in CUSTOMERS
        }

    def _buy(self, suppliers: Mapping[str, int]) -> None:
        """One order has come, one in part (and in part broken), one is expected, one is written."""
        come = self._order(suppliers["FJORDWARE"], {"DRIP-02": 6}, days=-1)
        self._receive(come, "FW-2207")
        part = self._order(suppliers["KESTREL"], {"CUP-080": 4, "MUG-350": 8}, days=1)
        cups = DeliveredLine(
            line_id=part.lines[0].id,
            quantity=Decimal(3),
            rejected_quantity=Decimal(1),
            reason_code="damaged",
            keep_rejected=True,
        )
        self._receive(part, "K-518", cups)
        self._order(suppliers["NORTHLIGHT"], {"COF-500": 10, "COF-DECAF": 4}, days=4)
        self._draft(suppliers["FJORDWARE"], {"GRIND-H": 6}, days=7)

    def _order(self, supplier_id: int, packs: Mapping[str, int], *, days: int) -> PurchaseOrder:
        drafted = self._draft(supplier_id, packs, days=days)
        return self.purchases.place(PlaceOrder(id=drafted.id), by=self.by).document

    def _draft(self, supplier_id: int, packs: Mapping[str, int], *, days: int) -> PurchaseOrder:
        lines = (
            OrderedLine(
                variant_id=self.variants[code], quantity=Decimal(number), tax_rate=Decimal(20)
            )
            for code, number in packs.items()
        )
        command = CreatePurchaseOrder(
            supplier_id=supplier_id,
            warehouse_id=self.depot,
            expected_at=_in(days),
            lines=tuple(lines),
        )
        return self.purchases.create(command, by=self.by)

    def _receive(self, order: PurchaseOrder, reference: str, *lines: DeliveredLine) -> None:
        command = ReceiveOrder(id=order.id, reference=reference, lines=lines or None)
        self.purchases.receive(command, by=self.by)

    def _sell(self, customers: Mapping[str, int]) -> None:
        """One order was sent, one in part, one waits for goods, one is ready, one a draft."""
        sent = self._confirmed(customers["HARBOUR"], {"CUP-080": 24, "COF-500": 6}, days=-1)
        parcel = ShipSalesOrder(id=sent.id, carrier="Bright Parcels", tracking="BP 1042 7731")
        self.sales.ship(parcel, by=self.by)
        part = self._confirmed(customers["LUMIERE"], {"TEA-EARL": 12, "TEAPOT-1L": 4}, days=1)
        tea = ShippedLine(line_id=part.lines[0].id, quantity=Decimal(12))
        self.sales.ship(ShipSalesOrder(id=part.id, lines=(tea,)), by=self.by)
        self._confirmed(customers["LUMIERE"], {"GRIND-H": 5, "FILTER-100": 12}, days=6)
        self._confirmed(customers["BAKER"], {"TOWEL": 8, "DRIP-02": 2}, days=2)
        draft = self._wanted(customers["HARBOUR"], {"MUG-350": 18}, days=10)
        self.sales.create(draft, by=self.by)
        walk_in = CreateSalesOrder(warehouse_id=self.shop, lines=self._lines({"MUG-350": 2}))
        self.sales.sell(SellNow(order=walk_in, ship=True), by=self.by)

    def _confirmed(self, customer: int, goods: Mapping[str, int], *, days: int) -> SalesOrder:
        drafted = self.sales.create(self._wanted(customer, goods, days=days), by=self.by)
        return self.sales.confirm(ConfirmSalesOrder(id=drafted.id), by=self.by).document

    def _wanted(self, customer: int, goods: Mapping[str, int], *, days: int) -> CreateSalesOrder:
        return CreateSalesOrder(
            warehouse_id=self.depot,
            customer_id=customer,
            promised_at=_in(days),
            lines=self._lines(goods),
        )

    def _lines(self, goods: Mapping[str, int]) -> tuple[WantedLine, ...]:
        return tuple(
            WantedLine(variant_id=self.variants[code], quantity=Decimal(number))
            for code, number in goods.items()
        )

    def _send(self) -> None:
        """Goods are on their way from the depot to the shop."""
        goods = (("TEA-ROOI", 4), ("FILTER-100", 12))
        lines = tuple(
            TransferredLine(variant_id=self.variants[code], quantity=Decimal(number))
            for code, number in goods
        )
        command = CreateTransfer(
            from_warehouse_id=self.depot, to_warehouse_id=self.shop, lines=lines
        )
        drafted = self.transfers.create(command, by=self.by)
        self.transfers.dispatch(DispatchTransfer(id=drafted.id), by=self.by)

    def _count(self) -> None:
        """Somebody counts some things in the shop, and found a mug too many."""
        counted = [self.variants[code] for code in ("MUG-350", "TEAPOT-1L", "TOWEL")]
        scope = CountScope(variant_ids=tuple(counted))
        drafted = self.counts.create(CreateCount(warehouse_id=self.shop, scope=scope), by=self.by)
        self.counts.start(StartCount(id=drafted.id), by=self.by)
        mugs = EnteredLine(variant_id=counted[0], quantity=Decimal(11))
        self.counts.enter(EnterCounts(id=drafted.id, lines=(mugs,)), by=self.by)


def _in(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)
