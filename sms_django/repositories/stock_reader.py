"""What is in stock and how it came there: each list is one query and, in pages, a count."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, NullIf

from sms_core.catalogue.products import scan_key
from sms_core.shared.errors import NotFound
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.shared.paging import CursorPage, CursorRequest, Page, PageRequest
from sms_core.shared.text import fold
from sms_core.stock.ports import (
    BinFilter,
    BinSort,
    EntryFilter,
    LevelFilter,
    LevelSort,
    PostingFilter,
    StockReader,
)
from sms_core.stock.views import BinView, EntryView, LevelView, PostingView, Scanned
from sms_django import models, order_figures
from sms_django.models.base import ScaledDecimalField
from sms_django.repositories import stock_past, stock_views
from sms_django.repositories.ledger_history import undone_line
from sms_django.repositories.stock_lists import equal, narrowed, ordering, stretch
from sms_django.stock_figures import company_day, usable_bins

_QUANTITY = ScaledDecimalField(places=QUANTITY_PLACES)
_LEVEL_COLUMNS = {
    LevelSort.VARIANT_CODE: F("variant__code_key"),
    LevelSort.PRODUCT_NAME: F("variant__product__name_key"),
    LevelSort.WAREHOUSE_CODE: F("warehouse__code_key"),
    LevelSort.ON_HAND: F("on_hand"),
    LevelSort.RESERVED: F("reserved"),
    LevelSort.AVAILABLE: F("available"),
    # Only the order counts here; what is shown is computed exactly. Empty levels have no cost.
    LevelSort.UNIT_COST: Cast("value", FloatField())
    / NullIf(Cast("on_hand", FloatField()), Value(0.0)),
    LevelSort.VALUE: F("value"),
}
_BIN_COLUMNS = {
    BinSort.VARIANT_CODE: F("level__variant__code_key"),
    BinSort.PRODUCT_NAME: F("level__variant__product__name_key"),
    BinSort.WAREHOUSE_CODE: F("level__warehouse__code_key"),
    BinSort.LOCATION_CODE: F("location__code_key"),
    BinSort.EXPIRES_ON: F("lot__expires_on"),
    BinSort.ON_HAND: F("on_hand"),
}


class DjangoStockReader(StockReader):
    """Reads levels, bins and the ledger."""

    def levels(self, filter: LevelFilter, page: PageRequest) -> Page[LevelView]:
        if stock_past.asks_for_the_past(filter):
            return stock_past.levels(filter, page)
        rows = narrowed(models.Level.objects.filter(in_transit=False), filter, to_level="")
        rows = rows.filter(variant__deleted_at=None, warehouse__deleted_at=None)
        total = rows.count()
        if page.offset >= total:
            return Page([], total, page)
        if any(order.by is LevelSort.AVAILABLE for order in filter.order):
            rows = _with_figures(rows)
        default = ("variant__code_key", "warehouse__code_key", "pk")
        ordered = rows.order_by(*(ordering(filter.order, _LEVEL_COLUMNS) or default))
        # The figures are looked up for the page alone, not for the rows that lie before it.
        ids = list(ordered.values_list("pk", flat=True)[page.offset : page.offset + page.size])
        shown = _with_figures(models.Level.objects.filter(pk__in=ids))
        by_id = {row.pk: row for row in shown.select_related("variant__product", "warehouse")}
        return Page([stock_views.level_view(by_id[id]) for id in ids], total, page)

    def bins(self, filter: BinFilter, page: PageRequest) -> Page[BinView]:
        if stock_past.asks_for_the_past(filter):
            return stock_past.bins(filter, page)
        rows = narrowed(models.Bin.objects.filter(on_hand__gt=0), filter, to_level="level__")
        rows = equal(
            rows,
            {
                "location_id": filter.location_id,
                "lot_id": filter.lot_id,
                "lot__expires_on__lt": filter.expires_before,
            },
        )
        total = rows.count()
        if page.offset >= total:
            return Page([], total, page)
        usable = ExpressionWrapper(usable_bins(company_day()), output_field=BooleanField())
        rows = rows.annotate(usable=usable).select_related(
            "level__variant__product", "level__warehouse", "location", "lot"
        )
        default = ("level__variant__code_key", "level__warehouse__code_key", "location__code_key")
        ordered = rows.order_by(*(ordering(filter.order, _BIN_COLUMNS) or (*default, "pk")))
        return Page(
            [stock_views.bin_view(row) for row in ordered[page.offset : page.offset + page.size]],
            total,
            page,
        )

    def entries(self, filter: EntryFilter, cursor: CursorRequest) -> CursorPage[EntryView]:
        rows = equal(
            _named_entries(),
            {
                "level__variant_id": filter.variant_id,
                "level__warehouse_id": filter.warehouse_id,
                "location_id": filter.location_id,
                "lot_id": filter.lot_id,
                "posting_id": filter.posting_id,
                "posting__kind": filter.kind.value if filter.kind else None,
                "posting__occurred_at__gte": filter.occurred_from,
                "posting__occurred_at__lte": filter.occurred_to,
                "level__warehouse_id__in": filter.visible,
            },
        )
        found, after = stretch(rows, cursor)
        return CursorPage([stock_views.entry_view(row) for row in found], after)

    def postings(self, filter: PostingFilter, cursor: CursorRequest) -> CursorPage[PostingView]:
        rows = equal(
            models.Posting.objects.all(),
            {
                "kind": filter.kind.value if filter.kind else None,
                "number": filter.number,
                "reference": filter.reference,
                "supplier_id": filter.supplier_id,
                "customer_id": filter.customer_id,
                "document_type": filter.document_type.value if filter.document_type else None,
                "document_id": filter.document_id,
                "occurred_at__gte": filter.occurred_from,
                "occurred_at__lte": filter.occurred_to,
            },
        )
        own = models.Entry.objects.filter(posting=OuterRef("pk"))
        if filter.visible is not None:
            own = own.filter(level__warehouse_id__in=filter.visible)
            rows = rows.filter(Exists(own))
        if filter.warehouse_id is not None:
            rows = rows.filter(Exists(own.filter(level__warehouse_id=filter.warehouse_id)))
        counted = own.order_by().values("posting").annotate(number=Count("pk")).values("number")
        rows = rows.annotate(entry_count=Coalesce(Subquery(counted), Value(0)))
        found, after = stretch(rows.select_related("reason_code"), cursor)
        undone = _reversed_lines([row.pk for row in found], filter.visible)
        views = [
            stock_views.posting_view(row, row.entry_count, (), undone.get(row.pk, ()))
            for row in found
        ]
        return CursorPage(views, after)

    def posting(self, id: int, visible: frozenset[int] | None) -> PostingView:
        row = models.Posting.objects.filter(pk=id).select_related("reason_code").first()
        rows = _named_entries().filter(posting_id=id).annotate(is_undone=undone_line())
        rows = equal(rows, {"level__warehouse_id__in": visible})
        found = list(rows.order_by("pk")) if row else []
        if row is None or not found:
            raise NotFound(f"There is no posting {id}.")
        return stock_views.posting_view(
            row,
            len(found),
            tuple(stock_views.entry_view(entry) for entry in found),
            (entry.line for entry in found if entry.is_undone),
        )

    def scan(self, texts: Collection[str]) -> dict[str, Scanned]:
        keys = {text: scan_key(text) for text in texts}
        rows = models.Barcode.objects.filter(key__in=set(keys.values()), deleted_at=None)
        found = {
            key: Scanned(variant_id, None if is_code else quantity)
            for key, variant_id, quantity, is_code in rows.values_list(
                "key", "variant_id", "quantity", "is_code"
            )
        }
        return {text: found[key] for text, key in keys.items() if key in found}

    def places(self, warehouse_id: int, codes: Collection[str]) -> dict[str, int]:
        rows = models.Location.objects.filter(
            warehouse_id=warehouse_id, code_key__in={fold(code) for code in codes}, deleted_at=None
        )
        found = dict(rows.values_list("code_key", "pk"))
        return {code: found[fold(code)] for code in codes if fold(code) in found}

    def held_in_warehouses(self, ids: Collection[int]) -> dict[int, Decimal]:
        rows = models.Level.objects.filter(warehouse_id__in=set(ids), on_hand__gt=0)
        return dict(rows.values_list("warehouse_id").annotate(Sum("on_hand")).order_by())

    def held_in_locations(self, ids: Collection[int]) -> dict[int, Decimal]:
        rows = models.Bin.objects.filter(location_id__in=set(ids), on_hand__gt=0)
        return dict(rows.values_list("location_id").annotate(Sum("on_hand")).order_by())


def _with_figures(levels: QuerySet[Any]) -> QuerySet[Any]:
    filled = models.Bin.objects.filter(level=OuterRef("pk"), on_hand__gt=0)
    usable = filled.filter(usable_bins(company_day()))
    summed = usable.order_by().values("level").annotate(total=Sum("on_hand")).values("total")
    coming = models.Level.objects.filter(
        variant=OuterRef("variant"), warehouse=OuterRef("warehouse"), in_transit=True
    )
    zero = Value(0, output_field=_QUANTITY)
    ordered = order_figures.with_orders(
        levels, "variant", own="variant", document__warehouse=OuterRef("warehouse")
    )
    return ordered.annotate(
        usable=Coalesce(Subquery(summed, output_field=_QUANTITY), zero),
        available=ExpressionWrapper(F("usable") - F("reserved"), output_field=_QUANTITY),
        coming=Coalesce(Subquery(coming.values("on_hand"), output_field=_QUANTITY), zero),
    )


def _named_entries() -> QuerySet[Any]:
    return models.Entry.objects.select_related("posting", "level__variant", "lot")


def _reversed_lines(
    posting_ids: Collection[int], visible: frozenset[int] | None
) -> dict[int, set[int]]:
    """By posting, the lines that were undone of it, as far as they are seen."""
    undoing = models.Entry.objects.filter(posting__reverses_id__in=posting_ids)
    rows = equal(undoing, {"level__warehouse_id__in": visible})
    found: dict[int, set[int]] = {}
    for id, line in rows.values_list("posting__reverses_id", "line").distinct():
        found.setdefault(id, set()).add(line)
    return found
