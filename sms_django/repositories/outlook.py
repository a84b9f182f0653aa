"""What open orders will bring and take, line by line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.stock.ledger_ports import Outlook
from sms_core.stock.views import OpenOrder
from sms_django import order_figures

_DUE = {DocumentType.PURCHASE_ORDER: "expected_at", DocumentType.SALES_ORDER: "promised_at"}


class DjangoOutlook(Outlook):
    """Reads the lines of open orders; what has moved of them is added up with them."""

    def coming(
        self, variant_ids: Collection[int], visible: frozenset[int] | None
    ) -> Mapping[int, Sequence[OpenOrder]]:
        lines = _seen(order_figures.coming_lines(), visible)
        found: dict[int, list[OpenOrder]] = {}
        for order in _coming(lines.filter(variant_id__in=set(variant_ids))):
            found.setdefault(order.variant_id, []).append(order)
        return found

    def orders(
        self, variant_id: int, warehouse_id: int | None, visible: frozenset[int] | None, limit: int
    ) -> list[OpenOrder]:
        wanted: dict[str, Any] = {"variant_id": variant_id}
        if warehouse_id is not None:
            wanted["document__warehouse_id"] = warehouse_id
        coming = _seen(order_figures.coming_lines().filter(**wanted), visible)
        waiting = _seen(order_figures.waiting_lines().filter(**wanted), visible)
        return [*_coming(coming, limit), *_waiting(waiting, limit)]


def _seen(lines: QuerySet[Any], visible: frozenset[int] | None) -> QuerySet[Any]:
    return lines if visible is None else lines.filter(document__warehouse_id__in=visible)


def _coming(lines: QuerySet[Any], limit: int | None = None) -> list[OpenOrder]:
    left = lines.annotate(left=order_figures.still_coming()).filter(left__gt=0)
    rows = left.select_related("document__supplier", "document__warehouse")
    return [
        _order(row, DocumentType.PURCHASE_ORDER, row.document.supplier.name, quantity=row.left)
        for row in _by_due(rows, DocumentType.PURCHASE_ORDER)[:limit]
    ]


def _waiting(lines: QuerySet[Any], limit: int) -> list[OpenOrder]:
    counted = lines.annotate(
        missing=order_figures.still_missing(), promised=order_figures.promised()
    )
    rows = counted.filter(Q(missing__gt=0) | Q(promised__gt=0))
    rows = rows.select_related("document__warehouse")
    return [
        _order(
            row,
            DocumentType.SALES_ORDER,
            row.document.customer_name,
            quantity=row.missing + row.promised,
            reserved=row.promised,
            backordered=row.missing,
        )
        for row in _by_due(rows, DocumentType.SALES_ORDER)[:limit]
    ]


def _by_due(rows: QuerySet[Any], type: DocumentType) -> QuerySet[Any]:
    due = F(f"document__{_DUE[type]}").asc(nulls_last=True)
    return rows.order_by(due, "document_id", "pk")


def _order(row: Any, type: DocumentType, partner: str, **quantities: Any) -> OpenOrder:
    document = row.document
    return OpenOrder(
        document=DocumentRef(type, document.pk, document.number),
        variant_id=row.variant_id,
        warehouse_id=document.warehouse_id,
        warehouse_code=document.warehouse.code,
        partner=partner,
        due_at=getattr(document, _DUE[type]),
        **quantities,
    )
