"""The catalogue's pages in the back office."""

from __future__ import annotations

from django.contrib import admin

from config.container import Injected
from sms_core.catalogue.commands import (
    ChangeBrand,
    ChangeCategory,
    ChangeUnit,
    CreateBrand,
    CreateCategory,
    CreateUnit,
)
from sms_core.catalogue.services import BrandService, CategoryService, UnitService
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


@admin.register(models.Category)
class CategoryAdmin(CoreAdmin):
    """Categories: the shelves of the catalogue."""

    service = Injected(CategoryService)
    create_command = CreateCategory
    change_command = ChangeCategory
    resource = "category"
    warehouse_path = None
    cost_fields = ()
    group = "Catalogue"
    icon = "category"

    fields = ("code", "name", "parent")
    autocomplete_fields = ("parent",)
    list_display = ("code", "name", "parent", "updated_at")
    list_display_links = ("code", "name")
    list_select_related = ("parent",)
    list_filter = ("parent",)
    ordering = ("code_key",)
    search_fields = ("search_text",)


@admin.register(models.Unit)
class UnitAdmin(CoreAdmin):
    """Units: what quantities count, and how finely."""

    service = Injected(UnitService)
    create_command = CreateUnit
    change_command = ChangeUnit
    resource = "unit"
    warehouse_path = None
    cost_fields = ()
    group = "Catalogue"
    icon = "straighten"

    fields = ("code", "name", "places")
    list_display = ("code", "name", "places", "updated_at")
    list_display_links = ("code", "name")
    ordering = ("code_key",)
    search_fields = ("search_text",)
