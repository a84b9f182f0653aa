"""What a delivery, or goods sent back, ask of the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from sms_core.purchasing.commands import DeliveredLine, GoodsSentBack
from sms_core.purchasing.entities import checked_cost
from sms_core.purchasing.orders import ZERO, PurchaseLine, PurchaseOrder, Rejection
from sms_core.shared.errors import Conflict, DomainError, Invalid, RuleBroken, Unknown
from sms_core.shared.numbers import MONEY_PLACES, PRECISION, VALUE_LIMIT, rounded
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Counterpart, Disposition
from sms_core.stock.lines import Incoming, Line, Outgoing
from sms_core.stock.picking import plain

_POINTER = re.compile(r"/lines/(\d+)(/\w+)?(.*)")


class OverReceived(Conflict):
    """More came than was ordered; to take it in takes a right of its own."""

    code = "over_received"


@dataclass
class Booked:
    """Lines for the ledger, each with where in the order it comes from; so refusals of the
    ledger point at what was sent."""

    lines: list[Line] = field(default_factory=list)
    sources: list[tuple[int, str]] = field(default_factory=list)

    def add(self, index: int, line: Line, quantity_field: str = "quantity") -> int:
        """Append a line for the one at `index`; returns its number in the posting."""
        self.lines.append(line)
        self.sources.append((index, quantity_field))
        return len(self.lines)

    @contextmanager
    def pointing(self) -> Iterator[None]:
        """Let refusals point to where the input really is."""
        try:
            yield
        except DomainError as refusal:
            for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
                error.pointer = self._pointer(error.pointer)
            raise

    def _pointer(self, pointer: str) -> str:
        if pointer == "/reason_code" and self.sources:
            return f"/lines/{self.sources[0][0]}{pointer}"
        match = _POINTER.fullmatch(pointer)
        if match is None or int(match[1]) >= len(self.sources):
            return pointer
        index, quantity_field = self.sources[int(match[1])]
        name = f"/{quantity_field}" if match[2] == "/quantity" else match[2] or ""
        return f"/lines/{index}{name}{match[3]}"


@dataclass
class Delivery(Booked):
    """What comes in of an order, line by line, and what was not accepted of it."""

    order: PurchaseOrder = field(kw_only=True)
    reasons: Mapping[str, ReasonCode] = field(kw_only=True)
    rejections: list[Rejection] = field(default_factory=list)

    def take_in(
        self,
        index: int,
        line: PurchaseLine,
        wanted: DeliveredLine,
        accepted: Decimal,
        rejected: Decimal,
    ) -> None:
        """Book stock units of a line, and note those that were rejected."""
        number = None
        if accepted:
            number = self.add(index, self._incoming(line, wanted, accepted))
        if not rejected:
            return
        if wanted.keep_rejected:
            incoming = self._incoming(line, wanted, rejected, kept=True)
            number = self.add(index, incoming, "rejected_quantity")
        else:
            line.refuse(rejected)
        self.rejections.append(
            Rejection(
                line_id=line.id,
                quantity=rejected,
                kept=wanted.keep_rejected,
                reason_code_id=self.reasons[wanted.reason_code or ""].id,
                posting_line=number,
            )
        )

    def _incoming(
        self,
        line: PurchaseLine,
        wanted: DeliveredLine,
        quantity: Decimal,
        *,
        kept: bool = False,
    ) -> Incoming:
        value = line.worth(quantity)
        if wanted.unit_cost is not None:
            per = Decimal(1) if wanted.in_stock_units else line.pack_size
            with localcontext(prec=PRECISION):
                value = rounded(quantity * wanted.unit_cost / per, MONEY_PLACES)
        if value is not None and value >= VALUE_LIMIT:
            raise RuleBroken(
                "Quantity times unit cost is too large.", code="too_large", pointer="/quantity"
            )
        line.take_in(quantity, value, kept=kept)
        return Incoming(
            variant_id=line.variant_id,
            warehouse_id=self.order.warehouse_id,
            document_line=line.id,
            quantity=quantity,
            counterpart=Counterpart.SUPPLIER,
            value=value,
            location_id=None if kept else wanted.location_id,
            lot=wanted.lot,
            disposition=Disposition.QUARANTINE if kept else Disposition.STOCK,
        )


def all_open(order: PurchaseOrder) -> tuple[DeliveredLine, ...]:
    """Everything that is still to come; raises Conflict if that is nothing."""
    lines = tuple(
        DeliveredLine(line_id=line.id, quantity=line.open_stock, in_stock_units=True)
        for line in order.lines
        if line.open_stock
    )
    if not lines:
        raise OverReceived(f"All of {order.number} has come.")
    return lines


def see_that_sound(wanted: DeliveredLine) -> None:
    """Raise Invalid or RuleBroken where a delivered line contradicts itself."""
    if (wanted.line_id is None) == (wanted.variant_id is None):
        raise Invalid(
            "Name either a line of the order, or a variant that was not ordered.",
            code="required",
            pointer="/line_id",
        )
    for name in ("quantity", "rejected_quantity"):
        if getattr(wanted, name) < 0:
            words = name.replace("_", " ")
            raise Invalid(f"The {words} cannot be below 0.", code="negative", pointer=f"/{name}")
    if not wanted.quantity and not wanted.rejected_quantity:
        raise Invalid(
            "Say how much was accepted or rejected.", code="not_positive", pointer="/quantity"
        )
    if wanted.unit_cost is not None:
        checked_cost(wanted.unit_cost, "unit_cost")
    if wanted.rejected_quantity and not wanted.reason_code:
        raise RuleBroken(
            "Give a reason for what was rejected.", code="reason_required", pointer="/reason_code"
        )


def stock_units(quantity: Decimal, line: PurchaseLine, *, in_stock_units: bool) -> Decimal:
    """A quantity of a line in stock units."""
    with localcontext(prec=PRECISION):
        return quantity if in_stock_units else quantity * line.pack_size


def line_named(order: PurchaseOrder, line_id: int) -> PurchaseLine:
    """The line that somebody names in a list; raises Unknown."""
    for line in order.lines:
        if line.id == line_id:
            return line
    raise Unknown(f"There is no line {line_id} on {order.number}.", pointer="/line_id")


def see_that_not_too_much(line: PurchaseLine, percent: Decimal) -> None:
    """Raise OverReceived where more was accepted than was ordered and is tolerated."""
    with localcontext(prec=PRECISION):
        most = line.stock_quantity * (100 + percent) / 100
    if line.progress.accepted > most:
        over = line.progress.accepted - line.stock_quantity
        raise OverReceived(
            f"That is {plain(line.in_packs(over))} more than the {plain(line.quantity)} ordered. "
            "Taking in so much needs the permission purchase_order.over_receive.",
            pointer="/quantity",
        )


def sent_back(
    booked: Booked, index: int, order: PurchaseOrder, line: PurchaseLine, wanted: GoodsSentBack
) -> None:
    """Book goods of a line that go back; raises Invalid, and Conflict for more than came."""
    if wanted.quantity <= 0:
        raise Invalid("The quantity must be more than 0.", code="not_positive", pointer="/quantity")
    if wanted.disposition is Disposition.SCRAP:
        raise Invalid("Goods go back from stock or from the quarantine.", pointer="/disposition")
    quantity = stock_units(wanted.quantity, line, in_stock_units=wanted.in_stock_units)
    if quantity > line.returnable:
        left = line.in_packs(line.returnable)
        raise Conflict(
            f"Only {plain(left)} of what was received can still be sent back.",
            code="over_returned",
            pointer="/quantity",
        )
    for part, disposition in _parts(line, wanted, quantity):
        outgoing = Outgoing(
            variant_id=line.variant_id,
            warehouse_id=order.warehouse_id,
            document_line=line.id,
            quantity=part,
            counterpart=Counterpart.SUPPLIER,
            location_id=wanted.location_id,
            lot_code=wanted.lot_code,
            disposition=disposition,
        )
        booked.add(index, outgoing)
    line.send_back(quantity)


def _parts(
    line: PurchaseLine, wanted: GoodsSentBack, quantity: Decimal
) -> Sequence[tuple[Decimal, Disposition]]:
    if wanted.disposition is not None or wanted.location_id is not None:
        return [(quantity, wanted.disposition or Disposition.STOCK)]
    kept = min(max(line.progress.kept - line.progress.returned, ZERO), quantity)
    parts = [(kept, Disposition.QUARANTINE), (quantity - kept, Disposition.STOCK)]
    return [(part, disposition) for part, disposition in parts if part]
