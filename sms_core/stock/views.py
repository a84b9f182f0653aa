"""What the lists of stock show: facts with the names of what they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class LevelView:
    """How much of a variant there is in a warehouse, and what else is coming or promised."""

    variant_id: int
    variant_code: str
    product_id: int
    product_name: str
    warehouse_id: int
    warehouse_code: str
    on_hand: Decimal
    reserved: Decimal
    available: Decimal
    in_transit: Decimal
    on_order: Decimal
    incoming: Decimal
    backordered: Decimal
    unit_cost: Decimal | None
    value: Decimal | None

    def without_costs(self) -> LevelView:
        """The same for those who may not see costs."""
        return replace(self, unit_cost=None, value=None)


@dataclass(frozen=True, kw_only=True)
class BinView:
    """How much of a variant lies in one location, of one lot."""

    variant_id: int
    variant_code: str
    product_id: int
    product_name: str
    warehouse_id: int
    warehouse_code: str
    location_id: int
    location_code: str
    location_kind: str
    lot_id: int | None
    lot_code: str | None
    expires_on: date | None
    on_hand: Decimal
    usable: bool


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """A line of the ledger with the names of what it moved."""

    id: int
    posting_id: int
    line: int
    kind: str
    variant_id: int
    variant_code: str
    warehouse_id: int
    location_id: int | None
    lot_code: str | None
    seq: int
    quantity: Decimal
    reserved: Decimal
    value: Decimal | None
    unit_cost: Decimal | None
    cost_source: str | None
    on_hand_after: Decimal
    reserved_after: Decimal
    value_after: Decimal | None
    counterpart: str
    occurred_at: datetime
    recorded_at: datetime
    hash: str

    def without_costs(self) -> EntryView:
        """The same for those who may not see costs."""
        return replace(self, value=None, unit_cost=None, value_after=None, cost_source=None)


@dataclass(frozen=True, kw_only=True)
class PostingView:
    """A posting; `entries` are left out in lists and limited to the warehouses one may see.

    Nothing makes postings but receipts and issues: none has a document, none is reversed.
    """

    id: int
    number: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    user_id: int | None
    username: str
    request_id: str
    reference: str
    note: str
    reason_code: str | None
    supplier_id: int | None
    customer_id: int | None
    reverses_id: int | None
    entry_count: int
    document: None = None
    reversed_lines: tuple[int, ...] = ()
    entries: tuple[EntryView, ...] = ()

    def without_costs(self) -> PostingView:
        """The same for those who may not see costs."""
        return replace(self, entries=tuple(entry.without_costs() for entry in self.entries))


@dataclass(frozen=True)
class Scanned:
    """What a code or barcode stands for; a code of a variant says nothing about how many."""

    variant_id: int
    quantity: Decimal | None
