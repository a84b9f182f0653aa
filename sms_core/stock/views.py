"""What the lists of stock show: facts with the names of what they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sms_core.shared.documents import DocumentRef
from sms_core.stock.postings import LevelChange
from sms_core.stock.promises import Reservation


@dataclass(frozen=True, kw_only=True)
class LevelView:
    """How much of a variant there is in a warehouse, and what else is coming or promised.

    As of a moment in the past, only what is on hand, reserved and its value are known.
    `expected_at` is when the first of what is on order is expected.
    """

    variant_id: int
    variant_code: str
    product_id: int
    product_name: str
    warehouse_id: int
    warehouse_code: str
    on_hand: Decimal
    reserved: Decimal
    available: Decimal | None
    in_transit: Decimal | None
    on_order: Decimal | None
    incoming: Decimal | None
    backordered: Decimal | None
    unit_cost: Decimal | None
    value: Decimal | None
    expected_at: datetime | None = None

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
    """A posting; `entries` are left out in lists and limited to the warehouses one may see."""

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
    document: DocumentRef | None = None
    entries: tuple[EntryView, ...] = ()
    reversed_lines: tuple[int, ...] = ()
    levels: tuple[LevelChange, ...] = ()
    reservation_ids: tuple[int, ...] = ()

    def without_costs(self) -> PostingView:
        """The same for those who may not see costs."""
        return replace(
            self,
            entries=tuple(entry.without_costs() for entry in self.entries),
            levels=tuple(level.without_costs() for level in self.levels),
        )


@dataclass(frozen=True, kw_only=True)
class CardBalance:
    """What there was of a variant at a point of its card."""

    on_hand: Decimal
    reserved: Decimal
    available: Decimal
    value: Decimal | None


@dataclass(frozen=True, kw_only=True)
class CardRow:
    """An entry and the balances it led to, with what it belongs to.

    `document` is what the posting carried out, `reverses_id` and `reversed_by_id` link an undone
    posting with the one that undid this line.
    """

    entry: EntryView
    balance: CardBalance
    posting_number: str
    reference: str
    note: str
    reason_code: str | None
    username: str
    reverses_id: int | None
    reversed_by_id: int | None
    document: DocumentRef | None = None


@dataclass(frozen=True, kw_only=True)
class OpenOrder:
    """A line of an open order: what a supplier is still to bring, or a customer still to get.

    `partner` is called by name, `due_at` is when it is expected or promised. Of a sale `reserved`
    is there for the customer, and `backordered` is what he waits for.
    """

    document: DocumentRef
    variant_id: int
    warehouse_id: int
    warehouse_code: str
    partner: str
    quantity: Decimal
    due_at: datetime | None = None
    reserved: Decimal = Decimal(0)
    backordered: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class CardView:
    """How the stock of a variant came to be what it is; `next` continues it, None at its end."""

    opening: CardBalance
    rows: tuple[CardRow, ...]
    closing: CardBalance
    next: tuple[Any, ...] | None = None
    reservations: tuple[Reservation, ...] = ()
    orders: tuple[OpenOrder, ...] = ()

    def without_costs(self) -> CardView:
        """The same for those who may not see costs."""
        return replace(
            self,
            opening=replace(self.opening, value=None),
            closing=replace(self.closing, value=None),
            rows=tuple(
                replace(
                    row,
                    entry=row.entry.without_costs(),
                    balance=replace(row.balance, value=None),
                )
                for row in self.rows
            ),
        )


@dataclass(frozen=True, kw_only=True)
class TraceRow:
    """A posting that brought, moved or took goods of a lot."""

    posting_id: int
    posting_number: str
    kind: str
    counterpart: str
    occurred_at: datetime
    warehouse_id: int
    warehouse_code: str
    location_code: str
    quantity: Decimal
    reference: str
    supplier_id: int | None
    customer_id: int | None


@dataclass(frozen=True, kw_only=True)
class LotTrace:
    """Where a lot came from, where it is and where it went, the oldest first.

    What was undone stands there twice: once each way.
    """

    lot_id: int
    variant_id: int
    lot_code: str
    came_from: tuple[TraceRow, ...]
    lies_in: tuple[BinView, ...]
    went_to: tuple[TraceRow, ...]
    moved: tuple[TraceRow, ...]


@dataclass(frozen=True, kw_only=True)
class PickView:
    """So much would be taken from this place and lot."""

    location_id: int
    location_code: str
    lot_id: int | None
    lot_code: str | None
    expires_on: date | None
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class PicksView:
    """What would be taken for a quantity, in this order, and how much of it is missing."""

    picks: tuple[PickView, ...]
    missing: Decimal


@dataclass(frozen=True)
class Scanned:
    """What a code or barcode stands for; a code of a variant says nothing about how many."""

    variant_id: int
    quantity: Decimal | None
