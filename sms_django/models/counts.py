"""Counts of what there is, their sheets, and everything that was ever entered on these."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from sms_core.stock.counts import CountState
from sms_django.models.base import ScaledDecimalField
from sms_django.models.catalogue import Category
from sms_django.models.documents import DocumentRow, LineRow
from sms_django.models.stock import Location, Warehouse


class StockCount(DocumentRow):
    """A count of a warehouse; what of it is the scope: locations, a category, variants."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="stock_counts")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="stock_counts"
    )
    location_ids = models.JSONField(default=list)
    variant_ids = models.JSONField(default=list)
    started_at = models.DateTimeField("started", null=True, blank=True, editable=False)
    approved_by = models.CharField(max_length=120, null=True, blank=True, editable=False)
    approved_at = models.DateTimeField("approved", null=True, blank=True, editable=False)

    class Meta:
        db_table = "sms_stock_count"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in CountState]),
                name="stock_count_state",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="stock_count_by_state"),
            models.Index(fields=["created_at", "id"], name="stock_count_by_created"),
            models.Index(fields=["updated_at", "id"], name="stock_count_by_updated"),
        ]


class StockCountLine(LineRow):
    """A bin on a sheet and what was found in it. A lot may be one that nobody knows yet.

    A bin is on the sheet of at most one open count (`is_open`).
    """

    document = models.ForeignKey(StockCount, models.PROTECT, related_name="lines", db_index=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    lot_code = models.CharField("lot", max_length=120, blank=True, default="")
    lot_key = models.CharField(max_length=480, blank=True, default="", editable=False)
    expires_on = models.DateField("expires", null=True, blank=True)
    counted_quantity = ScaledDecimalField("counted", places=4, null=True, blank=True)
    counted_at = models.DateTimeField("counted at", null=True, blank=True)
    counted_by = models.CharField(max_length=120, null=True, blank=True)
    is_open = models.BooleanField(default=True, editable=False)

    class Meta:
        db_table = "sms_stock_count_line"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["document", "variant", "location", "lot_key"], name="stock_count_line_bin"
            ),
            models.UniqueConstraint(
                fields=["variant", "location", "lot_key"],
                condition=Q(is_open=True),
                name="stock_count_line_open",
            ),
            models.CheckConstraint(
                condition=Q(counted_quantity__isnull=True)
                | Q(counted_quantity__gte=0, counted_at__isnull=False, counted_by__isnull=False),
                name="stock_count_line_counted",
            ),
        ]
        indexes = [models.Index(fields=["document", "position"], name="stock_count_line_order")]

    def __str__(self) -> str:
        return f"{self.variant} at {self.location}"


class StockCountEntry(models.Model):
    """What somebody entered on a line; without a quantity it was cleared, to be counted again."""

    line = models.ForeignKey(StockCountLine, models.PROTECT, related_name="entries")
    quantity = ScaledDecimalField(places=4, null=True, blank=True)
    is_added = models.BooleanField("added", default=False)
    counted_at = models.DateTimeField("counted at")
    recorded_at = models.DateTimeField("entered at")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    username = models.CharField(max_length=120)

    class Meta:
        db_table = "sms_stock_count_entry"
        default_permissions = ()
        verbose_name_plural = "stock count entries"

    def __str__(self) -> str:
        return f"{self.quantity} by {self.username}"
