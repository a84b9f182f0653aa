"""What the catalogue needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sms_core.catalogue.entities import Brand, Category, Unit
from sms_core.catalogue.products import Product, ProductType, Variant
from sms_core.shared.paging import ListFilter
from sms_core.shared.ports import MasterDataRepository


class BrandSort(Enum):
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class BrandFilter(ListFilter):
    name: str | None = None


class BrandRepository(MasterDataRepository[Brand, BrandFilter]):
    """Keeps brands; their names are unique among the live ones, whatever their case."""


class CategorySort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class CategoryFilter(ListFilter):
    code: str | None = None
    name: str | None = None
    parent_id: int | None = None


class CategoryRepository(MasterDataRepository[Category, CategoryFilter]):
    """Keeps categories; codes and names are each unique among the live ones."""

    @abstractmethod
    def lock_tree(self) -> dict[int, int | None]:
        """The parent of each live category, and nobody else moves one until the unit of work
        ends. To be called before any category is locked by itself."""


class UnitSort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class UnitFilter(ListFilter):
    code: str | None = None
    name: str | None = None


class UnitRepository(MasterDataRepository[Unit, UnitFilter]):
    """Keeps units; their codes are unique among the live ones."""

    @abstractmethod
    def delivered(self) -> set[str]:
        """The codes under which units were delivered, whatever became of them since."""

    @abstractmethod
    def lock_counted(self, id: int) -> None:
        """Let nothing be posted for what is counted in this unit, and no product take it,
        until the unit of work ends."""


class ProductSort(Enum):
    CODE = "code"
    NAME = "name"
    PRICE = "price"
    COST = "cost"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class ProductFilter(ListFilter):
    """`category_id` means its subcategories too. `below_alert` asks whether some variant has no
    more available than its reorder level, over the warehouses in `seen_in` (None: all), or in
    the one with `warehouse_id`; stock figures are limited in the same way.
    """

    code: str | None = None
    category_id: int | None = None
    brand_id: int | None = None
    type: ProductType | None = None
    is_active: bool | None = None
    below_alert: bool | None = None
    warehouse_id: int | None = None
    seen_in: frozenset[int] | None = None


class ProductRepository(MasterDataRepository[Product, ProductFilter]):
    """Keeps products with their variants: one is added, saved, archived with the other.

    Codes of products and codes of variants are each unique among the live ones, and so is what
    a scanner may read. `lock_for_archiving` also lets nothing be posted for the variants.
    """

    @abstractmethod
    def read(self, id: int, *, seen_in: frozenset[int] | None) -> Product:
        """Like `get`, with what there is of it in the warehouses one sees (None: all)."""

    @abstractmethod
    def lock_variants(self, id: int) -> None:
        """Let nothing be posted for its variants until the unit of work ends."""


class VariantSort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class VariantFilter(ListFilter):
    """`barcode` is what a scanner read: a barcode, or a variant's code; see ProductFilter."""

    code: str | None = None
    product_id: int | None = None
    barcode: str | None = None
    warehouse_id: int | None = None
    seen_in: frozenset[int] | None = None


class VariantRepository(MasterDataRepository[Variant, VariantFilter]):
    """Keeps single variants. Locking them for archiving keeps their products as they are."""

    @abstractmethod
    def read(self, id: int, *, seen_in: frozenset[int] | None) -> Variant:
        """Like `get`, with what there is of it in the warehouses one sees (None: all)."""


class Usage(ABC):
    """Knows what refers to the things of the catalogue, also from capabilities above it.

    The answers say it in words ("3 products") by id; what is absent is not in use. Of warehouses
    that the actor does not see (`seen_in` None: sees all) no answer tells more than that there
    is stock.
    """

    @abstractmethod
    def of_brands(self, ids: Collection[int]) -> dict[int, str]:
        """The products of each of these brands."""

    @abstractmethod
    def of_categories(self, ids: Collection[int]) -> dict[int, str]:
        """The products and subcategories of each of these categories."""

    @abstractmethod
    def of_units(self, ids: Collection[int]) -> dict[int, str]:
        """The products counted in each of these units."""

    @abstractmethod
    def of_products(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """Where there is stock of each of these products, and which open documents name it."""

    @abstractmethod
    def of_variants(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """Where there is stock of each of these variants and which open documents name it, or the
        standard product it is for."""

    @abstractmethod
    def products_with_entries(self, ids: Collection[int]) -> set[int]:
        """Which of these products the ledger has entries of."""

    @abstractmethod
    def units_with_entries(self, ids: Collection[int]) -> set[int]:
        """Which of these units count some product that the ledger has entries of."""
