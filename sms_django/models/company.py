"""The business that keeps the stock: a table of one row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sms_django.models.base import Row, ScaledDecimalField


class Company(Row):
    """Has the id 1; there is no other."""

    name = models.CharField(max_length=120)
    address = models.TextField(blank=True, default="")
    tax_id = models.CharField("tax ID", max_length=120, blank=True, default="")
    logo = models.CharField(max_length=120, blank=True, default="", editable=False)
    currency = models.CharField(max_length=3, default="EUR")
    currency_places = models.PositiveSmallIntegerField(default=2)
    time_zone = models.CharField(max_length=120, default="UTC")
    large_adjustment_value = ScaledDecimalField(
        places=4,
        null=True,
        blank=True,
        help_text="Correcting stock by more takes a permission of its own. Empty: never.",
    )
    serves_backorders = models.BooleanField(
        default=True,
        help_text="Promise goods that come in to the orders that wait for them, at once.",
    )
    over_receipt_percent = ScaledDecimalField(
        "over-receipt tolerance (%)",
        places=2,
        default=0,
        help_text="So much more than was ordered is received without a permission of its own.",
    )
    count_approval_value = ScaledDecimalField(
        places=4,
        null=True,
        blank=True,
        help_text="A count that finds more to be wrong is approved by someone else. Empty: never.",
    )

    class Meta:
        default_permissions = ()
        verbose_name_plural = "company"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="company_is_one"),
            models.CheckConstraint(
                condition=Q(currency_places__lte=4), name="company_currency_places"
            ),
            models.CheckConstraint(
                condition=Q(over_receipt_percent__range=(0, 100)), name="company_over_receipt"
            ),
        ]

    def __str__(self) -> str:
        return self.name
