"""In-memory double of what knows which documents are open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sms_core.stock.documents import OpenDocuments


@dataclass
class InMemoryOpenDocuments(OpenDocuments):
    """Told by the test what is in which open documents."""

    warehouses: dict[int, str] = field(default_factory=dict)
    locations: dict[int, str] = field(default_factory=dict)
    variants: dict[int, str] = field(default_factory=dict)
    products: dict[int, str] = field(default_factory=dict)
    suppliers: dict[int, str] = field(default_factory=dict)
    customers: dict[int, str] = field(default_factory=dict)

    def of_warehouses(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _among(self.warehouses, ids)

    def of_locations(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _among(self.locations, ids)

    def of_variants(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _among(self.variants, ids)

    def of_products(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _among(self.products, ids)

    def of_suppliers(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _among(self.suppliers, ids)

    def of_customers(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _among(self.customers, ids)


def _among(told: dict[int, str], ids: Collection[int]) -> dict[int, str]:
    return {id: words for id, words in told.items() if id in set(ids)}
