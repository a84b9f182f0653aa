"""In-memory doubles of the catalogue's ports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sms_core.catalogue.entities import Brand
from sms_core.catalogue.ports import BrandFilter, BrandRepository, BrandSort, Usage
from sms_core.shared.text import fold
from tests.fakes.base import InMemoryMasterDataRepository


@dataclass
class InMemoryBrandRepository(InMemoryMasterDataRepository[Brand, BrandFilter], BrandRepository):
    entity = Brand
    unique = {"name": lambda brand: fold(brand.name)}
    sort_keys = {
        BrandSort.NAME: lambda brand: fold(brand.name),
        BrandSort.CREATED_AT: lambda brand: brand.created_at,
        BrandSort.UPDATED_AT: lambda brand: brand.updated_at,
    }
    default_sort = sort_keys[BrandSort.NAME]

    def searched(self, brand: Brand) -> tuple[str, ...]:
        return (brand.name, brand.description)

    def matches(self, brand: Brand, filter: BrandFilter) -> bool:
        return filter.name is None or fold(filter.name) == fold(brand.name)


@dataclass
class InMemoryUsage(Usage):
    """Told by the test what uses what."""

    brands: dict[int, str] = field(default_factory=dict)

    def of_brands(self, ids: Collection[int]) -> dict[int, str]:
        return {id: words for id, words in self.brands.items() if id in ids}
