"""The core's services: every use case there is. A new one is named here."""

from __future__ import annotations

from typing import Any

from sms_core.access.services import RoleService, UserService
from sms_core.access.sessions import SessionService
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.services import BrandService, CategoryService, UnitService
from sms_core.company.services import CompanyService
from sms_core.papers.services import PaperService
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.reordering import ReorderRuleService, ReorderService
from sms_core.purchasing.services import SupplierItemService, SupplierService
from sms_core.selling.customers import CustomerService
from sms_core.selling.queue import QueueService
from sms_core.selling.services import SalesOrderService
from sms_core.stock.audit import AuditService
from sms_core.stock.closing import PeriodService
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.count_services import CountService
from sms_core.stock.enquiries import EnquiryService
from sms_core.stock.places import LocationService, LotService, ReasonCodeService, WarehouseService
from sms_core.stock.reservations import ReservationService
from sms_core.stock.services import StockService
from sms_core.stock.transfer_services import TransferService

SERVICES: tuple[type[Any], ...] = (
    # access
    RoleService,
    UserService,
    SessionService,
    # company
    CompanyService,
    # catalogue
    BrandService,
    CategoryService,
    UnitService,
    ProductService,
    VariantService,
    # stock
    WarehouseService,
    LocationService,
    LotService,
    ReasonCodeService,
    StockService,
    CorrectionService,
    ReservationService,
    PeriodService,
    TransferService,
    CountService,
    EnquiryService,
    AuditService,
    # purchasing
    SupplierService,
    SupplierItemService,
    PurchaseOrderService,
    # selling
    CustomerService,
    SalesOrderService,
    QueueService,
    # reordering
    ReorderRuleService,
    ReorderService,
    # papers
    PaperService,
)
