"""In-memory doubles of the ports for products and variants."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from sms_core.catalogue.figures import StockFigures
from sms_core.catalogue.ports import (
    ProductFilter,
    ProductRepository,
    ProductSort,
    VariantFilter,
    VariantRepository,
    VariantSort,
)
from sms_core.catalogue.products import Product, Variant, scan_key
from sms_core.shared.errors import Duplicate, within
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import fold
from tests.fakes.base import InMemoryMasterDataRepository
from tests.fakes.catalogue import InMemoryCategoryRepository, same, sorting


@dataclass
class InMemoryVariantRepository(
    InMemoryMasterDataRepository[Variant, VariantFilter], VariantRepository
):
    """`held` is what the test says there is, by variant and warehouse."""

    entity = Variant
    unique = {"code": lambda variant: fold(variant.code)}
    sort_keys = sorting(VariantSort)
    default_sort = sort_keys[VariantSort.CODE]

    held: dict[tuple[int, int], StockFigures] = field(default_factory=dict)
    products: InMemoryProductRepository | None = None

    def searched(self, variant: Variant) -> tuple[str, ...]:
        product = self.products.stored.get(variant.product_id) if self.products else None
        own = (product.code, product.name, product.description) if product else ()
        return (variant.code, variant.name, *(b.code for b in variant.barcodes), *own)

    def matches(self, variant: Variant, filter: VariantFilter) -> bool:
        return (
            same(filter.code, variant.code)
            and filter.product_id in (None, variant.product_id)
            and (filter.barcode is None or variant.id == self._scanned(filter.barcode))
        )

    def search(self, filter: VariantFilter, page: PageRequest) -> Page[Variant]:
        return (
            super()
            .search(filter, page)
            .map(lambda variant: self.counted(variant, filter.seen_in, filter.warehouse_id))
        )

    def read(self, id: int, *, seen_in: frozenset[int] | None) -> Variant:
        return self.counted(self.get(id), seen_in)

    def counted(
        self, variant: Variant, seen_in: frozenset[int] | None, warehouse_id: int | None = None
    ) -> Variant:
        variant.stock = StockFigures.together(
            [
                figures
                for (held_id, warehouse), figures in self.held.items()
                if held_id == variant.id
                and (seen_in is None or warehouse in seen_in)
                and warehouse_id in (None, warehouse)
            ]
        )
        return variant

    def refuse_duplicates(self, entity: Variant) -> None:
        super().refuse_duplicates(entity)
        if entity.deleted_at is None:
            others = [v for v in self.visible().values() if v.id != entity.id]
            taken = {key for other in others for key in scanned_as(other)}
            if scan_key(entity.code) in taken:
                raise Duplicate("Another variant is scanned as this code.", pointer="/code")
            for n, barcode in enumerate(entity.barcodes):
                if barcode.key in taken:
                    raise Duplicate(
                        f"Another variant is scanned as {barcode.code}.",
                        pointer=f"/barcodes/{n}/code",
                    )

    def _scanned(self, text: str) -> int | None:
        found = [v for v in self.visible().values() if scan_key(text) in scanned_as(v)]
        return found[0].id if found else None


def scanned_as(variant: Variant) -> set[str]:
    """All that a scanner may read and mean this variant."""
    return {scan_key(variant.code), *(barcode.key for barcode in variant.barcodes)}


@dataclass
class InMemoryProductRepository(
    InMemoryMasterDataRepository[Product, ProductFilter], ProductRepository
):
    """Keeps the variants in their own repository, as the tables do."""

    entity = Product
    unique = {"code": lambda product: fold(product.code)}
    sort_keys = sorting(ProductSort) | {
        ProductSort.COST: lambda product: (product.cost is None, product.cost or 0)
    }
    default_sort = sort_keys[ProductSort.CODE]

    variants: InMemoryVariantRepository = field(default_factory=InMemoryVariantRepository)
    categories: InMemoryCategoryRepository = field(default_factory=InMemoryCategoryRepository)

    def __post_init__(self) -> None:
        self.variants.products = self

    def searched(self, product: Product) -> tuple[str, ...]:
        own = (product.code, product.name, product.description)
        variants = (self.variants.searched(variant) for variant in self._variants_of(product))
        return (*own, *(text for texts in variants for text in texts))

    def matches(self, product: Product, filter: ProductFilter) -> bool:
        return (
            same(filter.code, product.code)
            and filter.brand_id in (None, product.brand_id)
            and filter.type in (None, product.type)
            and filter.is_active in (None, product.is_active)
            and (filter.category_id is None or self._is_below(product, filter.category_id))
            and filter.below_alert in (None, self._is_short(product, filter))
        )

    def get(self, id: int) -> Product:
        return self._whole(super().get(id))

    def read(self, id: int, *, seen_in: frozenset[int] | None) -> Product:
        return self._counted(self.get(id), seen_in)

    def search(self, filter: ProductFilter, page: PageRequest) -> Page[Product]:
        found = super().search(filter, page).map(self._whole)
        return found.map(lambda p: self._counted(p, filter.seen_in, filter.warehouse_id))

    def hold(self, ids: Collection[int]) -> dict[int, Product]:
        return {id: self._whole(product) for id, product in super().hold(ids).items()}

    def get_archived_for_update(self, id: int) -> Product:
        return self._whole(super().get_archived_for_update(id))

    def add(self, product: Product) -> None:
        super().add(product)
        self.stored[product.id].variants = []
        for n, variant in enumerate(product.variants):
            variant.product_id = product.id
            with within(f"/variants/{n}"):
                self.variants.add(variant)

    def save(self, product: Product) -> None:
        super().save(product)
        self.stored[product.id].variants = []
        for variant in product.variants:
            if self.variants.stored[variant.id] != variant:
                self.variants.save(variant)

    def archive(self, ids: Collection[int], at: datetime) -> None:
        going = [v.id for v in self.variants.visible().values() if v.product_id in ids]
        super().archive(ids, at)
        self.variants.archive(going, at)

    def lock_variants(self, id: int) -> None: ...

    def _variants_of(self, product: Product) -> list[Variant]:
        return [
            variant
            for variant in self.variants.stored.values()
            if variant.product_id == product.id and variant.deleted_at == product.deleted_at
        ]

    def _whole(self, product: Product) -> Product:
        product.variants = deepcopy(self._variants_of(product))
        return product

    def _counted(
        self, product: Product, seen_in: frozenset[int] | None, warehouse_id: int | None = None
    ) -> Product:
        for variant in product.variants:
            self.variants.counted(variant, seen_in, warehouse_id)
        return product

    def _is_below(self, product: Product, category_id: int) -> bool:
        above: int | None = product.category_id
        while above is not None and above != category_id:
            above = self.categories.lock_tree().get(above)
        return above is not None

    def _is_short(self, product: Product, filter: ProductFilter) -> bool:
        counted = self._counted(self._whole(deepcopy(product)), filter.seen_in, filter.warehouse_id)
        return any(
            variant.stock_alert is not None and variant.stock.available <= variant.stock_alert
            for variant in counted.variants
        )
