"""The pages of suppliers in the back office."""

from __future__ import annotations

from django.contrib import admin

from config.container import Injected
from sms_core.purchasing.commands import ChangeSupplier, CreateSupplier
from sms_core.purchasing.services import SupplierService
from sms_django import models
from sms_django.admin.partners import PartnerAdmin


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
