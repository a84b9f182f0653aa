"""Goods promised to somebody, and until which day the books are closed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sms_django.models.base import ScaledDecimalField
from sms_django.models.ledger import Posting, whole_document
from sms_django.models.stock import Warehouse


class Reservation(models.Model):
    """Goods of a level promised to somebody; `open_quantity` is what of it still counts."""

    variant = models.ForeignKey(
        "Variant", models.PROTECT, related_name="reservations", db_index=False
    )
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="reservations")
    quantity = ScaledDecimalField(places=4)
    open_quantity = ScaledDecimalField(places=4)
    purpose = models.CharField(max_length=120, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reservations"
    )
    username = models.CharField(max_length=120)
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="reservations")
    document_type = models.CharField(max_length=20, null=True, blank=True)
    document_id = models.BigIntegerField(null=True, blank=True)
    document_number = models.CharField(max_length=40, null=True, blank=True)
    document_line = models.BigIntegerField(null=True, blank=True)
    search_text = models.TextField(default="", editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(open_quantity__gte=0) & Q(open_quantity__lte=F("quantity")),
                name="reservation_open",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity"),
            whole_document("reservation_document"),
        ]
        indexes = [
            models.Index(fields=["variant", "warehouse"], name="reservation_by_level"),
            models.Index(
                fields=["variant", "warehouse"],
                condition=Q(open_quantity__gt=0),
                name="reservation_still_open",
            ),
            models.Index(
                fields=["expires_at", "id"],
                condition=Q(open_quantity__gt=0),
                name="reservation_lapsing",
            ),
            models.Index(fields=["occurred_at", "id"], name="reservation_by_occurred"),
            models.Index(
                fields=["document_type", "document_id", "id"],
                condition=Q(document_id__isnull=False),
                name="reservation_by_document",
            ),
            models.Index(
                fields=["document_line"],
                condition=Q(document_line__isnull=False, open_quantity__gt=0),
                name="reservation_by_document_line",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose or f"Reservation {self.pk}"


class Closing(models.Model):
    """A record that the books are closed until a day; the last one counts. Never changed."""

    closed_until = models.DateField()
    note = models.TextField(blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="closings"
    )
    username = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"until {self.closed_until}"
