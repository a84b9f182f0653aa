"""What the catalogue needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sms_core.catalogue.entities import Brand
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


class Usage(ABC):
    """Knows what refers to the things of the catalogue, also from capabilities above it."""

    @abstractmethod
    def of_brands(self, ids: Collection[int]) -> dict[int, str]:
        """What uses each of these brands, in words ("3 products"), by id; absent: nothing."""
