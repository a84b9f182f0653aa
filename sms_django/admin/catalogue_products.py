"""The pages of products and variants in the back office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.container import Injected
from sms_core.catalogue.commands import (
    ChangeProduct,
    ChangeVariant,
    CreateProduct,
    CreateVariant,
    NewVariant,
    PutImage,
)
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.products import ProductType
from sms_core.shared.errors import DomainError
from sms_django import models
from sms_django.admin.base import CoreAdmin, display
from sms_django.admin.catalogue_filters import BelowAlertFilter, TypeFilter
from sms_django.admin.catalogue_forms import ProductForm, VariantForm, lines_of, only_variant
from sms_django.admin.ordered import OrderedMixin
from sms_django.admin.stock_links import explained
from sms_django.order_figures import with_orders
from sms_django.stock_figures import Seen, with_quantities

_OF_VARIANT = "/variants/0"
_LINK = '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>'


class StockedAdmin(OrderedMixin, CoreAdmin):
    """A page of something with stock and a picture."""

    resource = "product"
    warehouse_path = None
    group = "Catalogue"
    owner: ClassVar[str]  # leads from a level to the row

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = Seen(self.actor(request).warehouse_ids)
        return with_quantities(super().get_queryset(request), seen, self.owner)

    def with_orders(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        seen = Seen(self.actor(request).warehouse_ids)
        return with_orders(rows, self.owner, **seen.orders())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        idle = self.idle(request, obj)
        return [
            (title, {**options, "fields": [f for f in options["fields"] if f not in idle]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def idle(self, request: HttpRequest, obj: Any) -> set[str]:
        """The inputs that would do nothing."""
        if obj is None:
            return {"picture", "remove_picture"}
        if not self.has_change_permission(request, obj):
            return {"file", "remove_picture"}
        return set() if obj.image else {"picture", "remove_picture"}

    def put_picture(self, request: HttpRequest, id: int, values: dict[str, Any]) -> None:
        """Tell the core of a new picture, or that there is none."""
        if file := values["file"]:
            command = PutImage(id=id, content=file.read())
            self.service.put_image(command, by=self.actor(request))
        elif values["remove_picture"]:
            self.service.remove_image(id, by=self.actor(request))

    def why(self, row: Any, quantity: Decimal) -> str:
        """The quantity, which leads to where it comes from."""
        return explained(quantity, row.pk)

    @display(description="Price", ordering="price")
    def price_shown(self, row: Any) -> str:
        return "" if row.price is None else as_money(row.price)

    @display(description="Reference cost", ordering="cost")
    def cost_shown(self, row: Any) -> str:
        return "" if row.cost is None else as_money(row.cost)

    @display(description="On hand", ordering="stock_on_hand")
    def on_hand(self, row: Any) -> str:
        return self.why(row, row.stock_on_hand)

    @display(description="Available", ordering="stock_available")
    def available(self, row: Any) -> str:
        return self.why(row, row.stock_available)

    @display(description="Picture")
    def picture(self, row: Any) -> SafeString | str:
        if not row.image:
            return ""
        url = f"{settings.MEDIA_URL}{row.image}"
        return format_html('<img src="{}" alt="" style="max-height: 12rem">', url)


@admin.register(models.Product)
class ProductAdmin(StockedAdmin):
    """Products: what the catalogue lists."""

    service = Injected(ProductService)
    variants = Injected(VariantService)
    create_command = CreateProduct
    change_command = ChangeProduct
    cost_fields = ("cost", "cost_shown")
    icon = "inventory_2"
    owner = "variant__product"
    form = ProductForm

    fieldsets = (
        (None, {"fields": ("type", "code", "name", "category", "brand", "unit", "description")}),
        ("Price", {"fields": ("price", "tax_rate", "tax_method", "cost")}),
        ("Stock", {"fields": ("stock_alert", "barcodes", "tracks_lots", "variants_shown")}),
        ("Use", {"fields": ("is_for_sale", "is_active")}),
        ("Picture", {"fields": ("picture", "file", "remove_picture")}),
    )
    readonly_fields = ("picture", "variants_shown")
    autocomplete_fields = ("category", "brand", "unit")
    list_display = (
        "code",
        "name",
        "category",
        "brand",
        "price_shown",
        "cost_shown",
        "on_hand",
        "available",
        "on_order",
        "is_active",
    )
    list_display_links = ("code", "name")
    list_select_related = ("category", "brand")
    list_filter = ("category", "brand", TypeFilter, "is_active", BelowAlertFilter)
    ordering = ("code_key",)
    search_fields = ("search_text", "variants__search_text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        live = models.Variant.objects.filter(product=OuterRef("pk"), deleted_at=None)
        return super().get_queryset(request).annotate(a_variant=Subquery(live.values("pk")[:1]))

    def why(self, row: Any, quantity: Decimal) -> str:
        """On the card of its one variant, or by its variants."""
        if row.type == ProductType.STANDARD and row.a_variant is not None:
            return explained(quantity, row.a_variant)
        url = f"{reverse('admin:sms_variant_changelist')}?product__id__exact={row.pk}"
        return format_html(_LINK, url, plain(quantity))

    def create(self, request: HttpRequest, values: dict[str, Any]) -> int:
        values, aside = taken_aside(values)
        if values["type"] == ProductType.STANDARD:
            only = NewVariant(code=values["code"], barcodes=aside["barcodes"])
            values = {**values, "variants": (only,)}
        with as_of_the_product():
            id = super().create(request, values)
        self.put_picture(request, id, aside)
        return id

    def update(
        self, request: HttpRequest, id: int, version: int | None, values: dict[str, Any]
    ) -> None:
        values, aside = taken_aside(values)
        with as_of_the_product():
            super().update(request, id, version, values)
        only = only_variant(models.Product.objects.get(pk=id))
        if only is not None and aside["barcodes"] is not None:
            command = ChangeVariant(id=only.pk, barcodes=aside["barcodes"])
            self.variants.change(command, by=self.actor(request))
        self.put_picture(request, id, aside)

    def idle(self, request: HttpRequest, obj: Any) -> set[str]:
        """Variants and what a single one has stand on the page where they are."""
        if obj is None or obj.type == ProductType.STANDARD:
            return {*super().idle(request, obj), "variants_shown"}
        return {*super().idle(request, obj), "stock_alert", "barcodes"}

    @display(description="Variants")
    def variants_shown(self, product: models.Product) -> SafeString:
        add = f"{reverse('admin:sms_variant_add')}?product={product.pk}"
        live = product.variants.filter(deleted_at=None).order_by("code_key")
        rows = [(reverse("admin:sms_variant_change", args=[each.pk]), each) for each in live]
        links = format_html_join("", f"<li>{_LINK}</li>", rows)
        return format_html(f"<ul>{{}}</ul>{_LINK}", links, add, "Add a variant")

    @display(description="Reorder level")
    def stock_alert(self, product: models.Product) -> Any:
        only = only_variant(product)
        return only.stock_alert if only else None

    @display(description="Barcodes")
    def barcodes(self, product: models.Product) -> str:
        only = only_variant(product)
        return shown_barcodes(only) if only else ""


@admin.register(models.Variant)
class VariantAdmin(StockedAdmin):
    """Variants: what is stocked, counted, bought and sold."""

    service = Injected(VariantService)
    create_command = CreateVariant
    change_command = ChangeVariant
    cost_fields = ("cost",)
    icon = "style"
    owner = "variant"
    form = VariantForm

    fields = (
        "product",
        "code",
        "name",
        "price",
        "cost",
        "stock_alert",
        "barcodes",
        "picture",
        "file",
        "remove_picture",
    )
    readonly_fields = ("picture",)
    autocomplete_fields = ("product",)
    list_display = (
        "code",
        "name",
        "product",
        "price_shown",
        "reorder_level",
        "on_hand",
        "available",
        "on_order",
    )
    list_display_links = ("code", "name")
    list_select_related = ("product",)
    ordering = ("code_key",)
    search_fields = ("search_text", "product__search_text")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return self.readonly_fields
        followed = ("code", "name") if obj.product.type == ProductType.STANDARD else ()
        return (*self.readonly_fields, "product", *followed)

    def create(self, request: HttpRequest, values: dict[str, Any]) -> int:
        values, aside = taken_aside(values)
        id = super().create(request, {**values, "barcodes": aside["barcodes"]})
        self.put_picture(request, id, aside)
        return id

    def update(
        self, request: HttpRequest, id: int, version: int | None, values: dict[str, Any]
    ) -> None:
        values, aside = taken_aside(values)
        if aside["barcodes"] is not None:
            values["barcodes"] = aside["barcodes"]
        super().update(request, id, version, values)
        self.put_picture(request, id, aside)

    @display(description="Reorder level", ordering="stock_alert")
    def reorder_level(self, variant: models.Variant) -> str:
        return "" if variant.stock_alert is None else plain(variant.stock_alert)

    @display(description="Barcodes")
    def barcodes(self, variant: models.Variant) -> str:
        return shown_barcodes(variant)


def plain(quantity: Decimal) -> str:
    """A quantity as a clerk writes it: 12, 2.5."""
    return f"{quantity.normalize():f}"


def as_money(amount: Decimal) -> str:
    """An amount with the places it has, at least two."""
    return f"{amount:.2f}" if amount == round(amount, 2) else plain(amount)


def taken_aside(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the command takes, and what other orders do; None: it was not touched."""
    names = ("file", "remove_picture", "barcodes")
    kept = {name: value for name, value in values.items() if name not in names}
    return kept, {name: values.get(name) for name in names}


def shown_barcodes(variant: models.Variant) -> str:
    """The variant's barcodes in one line."""
    return lines_of(variant.barcodes.filter(is_code=False).order_by("pk")).replace("\n", ", ")


@contextmanager
def as_of_the_product() -> Iterator[None]:
    """On the page of a standard product, what is wrong with its variant is wrong with it."""
    try:
        yield
    except DomainError as refusal:
        for error in (refusal, *refusal.errors):
            error.pointer = error.pointer.removeprefix(_OF_VARIANT)
        raise
