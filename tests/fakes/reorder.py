"""In-memory doubles of what reordering needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from sms_core.purchasing.reorder import Offer, ReorderRule, Suggestion
from sms_core.purchasing.reorder_ports import (
    ReorderReader,
    ReorderRuleFilter,
    ReorderRuleRepository,
    ReorderRuleSort,
    SuggestionFilter,
    SuggestionSort,
)
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import fold
from sms_core.stock.levels import LevelKey
from tests.fakes.base import InMemoryMasterDataRepository


@dataclass
class InMemoryReorderRuleRepository(
    InMemoryMasterDataRepository[ReorderRule, ReorderRuleFilter], ReorderRuleRepository
):
    """The test says what variants and warehouses are called, in `variants` and `warehouses`."""

    entity = ReorderRule
    unique = {"variant_id": lambda rule: (rule.variant_id, rule.warehouse_id)}
    default_sort = staticmethod(lambda rule: (rule.variant_id, rule.warehouse_id))
    variants: dict[int, str] = field(default_factory=dict)
    warehouses: dict[int, str] = field(default_factory=dict)

    @property
    def sort_keys(self) -> Any:  # type: ignore[override]
        return {
            ReorderRuleSort.VARIANT_CODE: lambda rule: fold(self.variants[rule.variant_id]),
            ReorderRuleSort.WAREHOUSE_CODE: lambda rule: fold(self.warehouses[rule.warehouse_id]),
            ReorderRuleSort.CREATED_AT: lambda rule: rule.created_at,
            ReorderRuleSort.UPDATED_AT: lambda rule: rule.updated_at,
        }

    def searched(self, rule: ReorderRule) -> tuple[str, ...]:
        names = (self.variants.get(rule.variant_id), self.warehouses.get(rule.warehouse_id))
        return tuple(name or "" for name in names)

    def matches(self, rule: ReorderRule, filter: ReorderRuleFilter) -> bool:
        return (
            (filter.visible is None or rule.warehouse_id in filter.visible)
            and filter.variant_id in {None, rule.variant_id}
            and filter.warehouse_id in {None, rule.warehouse_id}
        )


@dataclass
class InMemoryReorderReader(ReorderReader):
    """The test says what is in sight, and who offers what, the preferred first."""

    found: list[Suggestion] = field(default_factory=list)
    offered: dict[int, list[Offer]] = field(default_factory=dict)

    def suggestions(self, filter: SuggestionFilter, page: PageRequest) -> Page[Suggestion]:
        found = [one for one in self._all() if one.is_short and _matches(one, filter)]
        found.sort(key=lambda one: (fold(one.variant_code), fold(one.warehouse_code)))
        for order in reversed(filter.order):
            found.sort(key=_SORT_KEYS[order.by], reverse=order.descending)
        return Page(found[page.offset : page.offset + page.size], len(found), page)

    def outlook(self, keys: Collection[LevelKey]) -> dict[LevelKey, Suggestion]:
        found = {LevelKey(one.variant_id, one.warehouse_id): one for one in self._all()}
        return {key: one for key, one in found.items() if key in set(keys)}

    def offers(self, variant_ids: Collection[int]) -> dict[int, list[Offer]]:
        return {id: list(found) for id, found in self.offered.items() if id in set(variant_ids)}

    def _all(self) -> list[Suggestion]:
        first = {id: offers[0] for id, offers in self.offered.items() if offers}
        return [replace(one, offer=first.get(one.variant_id)) for one in self.found]


_SORT_KEYS: Any = {
    SuggestionSort.VARIANT_CODE: lambda one: fold(one.variant_code),
    SuggestionSort.PRODUCT_NAME: lambda one: fold(one.product_name),
    SuggestionSort.WAREHOUSE_CODE: lambda one: fold(one.warehouse_code),
    SuggestionSort.PROJECTED: lambda one: one.projected,
    SuggestionSort.SHORTFALL: lambda one: one.shortfall,
}


def _matches(one: Suggestion, filter: SuggestionFilter) -> bool:
    supplier_id = one.offer.supplier_id if one.offer else None
    return (
        (filter.visible is None or one.warehouse_id in filter.visible)
        and fold(filter.search) in fold(f"{one.variant_code} {one.product_name}")
        and filter.warehouse_id in {None, one.warehouse_id}
        and filter.variant_id in {None, one.variant_id}
        and filter.supplier_id in {None, supplier_id}
    )
