"""What customers ordered: its lines, its life, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

from sms_core.selling.amounts import ZERO, Amount, Terms, amount_of, per_rate, total
from sms_core.selling.progress import Progress, Promised
from sms_core.shared.document_lines import DocumentLine
from sms_core.shared.documents import Document, DocumentType
from sms_core.shared.errors import Conflict, Invalid, RuleBroken, Unknown, within
from sms_core.shared.text import NAME_LENGTH, tidy_optional, tidy_text
from sms_core.stock.levels import LevelKey
from sms_core.stock.picking import plain
from sms_core.stock.postings import MAX_LINES

HIGHEST_PRIORITY = 1_000_000


class SalesState(Enum):
    """How far a sale has come."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @classmethod
    def waiting_values(cls) -> list[str]:
        """The states, as texts, in which the customer waits for what was not sent yet."""
        return [cls.CONFIRMED.value, cls.PARTIALLY_SHIPPED.value]


# In these the customer waits for what was not sent yet.
WAITING = frozenset(map(SalesState, SalesState.waiting_values()))


@dataclass(kw_only=True)
class SalesLine(DocumentLine):
    """So much of a variant at these terms; code and description are what it was called when the
    order was confirmed. What it comes to and what it waits for, its order works out."""

    code: str = ""
    description: str = ""
    quantity: Decimal
    terms: Terms = field(default_factory=Terms)
    progress: Progress = field(default=Progress(), compare=False)
    amount: Amount = field(default=Amount(), compare=False)
    backordered: Decimal = field(default=ZERO, compare=False)

    @property
    def unshipped(self) -> Decimal:
        """What was ordered and not sent."""
        return max(self.quantity - self.progress.shipped, ZERO)

    @property
    def missing(self) -> Decimal:
        """What was ordered and neither sent nor reserved."""
        return max(self.unshipped - self.progress.reserved, ZERO)

    @property
    def returnable(self) -> Decimal:
        """What the customer has of it."""
        return self.progress.shipped - self.progress.returned

    def see_that_may_become(self, wanted: SalesLine) -> None:
        """Raise Conflict where a line that was agreed is to become another one, or less than was
        sent."""
        if wanted.variant_id != self.variant_id:
            raise _fixed("variant", "/variant_id")
        for name in ("unit_price", "discount_percent", "tax_rate", "tax_method"):
            if getattr(wanted.terms, name) != getattr(self.terms, name):
                raise _fixed(name.replace("_", " "), f"/{name}")
        self.see_that_not_below(wanted.quantity)

    def see_that_unsent(self) -> None:
        """Raise Conflict if something of it was sent."""
        if self.progress.shipped:
            raise Conflict(
                f"{plain(self.progress.shipped)} {self.code} were shipped already: the line stays.",
                code="below_shipped",
                pointer="/lines",
            )

    def see_that_not_below(self, quantity: Decimal) -> None:
        """Raise Conflict if more than that was sent already."""
        if quantity < self.progress.shipped:
            raise Conflict(
                f"{plain(self.progress.shipped)} {self.code} were shipped already: it cannot "
                f"become {plain(quantity)}.",
                code="below_shipped",
                pointer="/quantity",
            )


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """Who took a parcel, and under what number one can follow it."""

    posting_id: int
    number: str
    carrier: str = ""
    tracking: str = ""


@dataclass(frozen=True, kw_only=True)
class Freed:
    """So much of what is reserved for a line is to be released."""

    line: SalesLine
    promise: Promised


@dataclass(kw_only=True)
class SalesOrder(Document):
    """What somebody wants of the goods of a warehouse. Nothing that moved is stored in it.

    `customer_name` and `ship_to` are those of the time of confirming; amounts have
    `money_places`, those of the company's currency then.
    """

    name_of_kind: ClassVar[str] = "sales order"
    type: ClassVar[DocumentType] = DocumentType.SALES_ORDER
    acts: ClassVar[Mapping[SalesState, tuple[str, ...]]] = {
        SalesState.DRAFT: ("confirm", "change", "duplicate", "delete"),
        SalesState.CONFIRMED: (
            *("ship", "allocate", "change", "reopen", "close", "cancel", "duplicate"),
        ),
        SalesState.PARTIALLY_SHIPPED: (
            *("ship", "allocate", "return", "change", "close", "duplicate"),
        ),
        SalesState.SHIPPED: ("return", "close", "duplicate"),
        SalesState.CLOSED: ("return", "duplicate"),
        SalesState.CANCELLED: ("duplicate",),
    }

    state: SalesState = SalesState.DRAFT
    customer_id: int | None = None
    customer_name: str = ""
    warehouse_id: int
    reference: str = ""
    ordered_at: datetime
    promised_at: datetime | None = None
    priority: int = 0
    ship_to: str = ""
    confirmed_at: datetime | None = None
    money_places: int = 2
    lines: list[SalesLine] = field(default_factory=list)
    shipments: tuple[Shipment, ...] = ()

    def check(self) -> None:
        super().check()
        self.reference = tidy_optional(self.reference, "reference")
        self.ship_to = tidy_text(self.ship_to, "ship_to")
        if abs(self.priority) > HIGHEST_PRIORITY:
            raise Invalid(
                f"A priority is at most {HIGHEST_PRIORITY} and not below -{HIGHEST_PRIORITY}.",
                code="out_of_range",
                pointer="/priority",
            )
        if len(self.lines) > MAX_LINES:
            raise Invalid(
                f"An order has at most {MAX_LINES} lines.", code="too_many", pointer="/lines"
            )
        self.work_out()

    def work_out(self) -> None:
        """Tell the lines what they come to and wait for; raises RuleBroken for too much."""
        for index, line in enumerate(self.lines):
            with within(f"/lines/{index}"):
                line.amount = amount_of(line.quantity, line.terms, self.money_places)
            line.backordered = line.missing if self.is_waiting else ZERO

    @property
    def purpose(self) -> str:
        """For whom goods are reserved, as others read it."""
        return f"{self.number} {self.customer_name}".strip()[:NAME_LENGTH]

    def key(self, line: SalesLine) -> LevelKey:
        """The level from which a line is served."""
        return LevelKey(line.variant_id, self.warehouse_id)

    @property
    def amount(self) -> Amount:
        """What all lines come to."""
        return total(line.amount for line in self.lines)

    @property
    def taxes(self) -> dict[Decimal, Amount]:
        """What the lines come to, by rate of tax."""
        return per_rate((line.terms.tax_rate, line.amount) for line in self.lines)

    @property
    def is_waiting(self) -> bool:
        """Whether the customer is still to get something."""
        return self.state in WAITING

    def line(self, id: int) -> SalesLine:
        """The line with this id; raises Unknown."""
        for line in self.lines:
            if line.id == id:
                return line
        raise Unknown(f"{self.number} has no line {id}.", pointer="/line_id")

    def confirm(self, at: datetime) -> None:
        """Agree on it; raises RuleBroken if nothing is sold."""
        self.see_that_has_lines()
        self.state, self.confirmed_at = SalesState.CONFIRMED, at
        self.work_out()

    def leave(self, state: SalesState) -> None:
        """Go on without its promises: closed, cancelled, or as a draft again."""
        self.state = state
        if state is SalesState.DRAFT:
            self.confirmed_at = None
        self.work_out()

    def see_that_has_lines(self) -> None:
        """Raise RuleBroken for an order of nothing."""
        if not self.lines:
            raise RuleBroken("An order needs at least one line.", code="empty", pointer="/lines")

    def settle(self) -> None:
        """Take the state that what was sent stands for, unless it is over."""
        if self.state not in WAITING | {SalesState.SHIPPED}:
            return
        if not any(line.unshipped for line in self.lines):
            self.state = SalesState.SHIPPED
        elif any(line.progress.shipped for line in self.lines):
            self.state = SalesState.PARTIALLY_SHIPPED
        else:
            self.state = SalesState.CONFIRMED
        self.work_out()

    def see_that_returns_were_sent(self) -> None:
        """Raise Conflict where more came back than was sent."""
        for line in self.lines:
            if line.returnable < 0:
                raise Conflict(
                    f"{plain(line.progress.returned)} {line.code} of {self.number} came back: "
                    "undo their return first.",
                    code="returned",
                )

    def amend(self, lines: Sequence[SalesLine]) -> list[Freed]:
        """Give what was agreed other lines; returns what is not to be reserved any more.

        Of what is reserved the newest is released first. Raises Conflict for what cannot change
        any more.
        """
        wanted = {line.id: line for line in lines if line.id}
        freed: list[Freed] = []
        for line in self.lines:
            if line.id in wanted:
                freed += _less(wanted[line.id])
            else:
                line.see_that_unsent()
                freed += [Freed(line=line, promise=promise) for promise in line.progress.promised]
        self.lines = list(lines)
        self.see_that_has_lines()
        return freed

    def promised(self) -> list[Freed]:
        """All that is reserved for it."""
        return [
            Freed(line=line, promise=promise)
            for line in self.lines
            for promise in line.progress.promised
        ]

    def see_that_parties_stay(self, values: Mapping[str, Any]) -> None:
        """Raise Conflict where what was agreed is to have another customer or warehouse."""
        for name in ("customer_id", "warehouse_id"):
            if values.get(name, getattr(self, name)) != getattr(self, name):
                words = name.removesuffix("_id")
                raise Conflict(
                    f"The {words} of a confirmed order is fixed: reopen it first.",
                    code="fixed",
                    pointer=f"/{name}",
                )


def _less(line: SalesLine) -> list[Freed]:
    """What is reserved beyond what is still to be sent, the newest first; the line forgets it."""
    too_much = line.progress.reserved - line.unshipped
    freed: list[Freed] = []
    kept: list[Promised] = []
    for promise in reversed(line.progress.promised):
        part = min(max(too_much, ZERO), promise.quantity)
        too_much -= part
        if part:
            freed.append(Freed(line=line, promise=replace(promise, quantity=part)))
        if part < promise.quantity:
            kept.insert(0, replace(promise, quantity=promise.quantity - part))
    line.progress = replace(line.progress, promised=tuple(kept))
    return freed


def _fixed(what: str, pointer: str) -> Conflict:
    return Conflict(
        f"The {what} of a confirmed line is fixed: remove the line and add another, or reopen "
        "the order.",
        code="fixed",
        pointer=pointer,
    )
