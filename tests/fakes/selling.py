"""In-memory doubles of what selling needs: customers, what can be sold, sales orders."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sms_core.selling.entities import Article, Customer
from sms_core.selling.orders import SalesOrder, Shipment
from sms_core.selling.ports import (
    Assortment,
    Backorder,
    CustomerFilter,
    CustomerRepository,
    CustomerSort,
    SalesOrderFilter,
    SalesOrderRepository,
    SalesOrderSort,
)
from sms_core.selling.progress import Progress, Promised
from sms_core.shared.documents import DocumentType
from sms_core.shared.text import fold
from sms_core.stock.levels import LevelKey
from tests.fakes.base import InMemoryMasterDataRepository
from tests.fakes.catalogue import same, sorting
from tests.fakes.documents import InMemoryDocumentRepository
from tests.fakes.ledger import InMemoryReservationRepository
from tests.fakes.stock import InMemoryLedgerRepository

LATE = datetime.max.replace(tzinfo=UTC)


@dataclass
class InMemoryCustomerRepository(
    InMemoryMasterDataRepository[Customer, CustomerFilter], CustomerRepository
):
    entity = Customer
    unique = {"code": lambda customer: fold(customer.code)}
    sort_keys = sorting(CustomerSort)
    default_sort = sort_keys[CustomerSort.CODE]

    def searched(self, customer: Customer) -> tuple[str, ...]:
        named = (customer.code, customer.name, customer.tax_id)
        return (*named, customer.email, customer.phone, customer.address)

    def matches(self, customer: Customer, filter: CustomerFilter) -> bool:
        return same(filter.code, customer.code) and same(filter.name, customer.name)


@dataclass
class InMemoryAssortment(Assortment):
    """What the test says can be sold."""

    articles: dict[int, Article] = field(default_factory=dict)

    def hold(self, variant_ids: Collection[int]) -> dict[int, Article]:
        return {id: self.articles[id] for id in set(variant_ids) if id in self.articles}


@dataclass(kw_only=True)
class InMemorySalesOrderRepository(
    InMemoryDocumentRepository[SalesOrder, SalesOrderFilter], SalesOrderRepository
):
    """Reads what moved and what is reserved from the ledger and the promises beside it."""

    entity = SalesOrder
    sort_keys = {
        SalesOrderSort.NUMBER: lambda order: order.number,
        SalesOrderSort.ORDERED_AT: lambda order: order.ordered_at,
        SalesOrderSort.PROMISED_AT: lambda order: order.promised_at or LATE,
        SalesOrderSort.PRIORITY: lambda order: order.priority,
        SalesOrderSort.STATE: lambda order: order.state.value,
        SalesOrderSort.CREATED_AT: lambda order: order.created_at,
    }
    default_sort = staticmethod(lambda order: -order.id)

    ledger: InMemoryLedgerRepository
    promises: InMemoryReservationRepository

    def progress(self, document: Any) -> None:
        for line in document.lines:
            moved = self.ledger.moved(DocumentType.SALES_ORDER, [line.id])
            promised = [
                Promised(reservation_id=promise.id, quantity=promise.open_quantity)
                for promise in self.promises.stored.values()
                if promise.document == document.ref
                and promise.document_line == line.id
                and promise.open_quantity
            ]
            line.progress = Progress.of(moved, promised)
        document.work_out()

    def searched(self, document: Any) -> tuple[str, ...]:
        return (document.number, document.reference, document.customer_name, document.notes)

    def matches(self, order: SalesOrder, filter: SalesOrderFilter) -> bool:
        before = filter.promised_before
        self.progress(order)
        return (
            super().matches(order, filter)
            and filter.customer_id in {None, order.customer_id}
            and filter.warehouse_id in {None, order.warehouse_id}
            and filter.state in {None, order.state}
            and filter.variant_id in {None, *(line.variant_id for line in order.lines)}
            and filter.priority in {None, order.priority}
            and same(filter.reference, order.reference)
            and same(filter.number, order.number)
            and (before is None or (order.promised_at is not None and order.promised_at < before))
            and filter.backordered in {None, any(line.backordered for line in order.lines)}
        )

    def backorders(
        self, keys: Collection[LevelKey], *, before: int | None = None
    ) -> list[Backorder]:
        waiting = [order for order in self.hold(self.stored).values() if order.is_waiting]
        if before is not None:
            own = _position(self.stored[before])
            waiting = [order for order in waiting if _position(order) < own]
        waiting.sort(key=_position)
        return [
            Backorder(
                order_id=order.id,
                line_id=line.id,
                key=order.key(line),
                quantity=line.backordered,
            )
            for order in waiting
            for line in order.lines
            if order.key(line) in set(keys) and line.backordered
        ]

    def sent(self, order: SalesOrder, shipment: Shipment) -> None:
        kept = deepcopy(self.stored[order.id])
        kept.shipments = (*kept.shipments, shipment)
        self.stored[order.id] = kept


def _position(order: SalesOrder) -> tuple[Any, ...]:
    """Where an order stands in the queue."""
    return (-order.priority, order.promised_at or LATE, order.confirmed_at, order.id)
