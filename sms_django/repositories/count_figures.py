"""What a count found to be different: what its posting did, or what it would do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from sms_core.shared.documents import DocumentType
from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES, UNIT_COST_PLACES, rounded
from sms_core.stock.counts import CountLine, CountState, StockCount
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.levels import ZERO
from sms_django import models

Variances = Mapping[int, tuple[Decimal, Decimal]]


def with_sheet(count: StockCount, lines: Sequence[CountLine]) -> StockCount:
    """The count with its sheet, and with the differences if they may be known."""
    counted = [line for line in lines if line.is_counted]
    count.line_count, count.counted_count = len(lines), len(counted)
    count.lines = tuple(lines)
    if count.is_blind:
        return count
    found = _posted(count) if count.state is CountState.POSTED else _expected(count, counted)
    for line in counted:
        line.variance, line.variance_value = found.get(line.id, (ZERO, ZERO))
    count.variance_value = sum((abs(line.variance_value or ZERO) for line in counted), ZERO)
    return count


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
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED, [count.warehouse_id, False, count.id])
        then = {id: (there, costs) for id, there, *costs in cursor.fetchall()}
    found = {}
    for line in lines:
        there, costs = then[line.id]
        variance = (line.counted_quantity or ZERO) - Decimal(there).scaleb(-QUANTITY_PLACES)
        found[line.id] = (variance, rounded(variance * _cost(*costs), MONEY_PLACES))
    return found


def _cost(on_hand: Any, value: Any, last: Any, own: Any) -> Decimal:
    """The average of the level, else what the variant cost last, else what is said of it."""
    if on_hand:
        return rounded(Decimal(value) / Decimal(on_hand), UNIT_COST_PLACES)
    return Decimal(last or own or 0).scaleb(-UNIT_COST_PLACES)


# What was there when each line was counted: what is there now without what moved since.
_EXPECTED = f"""
    WITH wanted AS MATERIALIZED (
        SELECT line.id, line.location_id, line.counted_at, lot.id AS lot_id,
            level.id AS level_id, COALESCE(bin.on_hand, 0) AS there, level.on_hand, level.value,
            level.last_cost, COALESCE(variant.cost, product.cost) AS own_cost
        FROM {models.StockCountLine._meta.db_table} AS line
        JOIN {models.Variant._meta.db_table} AS variant ON variant.id = line.variant_id
        JOIN {models.Product._meta.db_table} AS product ON product.id = variant.product_id
        LEFT JOIN {models.Lot._meta.db_table} AS lot ON lot.variant_id = line.variant_id
            AND lot.code_key = line.lot_key AND line.lot_key <> ''
        LEFT JOIN {models.Level._meta.db_table} AS level ON level.variant_id = line.variant_id
            AND level.warehouse_id = %s AND level.in_transit = %s
        LEFT JOIN {models.Bin._meta.db_table} AS bin ON bin.level_id = level.id
            AND bin.location_id = line.location_id
            AND (bin.lot_id = lot.id OR (bin.lot_id IS NULL AND line.lot_key = ''))
        WHERE line.document_id = %s AND line.counted_quantity IS NOT NULL
    ), moved AS (
        SELECT wanted.id, SUM(entry.quantity) AS quantity
        FROM {models.Posting._meta.db_table} AS posting
        CROSS JOIN {models.Entry._meta.db_table} AS entry CROSS JOIN wanted
        WHERE posting.occurred_at > (SELECT MIN(counted_at) FROM wanted)
            AND entry.posting_id = posting.id AND wanted.level_id = entry.level_id
            AND wanted.location_id = entry.location_id
            AND posting.occurred_at > wanted.counted_at
            AND (wanted.lot_id = entry.lot_id OR (wanted.lot_id IS NULL AND entry.lot_id IS NULL))
        GROUP BY wanted.id
    )
    SELECT wanted.id, wanted.there - COALESCE(moved.quantity, 0), wanted.on_hand, wanted.value,
        wanted.last_cost, wanted.own_cost
    FROM wanted LEFT JOIN moved ON moved.id = wanted.id
"""  # noqa: S608 (our own tables)
