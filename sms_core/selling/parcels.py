"""What is sent of an order, and what customers send back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sms_core.selling.amounts import ZERO
from sms_core.selling.commands import (
    ReturnedLine,
    ReturnSalesOrder,
    ShippedLine,
    ShipSalesOrder,
)
from sms_core.selling.drafts import Plan, Planned, plan
from sms_core.selling.gathering import Gathering
from sms_core.selling.orders import SalesLine, SalesOrder
from sms_core.selling.progress import Progress, Promised
from sms_core.shared.errors import Conflict, Invalid
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.lines import Incoming, Outgoing
from sms_core.stock.picking import InsufficientStock, plain


def shipment(order: SalesOrder, act: ShipSalesOrder) -> Plan:
    """Send what is reserved, the oldest promise of a line first.

    Raises Unknown, Invalid, and Conflict where less is reserved.
    """
    lines = _all_reserved(order) if act.lines is None else _chosen(order, act.lines)
    return plan(
        Kind.SHIPMENT,
        order,
        lines,
        act,
        reference=act.tracking,
        customer_id=order.customer_id,
    )


def _all_reserved(order: SalesOrder) -> list[Planned]:
    lines: list[Planned] = [
        (index, _sent(order, line, promise))
        for index, line in enumerate(order.lines)
        for promise in line.progress.promised
    ]
    if not lines:
        raise Conflict(
            f"Nothing is reserved for {order.number}: allocate it once the goods are there.",
            code="not_reserved",
        )
    return lines


def _chosen(order: SalesOrder, chosen: Sequence[ShippedLine]) -> list[Planned]:
    _see_that_some(chosen)
    left = {line.id: line.progress.promised for line in order.lines}
    found: list[Planned] = []
    problems = Gathering()
    for index, want in enumerate(chosen):
        with problems.at(index):
            line = order.line(want.line_id)
            _see_that_positive(want.quantity)
            _see_that_reserved(order, line, want.quantity, left[line.id])
            parts, left[line.id] = _split(left[line.id], want.quantity)
            place = {"location_id": want.location_id, "lot_code": want.lot_code}
            found += [(index, _sent(order, line, part, **place)) for part in parts]
    problems.raise_all()
    return found


def _see_that_reserved(
    order: SalesOrder, line: SalesLine, quantity: Decimal, promised: Sequence[Promised]
) -> None:
    reserved = sum((promise.quantity for promise in promised), ZERO)
    if quantity > reserved:
        raise Conflict(
            f"Of {plain(line.quantity)} {line.code} {plain(reserved)} are reserved and "
            f"{plain(line.backordered)} backordered: {plain(quantity)} cannot be shipped. "
            f"Ship {plain(reserved)} at most, or allocate more first.",
            code="not_reserved",
            pointer="/quantity",
        )


def _split(
    promised: Sequence[Promised], quantity: Decimal
) -> tuple[list[Promised], tuple[Promised, ...]]:
    """So much of these promises, the oldest first, and what is left of them."""
    parts: list[Promised] = []
    left: list[Promised] = []
    for promise in promised:
        part = min(quantity, promise.quantity)
        quantity -= part
        for some, to in ((part, parts), (promise.quantity - part, left)):
            if some:
                to.append(Promised(reservation_id=promise.reservation_id, quantity=some))
    return parts, tuple(left)


def _sent(order: SalesOrder, line: SalesLine, part: Promised, **place: Any) -> Outgoing:
    return Outgoing(
        variant_id=line.variant_id,
        warehouse_id=order.warehouse_id,
        document_line=line.id,
        quantity=part.quantity,
        counterpart=Counterpart.CUSTOMER,
        reservation_id=part.reservation_id,
        **place,
    )


def see_that_all_is_reserved(order: SalesOrder) -> None:
    """Raise InsufficientStock where a sale at the counter cannot be handed over whole."""
    problems = Gathering()
    for index, line in enumerate(order.lines):
        if missing := line.backordered:
            with problems.at(index):
                raise InsufficientStock(
                    f"Of {plain(line.quantity)} {line.code} {plain(missing)} are not available.",
                    pointer="/quantity",
                )
    problems.raise_all()


def returns(
    order: SalesOrder, act: ReturnSalesOrder, reasons: Mapping[str | None, ReasonCode | None]
) -> list[Plan]:
    """Take back what was sent, at what it was worth then: a draft for each reason.

    Raises Unknown, Invalid, and Conflict where the customer has less.
    """
    _see_that_some(act.lines)
    progress = {line.id: line.progress for line in order.lines}
    found: dict[str | None, list[Planned]] = {}
    problems = Gathering()
    for index, want in enumerate(act.lines):
        with problems.at(index):
            line = order.line(want.line_id)
            _see_that_positive(want.quantity)
            before = progress[line.id]
            _see_that_has(line, before, want.quantity)
            progress[line.id] = before.returning(want.quantity)
            coming = _taken_back(order, line, want, before.value_of(want.quantity))
            found.setdefault(want.reason_code, []).append((index, coming))
    problems.raise_all()
    return [
        plan(
            Kind.CUSTOMER_RETURN,
            order,
            lines,
            act,
            reason=reasons[code],
            customer_id=order.customer_id,
        )
        for code, lines in found.items()
    ]


def _taken_back(order: SalesOrder, line: SalesLine, want: ReturnedLine, value: Decimal) -> Incoming:
    return Incoming(
        variant_id=line.variant_id,
        warehouse_id=order.warehouse_id,
        document_line=line.id,
        quantity=want.quantity,
        value=value,
        counterpart=Counterpart.CUSTOMER,
        disposition=want.disposition,
        location_id=want.location_id,
        lot=want.lot,
    )


def _see_that_has(line: SalesLine, progress: Progress, quantity: Decimal) -> None:
    has = progress.shipped - progress.returned
    if quantity > has:
        raise Conflict(
            f"{plain(progress.shipped)} {line.code} were shipped and {plain(progress.returned)} "
            f"came back: {plain(has)} at most can be returned.",
            code="over_returned",
            pointer="/quantity",
        )


def _see_that_some(lines: Sequence[object]) -> None:
    if not lines:
        raise Invalid("Give at least one line.", code="required", pointer="/lines")


def _see_that_positive(quantity: Decimal) -> None:
    if quantity <= 0:
        raise Invalid("The quantity must be more than 0.", code="not_positive", pointer="/quantity")
