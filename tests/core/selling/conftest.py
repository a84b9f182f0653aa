"""A small shop: it sells chai, cheese by lots and tea, and everything it needs is in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from sms_core.access.entities import system_actor
from sms_core.catalogue.products import TaxMethod
from sms_core.company.entities import Company as Business
from sms_core.selling.amounts import Terms
from sms_core.selling.commands import (
    AllocateSalesOrder,
    CancelSalesOrder,
    ChangeSalesOrder,
    CloseSalesOrder,
    ConfirmSalesOrder,
    CreateCustomer,
    CreateSalesOrder,
    ReopenSalesOrder,
    ReturnedLine,
    ReturnSalesOrder,
    SellNow,
    ShippedLine,
    ShipSalesOrder,
    WantedLine,
)
from sms_core.selling.customers import CustomerService
from sms_core.selling.entities import Article, Customer
from sms_core.selling.ordering import SalesBook
from sms_core.selling.orders import SalesOrder
from sms_core.selling.queue import QueueService, SalesQueue
from sms_core.selling.reversals import SalesDocuments
from sms_core.selling.services import SalesOrderService
from sms_core.shared.entities import Actor
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.documents import Settled
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from tests.core.stock.conftest import CHAI, CHEESE, RIGHTS, TEA, Company
from tests.fakes.company import InMemoryCompanyRepository
from tests.fakes.documents import InMemoryDocumentNumbers, InMemoryJournal
from tests.fakes.selling import (
    InMemoryAssortment,
    InMemoryCustomerRepository,
    InMemorySalesOrderRepository,
)

SELLS = frozenset(
    {f"{x}.{y}" for x in ("customer", "sales_order") for y in ("view", "add", "change", "delete")}
    | {f"sales_order.{act}" for act in ("confirm", "ship", "return", "allocate_out_of_turn")}
)


def seller(*without: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    """Somebody with all rights in stock and selling but these."""
    return Actor(
        user_id=7,
        username="anna",
        permissions=(RIGHTS | SELLS) - set(without),
        warehouse_ids=warehouse_ids,
        request_id="req-1",
    )


@dataclass
class Shop(Company):
    """The services of selling on top of those of stock."""

    def _open_services(self) -> None:
        self.customers = InMemoryCustomerRepository(clock=self.clock)
        self.assortment = InMemoryAssortment()
        self.orders = InMemorySalesOrderRepository(
            clock=self.clock, ledger=self.repository, promises=self.promises
        )
        self.journal = InMemoryJournal(self.repository)
        self.companies = InMemoryCompanyRepository()
        self.companies.make(Business())
        self.backorders = SalesQueue(self.orders)
        super()._open_services()
        self.uow.keepers = (
            *(*self.uow.keepers, self.customers, self.orders, self.journal, self.companies),
        )
        self.selling_documents = SalesDocuments(self.orders, self.journal, self.clock, self.desk)
        self.corrections = CorrectionService(
            self.uow, self.desk, self.history, self.selling_documents
        )
        self.customer_service = CustomerService(
            self.uow, self.clock, self.customers, self.open_documents
        )
        self.queue = QueueService(
            self.uow, self.clock, self.orders, self.journal, self.desk, self.companies
        )
        self.sales = SalesOrderService(
            self.uow,
            self.clock,
            self.orders,
            self.journal,
            InMemoryDocumentNumbers(self.clock),
            SalesBook(self.customers, self.assortment, self.warehouses, self.companies),
            self.desk,
        )

    def _fill(self) -> None:
        super()._fill()
        self.reason_codes.add(ReasonCode(code="wrong-item", kinds=(Kind.CUSTOMER_RETURN,)))
        self.reason_codes.add(ReasonCode(code="defective", kinds=(Kind.CUSTOMER_RETURN,)))
        self.sell(CHAI, "CHAI", price="18", tax_rate="20")
        self.sell(CHEESE, "CHEESE", places=3, price="12.5", tax_rate="5")
        self.sell(TEA, "TEA", price="4", tax_method=TaxMethod.INCLUSIVE, tax_rate="20")

    def sell(self, id: int, code: str, *, price: str = "0", **more: Any) -> None:
        """Put a variant on the list of what is sold."""
        terms = Terms(
            unit_price=Decimal(price),
            tax_rate=Decimal(more.pop("tax_rate", "0")),
            tax_method=more.pop("tax_method", TaxMethod.EXCLUSIVE),
        )
        given = {"places": 0, "name": code.title(), **more}
        self.assortment.articles[id] = Article(variant_id=id, code=code, terms=terms, **given)

    def customer(self, name: str = "Ada", **more: Any) -> Customer:
        command = CreateCustomer(code=more.pop("code", name), name=name, **more)
        customer = self.customer_service.create(command, by=seller())
        self.partners.customers.add(customer.id)
        return customer

    def draft(self, *lines: WantedLine, by: Actor | None = None, **order: Any) -> SalesOrder:
        command = CreateSalesOrder(
            warehouse_id=order.pop("warehouse_id", self.main.id), lines=lines, **order
        )
        return self.sales.create(command, by=by or seller())

    def sold(self, *lines: WantedLine, **order: Any) -> SalesOrder:
        """A confirmed order."""
        return self.confirm(self.draft(*lines, **order)).document

    def confirm(self, order: SalesOrder, **act: Any) -> Settled[SalesOrder]:
        return self._act(self.sales.confirm, ConfirmSalesOrder, order, act)

    def allocate(self, order: SalesOrder, **act: Any) -> Settled[SalesOrder]:
        return self._act(self.sales.allocate, AllocateSalesOrder, order, act)

    def ship(self, order: SalesOrder, *lines: ShippedLine, **act: Any) -> Settled[SalesOrder]:
        act["lines"] = act.get("lines", lines or None)
        return self._act(self.sales.ship, ShipSalesOrder, order, act)

    def take_back(self, order: SalesOrder, *lines: ReturnedLine, **act: Any) -> Any:
        return self._act(self.sales.take_back, ReturnSalesOrder, order, {"lines": lines, **act})

    def close(self, order: SalesOrder, **act: Any) -> Settled[SalesOrder]:
        return self._act(self.sales.close, CloseSalesOrder, order, act)

    def cancel(self, order: SalesOrder, **act: Any) -> Settled[SalesOrder]:
        return self._act(self.sales.cancel, CancelSalesOrder, order, act)

    def reopen(self, order: SalesOrder, **act: Any) -> Settled[SalesOrder]:
        return self._act(self.sales.reopen, ReopenSalesOrder, order, act)

    def amend(self, order: SalesOrder, **values: Any) -> Settled[SalesOrder]:
        return self._act(self.sales.change, ChangeSalesOrder, order, values)

    def sell_now(self, *lines: WantedLine, ship: bool = True, **order: Any) -> Settled[SalesOrder]:
        by = order.pop("by", seller())
        command = CreateSalesOrder(warehouse_id=self.main.id, lines=lines, **order)
        return self.sales.sell(SellNow(order=command, ship=ship), by=by)

    def serve(self) -> int:
        """What happens after a commit that freed goods."""
        told, self.waiting.told = self.waiting.told, []
        return sum(self.queue.serve(keys, by=system_actor("req-2")) for keys in told)

    def order(self, order: SalesOrder) -> SalesOrder:
        """The order as it is now."""
        return self.orders.get(order.id)

    def _act(self, use_case: Any, command: Any, order: SalesOrder, act: dict[str, Any]) -> Any:
        by = act.pop("by", seller())
        return use_case(command(id=order.id, **act), by=by)


def want(variant_id: int | None, quantity: str | None = None, **more: Any) -> WantedLine:
    """A line as somebody wants it."""
    numbers = ("unit_price", "discount_percent", "tax_rate")
    given = {name: Decimal(value) if name in numbers else value for name, value in more.items()}
    count = None if quantity is None else Decimal(quantity)
    return WantedLine(variant_id=variant_id, quantity=count, **given)


def parcel(order: SalesOrder, quantity: str, index: int = 0, **more: Any) -> ShippedLine:
    """So much of a line of the order."""
    return ShippedLine(line_id=order.lines[index].id, quantity=Decimal(quantity), **more)


def back(order: SalesOrder, quantity: str, index: int = 0, **more: Any) -> ReturnedLine:
    """So much of a line comes back."""
    return ReturnedLine(line_id=order.lines[index].id, quantity=Decimal(quantity), **more)


def figures(order: SalesOrder) -> list[tuple[Decimal, ...]]:
    """Of each line what is reserved, backordered, shipped and returned."""
    return [
        (
            line.progress.reserved,
            line.backordered,
            line.progress.shipped,
            line.progress.returned,
        )
        for line in order.lines
    ]


def day(number: int) -> datetime:
    """A day in March 2026."""
    return datetime.fromisoformat(f"2026-03-{number:02d}T12:00:00Z")


@pytest.fixture
def shop() -> Shop:
    return Shop()
