"""The tables of the catalogue."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sms_django.models.base import MasterDataRow, ScaledDecimalField


class Brand(MasterDataRow):
    """`name_key` is the folded name: what uniqueness and order go by."""

    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    description = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("name_key"), condition=Q(deleted_at=None), name="brand_name_live"
            ),
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="brand_by_name"),
            models.Index(fields=["created_at", "id"], name="brand_by_created"),
            models.Index(fields=["updated_at", "id"], name="brand_by_updated"),
        ]

    def __str__(self) -> str:
        return self.name


class Category(MasterDataRow):
    """A tree by `parent`; that it has no cycle is kept by the core, under a lock."""

    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        default_permissions = ()
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="category_code_live"
            ),
            models.UniqueConstraint(
                Lower("name_key"), condition=Q(deleted_at=None), name="category_name_live"
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")),
                name="category_not_below_itself",
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="category_by_code"),
            models.Index(fields=["name_key", "id"], name="category_by_name"),
            models.Index(fields=["created_at", "id"], name="category_by_created"),
            models.Index(fields=["updated_at", "id"], name="category_by_updated"),
        ]

    def __str__(self) -> str:
        return self.name


class Unit(MasterDataRow):
    """What quantities count, and to how many decimal places."""

    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    places = models.PositiveSmallIntegerField("decimal places")
    delivered_as = models.CharField(max_length=120, blank=True, default="", editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="unit_code_live"
            ),
            models.CheckConstraint(condition=Q(places__range=(0, 4)), name="unit_places"),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="unit_by_code"),
            models.Index(fields=["name_key", "id"], name="unit_by_name"),
            models.Index(fields=["created_at", "id"], name="unit_by_created"),
            models.Index(fields=["updated_at", "id"], name="unit_by_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Product(MasterDataRow):
    """What a catalogue lists; its reorder level, stock and barcodes are its variants'."""

    type = models.CharField(max_length=20)
    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="products")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="products")
    cost = ScaledDecimalField("reference cost", places=6, null=True, blank=True)
    price = ScaledDecimalField(places=4, default=0)
    tax_rate = ScaledDecimalField("tax rate (%)", places=2, default=0)
    tax_method = models.CharField(max_length=20)
    description = models.TextField(blank=True, default="")
    image = models.CharField(max_length=120, blank=True, default="", editable=False)
    tracks_lots = models.BooleanField(default=False)
    is_for_sale = models.BooleanField("for sale", default=True)
    is_active = models.BooleanField("active", default=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="product_code_live"
            ),
            models.CheckConstraint(
                condition=Q(type__in=("standard", "variable")), name="product_type"
            ),
            models.CheckConstraint(
                condition=Q(tax_method__in=("exclusive", "inclusive")), name="product_tax_method"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, tax_rate__gte=0)
                & (Q(cost__isnull=True) | Q(cost__gte=0)),
                name="product_amounts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="product_by_code"),
            models.Index(fields=["name_key", "id"], name="product_by_name"),
            models.Index(fields=["price", "id"], name="product_by_price"),
            models.Index(fields=["cost", "id"], name="product_by_cost"),
            models.Index(fields=["created_at", "id"], name="product_by_created"),
            models.Index(fields=["updated_at", "id"], name="product_by_updated"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(MasterDataRow):
    """What is stocked; an empty cost or price is the product's."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="variants")
    code = models.CharField(max_length=120)
    code_key = models.CharField(max_length=480, editable=False)
    name = models.CharField(max_length=120, blank=True, default="")
    name_key = models.CharField(max_length=480, editable=False)
    cost = ScaledDecimalField("reference cost", places=6, null=True, blank=True)
    price = ScaledDecimalField(places=4, null=True, blank=True)
    stock_alert = ScaledDecimalField("reorder level", places=4, null=True, blank=True)
    image = models.CharField(max_length=120, blank=True, default="", editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("code_key"), condition=Q(deleted_at=None), name="variant_code_live"
            ),
            models.CheckConstraint(
                condition=(Q(cost__isnull=True) | Q(cost__gte=0))
                & (Q(price__isnull=True) | Q(price__gte=0))
                & (Q(stock_alert__isnull=True) | Q(stock_alert__gte=0)),
                name="variant_amounts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["code_key", "id"], name="variant_by_code"),
            models.Index(fields=["name_key", "id"], name="variant_by_name"),
            models.Index(fields=["created_at", "id"], name="variant_by_created"),
            models.Index(fields=["updated_at", "id"], name="variant_by_updated"),
            models.Index(
                fields=["product"],
                condition=Q(deleted_at=None, stock_alert__isnull=False),
                name="variant_with_reorder_level",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".rstrip()


class Barcode(models.Model):
    """What a scanner may read and mean a variant by: its barcodes and (`is_code`) its own code.

    Both stand in one table so that one index keeps them apart from those of other variants.
    `key` is the text without case and leading zeros; `deleted_at` is the variant's.
    """

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="barcodes")
    code = models.CharField(max_length=120)
    key = models.CharField(max_length=480, editable=False)
    quantity = ScaledDecimalField(places=4, default=1)
    is_code = models.BooleanField(default=False, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("key"), condition=Q(deleted_at=None), name="barcode_live"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="barcode_quantity"),
        ]
        indexes = [models.Index(fields=["key"], name="barcode_by_key")]

    def __str__(self) -> str:
        return self.code
