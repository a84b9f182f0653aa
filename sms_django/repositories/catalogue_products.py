"""Products and variants in the database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL

from sms_core.catalogue.ports import (
    ProductFilter,
    ProductRepository,
    ProductSort,
    VariantFilter,
    VariantRepository,
    VariantSort,
)
from sms_core.catalogue.products import (
    Barcode,
    Product,
    ProductType,
    TaxMethod,
    Variant,
    scan_key,
)
from sms_core.shared.errors import Duplicate, within
from sms_core.shared.paging import Order
from sms_core.shared.text import fold, search_text
from sms_django import models, stock_figures
from sms_django.repositories.base import DjangoMasterDataRepository
from sms_django.repositories.catalogue import lock_variants

CATEGORY_AND_BELOW = """
    WITH RECURSIVE below(id) AS (
        SELECT id FROM sms_category WHERE id = %s
        UNION
        SELECT child.id FROM sms_category AS child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM below
"""


def category_and_below(id: int) -> RawSQL:
    """The ids of a category and of all categories below it."""
    return RawSQL(CATEGORY_AND_BELOW, [id])  # noqa: S611 (no input in it)


_LISTED = Prefetch("barcodes", models.Barcode.objects.filter(is_code=False).order_by("pk"))


class DjangoVariantRepository(
    DjangoMasterDataRepository[Variant, VariantFilter], VariantRepository
):
    """Variants in `sms_variant`, what scanners read for them in `sms_barcode`."""

    entity = Variant
    row = models.Variant
    unique = {"variant_code_live": "code", "barcode_live": "barcodes"}
    columns = {
        VariantSort.CODE: "code_key",
        VariantSort.NAME: "name_key",
        VariantSort.CREATED_AT: "created_at",
        VariantSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def rows(self) -> QuerySet[Any]:
        return models.Variant.objects.prefetch_related(_LISTED)

    def containing(self, rows: QuerySet[Any], folded: str) -> QuerySet[Any]:
        of_product = Q(product__search_text__contains=folded)
        return rows.filter(Q(search_text__contains=folded) | of_product)

    def matching(self, rows: QuerySet[Any], filter: VariantFilter) -> QuerySet[Any]:
        if filter.code is not None:
            rows = rows.filter(code_key=fold(filter.code))
        if filter.product_id is not None:
            rows = rows.filter(product_id=filter.product_id)
        if filter.barcode is not None:
            scanned = models.Barcode.objects.filter(key=scan_key(filter.barcode), deleted_at=None)
            rows = rows.filter(pk__in=scanned.values("variant_id"))
        seen = stock_figures.Seen(filter.seen_in, filter.warehouse_id)
        return stock_figures.with_figures(rows, seen)

    def read(self, id: int, *, seen_in: frozenset[int] | None) -> Variant:
        seen = stock_figures.Seen(seen_in)
        return self._one(stock_figures.with_figures(self.live(), seen), id)

    def add(self, variant: Variant) -> None:
        super().add(variant)
        self._write_barcodes(variant)

    def save(self, variant: Variant) -> None:
        super().save(variant)
        self._write_barcodes(variant)

    def lock_for_archiving(self, ids: Collection[int]) -> list[Variant]:
        products = models.Variant.objects.filter(pk__in=set(ids)).values("product_id")
        locked = models.Product.objects.filter(pk__in=products).select_for_update(no_key=True)
        list(locked.order_by("pk").values_list("pk"))
        return super().lock_for_archiving(ids)

    def archive(self, ids: Collection[int], at: datetime) -> None:
        super().archive(ids, at)
        models.Barcode.objects.filter(variant_id__in=set(ids)).update(deleted_at=at)

    def to_entity(self, row: Any) -> Variant:
        return Variant(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            product_id=row.product_id,
            code=row.code,
            name=row.name,
            cost=row.cost,
            price=row.price,
            stock_alert=row.stock_alert,
            image=row.image,
            barcodes=tuple(Barcode(b.code, b.quantity) for b in row.barcodes.all()),
            stock=stock_figures.figures_of(row),
        )

    def to_columns(self, variant: Variant) -> dict[str, Any]:
        barcodes = (barcode.code for barcode in variant.barcodes)
        return {
            "deleted_at": variant.deleted_at,
            "product_id": variant.product_id,
            "code": variant.code,
            "code_key": fold(variant.code),
            "name": variant.name,
            "name_key": fold(variant.name),
            "search_text": search_text(variant.code, variant.name, *barcodes),
            "cost": variant.cost,
            "price": variant.price,
            "stock_alert": variant.stock_alert,
            "image": variant.image,
        }

    def _write_barcodes(self, variant: Variant) -> None:
        """Keep its barcodes, and its code unless a barcode says the same."""
        self._refuse_taken(variant)
        listed = {barcode.key: barcode for barcode in variant.barcodes}
        own = Barcode(variant.code)
        meant = [*variant.barcodes, *([own] if own.key not in listed else [])]
        models.Barcode.objects.filter(variant_id=variant.id).delete()
        with self.refusing_duplicates():
            models.Barcode.objects.bulk_create(
                models.Barcode(
                    variant_id=variant.id,
                    code=barcode.code,
                    key=barcode.key,
                    quantity=barcode.quantity,
                    is_code=barcode is own,
                    deleted_at=variant.deleted_at,
                )
                for barcode in meant
            )

    def _refuse_taken(self, variant: Variant) -> None:
        """Say which one is taken; the index alone could not."""
        pointers = {b.key: f"/barcodes/{n}/code" for n, b in enumerate(variant.barcodes)}
        pointers = {scan_key(variant.code): "/code", **pointers}
        others = models.Barcode.objects.filter(key__in=pointers, deleted_at=None)
        taken = others.exclude(variant_id=variant.id).order_by("pk").first()
        if taken is not None and variant.deleted_at is None:
            raise Duplicate(
                f"Another variant is scanned as {taken.code}.", pointer=pointers[taken.key]
            )


class DjangoProductRepository(
    DjangoMasterDataRepository[Product, ProductFilter], ProductRepository
):
    """Products in `sms_product`, each read and written with its variants."""

    entity = Product
    row = models.Product
    unique = {"product_code_live": "code"}
    columns = {
        ProductSort.CODE: "code_key",
        ProductSort.NAME: "name_key",
        ProductSort.PRICE: "price",
        ProductSort.COST: "cost",
        ProductSort.CREATED_AT: "created_at",
        ProductSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)
    variants = DjangoVariantRepository()

    def rows(self) -> QuerySet[Any]:
        return self._with_variants(models.Product.objects.all(), self.variants.rows())

    def containing(self, rows: QuerySet[Any], folded: str) -> QuerySet[Any]:
        variants = self._variants().filter(product=OuterRef("pk"), search_text__contains=folded)
        return rows.filter(Q(search_text__contains=folded) | Exists(variants))

    def matching(self, rows: QuerySet[Any], filter: ProductFilter) -> QuerySet[Any]:
        seen = stock_figures.Seen(filter.seen_in, filter.warehouse_id)
        for name in ("brand_id", "type", "is_active"):
            if (value := getattr(filter, name)) is not None:
                rows = rows.filter(**{name: value})
        if filter.code is not None:
            rows = rows.filter(code_key=fold(filter.code))
        if filter.category_id is not None:
            rows = rows.filter(category_id__in=category_and_below(filter.category_id))
        if filter.below_alert is not None:
            short = Exists(stock_figures.below_alert(self._variants(), seen))
            rows = rows.filter(short if filter.below_alert else ~short)
        counted = stock_figures.with_figures(self.variants.rows(), seen)
        return self._with_variants(rows.prefetch_related(None), counted)

    def ordering(self, order: tuple[Order, ...]) -> tuple[Any, ...]:
        """As on every list; products without a cost come after the dearest, on any engine."""
        keys = super().ordering(order)
        nulls = {
            "cost": F("cost").asc(nulls_last=True),
            "-cost": F("cost").desc(nulls_first=True),
        }
        return tuple(nulls.get(key, key) for key in keys)

    def read(self, id: int, *, seen_in: frozenset[int] | None) -> Product:
        seen = stock_figures.Seen(seen_in)
        counted = stock_figures.with_figures(self.variants.rows(), seen)
        return self._one(
            self._with_variants(models.Product.objects.filter(deleted_at=None), counted), id
        )

    def add(self, product: Product) -> None:
        super().add(product)
        for n, variant in enumerate(product.variants):
            variant.product_id = product.id
            with within(f"/variants/{n}"):
                self.variants.add(variant)

    def save(self, product: Product) -> None:
        super().save(product)
        rows = self.variants.rows().filter(pk__in=[variant.id for variant in product.variants])
        stored = {row.pk: self.variants.to_entity(row) for row in rows}
        for variant in product.variants:
            if stored[variant.id] != variant:
                self.variants.save(variant)

    def lock_for_archiving(self, ids: Collection[int]) -> list[Product]:
        products = super().lock_for_archiving(ids)
        lock_variants(models.Variant.objects.filter(product_id__in=set(ids)))
        return products

    def lock_variants(self, id: int) -> None:
        lock_variants(models.Variant.objects.filter(product_id=id))

    def archive(self, ids: Collection[int], at: datetime) -> None:
        going = self._variants().filter(product_id__in=set(ids))
        self.variants.archive(list(going.values_list("pk", flat=True)), at)
        super().archive(ids, at)

    def to_entity(self, row: Any) -> Product:
        return Product(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            type=ProductType(row.type),
            code=row.code,
            name=row.name,
            category_id=row.category_id,
            brand_id=row.brand_id,
            unit_id=row.unit_id,
            cost=row.cost,
            price=row.price,
            tax_rate=row.tax_rate,
            tax_method=TaxMethod(row.tax_method),
            description=row.description,
            image=row.image,
            tracks_lots=row.tracks_lots,
            is_for_sale=row.is_for_sale,
            is_active=row.is_active,
            variants=[self.variants.to_entity(variant) for variant in row.own_variants],
        )

    def to_columns(self, product: Product) -> dict[str, Any]:
        return {
            "deleted_at": product.deleted_at,
            "type": product.type.value,
            "code": product.code,
            "code_key": fold(product.code),
            "name": product.name,
            "name_key": fold(product.name),
            "search_text": search_text(product.code, product.name, product.description),
            "category_id": product.category_id,
            "brand_id": product.brand_id,
            "unit_id": product.unit_id,
            "cost": product.cost,
            "price": product.price,
            "tax_rate": product.tax_rate,
            "tax_method": product.tax_method.value,
            "description": product.description,
            "image": product.image,
            "tracks_lots": product.tracks_lots,
            "is_for_sale": product.is_for_sale,
            "is_active": product.is_active,
        }

    def _variants(self) -> QuerySet[models.Variant]:
        return models.Variant.objects.filter(deleted_at=None)

    def _with_variants(self, rows: QuerySet[Any], variants: QuerySet[Any]) -> QuerySet[Any]:
        """Fetch with the products the variants that share their fate: live, or archived then."""
        live = Q(deleted_at=None, product__deleted_at=None)
        own = variants.filter(live | Q(deleted_at=F("product__deleted_at"))).order_by("pk")
        return rows.prefetch_related(Prefetch("variants", own, to_attr="own_variants"))
