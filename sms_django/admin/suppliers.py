"""The pages of suppliers, and of what they sell, in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from config.container import Injected
from sms_core.purchasing.commands import (
    ChangeSupplier,
    ChangeSupplierItem,
    CreateSupplier,
    CreateSupplierItem,
)
from sms_core.purchasing.services import SupplierItemService, SupplierService
from sms_django import models
from sms_django.admin.base import CoreAdmin
from sms_django.admin.partners import SHOWN, PartnerAdmin


@admin.register(models.Supplier)
class SupplierAdmin(PartnerAdmin):
    """Suppliers: whom we buy from."""

    service = Injected(SupplierService)
    create_command = CreateSupplier
    change_command = ChangeSupplier
    role = "supplier"
    resource = "supplier"
    warehouse_path = None
    cost_fields = ()
    group = "Buying"
    icon = "local_shipping"
    change_form_template = "sms/supplier.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """His data, what he sells, and what was agreed and done with him."""
        context = dict(extra_context or {})
        if object_id.isdecimal():
            context["assortment"] = self._assortment(request, int(object_id))
        return super().change_view(request, object_id, form_url, context)

    def _assortment(self, request: HttpRequest, id: int) -> dict[str, Any]:
        """What he sells: the newest of it, and the way to all of it."""
        page: Any = admin.site.get_model_admin(models.SupplierItem)
        rows = models.SupplierItem.objects.filter(supplier=id, deleted_at=None)
        newest = rows.select_related("variant").order_by("-pk")[:SHOWN]
        return {
            "new": f"{page.url('add')}?supplier={id}" if self.may(request, "add") else "",
            "all": f"{page.url('changelist')}?supplier__id__exact={id}",
            "rows": [(page.url("change", row.pk), row) for row in newest],
        }


@admin.register(models.SupplierItem)
class SupplierItemAdmin(CoreAdmin):
    """Supplier items: under what code, in what packs and at what cost a supplier sells goods."""

    service = Injected(SupplierItemService)
    create_command = CreateSupplierItem
    change_command = ChangeSupplierItem
    resource = "supplier"
    warehouse_path = None
    cost_fields = ("unit_cost",)
    group = "Buying"
    icon = "sell"

    fields = (
        ("supplier", "variant"),
        ("code", "lead_days"),
        ("pack_size", "unit_cost"),
        "is_preferred",
    )
    autocomplete_fields = ("supplier", "variant")
    list_display = (
        "variant",
        "supplier",
        "code",
        "pack_size",
        "unit_cost",
        "lead_days",
        "is_preferred",
    )
    list_select_related = ("supplier", "variant")
    list_filter = ("supplier", "is_preferred")
    ordering = ("supplier__code_key", "variant__code_key")
    search_fields = (
        "search_text",
        "supplier__search_text",
        "variant__search_text",
        "variant__product__search_text",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("supplier", "variant")
