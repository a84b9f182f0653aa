"""Purchase orders in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from sms_core.purchasing.orders import (
    ZERO,
    Progress,
    PurchaseLine,
    PurchaseOrder,
    PurchaseState,
    Rejection,
)
from sms_core.purchasing.ports import (
    PurchaseOrderFilter,
    PurchaseOrderRepository,
    PurchaseOrderSort,
)
from sms_core.shared.documents import DocumentType
from sms_core.shared.paging import Order
from sms_core.stock.documents import Moved, moved_in_all
from sms_core.stock.kinds import Counterpart, Kind
from sms_django import models
from sms_django.repositories.documents import DjangoDocumentRepository
from sms_django.repositories.moved import moved
from sms_django.repositories.purchasing import empty_last


class DjangoPurchaseOrderRepository(
    DjangoDocumentRepository[PurchaseOrder, PurchaseOrderFilter], PurchaseOrderRepository
):
    """Purchase orders in `sms_purchase_order`, their lines in `sms_purchase_order_line`."""

    entity = PurchaseOrder
    row = models.PurchaseOrder
    line_row = models.PurchaseOrderLine
    columns = {
        PurchaseOrderSort.NUMBER: "number",
        PurchaseOrderSort.EXPECTED_AT: "expected_at",
        PurchaseOrderSort.CREATED_AT: "created_at",
        PurchaseOrderSort.STATE: "state",
        PurchaseOrderSort.SUPPLIER_CODE: "supplier__code_key",
    }
    default_order = ("-id",)

    def ordering(self, order: tuple[Order, ...]) -> Any:
        return empty_last(super().ordering(order), {"expected_at"})

    def containing(self, rows: QuerySet[Any], folded: str) -> QuerySet[Any]:
        return rows.filter(
            Q(search_text__contains=folded)
            | Q(supplier__code_key__contains=folded)
            | Q(supplier__name_key__contains=folded)
        )

    def matching(self, rows: QuerySet[Any], filter: PurchaseOrderFilter) -> QuerySet[Any]:
        rows = super().matching(rows, filter)
        for column, value in (
            ("supplier_id", filter.supplier_id),
            ("warehouse_id", filter.warehouse_id),
            ("state", filter.state and filter.state.value),
            ("reference", filter.reference),
            ("number", filter.number and filter.number.upper()),
            ("expected_at__lt", filter.expected_before),
        ):
            if value is not None:
                rows = rows.filter(**{column: value})
        if filter.variant_id is None:
            return rows
        lines = models.PurchaseOrderLine.objects.filter(document=OuterRef("pk"))
        return rows.filter(Exists(lines.filter(variant_id=filter.variant_id)))

    def progress(self, line_ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
        rows: dict[int, list[Moved]] = defaultdict(list)
        for row in moved(DocumentType.PURCHASE_ORDER, line_ids):
            rows[row.document_line].append(row)
        return {id: {"progress": _progress(found)} for id, found in rows.items()}

    def _lines(self, document_ids: Collection[int]) -> QuerySet[Any]:
        return (
            super()
            ._lines(document_ids)
            .annotate(kept=_rejected(kept=True), refused=_rejected(kept=False))
        )

    def reject(self, rejections: Collection[Rejection]) -> None:
        now = timezone.now()
        models.Rejection.objects.bulk_create(
            models.Rejection(
                line_id=rejection.line_id,
                posting_id=rejection.posting_id,
                posting_line=rejection.posting_line,
                quantity=rejection.quantity,
                kept=rejection.kept,
                reason_code_id=rejection.reason_code_id,
                recorded_at=now,
            )
            for rejection in rejections
        )

    def to_document(self, row: models.PurchaseOrder, lines: list[Any]) -> PurchaseOrder:
        return PurchaseOrder(
            **self.header_of(row),
            state=PurchaseState(row.state),
            supplier_id=row.supplier_id,
            warehouse_id=row.warehouse_id,
            reference=row.reference,
            expected_at=row.expected_at,
            placed_at=row.placed_at,
            lines=lines,
        )

    def to_columns(self, order: PurchaseOrder) -> dict[str, Any]:
        return {
            **self.header_columns(order, order.reference),
            "supplier_id": order.supplier_id,
            "warehouse_id": order.warehouse_id,
            "reference": order.reference,
            "expected_at": order.expected_at,
            "placed_at": order.placed_at,
        }

    def to_line(self, row: Any, progress: Mapping[str, Any]) -> PurchaseLine:
        return PurchaseLine(
            id=row.pk,
            variant_id=row.variant_id,
            quantity=row.quantity,
            pack_size=row.pack_size,
            unit_cost=row.unit_cost,
            discount_percent=row.discount_percent,
            tax_rate=row.tax_rate,
            progress=replace(
                progress.get("progress", Progress()),
                kept=row.kept or ZERO,
                refused=row.refused or ZERO,
            ),
        )

    def to_line_columns(self, line: PurchaseLine) -> dict[str, Any]:
        return {
            "variant_id": line.variant_id,
            "quantity": line.quantity,
            "pack_size": line.pack_size,
            "unit_cost": line.unit_cost,
            "discount_percent": line.discount_percent,
            "tax_rate": line.tax_rate,
            "stock_quantity": line.stock_quantity,
        }


def _rejected(*, kept: bool) -> Subquery:
    """How much of a line was rejected and is not undone."""
    undone = models.Entry.objects.filter(
        posting__reverses_id=OuterRef("posting_id"), line=OuterRef("posting_line")
    )
    rows = models.Rejection.objects.filter(~Exists(undone), line_id=OuterRef("pk"), kept=kept)
    return Subquery(rows.order_by().values("line_id").values_list(Sum("quantity")))


def _progress(rows: Collection[Moved]) -> Progress:
    came, value = moved_in_all(rows, Kind.RECEIPT, Counterpart.SUPPLIER)
    returned, _ = moved_in_all(rows, Kind.SUPPLIER_RETURN, Counterpart.SUPPLIER)
    return Progress(came=came, value=value, returned=-returned)
