"""Purchase orders: what is bought of a supplier for a warehouse, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, localcontext
from enum import Enum
from typing import Any, ClassVar, Final

from sms_core.shared.document_lines import DocumentLine
from sms_core.shared.documents import Document, DocumentType
from sms_core.shared.errors import Conflict, Invalid
from sms_core.shared.numbers import (
    MONEY_PLACES,
    PRECISION,
    QUANTITY_PLACES,
    UNIT_COST_PLACES,
    rounded,
)
from sms_core.shared.text import tidy_optional

ZERO: Final = Decimal(0)
MAX_LINES: Final = 1_000
# What undone receipts may leave of rounding; what differs by more cost something else on purpose.
_CRUMBS: Final = Decimal("0.001")


class PurchaseState(Enum):
    """How far an order has come."""

    DRAFT = "draft"
    PLACED = "placed"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @classmethod
    def open_values(cls) -> list[str]:
        """The states, as texts, in which more goods are expected."""
        return [cls.PLACED.value, cls.PARTIALLY_RECEIVED.value]


ACTS: Final[Mapping[PurchaseState, tuple[str, ...]]] = {
    PurchaseState.DRAFT: ("place", "change", "duplicate", "delete"),
    PurchaseState.PLACED: ("receive", "change", "reopen", "cancel", "close", "duplicate"),
    PurchaseState.PARTIALLY_RECEIVED: ("receive", "return", "change", "close", "duplicate"),
    PurchaseState.RECEIVED: ("return", "close", "duplicate"),
    PurchaseState.CLOSED: ("return", "duplicate"),
    PurchaseState.CANCELLED: ("duplicate",),
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What has become of a line, in stock units; read from the ledger, never stored with it.

    `came` is all that was taken in, and `value` what it was worth; of it `kept` was not accepted
    and lies there to be sent back. `refused` never came in.
    """

    came: Decimal = ZERO
    value: Decimal = ZERO
    kept: Decimal = ZERO
    refused: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def accepted(self) -> Decimal:
        """What counts as received."""
        return self.came - self.kept

    @property
    def has_moved(self) -> bool:
        """Whether stock has anything to do with it."""
        return bool(self.came or self.returned)


@dataclass(kw_only=True)
class PurchaseLine(DocumentLine):
    """So many purchase units of a variant. `quantity` 0: it came without being ordered.

    `unit_cost` is that of a purchase unit before the discount; None: unknown, then the ledger
    finds what the goods are worth.
    """

    quantity: Decimal
    pack_size: Decimal = Decimal(1)
    unit_cost: Decimal | None = None
    discount_percent: Decimal = ZERO
    tax_rate: Decimal = ZERO
    progress: Progress = field(default=Progress(), compare=False)

    @property
    def stock_quantity(self) -> Decimal:
        """What is ordered, in stock units."""
        return self.quantity * self.pack_size

    @property
    def net(self) -> Decimal | None:
        """What is to be paid for it, without tax."""
        return self._times(self.quantity)

    @property
    def tax(self) -> Decimal | None:
        """The tax on that."""
        net = self.net
        return None if net is None else rounded(net * self.tax_rate / 100, MONEY_PLACES)

    @property
    def gross(self) -> Decimal | None:
        """Both together."""
        net, tax = self.net, self.tax
        return None if net is None or tax is None else net + tax

    @property
    def stock_unit_cost(self) -> Decimal | None:
        """What a stock unit costs."""
        net = self.net if self.quantity else self._times(Decimal(1))
        if net is None:
            return None
        with localcontext(prec=PRECISION):
            return rounded(net / (self.stock_quantity or self.pack_size), UNIT_COST_PLACES)

    @property
    def open_stock(self) -> Decimal:
        """How many stock units are still to come."""
        return max(self.stock_quantity - self.progress.accepted, ZERO)

    @property
    def open_quantity(self) -> Decimal:
        return self.in_packs(self.open_stock)

    @property
    def received_quantity(self) -> Decimal:
        return self.in_packs(self.progress.accepted)

    @property
    def rejected_quantity(self) -> Decimal:
        return self.in_packs(self.progress.kept + self.progress.refused)

    @property
    def returned_quantity(self) -> Decimal:
        return self.in_packs(self.progress.returned)

    @property
    def returnable(self) -> Decimal:
        """How many stock units can be sent back."""
        return max(self.progress.came - self.progress.returned, ZERO)

    @property
    def is_touched(self) -> bool:
        """Whether a delivery has brought or tried to bring some of it."""
        return self.progress.has_moved or bool(self.progress.refused)

    def in_packs(self, stock_quantity: Decimal) -> Decimal:
        """So many stock units in purchase units."""
        with localcontext(prec=PRECISION):
            return rounded(stock_quantity / self.pack_size, QUANTITY_PLACES)

    def worth(self, quantity: Decimal) -> Decimal | None:
        """The value of the next stock units that come in: the receipts of a line share its net
        exactly, and what is more than ordered costs as much per unit. None: unknown."""
        until = self._value_of(self.progress.came + quantity)
        before = self._value_of(self.progress.came)
        if until is None or before is None:
            return None
        if abs(self.progress.value - before) <= _CRUMBS:
            before = self.progress.value
        return max(until - before, ZERO)

    def take_in(self, quantity: Decimal, value: Decimal | None, *, kept: bool = False) -> None:
        """Count stock units that come in by the delivery in hand."""
        done = self.progress
        self.progress = replace(
            done,
            came=done.came + quantity,
            value=done.value + (value or ZERO),
            kept=done.kept + (quantity if kept else ZERO),
        )

    def refuse(self, quantity: Decimal) -> None:
        """Count stock units of the delivery in hand that are not taken in at all."""
        self.progress = replace(self.progress, refused=self.progress.refused + quantity)

    def send_back(self, quantity: Decimal) -> None:
        """Count stock units that go back now."""
        self.progress = replace(self.progress, returned=self.progress.returned + quantity)

    def _value_of(self, stock_quantity: Decimal) -> Decimal | None:
        net, ordered = self.net, self.stock_quantity
        if not ordered:
            net, ordered = self._times(Decimal(1), places=None), self.pack_size
        if net is None:
            return None
        with localcontext(prec=PRECISION):
            return rounded(net * stock_quantity / ordered, MONEY_PLACES)

    def _times(self, quantity: Decimal, places: int | None = MONEY_PLACES) -> Decimal | None:
        """The cost of so many purchase units, less the discount."""
        if self.unit_cost is None:
            return None
        with localcontext(prec=PRECISION):
            cost = quantity * self.unit_cost * (100 - self.discount_percent) / 100
        return cost if places is None else rounded(cost, places)


@dataclass(kw_only=True)
class PurchaseOrder(Document):
    """An order to a supplier for goods to a warehouse."""

    name_of_kind: ClassVar[str] = "purchase order"
    type: ClassVar[DocumentType] = DocumentType.PURCHASE_ORDER
    acts: ClassVar[Mapping[Any, tuple[str, ...]]] = ACTS

    supplier_id: int
    warehouse_id: int
    reference: str = ""
    expected_at: datetime | None = None
    placed_at: datetime | None = None
    state: PurchaseState = PurchaseState.DRAFT
    lines: list[PurchaseLine] = field(default_factory=list)

    def check(self) -> None:
        super().check()
        self.reference = tidy_optional(self.reference, "reference")
        if len(self.lines) > MAX_LINES:
            raise Invalid(
                f"An order may have at most {MAX_LINES} lines.", code="too_many", pointer="/lines"
            )

    @property
    def is_draft(self) -> bool:
        """Whether all of it may still change."""
        return self.state is PurchaseState.DRAFT

    @property
    def net(self) -> Decimal | None:
        return self._sum("net")

    @property
    def tax(self) -> Decimal | None:
        return self._sum("tax")

    @property
    def gross(self) -> Decimal | None:
        return self._sum("gross")

    def see_that_unmoved(self, act: str) -> None:
        """Raise Conflict once something of it came: then it can only be closed."""
        if any(line.is_touched for line in self.lines):
            raise Conflict(
                f"Something of {self.number} was delivered: you cannot {act} it. Close it instead.",
                code="document_state",
            )

    def settle(self) -> None:
        """Take the state that what has come says; drafts, closed and cancelled ones stay."""
        if self.state in {PurchaseState.DRAFT, PurchaseState.CLOSED, PurchaseState.CANCELLED}:
            return
        if not any(line.progress.has_moved for line in self.lines):
            self.state = PurchaseState.PLACED
        elif any(line.open_stock for line in self.lines):
            self.state = PurchaseState.PARTIALLY_RECEIVED
        else:
            self.state = PurchaseState.RECEIVED

    def hide_costs(self) -> None:
        """Forget what it costs, before somebody reads it who may not know."""
        for line in self.lines:
            line.unit_cost = None

    def _sum(self, name: str) -> Decimal | None:
        amounts = [getattr(line, name) for line in self.lines]
        return None if None in amounts else sum(amounts, ZERO)


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Goods of a delivery that were not accepted, in stock units, and why.

    `kept` ones came in, by this line of a posting; the others count until that line is undone,
    if there is a posting.
    """

    line_id: int
    quantity: Decimal
    kept: bool
    reason_code_id: int
    posting_id: int | None = None
    posting_line: int | None = None
