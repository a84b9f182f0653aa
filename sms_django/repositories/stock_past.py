"""What was in stock as of a moment: sums of the entries that had occurred and were known by then.

What was archived since is still there: the answer to the same question stays the same.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, FloatField, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Cast, NullIf

from sms_core.shared.errors import Invalid
from sms_core.shared.numbers import UNIT_COST_PLACES, rounded
from sms_core.shared.paging import Page, PageRequest
from sms_core.stock.entities import LocationKind, Lot
from sms_core.stock.ports import BinFilter, BinSort, LevelFilter, LevelSort
from sms_core.stock.views import BinView, LevelView
from sms_django import models
from sms_django.repositories.stock_lists import equal, narrowed, ordering
from sms_django.stock_figures import company_day

_NAMES = (
    "level__variant_id",
    "level__variant__code",
    "level__variant__product_id",
    "level__variant__product__name",
    "level__warehouse_id",
    "level__warehouse__code",
)
_PLACE_NAMES = (
    "location_id",
    "location__code",
    "location__kind",
    "lot_id",
    "lot__code",
    "lot__expires_on",
    "lot__is_blocked",
)
_BY_NAME = {
    "VARIANT_CODE": F("level__variant__code_key"),
    "PRODUCT_NAME": F("level__variant__product__name_key"),
    "WAREHOUSE_CODE": F("level__warehouse__code_key"),
}
_OWN_COLUMNS = {
    LevelSort.VARIANT_CODE: F("variant__code_key"),
    LevelSort.PRODUCT_NAME: F("variant__product__name_key"),
    LevelSort.WAREHOUSE_CODE: F("warehouse__code_key"),
}
_LEVEL_COLUMNS = {
    **{LevelSort[name]: column for name, column in _BY_NAME.items()},
    LevelSort.ON_HAND: F("then_on_hand"),
    LevelSort.RESERVED: F("then_reserved"),
    LevelSort.UNIT_COST: Cast("then_value", FloatField())
    / NullIf(Cast("then_on_hand", FloatField()), Value(0.0)),
    LevelSort.VALUE: F("then_value"),
}
_BIN_COLUMNS = {
    **{BinSort[name]: column for name, column in _BY_NAME.items()},
    BinSort.LOCATION_CODE: F("location__code_key"),
    BinSort.EXPIRES_ON: F("lot__expires_on"),
    BinSort.ON_HAND: F("then_on_hand"),
}


def asks_for_the_past(filter: LevelFilter) -> bool:
    """Whether the filter wants to know how it was."""
    return filter.as_of is not None or filter.known_at is not None


def levels(filter: LevelFilter, page: PageRequest) -> Page[LevelView]:
    """One row per variant and warehouse with entries by then; two queries and a count."""
    if any(order.by is LevelSort.AVAILABLE for order in filter.order):
        raise Invalid("What was available then is not known.", pointer="/ordering")
    facts = _by_then(models.Entry.objects.all(), filter)
    there = narrowed(models.Level.objects.filter(in_transit=False), filter, to_level="")
    there = there.filter(Exists(facts.filter(level_id=OuterRef("pk"))))
    total = there.count()
    if page.offset >= total:
        return Page([], total, page)
    default = ("level__variant__code_key", "level__warehouse__code_key", "level_id")
    order = ordering(filter.order, _LEVEL_COLUMNS, "level_id") or default
    stretch = slice(page.offset, page.offset + page.size)
    if all(each.by in _OWN_COLUMNS for each in filter.order):
        # Names are known without adding up, so that only what the page shows is added up.
        shown = ordering(filter.order, _OWN_COLUMNS) or (
            "variant__code_key",
            "warehouse__code_key",
            "pk",
        )
        ids = list(there.order_by(*shown).values_list("pk", flat=True)[stretch])
        found = _sums(facts.filter(level_id__in=ids)).order_by(*order)
    else:
        found = _sums(facts.filter(level_id__in=there.values("pk"))).order_by(*order)[stretch]
    return Page([_level_view(row) for row in found], total, page)


def bins(filter: BinFilter, page: PageRequest) -> Page[BinView]:
    """One row per variant, location and lot with something in it then; one query and a count.

    Whether it is usable is judged by the lots and the day of now.
    """
    entries = narrowed(models.Entry.objects.all(), filter, to_level="level__")
    rows = equal(
        _by_then(entries, filter).filter(location__isnull=False),
        {
            "location_id": filter.location_id,
            "lot_id": filter.lot_id,
            "lot__expires_on__lt": filter.expires_before,
        },
    )
    sums = rows.values("level_id", *_NAMES, *_PLACE_NAMES).annotate(then_on_hand=Sum("quantity"))
    sums = sums.exclude(then_on_hand=0)
    total = sums.order_by().count()
    if page.offset >= total:
        return Page([], total, page)
    default = (
        "level__variant__code_key",
        "level__warehouse__code_key",
        "location__code_key",
        "location_id",
        F("lot_id").asc(nulls_first=True),
    )
    asked = ordering(filter.order, _BIN_COLUMNS, "location_id")
    ordered = sums.order_by(*((*asked, "level_id", "lot_id") if asked else default))
    found = ordered[page.offset : page.offset + page.size]
    today = company_day()
    return Page([_bin_view(row, today) for row in found], total, page)


def _sums(facts: QuerySet[Any]) -> QuerySet[Any]:
    return facts.values("level_id", *_NAMES).annotate(
        then_on_hand=Sum("quantity"), then_reserved=Sum("reserved"), then_value=Sum("value")
    )


def _by_then(rows: QuerySet[Any], filter: LevelFilter) -> QuerySet[Any]:
    return equal(
        rows,
        {
            "posting__occurred_at__lte": filter.as_of,
            "posting__recorded_at__lte": filter.known_at,
        },
    )


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "variant_id": row["level__variant_id"],
        "variant_code": row["level__variant__code"],
        "product_id": row["level__variant__product_id"],
        "product_name": row["level__variant__product__name"],
        "warehouse_id": row["level__warehouse_id"],
        "warehouse_code": row["level__warehouse__code"],
    }


def _level_view(row: dict[str, Any]) -> LevelView:
    on_hand, value = row["then_on_hand"], row["then_value"]
    return LevelView(
        **_named(row),
        on_hand=on_hand,
        reserved=row["then_reserved"],
        available=None,
        in_transit=None,
        on_order=None,
        incoming=None,
        backordered=None,
        unit_cost=rounded(value / on_hand, UNIT_COST_PLACES) if on_hand else None,
        value=value,
    )


def _bin_view(row: dict[str, Any], today: Any) -> BinView:
    lot = row["lot_id"] and Lot(
        variant_id=row["level__variant_id"],
        code=row["lot__code"],
        expires_on=row["lot__expires_on"],
        is_blocked=row["lot__is_blocked"],
    )
    in_storage = row["location__kind"] == LocationKind.STORAGE.value
    return BinView(
        **_named(row),
        location_id=row["location_id"],
        location_code=row["location__code"],
        location_kind=row["location__kind"],
        lot_id=row["lot_id"],
        lot_code=row["lot__code"],
        expires_on=row["lot__expires_on"],
        on_hand=row["then_on_hand"],
        usable=in_storage and (not lot or lot.is_usable(today)),
    )
