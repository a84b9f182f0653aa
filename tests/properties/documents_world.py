"""A company with all its documents for programs of random lives, in memory and in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from injector import Binder, singleton

from config.container import overridden
from sms_core.access.permissions import ALL_CODES
from sms_core.purchasing.commands import CreateSupplier
from sms_core.purchasing.ordering import OrderBook
from sms_core.purchasing.ports import Ware
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierService
from sms_core.purchasing.undoing import PurchaseDocuments
from sms_core.selling.commands import CreateCustomer
from sms_core.selling.customers import CustomerService
from sms_core.selling.queue import QueueService
from sms_core.selling.services import SalesOrderService
from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.entities import Actor
from sms_core.shared.ports import Clock
from sms_core.stock.commands import CreateReasonCode
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.count_posting import CountDocuments, CountPosting
from sms_core.stock.count_services import CountService
from sms_core.stock.counting import Counting
from sms_core.stock.documents import Documents
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger import Books as HeldBooks
from sms_core.stock.ledger_ports import Calendar, Waiting
from sms_core.stock.places import ReasonCodeService
from sms_core.stock.ports import LedgerRepository
from sms_core.stock.postings import Posting
from sms_core.stock.reservations import ReservationService
from sms_core.stock.services import StockService
from sms_core.stock.transfer_services import TransferDocuments, TransferService
from tests.adapters import shop
from tests.adapters.shop import SYSTEM
from tests.core.selling.conftest import Shop as SellingShop
from tests.core.stock.conftest import CHAI, CHEESE
from tests.fakes.base import FixedClock
from tests.fakes.catalogue import InMemoryCategoryRepository
from tests.fakes.catalogue_products import InMemoryVariantRepository
from tests.fakes.counts import InMemoryCountRepository
from tests.fakes.documents import InMemoryDocumentNumbers
from tests.fakes.ledger import FixedCalendar, RecordingWaiting
from tests.fakes.purchasing import (
    InMemoryPurchaseOrderRepository,
    InMemorySupplierItemRepository,
    InMemorySupplierRepository,
    InMemoryWares,
)
from tests.fakes.transfers import InMemoryTransferRepository
from tests.properties.django_world import DjangoWorld, MovedLedgerRepository, Shop
from tests.properties.promises import Books

REASONS = (
    ("sample", Kind.ISSUE),
    ("lost", Kind.ADJUSTMENT),
    ("wrong-item", Kind.CUSTOMER_RETURN),
    ("faulty", Kind.SUPPLIER_RETURN),
    ("count-difference", Kind.COUNT),
)
OWNER = Actor(
    user_id=7, username="anna", permissions=frozenset(ALL_CODES), request_id="a-working-day"
)


class World:
    """What a program needs. `waiting` remembers of what more became available."""

    stock: StockService
    corrections: CorrectionService
    reservations: ReservationService
    purchases: PurchaseOrderService
    sales: SalesOrderService
    queue: QueueService
    transfers: TransferService
    counts: CountService
    waiting: RecordingWaiting
    pieces: int
    by_lot: int
    warehouse_ids: tuple[int, int]
    storages: tuple[int, int]
    supplier_id: int
    customer_id: int
    clock: FixedClock

    def books(self) -> Books:
        """All that is kept, as it is now."""
        raise NotImplementedError

    def close(self) -> None:
        """Forget it all."""

    def serve(self) -> None:
        """What happens after the commits since it was last called."""
        while self.waiting.told:
            keys = self.waiting.told.pop(0)
            self.queue.serve(keys, by=OWNER)

    def now(self) -> datetime:
        return self.clock.now()


@dataclass(frozen=True)
class Keepers(Documents):
    """Passes everything on to those who keep documents of the type."""

    by_type: dict[DocumentType, Documents]

    def lock(self, document: DocumentRef) -> None:
        self.by_type[document.type].lock(document)

    def reversed(
        self, document: DocumentRef, reversal: Posting, books: HeldBooks, by: Actor
    ) -> None:
        self.by_type[document.type].reversed(document, reversal, books, by)


class Works(SellingShop):
    """The shop that sells also buys, sends and counts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.north = self.open_warehouse("NORTH")
        for code, kind in REASONS:
            if self.reason_codes.hold_by_code(code) is None:
                self.reason_codes.add(ReasonCode(code=code, kinds=(kind,)))
        self._buy()
        self._send()
        self._count()
        self.corrections = CorrectionService(
            self.uow,
            self.desk,
            self.history,
            Keepers(
                {
                    DocumentType.PURCHASE_ORDER: PurchaseDocuments(
                        self.clock, self.bought, self.journal
                    ),
                    DocumentType.SALES_ORDER: self.selling_documents,
                    DocumentType.STOCK_TRANSFER: TransferDocuments(
                        self.sent, self.journal, self.clock
                    ),
                    DocumentType.STOCK_COUNT: CountDocuments(self.counted, self.journal),
                }
            ),
        )
        self.uow.keepers = (*self.uow.keepers, self.bought, self.sent, self.counted)

    def _document(self, repository: Any) -> tuple[Any, ...]:
        numbers = InMemoryDocumentNumbers(self.clock)
        return self.uow, self.clock, repository, self.journal, numbers

    def _buy(self) -> None:
        suppliers = InMemorySupplierRepository(clock=self.clock)
        wares = InMemoryWares(
            {
                CHAI: Ware(id=CHAI, code="CHAI", places=0),
                CHEESE: Ware(id=CHEESE, code="CHEESE", places=3, tracks_lots=True),
            }
        )
        items = InMemorySupplierItemRepository(clock=self.clock, suppliers=suppliers, wares=wares)
        self.bought = InMemoryPurchaseOrderRepository(
            clock=self.clock, ledger=self.repository, suppliers=suppliers
        )
        book = OrderBook(suppliers, items, wares, self.warehouses, self.repository)
        self.purchases = PurchaseOrderService(
            *self._document(self.bought), book, self.desk, self.companies
        )
        service = SupplierService(self.uow, self.clock, suppliers, items, self.open_documents)
        self.supplier_id = service.create(CreateSupplier(code="ACME", name="Acme"), by=OWNER).id
        self.partners.suppliers.add(self.supplier_id)

    def _send(self) -> None:
        self.sent = InMemoryTransferRepository(clock=self.clock, ledger=self.repository)
        self.transfer_service = TransferService(
            *self._document(self.sent), self.warehouses, self.repository, self.desk
        )

    def _count(self) -> None:
        self.counted = InMemoryCountRepository(clock=self.clock, ledger=self.repository)
        counting = Counting(
            *(self.counted, self.repository, self.reader),
            *(self.warehouses, self.locations, self.lots),
        )
        self.count_service = CountService(
            *self._document(self.counted),
            counting,
            CountPosting(self.counted, self.desk, self.companies),
            self.calendar,
            self.warehouses,
            self.locations,
            InMemoryCategoryRepository(),
            InMemoryVariantRepository(self.clock),
        )


class MemoryWorld(World):
    """The world on its in-memory doubles."""

    def __init__(self) -> None:
        self.works = works = Works()
        self.clock, self.waiting = works.clock, works.waiting
        self.stock, self.corrections = works.stock, works.corrections
        self.reservations = works.reservations
        self.purchases, self.sales, self.queue = works.purchases, works.sales, works.queue
        self.transfers, self.counts = works.transfer_service, works.count_service
        self.pieces, self.by_lot = CHAI, CHEESE
        self.warehouse_ids = (works.main.id, works.north.id)
        self.storages = (works.main.default_location_id, works.north.default_location_id)
        self.supplier_id = works.supplier_id
        self.customer_id = works.customer().id

    def books(self) -> Books:
        return Books(
            levels=list(self.works.repository.levels.values()),
            postings=list(self.works.repository.postings.values()),
            reservations=list(self.works.promises.stored.values()),
        )


class Town(Shop):
    """What every program in the database begins with: made once, and never changed."""

    def __init__(self) -> None:
        super().__init__()
        supplier = CreateSupplier(code="ACME", name="Acme")
        self.supplier_id = self.service(SupplierService).create(supplier, by=SYSTEM).id
        customer = CreateCustomer(code="ADA", name="Ada")
        self.customer_id = self.service(CustomerService).create(customer, by=SYSTEM).id
        for code, kind in REASONS:
            if not shop.models.ReasonCode.objects.filter(code=code).exists():
                command = CreateReasonCode(code=code, kinds=(kind,))
                self.service(ReasonCodeService).create(command, by=SYSTEM)


class StoredWorld(World):
    """The services on the database; `close` undoes all that the program did."""

    def __init__(self, town: Town) -> None:
        self.town, self.clock, self.waiting = town, FixedClock(), RecordingWaiting()
        self.pieces, self.by_lot = town.pieces, town.by_lot
        self.warehouse_ids = (town.main.id, town.north.id)
        self.storages = (town.main.default_location_id, town.north.default_location_id)
        self.supplier_id, self.customer_id = town.supplier_id, town.customer_id
        with overridden(self._bind) as container:
            self.stock = container.get(StockService)
            self.corrections = container.get(CorrectionService)
            self.reservations = container.get(ReservationService)
            self.purchases = container.get(PurchaseOrderService)
            self.sales = container.get(SalesOrderService)
            self.queue = container.get(QueueService)
            self.transfers = container.get(TransferService)
            self.counts = container.get(CountService)
        self._around = transaction.atomic()
        self._around.__enter__()

    def _bind(self, binder: Binder) -> None:
        ports: dict[Any, Any] = {
            LedgerRepository: MovedLedgerRepository(self.clock),
            Calendar: FixedCalendar(self.clock),
            Clock: self.clock,
            Waiting: self.waiting,
        }
        for port, adapter in ports.items():
            binder.bind(port, to=adapter, scope=singleton)

    def books(self) -> Books:
        return DjangoWorld.books(self)  # type: ignore[arg-type]

    def close(self) -> None:
        transaction.set_rollback(True)
        self._around.__exit__(None, None, None)
