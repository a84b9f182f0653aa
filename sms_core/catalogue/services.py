"""The use cases of the catalogue."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sms_core.catalogue.entities import Brand
from sms_core.catalogue.ports import BrandFilter, BrandRepository, Usage
from sms_core.shared.services import MasterDataService


@dataclass(frozen=True)
class BrandService(MasterDataService[Brand, BrandFilter]):
    """Brands: create, rename, archive what no product carries any more."""

    resource = "brand"
    entity = Brand

    repository: BrandRepository
    usage: Usage

    def holders(self, ids: Collection[int]) -> dict[int, str]:
        return self.usage.of_brands(ids)
