"""The catalogue's pages in the back office."""

from __future__ import annotations

from django.contrib import admin

from config.container import Injected
from sms_core.catalogue.commands import ChangeBrand, CreateBrand
from sms_core.catalogue.services import BrandService
from sms_django import models
from sms_django.admin.base import CoreAdmin


@admin.register(models.Brand)
class BrandAdmin(CoreAdmin):
    """Brands: the names under which makers sell."""

    service = Injected(BrandService)
    create_command = CreateBrand
    change_command = ChangeBrand
    resource = "brand"
    warehouse_path = None
    cost_fields = ()
    group = "Catalogue"
    icon = "sell"

    fields = ("name", "description")
    list_display = ("name", "description", "updated_at")
    ordering = ("name_key",)
    search_fields = ("search_text",)
