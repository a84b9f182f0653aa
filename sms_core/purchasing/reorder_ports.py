"""What reordering needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sms_core.purchasing.reorder import Offer, ReorderRule, Suggestion
from sms_core.shared.paging import Order, Page, PageRequest
from sms_core.shared.ports import MasterDataRepository
from sms_core.stock.levels import LevelKey
from sms_core.stock.ports import VisibleFilter


class ReorderRuleSort(Enum):
    VARIANT_CODE = "variant_code"
    WAREHOUSE_CODE = "warehouse_code"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class ReorderRuleFilter(VisibleFilter):
    """`search` looks into the codes and names of variant, product and warehouse."""

    variant_id: int | None = None
    warehouse_id: int | None = None


class ReorderRuleRepository(MasterDataRepository[ReorderRule, ReorderRuleFilter]):
    """Keeps reorder rules; one live one per variant and warehouse."""


class SuggestionSort(Enum):
    VARIANT_CODE = "variant_code"
    PRODUCT_NAME = "product_name"
    WAREHOUSE_CODE = "warehouse_code"
    PROJECTED = "projected"
    SHORTFALL = "shortfall"


@dataclass(frozen=True, kw_only=True)
class SuggestionFilter:
    """`category_id` means the category and all below it; `supplier_id` who would deliver."""

    search: str = ""
    order: tuple[Order, ...] = ()
    visible: frozenset[int] | None = None
    warehouse_id: int | None = None
    supplier_id: int | None = None
    variant_id: int | None = None
    category_id: int | None = None


class ReorderReader(ABC):
    """Knows what runs short, and who sells what.

    A variant runs short in a warehouse when no more is projected than the minimum of its rule
    there; without a rule, than its reorder level, in the warehouses that ever had some, or in
    the first one if none had. Archived and inactive goods are not ordered.
    """

    @abstractmethod
    def suggestions(self, filter: SuggestionFilter, page: PageRequest) -> Page[Suggestion]:
        """What runs short, a page at a time."""

    @abstractmethod
    def outlook(self, keys: Collection[LevelKey]) -> dict[LevelKey, Suggestion]:
        """What is in sight of these variants in these warehouses, whether it is short or not;
        those that are archived are left out."""

    @abstractmethod
    def offers(self, variant_ids: Collection[int]) -> dict[int, list[Offer]]:
        """What live suppliers offer of each of these, who is preferred first."""
