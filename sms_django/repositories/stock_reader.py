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
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, NullIf

from sms_core.catalogue.products import scan_key
from sms_core.shared.errors import NotFound
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.shared.paging import CursorPage, CursorRequest, Order, Page, PageRequest
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
from sms_django import models
from sms_django.models.base import ScaledDecimalField
from sms_django.repositories import stock_views
from sms_django.repositories.catalogue_products import category_and_below
from sms_django.stock_figures import Seen, company_day, short, usable_bins

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
        rows = _narrowed(models.Level.objects.filter(in_transit=False), filter, to_level="")
        rows = rows.filter(variant__deleted_at=None, warehouse__deleted_at=None)
        total = rows.count()
        if page.offset >= total:
            return Page([], total, page)
        rows = _with_figures(rows).select_related("variant__product", "warehouse")
        default = ("variant__code_key", "warehouse__code_key", "pk")
        ordered = rows.order_by(*(_ordering(filter.order, _LEVEL_COLUMNS) or default))
        return Page(
            [stock_views.level_view(row) for row in ordered[page.offset : page.offset + page.size]],
            total,
            page,
        )

    def bins(self, filter: BinFilter, page: PageRequest) -> Page[BinView]:
        rows = _narrowed(models.Bin.objects.filter(on_hand__gt=0), filter, to_level="level__")
        if filter.location_id is not None:
            rows = rows.filter(location_id=filter.location_id)
        if filter.lot_id is not None:
            rows = rows.filter(lot_id=filter.lot_id)
        if filter.expires_before is not None:
            rows = rows.filter(lot__expires_on__lt=filter.expires_before)
        total = rows.count()
        if page.offset >= total:
            return Page([], total, page)
        usable = ExpressionWrapper(usable_bins(company_day()), output_field=BooleanField())
        rows = rows.annotate(usable=usable).select_related(
            "level__variant__product", "level__warehouse", "location", "lot"
        )
        default = ("level__variant__code_key", "level__warehouse__code_key", "location__code_key")
        ordered = rows.order_by(*(_ordering(filter.order, _BIN_COLUMNS) or (*default, "pk")))
        return Page(
            [stock_views.bin_view(row) for row in ordered[page.offset : page.offset + page.size]],
            total,
            page,
        )

    def entries(self, filter: EntryFilter, cursor: CursorRequest) -> CursorPage[EntryView]:
        rows = _named_entries()
        for column, value in (
            ("level__variant_id", filter.variant_id),
            ("level__warehouse_id", filter.warehouse_id),
            ("location_id", filter.location_id),
            ("lot_id", filter.lot_id),
            ("posting_id", filter.posting_id),
            ("posting__kind", filter.kind.value if filter.kind else None),
            ("posting__occurred_at__gte", filter.occurred_from),
            ("posting__occurred_at__lte", filter.occurred_to),
            ("level__warehouse_id__in", filter.visible),
        ):
            if value is not None:
                rows = rows.filter(**{column: value})
        found, after = _stretch(rows, cursor)
        return CursorPage([stock_views.entry_view(row) for row in found], after)

    def postings(self, filter: PostingFilter, cursor: CursorRequest) -> CursorPage[PostingView]:
        rows = models.Posting.objects.all()
        for column, value in (
            ("kind", filter.kind.value if filter.kind else None),
            ("number", filter.number),
            ("reference", filter.reference),
            ("occurred_at__gte", filter.occurred_from),
            ("occurred_at__lte", filter.occurred_to),
        ):
            if value is not None:
                rows = rows.filter(**{column: value})
        own = models.Entry.objects.filter(posting=OuterRef("pk"))
        if filter.visible is not None:
            own = own.filter(level__warehouse_id__in=filter.visible)
            rows = rows.filter(Exists(own))
        if filter.warehouse_id is not None:
            rows = rows.filter(Exists(own.filter(level__warehouse_id=filter.warehouse_id)))
        counted = own.order_by().values("posting").annotate(number=Count("pk")).values("number")
        rows = rows.annotate(entry_count=Coalesce(Subquery(counted), Value(0)))
        found, after = _stretch(rows.select_related("reason_code"), cursor)
        return CursorPage([stock_views.posting_view(row, row.entry_count) for row in found], after)

    def posting(self, id: int, visible: frozenset[int] | None) -> PostingView:
        row = models.Posting.objects.filter(pk=id).select_related("reason_code").first()
        rows = _named_entries().filter(posting_id=id).order_by("pk")
        if visible is not None:
            rows = rows.filter(level__warehouse_id__in=visible)
        entries = tuple(stock_views.entry_view(entry) for entry in rows) if row else ()
        if row is None or not entries:
            raise NotFound(f"There is no posting {id}.")
        return stock_views.posting_view(row, len(entries), entries)

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


def _narrowed(rows: QuerySet[Any], filter: LevelFilter, *, to_level: str) -> QuerySet[Any]:
    """The rows that match what the lists of levels and bins have in common."""
    variant, product = f"{to_level}variant", f"{to_level}variant__product"
    for column, value in (
        (f"{to_level}warehouse_id", filter.warehouse_id),
        (f"{to_level}warehouse_id__in", filter.visible),
        (f"{variant}_id", filter.variant_id),
        (f"{product}_id", filter.product_id),
    ):
        if value is not None:
            rows = rows.filter(**{column: value})
    if filter.category_id is not None:
        below = category_and_below(filter.category_id)
        rows = rows.filter(**{f"{product}__category_id__in": below})
    if filter.search:
        text = fold(filter.search)
        rows = rows.filter(
            Q(**{f"{variant}__search_text__contains": text})
            | Q(**{f"{product}__search_text__contains": text})
        )
    if filter.below_alert is not None:
        seen = Seen(filter.visible, filter.warehouse_id)
        wanted = short(models.Variant.objects.filter(deleted_at=None), seen).values("pk")
        is_short = Q(**{f"{variant}_id__in": wanted})
        rows = rows.filter(is_short if filter.below_alert else ~is_short)
    return rows


def _with_figures(levels: QuerySet[Any]) -> QuerySet[Any]:
    usable = models.Bin.objects.filter(usable_bins(company_day()), level=OuterRef("pk"))
    summed = usable.order_by().values("level").annotate(total=Sum("on_hand")).values("total")
    coming = models.Level.objects.filter(
        variant=OuterRef("variant"), warehouse=OuterRef("warehouse"), in_transit=True
    )
    zero = Value(0, output_field=_QUANTITY)
    return levels.annotate(
        usable=Coalesce(Subquery(summed, output_field=_QUANTITY), zero),
        available=ExpressionWrapper(F("usable") - F("reserved"), output_field=_QUANTITY),
        coming=Coalesce(Subquery(coming.values("on_hand"), output_field=_QUANTITY), zero),
    )


def _ordering(order: tuple[Order, ...], columns: dict[Any, Any]) -> tuple[Any, ...]:
    """The keys asked for, empty values last on any engine, ending with the id; () for none."""
    if not order:
        return ()
    keys = tuple(
        columns[o.by].desc(nulls_last=True) if o.descending else columns[o.by].asc(nulls_last=True)
        for o in order
    )
    return (*keys, "-pk" if order[-1].descending else "pk")


def _named_entries() -> QuerySet[Any]:
    return models.Entry.objects.select_related("posting", "level__variant", "lot")


def _stretch(
    rows: QuerySet[Any], cursor: CursorRequest
) -> tuple[list[Any], tuple[Any, ...] | None]:
    """The next rows, newest first, and where to go on; one more is read to know whether."""
    if cursor.after is not None:
        rows = rows.filter(pk__lt=cursor.after[0])
    found = list(rows.order_by("-pk")[: cursor.limit + 1])
    more = len(found) > cursor.limit
    found = found[: cursor.limit]
    return found, (found[-1].pk,) if more else None
