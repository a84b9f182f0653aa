"""When to order more of what."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Abs

from sms_django.models.base import MasterDataRow, ScaledDecimalField
from sms_django.models.stock import Warehouse


class ReorderRule(MasterDataRow):
    """Keep between minimum and maximum of a variant in a warehouse."""

    variant = models.ForeignKey(
        "Variant", models.PROTECT, related_name="reorder_rules", db_index=False
    )
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="reorder_rules")
    minimum = ScaledDecimalField(
        places=4, help_text="With no more than this in sight it is ordered again."
    )
    maximum = ScaledDecimalField(places=4, help_text="Up to which it is filled up, in whole packs.")
    pack_size = ScaledDecimalField(
        places=4, null=True, blank=True, help_text="Empty: the supplier's packs."
    )
    lead_days = models.PositiveIntegerField(
        "lead time (days)", null=True, blank=True, help_text="Empty: what the supplier says."
    )

    class Meta:
        db_table = "sms_reorder_rule"
        default_permissions = ()
        constraints = [
            # Wrapped, since SQLite names only expression indexes when one is violated.
            models.UniqueConstraint(
                Abs("variant"),
                "warehouse",
                condition=Q(deleted_at=None),
                name="reorder_rule_live",
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=0) & Q(maximum__gte=F("minimum")),
                name="reorder_rule_limits",
            ),
            models.CheckConstraint(
                condition=Q(pack_size__isnull=True) | Q(pack_size__gt=0), name="reorder_rule_pack"
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "warehouse"], name="reorder_rule_by_level"),
            models.Index(fields=["created_at", "id"], name="reorder_rule_by_created"),
            models.Index(fields=["updated_at", "id"], name="reorder_rule_by_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} in {self.warehouse}"
