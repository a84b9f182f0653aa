"""The ledger: postings and their entries. The database refuses to change or delete them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from sms_core.shared.documents import DocumentType
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_django.models.base import ScaledDecimalField
from sms_django.models.stock import Level, Location, Lot, ReasonCode


def whole_document(name: str) -> models.CheckConstraint:
    """The three columns of a document are all there or none of them."""
    columns = ("document_type", "document_id", "document_number")
    none = Q(**{f"{column}__isnull": True for column in columns})
    every = Q(
        document_type__in=[type.value for type in DocumentType],
        document_id__isnull=False,
        document_number__isnull=False,
    )
    return models.CheckConstraint(condition=none | every, name=name)


class Posting(models.Model):
    """One business fact that changed stock. `user` is empty where the system itself acted."""

    kind = models.CharField(max_length=20)
    number = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="postings"
    )
    username = models.CharField(max_length=120)
    request_id = models.CharField(max_length=200)
    reference = models.CharField(max_length=120, blank=True, default="")
    note = models.TextField(blank=True, default="")
    reason_code = models.ForeignKey(
        ReasonCode, models.PROTECT, null=True, blank=True, related_name="postings"
    )
    supplier_id = models.BigIntegerField(null=True, blank=True)
    customer_id = models.BigIntegerField(null=True, blank=True)
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reversals"
    )
    document_type = models.CharField(max_length=20, null=True, blank=True)
    document_id = models.BigIntegerField(null=True, blank=True)
    document_number = models.CharField(max_length=40, null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["number"], name="posting_number"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="posting_kind"
            ),
            whole_document("posting_document"),
        ]
        indexes = [
            models.Index(fields=["occurred_at", "id"], name="posting_by_occurred"),
            models.Index(fields=["reference"], name="posting_by_reference"),
            models.Index(
                fields=["supplier_id", "reference"],
                condition=Q(kind=Kind.RECEIPT.value),
                name="posting_by_note",
            ),
            models.Index(
                fields=["document_type", "document_id", "id"],
                condition=Q(document_id__isnull=False),
                name="posting_by_document",
            ),
            models.Index(
                fields=["supplier_id", "id"],
                condition=Q(supplier_id__isnull=False),
                name="posting_by_supplier",
            ),
            models.Index(
                fields=["customer_id", "id"],
                condition=Q(customer_id__isnull=False),
                name="posting_by_customer",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Entry(models.Model):
    """What a posting did to one bin of a level; see `sms_core.stock.postings.Entry`."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="entries")
    line = models.PositiveIntegerField()
    level = models.ForeignKey(Level, models.PROTECT, related_name="entries", db_index=False)
    seq = models.BigIntegerField()
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="entries", db_index=False
    )
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, blank=True, related_name="entries", db_index=False
    )
    quantity = ScaledDecimalField(places=4)
    reserved = ScaledDecimalField(places=4)
    value = ScaledDecimalField(places=4)
    counterpart = models.CharField(max_length=20)
    unit_cost = ScaledDecimalField(places=6)
    cost_source = models.CharField(max_length=20, null=True, blank=True)
    bin_on_hand_after = ScaledDecimalField(places=4, null=True, blank=True)
    on_hand_after = ScaledDecimalField(places=4)
    reserved_after = ScaledDecimalField(places=4)
    value_after = ScaledDecimalField(places=4)
    hash = models.CharField(max_length=64)
    document_line = models.BigIntegerField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["level", "seq"], name="entry_seq"),
            models.CheckConstraint(condition=Q(seq__gte=1, line__gte=1), name="entry_numbers"),
            models.CheckConstraint(
                condition=Q(counterpart__in=[party.value for party in Counterpart]),
                name="entry_counterpart",
            ),
            models.CheckConstraint(
                condition=Q(cost_source__isnull=True)
                | Q(cost_source__in=[source.value for source in CostSource]),
                name="entry_cost_source",
            ),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="entry_unit_cost"),
            models.CheckConstraint(
                condition=Q(location__isnull=True, lot__isnull=True, quantity=0)
                & Q(bin_on_hand_after__isnull=True)
                | Q(location__isnull=False, bin_on_hand_after__isnull=False),
                name="entry_place",
            ),
            # Goods and value may only be missing between two entries of one posting: what must
            # be true at its end, the level and its bins say.
            models.CheckConstraint(condition=Q(reserved_after__gte=0), name="entry_balances"),
        ]
        indexes = [
            models.Index(fields=["level", "id"], name="entry_by_level"),
            models.Index(fields=["location", "id"], name="entry_by_location"),
            models.Index(fields=["lot", "id"], condition=Q(lot__isnull=False), name="entry_by_lot"),
            models.Index(
                fields=["document_line"],
                condition=Q(document_line__isnull=False),
                name="entry_by_document_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posting} line {self.line}"


class SerialNumber(models.Model):
    """The last number given to a kind of posting, where the database has no sequences."""

    kind = models.CharField(max_length=20, primary_key=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.last}"
