"""Customers, and what they ordered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sms_core.catalogue.products import TaxMethod
from sms_core.selling.orders import SalesState
from sms_django.models.base import MasterDataRow, ScaledDecimalField
from sms_django.models.documents import DocumentRow, LineRow
from sms_django.models.ledger import Posting
from sms_django.models.stock import Warehouse


class Customer(MasterDataRow):
    """Somebody who buys from us."""

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
                Lower("code_key"), condition=Q(deleted_at=None), name="customer_code_live"
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="customer_by_code"),
            models.Index(fields=["name_key", "id"], name="customer_by_name"),
            models.Index(fields=["created_at", "id"], name="customer_by_created"),
            models.Index(fields=["updated_at", "id"], name="customer_by_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SalesOrder(DocumentRow):
    """What somebody wants of a warehouse. Name, address and money are those of confirming."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="sales_orders"
    )
    customer_name = models.CharField(max_length=120, blank=True, default="", editable=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="sales_orders")
    reference = models.CharField(max_length=120, blank=True, default="")
    reference_key = models.CharField(max_length=480, blank=True, default="", editable=False)
    ordered_at = models.DateTimeField("ordered")
    promised_at = models.DateTimeField("promised", null=True, blank=True)
    priority = models.IntegerField(default=0)
    ship_to = models.TextField(blank=True, default="")
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True, editable=False)
    money_places = models.PositiveSmallIntegerField(default=2, editable=False)

    class Meta:
        db_table = "sms_sales_order"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in SalesState]),
                name="sales_order_state",
            ),
            models.CheckConstraint(
                condition=Q(state=SalesState.DRAFT.value, confirmed_at__isnull=True)
                | Q(confirmed_at__isnull=False) & ~Q(state=SalesState.DRAFT.value),
                name="sales_order_confirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["ordered_at", "id"], name="sales_order_by_ordered"),
            models.Index(fields=["promised_at", "id"], name="sales_order_by_promised"),
            models.Index(fields=["priority", "id"], name="sales_order_by_priority"),
            models.Index(fields=["state", "id"], name="sales_order_by_state"),
            models.Index(fields=["reference_key"], name="sales_order_by_reference"),
            models.Index(fields=["created_at", "id"], name="sales_order_by_created"),
            models.Index(
                fields=["warehouse", "priority", "promised_at", "confirmed_at", "id"],
                condition=Q(deleted_at=None, state__in=SalesState.waiting_values()),
                name="sales_order_queue",
            ),
        ]


class SalesOrderLine(LineRow):
    """So much of a variant at these terms; code and description are those of confirming."""

    document = models.ForeignKey(SalesOrder, models.PROTECT, related_name="lines")
    code = models.CharField(max_length=120, editable=False)
    description = models.CharField(max_length=250, editable=False)
    quantity = ScaledDecimalField(places=4)
    unit_price = ScaledDecimalField(places=4, default=0)
    discount_percent = ScaledDecimalField("discount (%)", places=2, default=0)
    tax_rate = ScaledDecimalField("tax rate (%)", places=2, default=0)
    tax_method = models.CharField(
        max_length=20,
        choices=[(method.value, method.value) for method in TaxMethod],
        default=TaxMethod.EXCLUSIVE.value,
    )

    class Meta:
        db_table = "sms_sales_order_line"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0, tax_rate__gte=0)
                & Q(discount_percent__gte=0, discount_percent__lte=100),
                name="sales_order_line_amounts",
            ),
            models.CheckConstraint(
                condition=Q(tax_method__in=[method.value for method in TaxMethod]),
                name="sales_order_line_tax_method",
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.position}"


class Shipment(models.Model):
    """Who took a parcel of an order, and under what number one can follow it."""

    document = models.ForeignKey(SalesOrder, models.PROTECT, related_name="shipments")
    posting = models.OneToOneField(Posting, models.PROTECT, related_name="shipment")
    carrier = models.CharField(max_length=120, blank=True, default="")
    tracking = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.tracking or self.carrier or f"Shipment {self.pk}"
