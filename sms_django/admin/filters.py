"""Filters of the back office's lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import RelatedFieldListFilter, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class ArchivedFilter(SimpleListFilter):
    """What is in use, unless the archived ones are asked for."""

    title = "archive"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=self.value() != "yes")

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        live, *archived = super().choices(changelist)
        yield {**live, "display": "In use"}
        yield from archived


class VisibleRelatedFilter(RelatedFieldListFilter):
    """Offers only those related rows which the actor may see and which are in use."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        related = model_admin.admin_site._registry.get(field.remote_field.model)
        if related is None or not hasattr(related, "choices"):
            return super().field_choices(field, request, model_admin)
        return [(row.pk, str(row)) for row in related.choices(request)]


class StateFilter(SimpleListFilter):
    """Documents in one of their states."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = [state.value for state in model_admin.entity.acts]
        return [(name, name.replace("_", " ").capitalize()) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # Several are asked for by links of ours: what is to be received is placed or partly there.
        chosen = self.value()
        return queryset.filter(state__in=chosen.split(",")) if chosen else queryset
