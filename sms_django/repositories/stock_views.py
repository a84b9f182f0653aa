"""Rows of stock as the read models that its lists show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sms_core.shared.numbers import UNIT_COST_PLACES, rounded
from sms_core.stock.views import BinView, EntryView, LevelView, PostingView, TraceRow
from sms_django.repositories.document_columns import to_document


def level_view(row: Any) -> LevelView:
    unit_cost = rounded(row.value / row.on_hand, UNIT_COST_PLACES) if row.on_hand else None
    return LevelView(
        variant_id=row.variant_id,
        variant_code=row.variant.code,
        product_id=row.variant.product_id,
        product_name=row.variant.product.name,
        warehouse_id=row.warehouse_id,
        warehouse_code=row.warehouse.code,
        on_hand=row.on_hand,
        reserved=row.reserved,
        available=row.available,
        in_transit=row.coming,
        on_order=row.stock_on_order,
        incoming=row.coming + row.stock_on_order,
        backordered=row.stock_backordered,
        expected_at=row.stock_expected_at,
        unit_cost=unit_cost,
        value=row.value,
    )


def bin_view(row: Any) -> BinView:
    variant = row.level.variant
    return BinView(
        variant_id=variant.pk,
        variant_code=variant.code,
        product_id=variant.product_id,
        product_name=variant.product.name,
        warehouse_id=row.level.warehouse_id,
        warehouse_code=row.level.warehouse.code,
        location_id=row.location_id,
        location_code=row.location.code,
        location_kind=row.location.kind,
        lot_id=row.lot_id,
        lot_code=row.lot.code if row.lot else None,
        expires_on=row.lot.expires_on if row.lot else None,
        on_hand=row.on_hand,
        usable=bool(row.usable),
    )


def entry_view(row: Any) -> EntryView:
    return EntryView(
        id=row.pk,
        posting_id=row.posting_id,
        line=row.line,
        kind=row.posting.kind,
        variant_id=row.level.variant_id,
        variant_code=row.level.variant.code,
        warehouse_id=row.level.warehouse_id,
        location_id=row.location_id,
        lot_code=row.lot.code if row.lot else None,
        seq=row.seq,
        quantity=row.quantity,
        reserved=row.reserved,
        value=row.value,
        unit_cost=row.unit_cost,
        cost_source=row.cost_source,
        on_hand_after=row.on_hand_after,
        reserved_after=row.reserved_after,
        value_after=row.value_after,
        counterpart=row.counterpart,
        occurred_at=row.posting.occurred_at,
        recorded_at=row.posting.recorded_at,
        hash=row.hash,
    )


def posting_view(
    row: Any,
    entry_count: int,
    entries: tuple[EntryView, ...] = (),
    reversed_lines: Iterable[int] = (),
) -> PostingView:
    return PostingView(
        id=row.pk,
        number=row.number,
        kind=row.kind,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        user_id=row.user_id,
        username=row.username,
        request_id=row.request_id,
        reference=row.reference,
        note=row.note,
        reason_code=row.reason_code.code if row.reason_code else None,
        supplier_id=row.supplier_id,
        customer_id=row.customer_id,
        reverses_id=row.reverses_id,
        document=to_document(row),
        entry_count=entry_count,
        entries=entries,
        reversed_lines=tuple(sorted(set(reversed_lines))),
    )


def trace_row(row: Any) -> TraceRow:
    posting, warehouse = row.posting, row.level.warehouse
    return TraceRow(
        posting_id=posting.pk,
        posting_number=posting.number,
        kind=posting.kind,
        counterpart=row.counterpart,
        occurred_at=posting.occurred_at,
        warehouse_id=warehouse.pk,
        warehouse_code=warehouse.code,
        location_code=row.location.code,
        quantity=row.quantity,
        reference=posting.reference,
        supplier_id=posting.supplier_id,
        customer_id=posting.customer_id,
    )
