"""Suppliers, what they sell, and the orders they are sent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Abs, Lower

from sms_core.purchasing.orders import PurchaseState
from sms_django.models.base import MasterDataRow, ScaledDecimalField
from sms_django.models.catalogue import Variant
from sms_django.models.documents import DocumentRow, LineRow
from sms_django.models.ledger import Posting
from sms_django.models.stock import ReasonCode, Warehouse


class Supplier(MasterDataRow):
    """Somebody we buy from."""

    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    tax_id = models.CharField("tax id", max_length=120, blank=True, default="")
    email = models.CharField("e-mail", max_length=120, blank=True, default="")
    phone = models.CharField(max_length=120, blank=True, default="")
    address = models.TextField(blank=True, default="")
    notes = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="supplier_code_live"
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="supplier_by_code"),
            models.Index(fields=["name_key", "id"], name="supplier_by_name"),
            models.Index(fields=["created_at", "id"], name="supplier_by_created"),
            models.Index(fields=["updated_at", "id"], name="supplier_by_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SupplierItem(MasterDataRow):
    """How a supplier sells a variant; `unit_cost` is that of a pack."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="items")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="supplier_items")
    code = models.CharField("supplier's code", max_length=120, blank=True, default="")
    code_key = models.CharField(max_length=480, blank=True, default="", editable=False)
    pack_size = ScaledDecimalField(places=4, default=1)
    unit_cost = ScaledDecimalField("cost per pack", places=6, null=True, blank=True)
    lead_days = models.PositiveIntegerField(null=True, blank=True)
    is_preferred = models.BooleanField("preferred", default=False)

    class Meta:
        db_table = "sms_supplier_item"
        default_permissions = ()
        constraints = [
            # Wrapped, since SQLite names only expression indexes when one is violated.
            models.UniqueConstraint(
                "supplier",
                Abs("variant"),
                condition=Q(deleted_at=None),
                name="supplier_item_live",
            ),
            models.UniqueConstraint(
                Abs("variant"),
                condition=Q(deleted_at=None, is_preferred=True),
                name="supplier_item_preferred",
            ),
            models.CheckConstraint(
                condition=Q(pack_size__gt=0) & (Q(unit_cost__isnull=True) | Q(unit_cost__gte=0)),
                name="supplier_item_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="supplier_item_by_code"),
            models.Index(fields=["lead_days", "id"], name="supplier_item_by_lead"),
            models.Index(fields=["unit_cost", "id"], name="supplier_item_by_cost"),
            models.Index(fields=["created_at", "id"], name="supplier_item_by_created"),
            models.Index(fields=["updated_at", "id"], name="supplier_item_by_updated"),
        ]

    def __str__(self) -> str:
        return self.code or f"Item {self.pk}"


class PurchaseOrder(DocumentRow):
    """What is ordered of a supplier for a warehouse."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="purchase_orders")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="purchase_orders")
    reference = models.CharField(max_length=120, blank=True, default="")
    expected_at = models.DateTimeField("expected", null=True, blank=True)
    placed_at = models.DateTimeField("placed", null=True, blank=True, editable=False)

    class Meta:
        db_table = "sms_purchase_order"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in PurchaseState]),
                name="purchase_order_state",
            ),
        ]
        indexes = [
            models.Index(fields=["expected_at", "id"], name="purchase_order_by_expected"),
            models.Index(fields=["state", "id"], name="purchase_order_by_state"),
            models.Index(fields=["reference"], name="purchase_order_by_reference"),
            models.Index(fields=["created_at", "id"], name="purchase_order_by_created"),
            models.Index(
                fields=["warehouse", "expected_at"],
                condition=Q(deleted_at=None, state__in=PurchaseState.open_values()),
                name="purchase_order_still_open",
            ),
        ]


class PurchaseOrderLine(LineRow):
    """`quantity` and `unit_cost` are per purchase unit, `pack_size` is how many it holds."""

    document = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="lines")
    quantity = ScaledDecimalField(places=4)
    pack_size = ScaledDecimalField(places=4, default=1)
    unit_cost = ScaledDecimalField(places=6, null=True, blank=True)
    discount_percent = ScaledDecimalField("discount (%)", places=2, default=0)
    tax_rate = ScaledDecimalField("tax rate (%)", places=2, default=0)
    stock_quantity = ScaledDecimalField(places=4, editable=False)

    class Meta:
        db_table = "sms_purchase_order_line"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=0, pack_size__gt=0, stock_quantity__gte=0)
                & Q(discount_percent__gte=0, discount_percent__lte=100)
                & Q(tax_rate__gte=0)
                & (Q(unit_cost__isnull=True) | Q(unit_cost__gte=0)),
                name="purchase_order_line_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.position}"


class Rejection(models.Model):
    """Goods of a delivery that were not accepted, in stock units; `kept` ones are in quarantine.

    With a posting it counts until that line of the posting is undone.
    """

    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="rejections")
    posting = models.ForeignKey(
        Posting, models.PROTECT, null=True, blank=True, related_name="rejections"
    )
    posting_line = models.PositiveIntegerField(null=True, blank=True)
    quantity = ScaledDecimalField(places=4)
    kept = models.BooleanField()
    reason_code = models.ForeignKey(ReasonCode, models.PROTECT, related_name="rejections")
    recorded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="rejection_quantity"),
            models.CheckConstraint(
                condition=Q(posting__isnull=True, posting_line__isnull=True, kept=False)
                | Q(posting__isnull=False, posting_line__isnull=False),
                name="rejection_posting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} rejected"
