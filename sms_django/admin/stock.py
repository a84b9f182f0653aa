"""What is in stock and how it came there, to look at in the back office."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path

from sms_django import models
from sms_django.admin.base import ReadOnlyAdmin, display, written
from sms_django.admin.filters import VisibleRelatedFilter
from sms_django.admin.ordered import OrderedMixin
from sms_django.admin.stock_audit import VerifyView
from sms_django.admin.stock_card import AsOfView, StockCardView
from sms_django.admin.stock_links import explained, on_the_way
from sms_django.order_figures import with_orders
from sms_django.stock_figures import with_available


@admin.register(models.Level)
class LevelAdmin(OrderedMixin, ReadOnlyAdmin):
    """Levels: how much there is of everything, by variant and warehouse."""

    resource = "stock"
    warehouse_path = "warehouse"
    cost_fields = ("unit_cost", "value")
    group = "Stock"
    icon = "inventory"

    list_display = (
        "goods",
        "place",
        "on_hand_shown",
        "reserved_shown",
        "available",
        "on_order",
        "backordered",
        "unit_cost",
        "value",
    )
    fields = (
        "variant",
        "warehouse",
        "in_transit",
        "on_hand_shown",
        "reserved_shown",
        "available",
        "unit_cost",
        "value",
    )
    readonly_fields = ("on_hand_shown", "reserved_shown", "available", "unit_cost")
    list_select_related = ("variant__product", "warehouse")
    list_filter = ("warehouse", "in_transit")
    ordering = ("variant__code_key", "warehouse__code_key")
    search_fields = ("variant__search_text", "variant__product__search_text")
    menu = (("Stock as of a day", "history", "admin:sms_level_as_of", "stock.view"),)

    def get_urls(self) -> list[URLPattern]:
        card = StockCardView.as_view(model_admin=self)
        as_of = AsOfView.as_view(model_admin=self)
        return [
            path("card/<int:variant_id>/", self.admin_site.admin_view(card), name="sms_level_card"),
            path("as-of/", self.admin_site.admin_view(as_of), name="sms_level_as_of"),
            *super().get_urls(),
        ]

    def with_orders(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        place = {"document__warehouse": OuterRef("warehouse")}
        return with_orders(rows, "variant", own="variant", **place)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # What is on its way is told while it is: a level of arrived goods would only confuse.
        rows = super().get_queryset(request).exclude(in_transit=True, on_hand=0)
        return with_available(rows)

    @display(description="Variant", ordering="variant__code_key", header=True)
    def goods(self, row: models.Level) -> tuple[str, str]:
        return row.variant.code, row.variant.product.name

    @display(description="Warehouse", ordering="warehouse__code_key")
    def place(self, row: models.Level) -> str:
        return f"{row.warehouse} (on the way)" if row.in_transit else str(row.warehouse)

    @display(description="On hand", ordering="on_hand")
    def on_hand_shown(self, row: models.Level) -> str:
        if row.in_transit:
            return on_the_way(row.on_hand, row.warehouse_id)
        return explained(row.on_hand, row.variant_id, row.warehouse_id)

    @display(description="Reserved", ordering="reserved")
    def reserved_shown(self, row: models.Level) -> str:
        return explained(row.reserved, row.variant_id, row.warehouse_id)

    @display(description="Available", ordering="stock_available")
    def available(self, row: Any) -> str:
        return explained(row.stock_available, row.variant_id, row.warehouse_id)

    def why(self, row: Any, quantity: Decimal) -> str:
        """Where it comes from; goods on their way have no orders of their own."""
        if row.in_transit:
            return ""
        return explained(quantity, row.variant_id, row.warehouse_id)

    @display(description="Unit cost")
    def unit_cost(self, row: models.Level) -> str | None:
        return written(round(row.value / row.on_hand, 4), money=True) if row.on_hand else None


@admin.register(models.Bin)
class BinAdmin(ReadOnlyAdmin):
    """Bins: where everything lies, by location and lot."""

    resource = "stock"
    warehouse_path = "level__warehouse"
    cost_fields = ()
    group = "Stock"
    icon = "pallet"

    list_display = ("variant", "warehouse", "location", "lot", "expires_on", "on_hand_shown")
    fields = ("variant", "warehouse", "location", "lot", "expires_on", "on_hand_shown")
    readonly_fields = ("variant", "warehouse", "expires_on", "on_hand_shown")
    list_select_related = ("level__variant", "level__warehouse", "location", "lot")
    list_filter = (("level__warehouse", VisibleRelatedFilter), "location__kind")
    ordering = ("level__variant__code_key", "location__code_key")
    search_fields = (
        "level__variant__search_text",
        "level__variant__product__search_text",
        "lot__search_text",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(on_hand__gt=0)

    @display(description="Variant", ordering="level__variant__code_key")
    def variant(self, row: models.Bin) -> str:
        return str(row.level.variant)

    @display(description="Warehouse", ordering="level__warehouse__code_key")
    def warehouse(self, row: models.Bin) -> str:
        return str(row.level.warehouse)

    @display(description="Expires on", ordering="lot__expires_on")
    def expires_on(self, row: models.Bin) -> Any:
        return row.lot.expires_on if row.lot else None

    @display(description="On hand", ordering="on_hand")
    def on_hand_shown(self, row: models.Bin) -> str:
        return explained(row.on_hand, row.level.variant_id, row.level.warehouse_id)


@admin.register(models.Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Entries: the ledger itself, line by line. Here it is verified, too."""

    resource = "stock"
    warehouse_path = "level__warehouse"
    cost_fields = ("value", "unit_cost", "value_after")
    group = "Stock"
    icon = "menu_book"
    menu = (("Verify the ledger", "verified_user", "admin:sms_entry_verify", "stock.verify"),)

    list_display = (
        "posting",
        "variant",
        "location",
        "lot",
        "quantity_shown",
        "value",
        "on_hand_after_shown",
        "recorded_at",
    )
    fields = (
        ("posting", "line"),
        ("variant", "seq"),
        ("location", "lot"),
        ("quantity_shown", "on_hand_after_shown"),
        ("counterpart", "recorded_at"),
        ("unit_cost", "value", "value_after"),
        "hash",
    )
    readonly_fields = ("variant", "quantity_shown", "on_hand_after_shown", "recorded_at")
    list_select_related = ("posting", "level__variant", "location", "lot")
    list_filter = (
        ("level__warehouse", VisibleRelatedFilter),
        "posting__kind",
        "counterpart",
    )
    ordering = ("-id",)
    search_fields = (
        "level__variant__search_text",
        "level__variant__product__search_text",
        "posting__number",
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(VerifyView.as_view(model_admin=self))
        return [path("verify/", view, name="sms_entry_verify"), *super().get_urls()]

    @display(description="Variant", ordering="level__variant__code_key")
    def variant(self, row: models.Entry) -> str:
        return str(row.level.variant)

    @display(description="Quantity", ordering="quantity")
    def quantity_shown(self, row: models.Entry) -> str:
        return explained(row.quantity, row.level.variant_id, row.level.warehouse_id)

    @display(description="On hand after")
    def on_hand_after_shown(self, row: models.Entry) -> str:
        return explained(row.on_hand_after, row.level.variant_id, row.level.warehouse_id)

    @display(description="Recorded at", ordering="posting__recorded_at")
    def recorded_at(self, row: models.Entry) -> Any:
        return row.posting.recorded_at
