"""What a count found to be different: what its posting did, or what it would do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from sms_core.shared.documents import DocumentType
from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES, UNIT_COST_PLACES, rounded
from sms_core.stock.counts import CountLine, CountState, StockCount
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.levels import ZERO, CountedBin, LevelKey
from sms_django import models
from sms_django.repositories.ledger_history import DjangoLedgerHistory

Variances = Mapping[int, tuple[Decimal, Decimal]]


def with_variances(count: StockCount, lines: Sequence[CountLine]) -> StockCount:
    """The count with its sheet, and with the differences if they may be known."""
    if count.is_blind:
        return replace(count, lines=tuple(lines))
    counted = [line for line in lines if line.is_counted]
    found = _posted(count) if count.state is CountState.POSTED else _expected(count, counted)
    for line in counted:
        line.variance, line.variance_value = found.get(line.id, (ZERO, ZERO))
    total = sum((abs(line.variance_value or ZERO) for line in counted), ZERO)
    return replace(count, variance_value=total, lines=tuple(lines))


def _posted(count: StockCount) -> Variances:
    """What the count's posting entered, by line, also if it was undone since."""
    entries = models.Entry.objects.filter(
        posting__document_type=DocumentType.STOCK_COUNT.value,
        posting__document_id=count.id,
        posting__kind=Kind.COUNT.value,
        counterpart=Counterpart.ADJUSTMENT.value,
    )
    sums = entries.values_list("document_line").annotate(Sum("quantity"), Sum("value"))
    return {line: (quantity, value) for line, quantity, value in sums.order_by()}


def _expected(count: StockCount, lines: Sequence[CountLine]) -> Variances:
    """What would be entered now, and about what it is worth, by line."""
    if not lines:
        return {}
    figures = _figures(count)
    bins = [
        CountedBin(
            key=LevelKey(line.variant_id, count.warehouse_id),
            location_id=line.location_id,
            lot_id=figures[line.id][0],
            counted_at=line.counted_at,  # type: ignore[arg-type]
        )
        for line in lines
    ]
    moved = DjangoLedgerHistory().moved_since(bins)
    found = {}
    for line, since in zip(lines, moved, strict=True):
        _, there, cost = figures[line.id]
        variance = (line.counted_quantity or ZERO) - (there - since)
        found[line.id] = (variance, rounded(variance * cost, MONEY_PLACES))
    return found


def _figures(count: StockCount) -> dict[int, tuple[int | None, Decimal, Decimal]]:
    """By line: the lot, what is in the bin, and what a unit costs, as the ledger would say it."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [count.warehouse_id, False, count.id])
        return {
            id: (lot_id, _quantity(there), _cost(*costs))
            for id, lot_id, there, *costs in cursor.fetchall()
        }


def _quantity(stored: Any) -> Decimal:
    return Decimal(stored or 0).scaleb(-QUANTITY_PLACES)


def _cost(on_hand: Any, value: Any, last: Any, own: Any) -> Decimal:
    """The average of the level, else what the variant cost last, else what is said of it."""
    if on_hand:
        return rounded(Decimal(value) / Decimal(on_hand), UNIT_COST_PLACES)
    if last is not None:
        return Decimal(last).scaleb(-UNIT_COST_PLACES)
    return Decimal(own or 0).scaleb(-UNIT_COST_PLACES)


_FIGURES = f"""
    SELECT line.id, lot.id, bin.on_hand, level.on_hand, level.value, level.last_cost,
        COALESCE(variant.cost, product.cost)
    FROM {models.StockCountLine._meta.db_table} AS line
    JOIN {models.Variant._meta.db_table} AS variant ON variant.id = line.variant_id
    JOIN {models.Product._meta.db_table} AS product ON product.id = variant.product_id
    LEFT JOIN {models.Lot._meta.db_table} AS lot
        ON lot.variant_id = line.variant_id AND lot.code_key = line.lot_key AND line.lot_key <> ''
    LEFT JOIN {models.Level._meta.db_table} AS level ON level.variant_id = line.variant_id
        AND level.warehouse_id = %s AND level.in_transit = %s
    LEFT JOIN {models.Bin._meta.db_table} AS bin ON bin.level_id = level.id
        AND bin.location_id = line.location_id
        AND (bin.lot_id = lot.id OR (bin.lot_id IS NULL AND line.lot_key = ''))
    WHERE line.document_id = %s AND line.counted_quantity IS NOT NULL
"""  # noqa: S608 (our own tables)
