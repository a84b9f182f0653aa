"""The tables of the catalogue."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sms_django.models.base import MasterDataRow


class Brand(MasterDataRow):
    """`name_key` is the folded name: what uniqueness and order go by."""

    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    description = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("name_key"), condition=Q(deleted_at=None), name="brand_name_live"
            ),
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="brand_by_name"),
            models.Index(fields=["created_at", "id"], name="brand_by_created"),
            models.Index(fields=["updated_at", "id"], name="brand_by_updated"),
        ]

    def __str__(self) -> str:
        return self.name
