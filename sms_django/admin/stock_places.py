"""The pages of warehouses, locations, lots and reason codes in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.container import Injected
from sms_core.stock.commands import (
    ChangeLocation,
    ChangeLot,
    ChangeReasonCode,
    ChangeWarehouse,
    CreateLocation,
    CreateReasonCode,
    CreateWarehouse,
)
from sms_core.stock.entities import LocationKind
from sms_core.stock.kinds import Kind
from sms_core.stock.places import (
    LocationService,
    LotService,
    ReasonCodeService,
    WarehouseService,
)
from sms_django import models
from sms_django.admin.base import CoreAdmin, display, widgets
from sms_django.admin.forms import CoreForm
from sms_django.admin.stock_card import LotTraceView
from sms_django.admin.stock_forms import worded


@admin.register(models.Warehouse)
class WarehouseAdmin(CoreAdmin):
    """Warehouses: each is made with a storage location, a quarantine and a transit."""

    service = Injected(WarehouseService)
    create_command = CreateWarehouse
    change_command = ChangeWarehouse
    resource = "warehouse"
    warehouse_path = "pk"
    cost_fields = ()
    group = "Stock"
    icon = "warehouse"

    fields = ("code", "name", "address")
    list_display = ("code", "name", "address", "updated_at")
    list_display_links = ("code", "name")
    ordering = ("code_key",)
    search_fields = ("search_text",)


class LocationForm(CoreForm):
    """A location; its kind is one of those that can be made by hand."""

    kind = forms.TypedChoiceField(
        coerce=LocationKind,
        initial=LocationKind.STORAGE.value,
        choices=[
            (kind.value, worded(kind.value))
            for kind in LocationKind
            if kind is not LocationKind.TRANSIT
        ],
        widget=widgets.UnfoldAdminSelectWidget,
        help_text="What lies in quarantine is not available.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields.get("kind")
        if kind is not None and self.instance.kind == LocationKind.TRANSIT.value:
            kind.choices = [(LocationKind.TRANSIT.value, "Transit")]


@admin.register(models.Location)
class LocationAdmin(CoreAdmin):
    """Locations: the places in a warehouse."""

    service = Injected(LocationService)
    create_command = CreateLocation
    change_command = ChangeLocation
    resource = "location"
    warehouse_path = "warehouse"
    cost_fields = ()
    group = "Stock"
    icon = "shelves"
    form = LocationForm

    fields = ("warehouse", "code", "name", "kind")
    list_display = ("code", "name", "kind_shown", "warehouse", "updated_at")
    list_display_links = ("code", "name")
    list_select_related = ("warehouse",)
    list_filter = ("warehouse", "kind")
    ordering = ("warehouse__code_key", "code_key")
    search_fields = ("search_text",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("warehouse",)

    @display(description="Kind", ordering="kind")
    def kind_shown(self, row: models.Location) -> str:
        return worded(row.kind)


@admin.register(models.Lot)
class LotAdmin(CoreAdmin):
    """Lots: deliveries make them; here they are dated, described and blocked."""

    service = Injected(LotService)
    change_command = ChangeLot
    resource = "stock"
    warehouse_path = None
    cost_fields = ()
    group = "Stock"
    icon = "qr_code_2"
    actions = ()

    fields = ("variant", "code", "expires_on", "is_blocked", "note", "trace")
    readonly_fields = ("variant", "code", "trace")
    list_display = ("code", "variant", "expires_on", "is_blocked", "updated_at", "trace")
    list_select_related = ("variant",)
    list_filter = ("is_blocked", "expires_on")
    ordering = ("code_key",)
    search_fields = ("search_text", "variant__search_text", "variant__product__search_text")

    def get_urls(self) -> list[URLPattern]:
        trace = self.admin_site.admin_view(LotTraceView.as_view(model_admin=self))
        return [path("<int:id>/trace/", trace, name="sms_lot_trace"), *super().get_urls()]

    @display(description="Where it came from and went")
    def trace(self, row: models.Lot) -> SafeString:
        url = reverse("admin:sms_lot_trace", args=[row.pk])
        return format_html('<a href="{}" class="sms-why">Trace</a>', url)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "adjust")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReasonCodeForm(CoreForm):
    """A reason code; its kinds are chosen from those there are."""

    kinds = forms.TypedMultipleChoiceField(
        coerce=Kind,
        empty_value=(),
        required=False,
        choices=[(kind.value, worded(kind.value)) for kind in Kind],
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="For which kinds of postings it is offered; none: for all.",
    )

    def clean_kinds(self) -> tuple[Kind, ...]:
        return tuple(self.cleaned_data["kinds"])


@admin.register(models.ReasonCode)
class ReasonCodeAdmin(CoreAdmin):
    """Reason codes: why stock changes."""

    service = Injected(ReasonCodeService)
    create_command = CreateReasonCode
    change_command = ChangeReasonCode
    resource = "reason_code"
    warehouse_path = None
    cost_fields = ()
    group = "Stock"
    icon = "help"
    form = ReasonCodeForm

    fields = ("code", "label", "kinds")
    list_display = ("code", "label", "kinds_shown", "updated_at")
    list_display_links = ("code", "label")
    ordering = ("code_key",)
    search_fields = ("search_text",)

    @display(description="Offered for")
    def kinds_shown(self, row: models.ReasonCode) -> str:
        return ", ".join(worded(kind) for kind in row.kinds) or "All kinds"
