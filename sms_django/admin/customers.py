"""The pages of customers in the back office."""

from __future__ import annotations

from django.contrib import admin

from config.container import Injected
from sms_core.selling.commands import ChangeCustomer, CreateCustomer
from sms_core.selling.customers import CustomerService
from sms_django import models
from sms_django.admin.partners import PartnerAdmin


@admin.register(models.Customer)
class CustomerAdmin(PartnerAdmin):
    """Customers: who buys from us."""

    service = Injected(CustomerService)
    create_command = CreateCustomer
    change_command = ChangeCustomer
    role = "customer"
    resource = "customer"
    warehouse_path = None
    cost_fields = ()
    group = "Selling"
    icon = "group"
