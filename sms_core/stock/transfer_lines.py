"""What the ledger is asked to do for a transfer, line by line and lot by lot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sms_core.shared.errors import DomainError, Invalid, Unknown, gathered, within
from sms_core.stock.kinds import Counterpart
from sms_core.stock.lines import Line, Moving, Outgoing
from sms_core.stock.transfer_commands import ArrivedLine
from sms_core.stock.transfers import StockTransfer, TransferLine, more_than_sent

CodeOf = Callable[[TransferLine], str]
_LINE: Final = re.compile(r"^/lines/(\d+)")


def leaving(transfer: StockTransfer, location_id: int | None) -> list[Line]:
    """Everything goes on its way, out of this place if it is named."""
    return [
        Moving(
            variant_id=line.variant_id,
            warehouse_id=transfer.from_warehouse_id,
            location_id=location_id,
            to_warehouse_id=transfer.to_warehouse_id,
            to_transit=True,
            quantity=line.quantity,
            lot_code=line.lot_code,
            document_line=line.id,
        )
        for line in transfer.lines
    ]


def arriving(
    transfer: StockTransfer, arrived: Sequence[ArrivedLine] | None, code_of: CodeOf
) -> list[tuple[int, Line]]:
    """What arrives, lot by lot, each with the number of the line that says so; None: all that is
    on its way. Raises one error that carries all that is wrong."""
    if arrived is None:
        arrived = [
            ArrivedLine(line_id=line.id, quantity=line.in_transit_quantity)
            for line in transfer.open_lines
        ]
    if not arrived:
        raise Invalid("Give at least one line.", code="required", pointer="/lines")
    errors: list[DomainError] = []
    found: list[tuple[int, Line]] = []
    for index, each in enumerate(arrived):
        try:
            with within(f"/lines/{index}"):
                found += [(index, line) for line in _arrived(transfer, each, code_of)]
        except DomainError as refusal:
            errors.append(refusal)
    if errors:
        raise gathered(errors)
    return found


def written_off(transfer: StockTransfer) -> list[Line]:
    """What is still on its way is lost."""
    return [
        Outgoing(counterpart=Counterpart.ADJUSTMENT, **place) for place in _on_the_way(transfer)
    ]


def put_back(transfer: StockTransfer) -> list[Line]:
    """What is still on its way lies where it came from."""
    return [
        Moving(to_warehouse_id=transfer.from_warehouse_id, **place)
        for place in _on_the_way(transfer)
    ]


@contextmanager
def said_of(origins: Sequence[int]) -> Iterator[None]:
    """Let refusals point to the line that somebody sent: it may have become several, by lot."""
    try:
        yield
    except DomainError as refusal:
        for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
            error.pointer = _LINE.sub(
                lambda found: f"/lines/{origins[int(found[1])]}", error.pointer
            )
        raise


def _arrived(transfer: StockTransfer, arrived: ArrivedLine, code_of: CodeOf) -> list[Line]:
    line = transfer.line(arrived.line_id)
    if line is None:
        raise Unknown(f"{transfer.number} has no line {arrived.line_id}.", pointer="/line_id")
    if arrived.quantity <= 0:
        raise Invalid("The quantity must be more than 0.", code="not_positive", pointer="/quantity")
    there = line.on_its_way(arrived.lot_code)
    if arrived.quantity > there:
        lot = f", lot {arrived.lot_code}," if arrived.lot_code is not None else ""
        raise more_than_sent(transfer.number, code_of(line) + lot, there)
    return [
        Moving(
            variant_id=line.variant_id,
            warehouse_id=transfer.to_warehouse_id,
            from_transit=True,
            to_warehouse_id=transfer.to_warehouse_id,
            to_location_id=arrived.location_id,
            quantity=lot.quantity,
            lot_code=lot.code,
            document_line=line.id,
        )
        for lot in line.take(arrived.quantity, arrived.lot_code)
    ]


def _on_the_way(transfer: StockTransfer) -> Iterator[dict[str, Any]]:
    for line in transfer.open_lines:
        for lot in line.on_the_way:
            yield {
                "variant_id": line.variant_id,
                "warehouse_id": transfer.to_warehouse_id,
                "from_transit": True,
                "quantity": lot.quantity,
                "lot_code": lot.code,
                "document_line": line.id,
            }
