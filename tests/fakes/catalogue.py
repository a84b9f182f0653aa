"""In-memory doubles of the catalogue's ports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any, TypeVar

from sms_core.catalogue.entities import Brand, Category, Unit
from sms_core.catalogue.ports import (
    BrandFilter,
    BrandRepository,
    BrandSort,
    CategoryFilter,
    CategoryRepository,
    CategorySort,
    UnitFilter,
    UnitRepository,
    UnitSort,
    Usage,
)
from sms_core.shared.ports import ImageStore
from sms_core.shared.text import fold
from tests.fakes.base import InMemoryMasterDataRepository

Keys = Mapping[Any, Callable[[Any], Any]]
S = TypeVar("S", bound=Enum)


def sorting(kind: type[S]) -> dict[S, Callable[[Any], Any]]:
    """What each public sort key compares: texts folded, anything else as it is."""

    def key(name: str) -> Callable[[Any], Any]:
        def value(entity: Any) -> Any:
            found = getattr(entity, name)
            return fold(found) if isinstance(found, str) else found

        return value

    return {member: key(member.value) for member in kind}


def same(wanted: str | None, text: str) -> bool:
    """Whether a text filter lets `text` through."""
    return wanted is None or fold(wanted) == fold(text)


@dataclass
class InMemoryBrandRepository(InMemoryMasterDataRepository[Brand, BrandFilter], BrandRepository):
    entity = Brand
    unique = {"name": lambda brand: fold(brand.name)}
    sort_keys = sorting(BrandSort)
    default_sort = sort_keys[BrandSort.NAME]

    def searched(self, brand: Brand) -> tuple[str, ...]:
        return (brand.name, brand.description)

    def matches(self, brand: Brand, filter: BrandFilter) -> bool:
        return same(filter.name, brand.name)


@dataclass
class InMemoryCategoryRepository(
    InMemoryMasterDataRepository[Category, CategoryFilter], CategoryRepository
):
    entity = Category
    unique = {"code": lambda category: fold(category.code), "name": lambda c: fold(c.name)}
    sort_keys = sorting(CategorySort)
    default_sort = sort_keys[CategorySort.CODE]

    def searched(self, category: Category) -> tuple[str, ...]:
        return (category.code, category.name)

    def matches(self, category: Category, filter: CategoryFilter) -> bool:
        return (
            same(filter.code, category.code)
            and same(filter.name, category.name)
            and filter.parent_id in (None, category.parent_id)
        )

    def lock_tree(self) -> dict[int, int | None]:
        return {id: category.parent_id for id, category in self.visible().items()}


@dataclass
class InMemoryUnitRepository(InMemoryMasterDataRepository[Unit, UnitFilter], UnitRepository):
    entity = Unit
    unique = {"code": lambda unit: fold(unit.code)}
    sort_keys = sorting(UnitSort)
    default_sort = sort_keys[UnitSort.CODE]

    def searched(self, unit: Unit) -> tuple[str, ...]:
        return (unit.code, unit.name)

    def matches(self, unit: Unit, filter: UnitFilter) -> bool:
        return same(filter.code, unit.code) and same(filter.name, unit.name)

    def delivered(self) -> set[str]:
        return {unit.delivered_as for unit in self.stored.values() if unit.delivered_as}

    def lock_counted(self, id: int) -> None: ...


@dataclass
class InMemoryUsage(Usage):
    """Told by the test what uses what."""

    brands: dict[int, str] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)
    products: dict[int, str] = field(default_factory=dict)
    variants: dict[int, str] = field(default_factory=dict)
    posted_products: set[int] = field(default_factory=set)
    posted_units: set[int] = field(default_factory=set)

    def of_brands(self, ids: Collection[int]) -> dict[int, str]:
        return {id: words for id, words in self.brands.items() if id in ids}

    def of_categories(self, ids: Collection[int]) -> dict[int, str]:
        return {id: words for id, words in self.categories.items() if id in ids}

    def of_units(self, ids: Collection[int]) -> dict[int, str]:
        return {id: words for id, words in self.units.items() if id in ids}

    def of_products(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return {id: words for id, words in self.products.items() if id in ids}

    def of_variants(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return {id: words for id, words in self.variants.items() if id in ids}

    def products_with_entries(self, ids: Collection[int]) -> set[int]:
        return self.posted_products & set(ids)

    def units_with_entries(self, ids: Collection[int]) -> set[int]:
        return self.posted_units & set(ids)


@dataclass
class InMemoryImageStore(ImageStore):
    """Takes any bytes for a picture."""

    pictures: dict[str, bytes] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def put(self, content: bytes) -> str:
        name = f"{next(self.numbers)}.png"
        self.pictures[name] = content
        return name

    def delete(self, name: str) -> None:
        self.pictures.pop(name, None)
