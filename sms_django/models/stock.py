"""Where stock can be and how much of it there is; the ledger it follows from is in `ledger`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from sms_core.stock.entities import LocationKind
from sms_django.models.base import MasterDataRow, Row, ScaledDecimalField


class Warehouse(MasterDataRow):
    """Its three own locations are empty only while it is being made."""

    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    address = models.TextField(blank=True, default="")
    default_location = models.ForeignKey(
        "Location", models.PROTECT, null=True, editable=False, related_name="+"
    )
    quarantine_location = models.ForeignKey(
        "Location", models.PROTECT, null=True, editable=False, related_name="+"
    )
    transit_location = models.ForeignKey(
        "Location", models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="warehouse_code_live"
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="warehouse_by_code"),
            models.Index(fields=["name_key", "id"], name="warehouse_by_name"),
            models.Index(fields=["created_at", "id"], name="warehouse_by_created"),
            models.Index(fields=["updated_at", "id"], name="warehouse_by_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Location(MasterDataRow):
    """A place in a warehouse."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="locations")
    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    kind = models.CharField(max_length=20, default=LocationKind.STORAGE.value)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                "warehouse",
                Lower("code_key"),
                condition=Q(deleted_at=None),
                name="location_code_live",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in LocationKind]), name="location_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="location_by_code"),
            models.Index(fields=["name_key", "id"], name="location_by_name"),
            models.Index(fields=["created_at", "id"], name="location_by_created"),
            models.Index(fields=["updated_at", "id"], name="location_by_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Lot(Row):
    """A batch of a variant; it is never archived, since the ledger names it."""

    variant = models.ForeignKey("Variant", models.PROTECT, related_name="lots", db_index=False)
    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    expires_on = models.DateField(null=True, blank=True)
    is_blocked = models.BooleanField("blocked", default=False)
    note = models.TextField(blank=True, default="")
    search_text = models.TextField(default="", editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("variant", Lower("code_key"), name="lot_code"),
        ]
        indexes = [
            models.Index(fields=["variant", "code_key"], name="lot_by_variant"),
            models.Index(fields=["code_key", "id"], name="lot_by_code"),
            models.Index(fields=["expires_on", "id"], name="lot_by_expiry"),
            models.Index(fields=["created_at", "id"], name="lot_by_created"),
        ]

    def __str__(self) -> str:
        return self.code


class ReasonCode(MasterDataRow):
    """`kinds` lists the kinds of postings it is offered for."""

    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    label = models.CharField(max_length=120, blank=True, default="")
    label_key = models.CharField(max_length=480, editable=False)
    kinds = models.JSONField(default=list)
    delivered_as = models.CharField(max_length=40, default="", editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="reason_code_live"
            ),
            models.UniqueConstraint(
                "delivered_as", condition=~Q(delivered_as=""), name="reason_delivered_once"
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="reason_by_code"),
            models.Index(fields=["label_key", "id"], name="reason_by_label"),
            models.Index(fields=["created_at", "id"], name="reason_by_created"),
            models.Index(fields=["updated_at", "id"], name="reason_by_updated"),
        ]

    def __str__(self) -> str:
        return self.label or self.code


class Level(models.Model):
    """The stock of one variant in one warehouse: what is locked, numbered, valued and chained."""

    variant = models.ForeignKey("Variant", models.PROTECT, related_name="levels", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="levels")
    in_transit = models.BooleanField(default=False)
    on_hand = ScaledDecimalField(places=4, default=0)
    reserved = ScaledDecimalField(places=4, default=0)
    value = ScaledDecimalField(places=4, default=0)
    version = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True, default="")
    last_recorded_at = models.DateTimeField(null=True, blank=True)
    last_cost = ScaledDecimalField(places=6, null=True, blank=True)
    last_cost_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("variant", "warehouse", "in_transit", name="level_key"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="level_on_hand"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="level_reserved",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(on_hand__gt=0) | Q(value=0)), name="level_value"
            ),
            models.CheckConstraint(condition=Q(version__gte=0), name="level_version"),
        ]

    def __str__(self) -> str:
        way = " (in transit)" if self.in_transit else ""
        return f"{self.variant} in {self.warehouse}{way}"


class Bin(models.Model):
    """How much of a level lies in one location, of one lot. Bins of a level sum to it.

    Two null lots do not collide under one unique key, so there are two, each partial.
    """

    level = models.ForeignKey(Level, models.PROTECT, related_name="bins", db_index=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="bins", db_index=False)
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, blank=True, related_name="bins", db_index=False
    )
    on_hand = ScaledDecimalField(places=4, default=0)
    counted_at = models.DateTimeField("counted", null=True, blank=True, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["level", "location"],
                condition=Q(lot__isnull=True),
                name="bin_key_without_lot",
            ),
            models.UniqueConstraint(
                fields=["level", "location", "lot"],
                condition=Q(lot__isnull=False),
                name="bin_key_with_lot",
            ),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="bin_on_hand"),
        ]
        indexes = [
            models.Index(fields=["level"], condition=Q(on_hand__gt=0), name="bin_filled"),
            models.Index(
                fields=["location"], condition=Q(on_hand__gt=0), name="bin_filled_by_location"
            ),
            models.Index(fields=["lot"], condition=Q(lot__isnull=False), name="bin_by_lot"),
            models.Index(
                fields=["level"], condition=Q(counted_at__isnull=False), name="bin_counted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} at {self.location}"
