"""All tables, by their bare names: `models.Brand` is the table, `Brand` the domain class."""

from sms_django.models.access import LoginAttempt, Role, TokenFamily, User
from sms_django.models.audit import AuditRun
from sms_django.models.catalogue import Barcode, Brand, Category, Product, Unit, Variant
from sms_django.models.company import Company
from sms_django.models.counts import StockCount, StockCountEntry, StockCountLine
from sms_django.models.documents import DocumentEvent
from sms_django.models.ledger import Entry, Posting, SerialNumber
from sms_django.models.once_only import KeptAnswer
from sms_django.models.promises import Closing, Reservation
from sms_django.models.purchasing import (
    PurchaseOrder,
    PurchaseOrderLine,
    Rejection,
    Supplier,
    SupplierItem,
)
from sms_django.models.reorder import ReorderRule
from sms_django.models.selling import Customer, SalesOrder, SalesOrderLine, Shipment
from sms_django.models.stock import Bin, Level, Location, Lot, ReasonCode, Warehouse
from sms_django.models.transfers import StockTransfer, StockTransferLine

__all__ = [
    "AuditRun",
    "Barcode",
    "Bin",
    "Brand",
    "Category",
    "Closing",
    "Company",
    "Customer",
    "DocumentEvent",
    "Entry",
    "KeptAnswer",
    "Level",
    "Location",
    "LoginAttempt",
    "Lot",
    "Posting",
    "Product",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReasonCode",
    "Rejection",
    "ReorderRule",
    "Reservation",
    "Role",
    "SalesOrder",
    "SalesOrderLine",
    "SerialNumber",
    "Shipment",
    "StockCount",
    "StockCountEntry",
    "StockCountLine",
    "StockTransfer",
    "StockTransferLine",
    "Supplier",
    "SupplierItem",
    "TokenFamily",
    "Unit",
    "User",
    "Variant",
    "Warehouse",
]
