"""Stock transfers in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from sms_core.shared.documents import DocumentType
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import ZERO
from sms_core.stock.transfer_ports import TransferFilter, TransferRepository, TransferSort
from sms_core.stock.transfers import LotOnItsWay, StockTransfer, TransferLine, TransferState
from sms_django import models
from sms_django.repositories.documents import DjangoDocumentRepository
from sms_django.repositories.ledger_history import moment_of
from sms_django.repositories.rows import given

_OPEN = (TransferState.IN_TRANSIT.value, TransferState.PARTIALLY_RECEIVED.value)
# A reversal counts for the kind of what it undoes; goods keep their lots.
_MOVED = """
    SELECT entry.document_line, COALESCE(origin.kind, posting.kind), level.in_transit, lot.code,
        SUM(entry.quantity), MAX(CASE WHEN origin.id IS NULL THEN posting.occurred_at END)
    FROM {given}
    JOIN sms_entry AS entry ON entry.document_line = given.line
    JOIN sms_posting AS posting ON posting.id = entry.posting_id AND posting.document_type = %s
    LEFT JOIN sms_posting AS origin ON origin.id = posting.reverses_id
    JOIN sms_level AS level ON level.id = entry.level_id
    LEFT JOIN sms_lot AS lot ON lot.id = entry.lot_id
    WHERE entry.quantity <> 0
    GROUP BY entry.document_line, COALESCE(origin.kind, posting.kind), level.in_transit,
        lot.id, lot.code, lot.expires_on
    ORDER BY lot.expires_on IS NULL, lot.expires_on, lot.id
"""


class DjangoTransferRepository(
    DjangoDocumentRepository[StockTransfer, TransferFilter], TransferRepository
):
    """Transfers in `sms_stock_transfer`, whose lines are in `sms_stock_transfer_line`."""

    entity = StockTransfer
    row = models.StockTransfer
    line_row = models.StockTransferLine
    visible_paths = ("from_warehouse_id", "to_warehouse_id")
    columns = {
        TransferSort.NUMBER: "number",
        TransferSort.STATE: "state",
        TransferSort.CREATED_AT: "created_at",
        TransferSort.UPDATED_AT: "updated_at",
    }
    default_order = ("-pk",)

    def matching(self, rows: QuerySet[Any], filter: TransferFilter) -> QuerySet[Any]:
        rows = super().matching(rows, filter)
        for column, value in (
            ("number", filter.number),
            ("from_warehouse_id", filter.from_warehouse_id),
            ("to_warehouse_id", filter.to_warehouse_id),
            ("state", filter.state.value if filter.state else None),
        ):
            if value is not None:
                rows = rows.filter(**{column: value})
        if filter.variant_id is not None:
            lines = models.StockTransferLine.objects.filter(document=OuterRef("pk"))
            rows = rows.filter(Exists(lines.filter(variant_id=filter.variant_id)))
        if filter.is_open is not None:
            wanted = rows.filter if filter.is_open else rows.exclude
            rows = wanted(state__in=_OPEN)
        return rows

    def progress(self, line_ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
        found = {id: _Progress() for id in line_ids}
        source, parameters = given((("line", "bigint"),), [(id,) for id in sorted(line_ids)])
        with connection.cursor() as cursor:
            cursor.execute(
                _MOVED.format(given=source), [*parameters, DocumentType.STOCK_TRANSFER.value]
            )
            for line, kind, in_transit, lot, quantity, at in cursor.fetchall():
                moved = Decimal(quantity).scaleb(-QUANTITY_PLACES)
                found[line].add(Kind(kind), bool(in_transit), lot, moved, at)
        return {id: progress.values() for id, progress in found.items()}

    def to_document(self, row: models.StockTransfer, lines: list[Any]) -> StockTransfer:
        return StockTransfer(
            **self.header_of(row),
            state=TransferState(row.state),
            from_warehouse_id=row.from_warehouse_id,
            to_warehouse_id=row.to_warehouse_id,
            lines=lines,
        )

    def to_columns(self, transfer: StockTransfer) -> dict[str, Any]:
        return {
            **self.header_columns(transfer),
            "from_warehouse_id": transfer.from_warehouse_id,
            "to_warehouse_id": transfer.to_warehouse_id,
        }

    def to_line(self, row: models.StockTransferLine, progress: Mapping[str, Any]) -> TransferLine:
        return TransferLine(
            id=row.pk,
            variant_id=row.variant_id,
            quantity=row.quantity,
            lot_code=row.lot_code,
            **progress,
        )

    def to_line_columns(self, line: TransferLine) -> dict[str, Any]:
        return {
            "variant_id": line.variant_id,
            "quantity": line.quantity,
            "lot_code": line.lot_code,
        }


class _Progress:
    """What became of a line, added up."""

    def __init__(self) -> None:
        self.dispatched = self.received = ZERO
        self.on_the_way: dict[str | None, Decimal] = {}
        self.dispatched_at: Any = None

    def add(self, kind: Kind, in_transit: bool, lot: str | None, moved: Decimal, at: Any) -> None:
        if in_transit:
            self.on_the_way[lot] = self.on_the_way.get(lot, ZERO) + moved
        if kind is Kind.DISPATCH and in_transit:
            self.dispatched += moved
            self.dispatched_at = max(filter(None, (self.dispatched_at, at)), default=None)
        elif kind is Kind.ARRIVAL and not in_transit:
            self.received += moved

    def values(self) -> dict[str, Any]:
        at = self.dispatched_at if self.dispatched else None
        return {
            "dispatched_quantity": self.dispatched,
            "received_quantity": self.received,
            "on_the_way": tuple(
                LotOnItsWay(code=code, quantity=quantity)
                for code, quantity in self.on_the_way.items()
                if quantity
            ),
            "dispatched_at": None if at is None else moment_of(at),
        }
