"""A small company that buys: two suppliers, some goods, and everything around it in memory."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sms_core.company.entities import Company as OurCompany
from sms_core.purchasing.commands import (
    CreatePurchaseOrder,
    CreateSupplier,
    CreateSupplierItem,
    DeliveredLine,
    GoodsSentBack,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
    ReturnOrder,
)
from sms_core.purchasing.ordering import OrderBook
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.ports import Ware
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierItemService, SupplierService
from sms_core.purchasing.undoing import PurchaseDocuments
from sms_core.shared.entities import Actor
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.documents import Settled
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import Goods
from tests.core.stock.conftest import CHAI, CHEESE, TEA, Company
from tests.core.stock.conftest import RIGHTS as STOCK_RIGHTS
from tests.fakes.company import InMemoryCompanyRepository
from tests.fakes.documents import InMemoryDocumentNumbers, InMemoryJournal
from tests.fakes.ledger import StockUnitOfWork
from tests.fakes.open_documents import InMemoryOpenDocuments
from tests.fakes.purchasing import (
    InMemoryPurchaseOrderRepository,
    InMemorySupplierItemRepository,
    InMemorySupplierRepository,
    InMemoryWares,
)

OLD = 4
RIGHTS = (
    STOCK_RIGHTS
    | {f"{x}.{y}" for x in ("supplier", "purchase_order") for y in ("view", "add")}
    | {f"{x}.{y}" for x in ("supplier", "purchase_order") for y in ("change", "delete")}
    | {f"purchase_order.{verb}" for verb in ("place", "receive", "over_receive", "return")}
)


def buyer(*without: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    """Somebody who may do everything in purchasing and stock but `without`."""
    return Actor(
        user_id=5,
        username="ben",
        permissions=RIGHTS - set(without),
        warehouse_ids=warehouse_ids,
        request_id="req-5",
    )


STRICT = buyer("purchase_order.over_receive")


class Shop(Company):
    """The services of purchasing on their doubles, and short ways to use them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.repository.goods[OLD] = Goods(id=OLD, code="OLD", places=0, is_active=False)
        self.suppliers = InMemorySupplierRepository(clock=self.clock)
        self.wares = InMemoryWares(
            {
                CHAI: Ware(id=CHAI, code="CHAI", places=0, tax_rate=Decimal("20")),
                CHEESE: Ware(id=CHEESE, code="CHEESE", places=3, tracks_lots=True),
                TEA: Ware(id=TEA, code="TEA", places=0, cost=Decimal("2.5")),
                OLD: Ware(id=OLD, code="OLD", places=0, is_active=False),
            }
        )
        self.items = InMemorySupplierItemRepository(
            clock=self.clock, suppliers=self.suppliers, wares=self.wares
        )
        self.order_rows = InMemoryPurchaseOrderRepository(
            clock=self.clock, ledger=self.repository, suppliers=self.suppliers
        )
        self.journal = InMemoryJournal(self.repository)
        self.companies = InMemoryCompanyRepository(clock=self.clock)
        self.companies.make(OurCompany())
        self.open_documents = InMemoryOpenDocuments()
        self._open_purchasing()
        self._know()

    def _open_purchasing(self) -> None:
        keepers = (self.suppliers, self.items, self.order_rows, self.journal)
        self.uow = StockUnitOfWork((*self.uow.keepers, *keepers))
        self.dry_run.uow = self.uow
        self.book = OrderBook(
            self.suppliers, self.items, self.wares, self.warehouses, self.repository
        )
        self.orders = PurchaseOrderService(
            self.uow,
            self.clock,
            self.order_rows,
            self.journal,
            InMemoryDocumentNumbers(self.clock),
            self.book,
            self.desk,
            self.companies,
        )
        self.supplier_service = SupplierService(
            self.uow, self.clock, self.suppliers, self.items, self.open_documents
        )
        self.item_service = SupplierItemService(
            self.uow, self.clock, self.items, self.suppliers, self.wares
        )
        keeper = PurchaseDocuments(self.clock, self.order_rows, self.journal)
        self.corrections = CorrectionService(self.uow, self.desk, self.history, keeper)

    def _know(self) -> None:
        kinds = (Kind.SUPPLIER_RETURN,)
        self.reason_codes.add(ReasonCode(code="defective", kinds=kinds))
        self.reason_codes.add(ReasonCode(code="wrong-item", kinds=kinds))
        self.acme = self.supplier("ACME")
        self.other = self.supplier("OTHER")

    def supplier(self, code: str) -> int:
        command = CreateSupplier(code=code, name=code.title())
        id = self.supplier_service.create(command, by=buyer()).id
        self.partners.suppliers.add(id)
        return id

    def item(self, supplier_id: int, variant_id: int, **values: Any) -> int:
        for name in ("pack_size", "unit_cost"):
            if name in values:
                values[name] = Decimal(values[name])
        command = CreateSupplierItem(supplier_id=supplier_id, variant_id=variant_id, **values)
        return self.item_service.create(command, by=buyer()).id

    def draft(self, *lines: OrderedLine, by: Actor | None = None, **header: Any) -> PurchaseOrder:
        given = {"supplier_id": self.acme, "warehouse_id": self.main.id, **header}
        return self.orders.create(CreatePurchaseOrder(lines=lines, **given), by=by or buyer())

    def placed(self, *lines: OrderedLine, **header: Any) -> PurchaseOrder:
        order = self.draft(*lines, **header)
        return self.orders.place(PlaceOrder(id=order.id), by=buyer()).document

    def take_in(
        self, order: PurchaseOrder, *lines: DeliveredLine, by: Actor = STRICT, **more: Any
    ) -> Settled[PurchaseOrder]:
        given = lines or None
        return self.orders.receive(ReceiveOrder(id=order.id, lines=given, **more), by=by)

    def send_back(
        self, order: PurchaseOrder, *lines: GoodsSentBack, by: Actor | None = None, **more: Any
    ) -> Settled[PurchaseOrder]:
        return self.orders.send_back(
            ReturnOrder(id=order.id, lines=lines, **more), by=by or buyer()
        )

    def order(self, id: int) -> PurchaseOrder:
        return self.orders.get(id, by=buyer())


def ordered(variant_id: int, quantity: str, **values: Any) -> OrderedLine:
    """A line as somebody writes it, numbers as texts."""
    numbers = ("pack_size", "unit_cost", "discount_percent", "tax_rate")
    for name in numbers:
        if values.get(name) is not None:
            values[name] = Decimal(values[name])
    return OrderedLine(variant_id=variant_id, quantity=Decimal(quantity), **values)


def came(
    line_id: int | None, quantity: str = "0", rejected: str = "0", **more: Any
) -> DeliveredLine:
    """A delivered line, numbers as texts."""
    if "unit_cost" in more:
        more["unit_cost"] = Decimal(more["unit_cost"])
    return DeliveredLine(
        line_id=line_id, quantity=Decimal(quantity), rejected_quantity=Decimal(rejected), **more
    )


def back(line_id: int, quantity: str, **more: Any) -> GoodsSentBack:
    """Goods of a line that go back because they are defective."""
    given = {"reason_code": "defective", **more}
    return GoodsSentBack(line_id=line_id, quantity=Decimal(quantity), **given)


@pytest.fixture
def shop() -> Shop:
    return Shop()
