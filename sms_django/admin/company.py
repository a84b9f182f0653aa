"""The page of the company in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.container import Injected
from sms_core.company.commands import ChangeCompany
from sms_core.company.entities import CURRENCIES, time_zones
from sms_core.company.services import CompanyService
from sms_django import models
from sms_django.admin.base import CoreAdmin, widgets
from sms_django.admin.forms import CoreForm


class CompanyForm(CoreForm):
    """The company, with lists to choose from where there is a list."""

    currency = forms.ChoiceField(
        choices=[(code, code) for code in sorted(CURRENCIES)],
        widget=widgets.UnfoldAdminSelect2Widget,
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted(time_zones())],
        widget=widgets.UnfoldAdminSelect2Widget,
        help_text="What a day is goes by it.",
    )


@admin.register(models.Company)
class CompanyAdmin(CoreAdmin):
    """There is one company, so its list is its page."""

    service = Injected(CompanyService)
    change_command = ChangeCompany
    resource = "company"
    warehouse_path = None
    cost_fields = ()
    group = "System"
    icon = "domain"
    form = CompanyForm
    actions = ()

    fieldsets = (
        (None, {"fields": ("name", "address", "tax_id")}),
        ("Money and time", {"fields": ("currency", "currency_places", "time_zone")}),
        ("Limits", {"fields": ("large_adjustment_value", "count_approval_value")}),
        ("Orders", {"fields": ("serves_backorders", "over_receipt_percent")}),
    )

    def update(
        self, request: HttpRequest, id: int, version: int | None, values: dict[str, Any]
    ) -> None:
        self.service.change(ChangeCompany(version=version, **values), by=self.actor(request))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = models.Company.objects.get()
        return redirect(self.url("change", row.pk))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
