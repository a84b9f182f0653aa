"""What uses the things of the catalogue, asked of all tables at once."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.db.models import Count, F, Model, Q, Sum

from sms_core.catalogue.ports import Usage
from sms_core.catalogue.products import ProductType
from sms_core.stock.documents import both
from sms_django import models
from sms_django.repositories.open_documents import DjangoOpenDocuments


class DjangoUsage(Usage):
    """Counts rows; each question takes the same few statements however many ids it is about."""

    documents = DjangoOpenDocuments()

    def of_brands(self, ids: Collection[int]) -> dict[int, str]:
        return worded((counts(models.Product, "brand_id", ids), "product", "products"))

    def of_categories(self, ids: Collection[int]) -> dict[int, str]:
        return worded(
            (counts(models.Product, "category_id", ids), "product", "products"),
            (counts(models.Category, "parent_id", ids), "subcategory", "subcategories"),
        )

    def of_units(self, ids: Collection[int]) -> dict[int, str]:
        return worded((counts(models.Product, "unit_id", ids), "product", "products"))

    def of_products(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        named = self.documents.of_products(ids, seen_in=seen_in)
        return both(stock_by("variant__product_id", ids, seen_in), named)

    def of_variants(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        of_standard = models.Variant.objects.filter(
            pk__in=set(ids), product__type=ProductType.STANDARD, product__deleted_at=None
        )
        products = dict(of_standard.values_list("pk", "product__name"))
        by_product = {id: f"the standard product {name}" for id, name in products.items()}
        named = self.documents.of_variants(ids, seen_in=seen_in)
        return {**by_product, **both(stock_by("variant_id", ids, seen_in), named)}

    def products_with_entries(self, ids: Collection[int]) -> set[int]:
        return posted("variant__product_id", ids)

    def units_with_entries(self, ids: Collection[int]) -> set[int]:
        return posted("variant__product__unit_id", ids)


def counts(table: type[Model], column: str, ids: Collection[int]) -> dict[int, int]:
    """How many live rows refer to each of `ids`."""
    rows = table._default_manager.filter(**{f"{column}__in": set(ids), "deleted_at": None})
    return dict(rows.values_list(column).annotate(Count("pk")).order_by())


def worded(*found: tuple[dict[int, int], str, str]) -> dict[int, str]:
    """The counts of each id in words: "3 products and 1 subcategory"."""
    words: dict[int, list[str]] = {}
    for numbers, one, many in found:
        for id, number in numbers.items():
            words.setdefault(id, []).append(f"{number} {one if number == 1 else many}")
    return {id: " and ".join(parts) for id, parts in words.items()}


def stock_by(column: str, ids: Collection[int], seen_in: frozenset[int] | None) -> dict[int, str]:
    """Where there is stock of each of `ids`: "stock in warehouse MAIN (12)"."""
    holding = models.Level.objects.filter(**{f"{column}__in": set(ids)})
    holding = holding.exclude(Q(on_hand=0) & Q(reserved=0))
    rows = holding.values_list(column, "warehouse_id", "warehouse__code")
    words: dict[int, list[str]] = {}
    for id, warehouse_id, code, quantity in rows.annotate(Sum("on_hand")).order_by(
        F("warehouse__code")
    ):
        places = words.setdefault(id, [])
        if seen_in is None or warehouse_id in seen_in:
            places.append(f"warehouse {code} ({plain(quantity)})")
    return {id: f"stock in {', '.join(places) or 'another place'}" for id, places in words.items()}


def posted(column: str, ids: Collection[int]) -> set[int]:
    """Which of `ids` have entries in the ledger."""
    written = models.Level.objects.filter(**{f"{column}__in": set(ids)}, version__gt=0)
    return set(written.values_list(column, flat=True).distinct())


def plain(quantity: Decimal) -> str:
    """A quantity as a clerk writes it: 12, 2.5."""
    return f"{quantity.normalize():f}"
