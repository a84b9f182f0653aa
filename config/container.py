"""The wiring table: every port and its adapter, and the services that stand on them."""

# mypy: disable-error-code="type-abstract"

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, Generic, TypeVar, overload

from django.db import transaction
from injector import Binder, Injector, inject, singleton

from config.services import SERVICES
from sms_core.access.ports import (
    AccessTokens,
    LoginAttemptRepository,
    Passwords,
    RoleRepository,
    TokenFamilyRepository,
    UserRepository,
    Warehouses,
)
from sms_core.catalogue.ports import (
    BrandRepository,
    CategoryRepository,
    ProductRepository,
    UnitRepository,
    Usage,
    VariantRepository,
)
from sms_core.company.ports import CompanyRepository
from sms_core.papers.ports import PaperSources
from sms_core.purchasing.ordering import OrderBook
from sms_core.purchasing.ports import (
    PurchaseOrderRepository,
    SupplierItemRepository,
    SupplierRepository,
    Wares,
)
from sms_core.purchasing.reorder_ports import ReorderReader, ReorderRuleRepository
from sms_core.purchasing.undoing import PurchaseDocuments
from sms_core.selling.ordering import SalesBook
from sms_core.selling.ports import Assortment, CustomerRepository, SalesOrderRepository
from sms_core.selling.queue import SalesQueue
from sms_core.selling.reversals import SalesDocuments
from sms_core.shared.documents import DocumentNumbers, DocumentType, Journal
from sms_core.shared.ports import Clock, DryRun, ImageStore, OnceOnly, Snapshot, UnitOfWork
from sms_core.stock.audit import AuditRepository, LedgerAudit
from sms_core.stock.count_ports import CountRepository
from sms_core.stock.count_posting import CountDocuments, CountPosting
from sms_core.stock.counting import Counting
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Documents, OpenDocuments
from sms_core.stock.ledger import Ledger
from sms_core.stock.ledger_ports import (
    Backorders,
    Calendar,
    LedgerHistory,
    Outlook,
    Partners,
    PeriodRepository,
    ReservationRepository,
    StockHistory,
    Waiting,
)
from sms_core.stock.ports import (
    LedgerRepository,
    LocationRepository,
    LotRepository,
    ReasonCodeRepository,
    StockReader,
    WarehouseRepository,
)
from sms_core.stock.transfer_ports import TransferRepository
from sms_core.stock.transfer_services import TransferDocuments
from sms_django.gateways.calendar import CompanyCalendar
from sms_django.gateways.clock import SystemClock
from sms_django.gateways.documents import DocumentsByType
from sms_django.gateways.dry_run import DjangoDryRun
from sms_django.gateways.images import FileImageStore
from sms_django.gateways.once_only import DjangoOnceOnly
from sms_django.gateways.passwords import DjangoPasswords
from sms_django.gateways.snapshot import DjangoSnapshot
from sms_django.gateways.tokens import JwtTokens
from sms_django.gateways.waiting import ServedAfterCommit
from sms_django.repositories.access import (
    DjangoLoginAttemptRepository,
    DjangoRoleRepository,
    DjangoTokenFamilyRepository,
    DjangoUserRepository,
    DjangoWarehouses,
)
from sms_django.repositories.audit import DjangoAuditRepository, DjangoLedgerAudit
from sms_django.repositories.catalogue import (
    DjangoBrandRepository,
    DjangoCategoryRepository,
    DjangoUnitRepository,
)
from sms_django.repositories.catalogue_products import (
    DjangoProductRepository,
    DjangoVariantRepository,
)
from sms_django.repositories.company import DjangoCompanyRepository
from sms_django.repositories.counts import DjangoCountRepository
from sms_django.repositories.documents import DjangoDocumentNumbers, DjangoJournal
from sms_django.repositories.ledger import DjangoLedgerRepository
from sms_django.repositories.ledger_history import DjangoLedgerHistory
from sms_django.repositories.open_documents import DjangoOpenDocuments
from sms_django.repositories.outlook import DjangoOutlook
from sms_django.repositories.papers import DjangoPaperSources
from sms_django.repositories.partners import DjangoPartners
from sms_django.repositories.periods import DjangoPeriodRepository
from sms_django.repositories.purchase_orders import DjangoPurchaseOrderRepository
from sms_django.repositories.purchasing import (
    DjangoSupplierItemRepository,
    DjangoSupplierRepository,
    DjangoWares,
)
from sms_django.repositories.reorder import DjangoReorderReader
from sms_django.repositories.reorder_rules import DjangoReorderRuleRepository
from sms_django.repositories.reservations import DjangoReservationRepository
from sms_django.repositories.sales_orders import DjangoSalesOrderRepository
from sms_django.repositories.selling import DjangoAssortment, DjangoCustomerRepository
from sms_django.repositories.stock import DjangoLocationRepository, DjangoWarehouseRepository
from sms_django.repositories.stock_history import DjangoStockHistory
from sms_django.repositories.stock_lots import DjangoLotRepository, DjangoReasonCodeRepository
from sms_django.repositories.stock_reader import DjangoStockReader
from sms_django.repositories.transfers import DjangoTransferRepository
from sms_django.repositories.usage import DjangoUsage

T = TypeVar("T")


# Who is told when a posting of a document is undone.
DOCUMENTS: Mapping[DocumentType, type[Documents]] = {
    DocumentType.PURCHASE_ORDER: PurchaseDocuments,
    DocumentType.SALES_ORDER: SalesDocuments,
    DocumentType.STOCK_TRANSFER: TransferDocuments,
    DocumentType.STOCK_COUNT: CountDocuments,
}


def adapters(binder: Binder) -> None:
    """One line per port."""
    binder.bind(UnitOfWork, to=transaction.atomic)
    binder.bind(Snapshot, to=DjangoSnapshot, scope=singleton)
    binder.bind(Clock, to=SystemClock, scope=singleton)
    binder.bind(OnceOnly, to=DjangoOnceOnly, scope=singleton)
    binder.bind(DryRun, to=DjangoDryRun, scope=singleton)
    binder.bind(Journal, to=DjangoJournal, scope=singleton)
    binder.bind(DocumentNumbers, to=DjangoDocumentNumbers, scope=singleton)
    # access
    binder.bind(RoleRepository, to=DjangoRoleRepository, scope=singleton)
    binder.bind(UserRepository, to=DjangoUserRepository, scope=singleton)
    binder.bind(Warehouses, to=DjangoWarehouses, scope=singleton)
    binder.bind(TokenFamilyRepository, to=DjangoTokenFamilyRepository, scope=singleton)
    binder.bind(LoginAttemptRepository, to=DjangoLoginAttemptRepository, scope=singleton)
    binder.bind(Passwords, to=DjangoPasswords, scope=singleton)
    binder.bind(AccessTokens, to=JwtTokens, scope=singleton)
    # company
    binder.bind(CompanyRepository, to=DjangoCompanyRepository, scope=singleton)
    # catalogue
    binder.bind(BrandRepository, to=DjangoBrandRepository, scope=singleton)
    binder.bind(CategoryRepository, to=DjangoCategoryRepository, scope=singleton)
    binder.bind(UnitRepository, to=DjangoUnitRepository, scope=singleton)
    binder.bind(ProductRepository, to=DjangoProductRepository, scope=singleton)
    binder.bind(VariantRepository, to=DjangoVariantRepository, scope=singleton)
    binder.bind(Usage, to=DjangoUsage, scope=singleton)
    binder.bind(ImageStore, to=FileImageStore, scope=singleton)
    # stock
    binder.bind(WarehouseRepository, to=DjangoWarehouseRepository, scope=singleton)
    binder.bind(LocationRepository, to=DjangoLocationRepository, scope=singleton)
    binder.bind(LotRepository, to=DjangoLotRepository, scope=singleton)
    binder.bind(ReasonCodeRepository, to=DjangoReasonCodeRepository, scope=singleton)
    binder.bind(LedgerRepository, to=DjangoLedgerRepository, scope=singleton)
    binder.bind(StockReader, to=DjangoStockReader, scope=singleton)
    binder.bind(PeriodRepository, to=DjangoPeriodRepository, scope=singleton)
    binder.bind(LedgerHistory, to=DjangoLedgerHistory, scope=singleton)
    binder.bind(ReservationRepository, to=DjangoReservationRepository, scope=singleton)
    binder.bind(Partners, to=DjangoPartners, scope=singleton)
    binder.bind(Calendar, to=CompanyCalendar, scope=singleton)
    binder.bind(StockHistory, to=DjangoStockHistory, scope=singleton)
    binder.bind(LedgerAudit, to=DjangoLedgerAudit, scope=singleton)
    binder.bind(AuditRepository, to=DjangoAuditRepository, scope=singleton)
    binder.bind(Backorders, to=inject(SalesQueue), scope=singleton)
    binder.bind(Waiting, to=ServedAfterCommit, scope=singleton)
    binder.bind(TransferRepository, to=DjangoTransferRepository, scope=singleton)
    binder.bind(CountRepository, to=DjangoCountRepository, scope=singleton)
    binder.bind(Counting, to=inject(Counting), scope=singleton)
    binder.bind(CountPosting, to=inject(CountPosting), scope=singleton)
    binder.bind(Outlook, to=DjangoOutlook, scope=singleton)
    binder.bind(OpenDocuments, to=DjangoOpenDocuments, scope=singleton)
    binder.bind(Ledger, to=inject(Ledger), scope=singleton)
    # purchasing
    binder.bind(SupplierRepository, to=DjangoSupplierRepository, scope=singleton)
    binder.bind(SupplierItemRepository, to=DjangoSupplierItemRepository, scope=singleton)
    binder.bind(PurchaseOrderRepository, to=DjangoPurchaseOrderRepository, scope=singleton)
    binder.bind(Wares, to=DjangoWares, scope=singleton)
    binder.bind(OrderBook, to=inject(OrderBook), scope=singleton)
    # selling
    binder.bind(CustomerRepository, to=DjangoCustomerRepository, scope=singleton)
    binder.bind(SalesOrderRepository, to=DjangoSalesOrderRepository, scope=singleton)
    # papers
    binder.bind(PaperSources, to=DjangoPaperSources, scope=singleton)
    binder.bind(Assortment, to=DjangoAssortment, scope=singleton)
    binder.bind(SalesBook, to=inject(SalesBook), scope=singleton)
    # reordering
    binder.bind(ReorderRuleRepository, to=DjangoReorderRuleRepository, scope=singleton)
    binder.bind(ReorderReader, to=DjangoReorderReader, scope=singleton)
    binder.bind(PostingDesk, to=inject(PostingDesk), scope=singleton)
    binder.bind(Documents, to=DocumentsByType(binder.injector, DOCUMENTS))
    for keeper in DOCUMENTS.values():
        binder.bind(keeper, to=inject(keeper), scope=singleton)


def services(binder: Binder) -> None:
    """The core's services, told from here to take their ports from the table above."""
    for service in SERVICES:
        binder.bind(service, to=inject(service), scope=singleton)


_building = Lock()
_overridden: list[Injector] = []


@cache
def _container() -> Injector:
    return Injector([adapters, services], auto_bind=False)


def container() -> Injector:
    """The one injector of this process, built when it is first asked for."""
    if _overridden:
        return _overridden[-1]
    with _building:
        return _container()


@contextmanager
def overridden(*modules: Any) -> Iterator[Injector]:
    """For tests: the same table with other adapters in some places, in all threads."""
    _overridden.append(Injector([adapters, services, *modules], auto_bind=False))
    try:
        yield _overridden[-1]
    finally:
        _overridden.pop()


class Injected(Generic[T]):
    """A class attribute that is the service of this type: `brands = Injected(BrandService)`."""

    def __init__(self, service: type[T]) -> None:
        self.service = service

    @overload
    def __get__(self, instance: None, owner: type) -> Injected[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Injected[T] | T:
        return self if instance is None else container().get(self.service)
