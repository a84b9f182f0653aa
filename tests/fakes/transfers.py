"""In-memory double of what keeps stock transfers; what moved it reads from the ledger beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sms_core.shared.documents import DocumentType
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import ZERO
from sms_core.stock.postings import Entry, Posting
from sms_core.stock.transfer_ports import TransferFilter, TransferRepository, TransferSort
from sms_core.stock.transfers import LotOnItsWay, StockTransfer, TransferLine, TransferState
from tests.fakes.documents import InMemoryDocumentRepository
from tests.fakes.stock import InMemoryLedgerRepository

_newest_first: Callable[[Any], Any] = lambda transfer: -transfer.id  # noqa: E731
OPEN = {TransferState.IN_TRANSIT, TransferState.PARTIALLY_RECEIVED}


@dataclass
class InMemoryTransferRepository(
    InMemoryDocumentRepository[StockTransfer, TransferFilter], TransferRepository
):
    entity = StockTransfer
    sort_keys = {
        TransferSort.NUMBER: lambda transfer: transfer.number,
        TransferSort.STATE: lambda transfer: transfer.state.value,
        TransferSort.CREATED_AT: lambda transfer: transfer.created_at,
        TransferSort.UPDATED_AT: lambda transfer: transfer.updated_at,
    }
    default_sort = _newest_first

    ledger: InMemoryLedgerRepository = field(kw_only=True)

    def warehouses_of(self, transfer: StockTransfer) -> set[int]:
        return {transfer.from_warehouse_id, transfer.to_warehouse_id}

    def matches(self, transfer: StockTransfer, filter: TransferFilter) -> bool:
        return (
            super().matches(transfer, filter)
            and filter.number in {None, transfer.number}
            and filter.from_warehouse_id in {None, transfer.from_warehouse_id}
            and filter.to_warehouse_id in {None, transfer.to_warehouse_id}
            and filter.state in {None, transfer.state}
            and filter.is_open in {None, transfer.state in OPEN}
            and (
                filter.variant_id is None
                or any(line.variant_id == filter.variant_id for line in transfer.lines)
            )
        )

    def progress(self, transfer: StockTransfer) -> None:
        for line in transfer.lines:
            self._progress(line)

    def _progress(self, line: TransferLine) -> None:
        on_the_way: dict[int | None, list[Entry]] = {}
        line.dispatched_quantity = line.received_quantity = ZERO
        line.dispatched_at = None
        for posting, kind, entry in self._entries(line.id):
            if entry.level.in_transit:
                on_the_way.setdefault(entry.lot_id, []).append(entry)
            if kind is Kind.DISPATCH and entry.level.in_transit:
                line.dispatched_quantity += entry.quantity
                if posting.kind is Kind.DISPATCH:
                    line.dispatched_at = posting.occurred_at
            elif kind is Kind.ARRIVAL and not entry.level.in_transit:
                line.received_quantity += entry.quantity
        if not line.dispatched_quantity:
            line.dispatched_at = None
        found = [
            (self._sorting(lot_id), LotOnItsWay(code=self._code(lot_id), quantity=quantity))
            for lot_id, entries in on_the_way.items()
            if (quantity := sum((entry.quantity for entry in entries), ZERO))
        ]
        line.on_the_way = tuple(lot for _, lot in sorted(found, key=lambda each: each[0]))

    def _entries(self, line_id: int) -> Iterator[tuple[Posting, Kind, Entry]]:
        for posting, entry in self.ledger.facts():
            ours = posting.document and posting.document.type is DocumentType.STOCK_TRANSFER
            if ours and entry.document_line == line_id:
                undone = self.ledger.postings.get(posting.reverses_id or 0)
                yield posting, undone.kind if undone else posting.kind, entry

    def _code(self, lot_id: int | None) -> str | None:
        return self.ledger.lots.stored[lot_id].code if lot_id else None

    def _sorting(self, lot_id: int | None) -> tuple[date, int]:
        expires_on = self.ledger.lots.stored[lot_id].expires_on if lot_id else None
        return expires_on or date.max, lot_id or 0
