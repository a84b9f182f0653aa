"""Filters of the catalogue's lists in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, QuerySet
from django.http import HttpRequest

from sms_core.catalogue.products import ProductType
from sms_django import models
from sms_django.actors import actor_of
from sms_django.stock_figures import Seen, below_alert


class TypeFilter(SimpleListFilter):
    """Standard or variable products."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, kind.value.capitalize()) for kind in ProductType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class BelowAlertFilter(SimpleListFilter):
    """What should be ordered: no more available than the reorder level, where one may look."""

    title = "stock"
    parameter_name = "below_alert"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("true", "At or below the reorder level")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "true":
            return queryset
        live = models.Variant.objects.filter(deleted_at=None)
        return queryset.filter(Exists(below_alert(live, Seen(actor_of(request).warehouse_ids))))
