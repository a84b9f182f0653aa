"""What each order asks of the ledger, and what right it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Forbidden, Invalid, RuleBroken, Unknown
from sms_core.stock.commands import (
    AdjustedLine,
    AdjustStock,
    CorrectCost,
    IssuedLine,
    IssueGoods,
    Movement,
    OpenStock,
    ReceivedLine,
    ReceiveGoods,
    ReleaseReservation,
    ReserveStock,
    ReturnToSupplier,
    RevalueLevel,
    ReversePosting,
    ScrapGoods,
    SentBackLine,
    ShipReservation,
    TakeBackGoods,
    TransferStock,
)
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import ALLOWED, Counterpart, Disposition, Kind
from sms_core.stock.levels import ZERO
from sms_core.stock.lines import Counted, Incoming, Line, Moving, NamedLot, Outgoing
from sms_core.stock.postings import Draft

SEES_COSTS: Final = "cost.view"

RIGHTS: Final[Mapping[type[Any], str]] = {
    ReceiveGoods: "stock.receive",
    OpenStock: "stock.open",
    IssueGoods: "stock.issue",
    AdjustStock: "stock.adjust",
    ScrapGoods: "stock.scrap",
    ReturnToSupplier: "stock.issue",
    TakeBackGoods: "stock.receive",
    TransferStock: "stock.transfer",
    RevalueLevel: "stock.revalue",
    CorrectCost: "stock.revalue",
    ReversePosting: "stock.reverse",
    ReserveStock: "stock.reserve",
    ReleaseReservation: "stock.reserve",
    ShipReservation: "stock.issue",
}

_WAREHOUSES = ("warehouse_id", "from_warehouse_id", "to_warehouse_id")


def authorise(command: object, by: Actor) -> None:
    """Raise unless the actor may give this order at all: by verb, cost and warehouse."""
    right = RIGHTS.get(type(command))
    if right is None:
        raise Forbidden("Nobody may order this.")
    by.require(right)
    lines = getattr(command, "lines", None) or ()
    costs = [getattr(command, "unit_cost", None), getattr(command, "amount", None)]
    costs += [getattr(line, "unit_cost", None) for line in lines]
    if any(cost is not None for cost in costs):
        by.require(SEES_COSTS)
    for field in _WAREHOUSES:
        id = getattr(command, field, None)
        if id is not None and not by.sees(id):
            raise Unknown(f"There is no warehouse {id}.", pointer=f"/{field}")


def draft_of(command: Movement, reason: ReasonCode | None) -> Draft:
    """The draft of the order; raises Invalid where it contradicts itself."""
    kind, lines = _kind_and_lines(command)
    return Draft(
        kind=kind,
        lines=tuple(lines),
        reference=command.reference,
        note=command.note,
        reason=reason,
        occurred_at=command.occurred_at,
        supplier_id=getattr(command, "supplier_id", None),
        customer_id=getattr(command, "customer_id", None),
        same_reference=getattr(command, "same_reference", False),
        release_reserved=getattr(command, "release_reserved", False),
        despite_count=command.despite_count,
    )


def _kind_and_lines(command: Movement) -> tuple[Kind, Sequence[Line]]:
    match command:
        case ReceiveGoods(warehouse_id=at):
            return Kind.RECEIPT, _incoming(at, command.lines, Counterpart.SUPPLIER)
        case OpenStock(warehouse_id=at):
            return Kind.OPENING, _incoming(at, command.lines, Counterpart.OPENING)
        case TakeBackGoods(warehouse_id=at):
            return Kind.CUSTOMER_RETURN, _incoming(at, command.lines, Counterpart.CUSTOMER)
        case IssueGoods(warehouse_id=at):
            if command.counterpart not in ALLOWED[Kind.ISSUE]:
                raise Invalid(
                    "Goods are issued for internal use or to a customer.", pointer="/counterpart"
                )
            return Kind.ISSUE, _outgoing(at, command.lines, command.counterpart)
        case ScrapGoods(warehouse_id=at):
            return Kind.SCRAP, _outgoing(at, command.lines, Counterpart.SCRAP)
        case ReturnToSupplier(warehouse_id=at):
            return Kind.SUPPLIER_RETURN, _sent_back(at, command.lines)
        case AdjustStock(warehouse_id=at):
            return Kind.ADJUSTMENT, [
                _adjusted(at, index, line) for index, line in enumerate(command.lines)
            ]
        case TransferStock():
            return Kind.TRANSFER, _moving(command)


def _incoming(
    warehouse_id: int, lines: Sequence[ReceivedLine], counterpart: Counterpart
) -> list[Line]:
    return [
        Incoming(
            variant_id=line.variant_id,
            warehouse_id=warehouse_id,
            quantity=line.quantity,
            counterpart=counterpart,
            unit_cost=line.unit_cost,
            location_id=line.location_id,
            lot=line.lot,
            expected_on_hand=line.expected_on_hand,
            disposition=getattr(line, "disposition", Disposition.STOCK),
        )
        for line in lines
    ]


def _outgoing(
    warehouse_id: int, lines: Sequence[IssuedLine], counterpart: Counterpart
) -> list[Line]:
    return [
        Outgoing(
            variant_id=line.variant_id,
            warehouse_id=warehouse_id,
            quantity=line.quantity,
            counterpart=counterpart,
            location_id=line.location_id,
            lot_code=line.lot_code,
            expected_on_hand=line.expected_on_hand,
            disposition=getattr(line, "disposition", Disposition.STOCK),
        )
        for line in lines
    ]


def _sent_back(warehouse_id: int, lines: Sequence[SentBackLine]) -> list[Line]:
    for index, line in enumerate(lines):
        if line.disposition is Disposition.SCRAP:
            raise RuleBroken(
                "What goes back to a supplier comes out of stock or quarantine.",
                code="not_allowed",
                pointer=f"/lines/{index}/disposition",
            )
    return _outgoing(warehouse_id, lines, Counterpart.SUPPLIER)


def _moving(command: TransferStock) -> list[Line]:
    return [
        Moving(
            variant_id=line.variant_id,
            warehouse_id=command.from_warehouse_id,
            location_id=command.from_location_id,
            to_warehouse_id=command.to_warehouse_id,
            to_location_id=command.to_location_id,
            quantity=line.quantity,
            lot_code=line.lot_code,
            expected_on_hand=line.expected_on_hand,
        )
        for line in command.lines
    ]


def _adjusted(warehouse_id: int, index: int, line: AdjustedLine) -> Line:
    if (line.quantity is None) == (line.counted_quantity is None):
        raise Invalid(
            "Give either how much more or less there is, or how much was counted.",
            code="one_of",
            pointer=f"/lines/{index}/quantity",
        )
    place: dict[str, Any] = {
        "variant_id": line.variant_id,
        "warehouse_id": warehouse_id,
        "location_id": line.location_id,
        "expected_on_hand": line.expected_on_hand,
    }
    lot = NamedLot(code=line.lot_code) if line.lot_code is not None else None
    if line.counted_quantity is not None:
        return Counted(
            counted_quantity=line.counted_quantity, unit_cost=line.unit_cost, lot=lot, **place
        )
    quantity = line.quantity
    if quantity is not None and quantity < 0:
        if line.unit_cost is not None:
            raise RuleBroken(
                "Goods leave at what they are worth: give no unit cost.",
                code="not_allowed",
                pointer=f"/lines/{index}/unit_cost",
            )
        return Outgoing(
            quantity=-quantity,
            counterpart=Counterpart.ADJUSTMENT,
            lot_code=line.lot_code,
            **place,
        )
    return Incoming(
        quantity=quantity or ZERO,
        counterpart=Counterpart.ADJUSTMENT,
        unit_cost=line.unit_cost,
        lot=lot,
        **place,
    )


@contextmanager
def repointed(names: Mapping[str, str]) -> Iterator[None]:
    """Let refusals point to where the input really is; the keys are patterns of pointers."""
    try:
        yield
    except DomainError as refusal:
        for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
            for pattern, pointer in names.items():
                error.pointer = re.sub(f"^{pattern}$", pointer, error.pointer)
        raise


# Where the ledger speaks of a line, the order says it once for all of them.
TRANSFER_POINTERS: Final = {
    "/warehouse_id": "/from_warehouse_id",
    r"/lines/\d+/location_id": "/from_location_id",
    r"/lines/\d+/to_location_id": "/to_location_id",
}
LEVEL_POINTERS: Final = {
    "/lines/0/unit_cost": "/unit_cost",
    "/lines/0/variant_id": "/level/variant_id",
    "/warehouse_id": "/level/warehouse_id",
    "/lines/0/quantity": "",
}
ONE_LINE_POINTERS: Final = {r"/lines/0/(\w+)": r"/\1"}
WHOLE_POINTERS: Final = {r"/lines/\d+/quantity": "/lines"}
