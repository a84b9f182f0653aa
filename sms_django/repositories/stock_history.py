"""How stock came to be what it is: cards and traces, each in a few queries."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Subquery, Sum, Value, When

from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.kinds import Counterpart
from sms_core.stock.ledger_ports import CardFilter, StockHistory
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.ports import BinFilter
from sms_core.stock.views import CardBalance, CardRow, CardView, LotTrace
from sms_django import models
from sms_django.models.base import ScaledDecimalField
from sms_django.repositories import stock_views
from sms_django.repositories.document_columns import to_document
from sms_django.repositories.ledger import fill
from sms_django.repositories.ledger_history import undoing_posting
from sms_django.repositories.ledger_rows import to_level
from sms_django.repositories.stock_lists import equal, position
from sms_django.repositories.stock_reader import DjangoStockReader
from sms_django.stock_figures import usable_bins

_ORDER = ("posting__occurred_at", "posting__recorded_at", "pk")
_MOST_BINS = 10_000
_FIELD = ScaledDecimalField(places=QUANTITY_PLACES)


class DjangoStockHistory(StockHistory):
    """Reads `sms_entry` with its postings."""

    reader = DjangoStockReader()

    def card(self, filter: CardFilter, cursor: CursorRequest, today: date) -> CardView:
        facts = _facts(filter).annotate(fit=_fit(today))
        before = _before(filter.from_at)
        seen = before
        if cursor.after is not None:
            seen |= _up_to(*position(cursor, datetime, datetime, int))
        opening, running, closing = _balances(facts, before, seen, Q())
        rows = facts.exclude(seen) if seen != _NONE else facts
        found = list(_with_names(rows).order_by(*_ORDER)[: cursor.limit + 1])
        shown = []
        for row in found[: cursor.limit]:
            running = _after(running, row)
            shown.append(_card_row(row, running))
        last = found[len(shown) - 1] if len(found) > cursor.limit else None
        return CardView(
            opening=opening,
            rows=tuple(shown),
            closing=closing,
            next=(last.posting.occurred_at, last.posting.recorded_at, last.pk) if last else None,
        )

    def trace(self, lot_id: int, visible: frozenset[int] | None) -> LotTrace:
        lot = models.Lot.objects.get(pk=lot_id)
        rows = equal(
            models.Entry.objects.filter(lot_id=lot_id),
            {"level__warehouse_id__in": visible},
        ).select_related("posting", "level__warehouse", "location")
        found = [stock_views.trace_row(row) for row in rows.order_by(*_ORDER)]
        outside = [row for row in found if row.counterpart != Counterpart.STOCK.value]
        lies_in = self.reader.bins(
            BinFilter(lot_id=lot_id, visible=visible), PageRequest(size=_MOST_BINS)
        )
        return LotTrace(
            lot_id=lot_id,
            variant_id=lot.variant_id,
            lot_code=lot.code,
            came_from=tuple(row for row in outside if row.quantity > 0),
            lies_in=tuple(lies_in.items),
            went_to=tuple(row for row in outside if row.quantity < 0),
            moved=tuple(row for row in found if row.counterpart == Counterpart.STOCK.value),
        )

    def level(self, key: LevelKey) -> Level | None:
        row = models.Level.objects.filter(
            variant_id=key.variant_id, warehouse_id=key.warehouse_id, in_transit=key.in_transit
        ).first()
        if row is None:
            return None
        level = to_level(row)
        fill({row.pk: level})
        return level


# No row at all.
_NONE = Q(pk__in=[])


def _facts(filter: CardFilter) -> QuerySet[Any]:
    return equal(
        models.Entry.objects.filter(level__variant_id=filter.variant_id, level__in_transit=False),
        {
            "level__warehouse_id": filter.warehouse_id,
            "level__warehouse_id__in": filter.visible,
            "posting__occurred_at__lte": filter.to_at,
            "posting__recorded_at__lte": filter.known_at,
        },
    )


def _fit(today: date) -> Case:
    """How much more, or less, lies where it counts as available."""
    return Case(
        When(usable_bins(today), then=F("quantity")),
        default=Value(0, output_field=_FIELD),
        output_field=_FIELD,
    )


def _before(from_at: datetime | None) -> Q:
    return Q(posting__occurred_at__lt=from_at) if from_at else _NONE


def _up_to(occurred_at: datetime, recorded_at: datetime, id: int) -> Q:
    at_once = Q(posting__occurred_at=occurred_at)
    told_at_once = at_once & Q(posting__recorded_at=recorded_at)
    return (
        Q(posting__occurred_at__lt=occurred_at)
        | at_once & Q(posting__recorded_at__lt=recorded_at)
        | told_at_once & Q(pk__lte=id)
    )


def _balances(facts: QuerySet[Any], *parts: Q) -> list[CardBalance]:
    """What the entries of each part add up to, all in one query."""
    measures = ("quantity", "reserved", "fit", "value")
    sums = facts.aggregate(
        **{
            f"{name}_{number}": Sum(name, filter=part) if part else Sum(name)
            for number, part in enumerate(parts)
            for name in measures
            if part != _NONE
        }
    )
    totals = [
        [sums.get(f"{name}_{number}") or ZERO for name in measures] for number in range(len(parts))
    ]
    return [
        CardBalance(on_hand=goods, reserved=promised, available=fit - promised, value=value)
        for goods, promised, fit, value in totals
    ]


def _with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    named = rows.select_related("posting__reason_code", "level__variant", "lot")
    return named.annotate(reversed_by_id=Subquery(undoing_posting()))


def _after(before: CardBalance, row: Any) -> CardBalance:
    worth: Decimal = before.value or ZERO
    return CardBalance(
        on_hand=before.on_hand + row.quantity,
        reserved=before.reserved + row.reserved,
        available=before.available + row.fit - row.reserved,
        value=worth + row.value,
    )


def _card_row(row: Any, balance: CardBalance) -> CardRow:
    posting = row.posting
    return CardRow(
        entry=stock_views.entry_view(row),
        balance=balance,
        posting_number=posting.number,
        reference=posting.reference,
        note=posting.note,
        reason_code=posting.reason_code.code if posting.reason_code else None,
        username=posting.username,
        reverses_id=posting.reverses_id,
        reversed_by_id=row.reversed_by_id,
        document=to_document(posting),
    )
