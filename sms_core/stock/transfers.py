"""Stock transfers: goods that one warehouse sends to another, and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import ClassVar, Final

from sms_core.shared.document_lines import DocumentLine
from sms_core.shared.documents import Document, DocumentType
from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Invalid,
    RuleBroken,
    Unknown,
    gathered,
    within,
)
from sms_core.shared.numbers import QUANTITY_LIMIT, exact
from sms_core.shared.text import fold, tidy
from sms_core.stock.levels import ZERO, Goods
from sms_core.stock.picking import plain

MAX_LINES: Final = 1_000


class TransferState(Enum):
    """How far a transfer has come."""

    DRAFT = "draft"
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class LotOnItsWay:
    """How much of a line is on its way of one lot; `code` None: the goods have no lots."""

    code: str | None
    quantity: Decimal

    def is_called(self, code: str | None) -> bool:
        """Whether it is the lot of this code, whatever its case; None: any."""
        return code is None or (self.code is not None and fold(self.code) == fold(code))


@dataclass(kw_only=True)
class TransferLine(DocumentLine):
    """So much of a variant, of one lot if it is named.

    What is dispatched, received and still on its way is read from the ledger; `on_the_way` lists
    it by lot, what expires first before the others.
    """

    quantity: Decimal
    lot_code: str | None = None
    dispatched_quantity: Decimal = ZERO
    received_quantity: Decimal = ZERO
    on_the_way: tuple[LotOnItsWay, ...] = ()
    dispatched_at: datetime | None = None

    @property
    def in_transit_quantity(self) -> Decimal:
        """What was sent and has neither arrived, come back nor been written off."""
        return self.on_its_way(None)

    def check(self, goods: Goods | None) -> None:
        """Raise Unknown without goods, Invalid or RuleBroken where the line does not suit them."""
        if goods is None:
            raise Unknown(f"There is no variant {self.variant_id}.", pointer="/variant_id")
        if not self.id and not goods.is_active:
            raise RuleBroken(
                f"{goods.code} is not active any more.", code="inactive", pointer="/variant_id"
            )
        if self.quantity <= 0:
            raise Invalid(
                "The quantity must be more than 0.", code="not_positive", pointer="/quantity"
            )
        self.quantity = exact(
            self.quantity, places=goods.places, limit=QUANTITY_LIMIT, field="quantity"
        )
        if self.lot_code is None:
            return
        self.lot_code = tidy(self.lot_code, "lot_code")
        if not goods.tracks_lots:
            raise RuleBroken(
                f"{goods.code} is not kept by lots.", code="lot_not_tracked", pointer="/lot_code"
            )

    def on_its_way(self, lot_code: str | None) -> Decimal:
        """How much is on its way of this lot; None: in all."""
        return sum((lot.quantity for lot in self.on_the_way if lot.is_called(lot_code)), ZERO)

    def take(self, quantity: Decimal, lot_code: str | None = None) -> list[LotOnItsWay]:
        """Take so much from what is on its way, what expires first before the others; gives what
        was taken, by lot."""
        left, taken, rest = quantity, [], []
        for lot in self.on_the_way:
            part = min(left, lot.quantity) if lot.is_called(lot_code) else ZERO
            if part > 0:
                taken.append(replace(lot, quantity=part))
                left -= part
            if part < lot.quantity:
                rest.append(replace(lot, quantity=lot.quantity - part))
        self.on_the_way = tuple(rest)
        return taken


_OPEN: Final = ("receive", "close", "duplicate")


@dataclass(kw_only=True)
class StockTransfer(Document):
    """Goods that go from one warehouse to another in two steps: sent off, then booked in."""

    type: ClassVar = DocumentType.STOCK_TRANSFER
    name_of_kind: ClassVar[str] = "stock transfer"
    acts: ClassVar = {
        TransferState.DRAFT: ("dispatch", "change", "cancel", "delete", "duplicate"),
        TransferState.IN_TRANSIT: _OPEN,
        TransferState.PARTIALLY_RECEIVED: _OPEN,
        TransferState.RECEIVED: ("duplicate",),
        TransferState.CLOSED: ("duplicate",),
        TransferState.CANCELLED: ("duplicate",),
    }

    from_warehouse_id: int
    to_warehouse_id: int
    lines: list[TransferLine] = field(default_factory=list)
    state: TransferState = TransferState.DRAFT

    def check(self) -> None:
        super().check()
        if self.from_warehouse_id == self.to_warehouse_id:
            raise RuleBroken(
                "Goods must go to another warehouse than the one they are in.",
                code="same_place",
                pointer="/to_warehouse_id",
            )
        if len(self.lines) > MAX_LINES:
            raise Invalid(
                f"A transfer may have at most {MAX_LINES} lines.",
                code="too_many",
                pointer="/lines",
            )

    def check_lines(self, goods: Mapping[int, Goods]) -> None:
        """Raise one error that carries all that is wrong with the lines: Unknown where `goods`,
        by variant, lacks theirs, Invalid or RuleBroken where the line does not suit them."""
        errors = []
        for index, line in enumerate(self.lines):
            try:
                with within(f"/lines/{index}"):
                    line.check(goods.get(line.variant_id))
            except DomainError as refusal:
                errors.append(refusal)
        if errors:
            raise gathered(errors)

    @property
    def open_lines(self) -> list[TransferLine]:
        """The lines of which something is still on its way."""
        return [line for line in self.lines if line.in_transit_quantity > 0]

    @property
    def dispatched_at(self) -> datetime | None:
        """When it was sent; None: it was not, or not any more."""
        return max((line.dispatched_at for line in self.lines if line.dispatched_at), default=None)

    def line(self, id: int) -> TransferLine | None:
        """The line with this id, if it has one."""
        return next((line for line in self.lines if line.id == id), None)

    def settle(self) -> None:
        """Come to the state that what moved of it amounts to."""
        self.state = self._reached()

    def see_that_consistent(self) -> None:
        """Raise Conflict if more has arrived, come back or been written off than was sent."""
        if any(lot.quantity < 0 for line in self.lines for lot in line.on_the_way):
            raise Conflict(
                f"Goods of {self.number} have arrived or been written off: undo that first.",
                code="built_upon",
            )

    def _reached(self) -> TransferState:
        sent = sum((line.dispatched_quantity for line in self.lines), ZERO)
        arrived = sum((line.received_quantity for line in self.lines), ZERO)
        if not sent:
            return TransferState.DRAFT
        if self.open_lines:
            return TransferState.PARTIALLY_RECEIVED if arrived else TransferState.IN_TRANSIT
        return TransferState.RECEIVED if arrived == sent else TransferState.CLOSED


def more_than_sent(number: str, code: str, there: Decimal) -> Conflict:
    """What is said when more of some goods arrives than is on its way."""
    return Conflict(
        f"Of {code} only {plain(there)} of {number} are still on their way. If more came, the "
        "sender has more on the books than there is: take it out there (an adjustment) and "
        "receive it here (a receipt).",
        code="more_than_dispatched",
        pointer="/quantity",
    )


def in_words(lines: Sequence[TransferLine], goods: Mapping[int, Goods]) -> str:
    """The lines as the history tells of them."""
    return "; ".join(
        f"{goods[line.variant_id].code if line.variant_id in goods else line.variant_id} "
        + plain(line.quantity)
        + (f" of lot {line.lot_code}" if line.lot_code else "")
        for line in lines
    )
