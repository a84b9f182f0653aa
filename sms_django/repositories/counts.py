"""Stock counts in the database. A sheet of 10,000 lines takes as many statements as one of ten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, QuerySet

from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import search_text
from sms_core.stock.chain import whole
from sms_core.stock.count_ports import CountFilter, CountRepository, CountSort
from sms_core.stock.counts import (
    BinKey,
    CountEntry,
    CountLine,
    CountScope,
    CountState,
    StockCount,
)
from sms_core.stock.entities import LocationKind
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository
from sms_django.repositories.catalogue_products import category_and_below
from sms_django.repositories.count_figures import with_sheet
from sms_django.repositories.rows import given, insert, stored_time

_BIN = (("variant_id", "bigint"), ("location_id", "bigint"), ("lot_key", "text"))
_LINE = (
    ("document_id", "bigint"),
    ("position", "bigint"),
    *_BIN,
    ("lot_code", "text"),
    ("expires_on", "date"),
    ("is_open", "boolean"),
)
_COUNTED = (
    ("id", "bigint"),
    ("counted_quantity", "bigint"),
    ("counted_at", "timestamptz"),
    ("counted_by", "text"),
)
_ENTRY = (
    ("line_id", "bigint"),
    ("quantity", "bigint"),
    ("is_added", "boolean"),
    ("counted_at", "timestamptz"),
    ("recorded_at", "timestamptz"),
    ("user_id", "bigint"),
    ("username", "text"),
)


class DjangoCountRepository(DjangoMasterDataRepository[StockCount, CountFilter], CountRepository):
    """Counts in `sms_stock_count`, their sheets in `sms_stock_count_line`."""

    entity = StockCount
    row = models.StockCount
    columns = {
        CountSort.NUMBER: "number",
        CountSort.STATE: "state",
        CountSort.CREATED_AT: "created_at",
        CountSort.UPDATED_AT: "updated_at",
    }
    default_order = ("-created_at",)

    def matching(self, rows: QuerySet[Any], filter: CountFilter) -> QuerySet[Any]:
        if filter.visible is not None:
            rows = rows.filter(warehouse_id__in=filter.visible)
        if filter.warehouse_id is not None:
            rows = rows.filter(warehouse_id=filter.warehouse_id)
        if filter.state is not None:
            rows = rows.filter(state=filter.state.value)
        return rows if filter.number is None else rows.filter(number__iexact=filter.number)

    def get(self, id: int) -> StockCount:
        return with_sheet(super().get(id), self.lines(id))

    def header(self, id: int) -> StockCount:
        count = super().get(id)
        _tally([count])
        return count

    def search(self, filter: CountFilter, page: PageRequest) -> Page[StockCount]:
        found = super().search(filter, page)
        _tally(found.items)
        return found

    def bins(self, warehouse_id: int, scope: CountScope, limit: int) -> list[CountLine]:
        rows = models.Bin.objects.filter(
            on_hand__gt=0, level__warehouse_id=warehouse_id, level__in_transit=False
        ).exclude(location__kind=LocationKind.TRANSIT.value)
        if scope.location_ids:
            rows = rows.filter(location_id__in=scope.location_ids)
        if scope.variant_ids:
            rows = rows.filter(level__variant_id__in=scope.variant_ids)
        if scope.category_id is not None:
            below = category_and_below(scope.category_id)
            rows = rows.filter(level__variant__product__category_id__in=below)
        found = rows.order_by(
            "location__code_key",
            "level__variant__code_key",
            F("lot__code_key").asc(nulls_first=True),
            "pk",
        ).values_list("level__variant_id", "location_id", "lot__code", "lot__expires_on")
        return [
            CountLine(variant_id=variant, location_id=place, lot_code=lot, expires_on=expires_on)
            for variant, place, lot, expires_on in found[:limit]
        ]

    def lines(
        self, count_id: int, *, variant_ids: Collection[int] | None = None
    ) -> list[CountLine]:
        rows = models.StockCountLine.objects.filter(document_id=count_id)
        if variant_ids is not None:
            rows = rows.filter(variant_id__in=set(variant_ids))
        return [_line(*values) for values in rows.order_by("position").values_list(*_LINE_FIELDS)]

    def add_lines(self, count_id: int, lines: Collection[CountLine]) -> dict[BinKey, str]:
        by_bin = {line.bin: line for line in lines}
        sheet = models.StockCountLine.objects.filter(document_id=count_id)
        last = sheet.count()
        position = {bin: last + n for n, bin in enumerate(by_bin, start=1)}
        # In one order everywhere, so that two counts never wait for each other's bins.
        rows = [
            (count_id, position[bin], *bin, line.lot_code or "", line.expires_on, True)
            for bin, line in sorted(by_bin.items())
        ]
        table = models.StockCountLine._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(*insert(table, _LINE, rows, then="ON CONFLICT DO NOTHING"))
        new = sheet.filter(position__gt=last)
        ids = {tuple(bin): id for id, *bin in new.values_list("pk", *(name for name, _ in _BIN))}
        for bin, line in by_bin.items():
            line.id = ids.get(bin, 0)
        missing = [bin for bin in by_bin if bin not in ids]
        return _holders(missing) if missing else {}

    def save_lines(self, lines: Collection[CountLine], entries: Collection[CountEntry]) -> None:
        if not lines:
            return
        rows = [
            (line.id, _whole(line.counted_quantity), stored_time(line.counted_at), line.counted_by)
            for line in lines
        ]
        source, parameters = given(_COUNTED, rows)
        table = models.StockCountLine._meta.db_table
        changed = ", ".join(f"{name} = given.{name}" for name, _ in _COUNTED[1:])
        said = [_entry_row(entry) for entry in entries]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {changed} FROM {source} WHERE {table}.id = given.id",  # noqa: S608 (our own table)
                parameters,
            )
            cursor.execute(*insert(models.StockCountEntry._meta.db_table, _ENTRY, said))

    def counters(self, count_id: int) -> frozenset[int | None]:
        rows = models.StockCountEntry.objects.filter(
            line__document_id=count_id, quantity__isnull=False
        )
        return frozenset(rows.values_list("user_id", flat=True).distinct())

    def entries(self, count_id: int, page: PageRequest) -> Page[CountEntry]:
        rows = models.StockCountEntry.objects.filter(line__document_id=count_id)
        total = rows.count()
        if page.offset >= total:
            return Page([], total, page)
        names = [name for name, _ in _ENTRY]
        found = rows.order_by("-pk").values_list(*names)[page.offset : page.offset + page.size]
        said = [CountEntry(**dict(zip(names, values, strict=True))) for values in found]
        return Page(said, total, page)

    def free_bins(self, count_id: int) -> None:
        models.StockCountLine.objects.filter(document_id=count_id).update(is_open=False)

    def to_entity(self, row: models.StockCount) -> StockCount:
        return StockCount(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            number=row.number,
            state=CountState(row.state),
            notes=row.notes,
            warehouse_id=row.warehouse_id,
            scope=CountScope(
                location_ids=tuple(row.location_ids),
                category_id=row.category_id,
                variant_ids=tuple(row.variant_ids),
            ),
            started_at=row.started_at,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
        )

    def to_columns(self, count: StockCount) -> dict[str, Any]:
        return {
            "deleted_at": count.deleted_at,
            "number": count.number,
            "state": count.state.value,
            "notes": count.notes,
            "search_text": search_text(count.number, count.notes),
            "warehouse_id": count.warehouse_id,
            "category_id": count.scope.category_id,
            "location_ids": list(count.scope.location_ids),
            "variant_ids": list(count.scope.variant_ids),
            "started_at": count.started_at,
            "approved_by": count.approved_by,
            "approved_at": count.approved_at,
        }


_LINE_FIELDS = (
    "pk",
    "variant_id",
    "location_id",
    "lot_code",
    "expires_on",
    "counted_quantity",
    "counted_at",
    "counted_by",
)


def _line(
    id: int, variant_id: int, location_id: int, lot_code: str, expires_on: date | None, *said: Any
) -> CountLine:
    counted_quantity, counted_at, counted_by = said
    return CountLine(
        id=id,
        variant_id=variant_id,
        location_id=location_id,
        lot_code=lot_code or None,
        expires_on=expires_on,
        counted_quantity=counted_quantity,
        counted_at=counted_at,
        counted_by=counted_by,
    )


def _entry_row(entry: CountEntry) -> tuple[Any, ...]:
    return (
        entry.line_id,
        _whole(entry.quantity),
        entry.is_added,
        stored_time(entry.counted_at),
        stored_time(entry.recorded_at),
        entry.user_id,
        entry.username,
    )


def _whole(quantity: Decimal | None) -> int | None:
    return None if quantity is None else whole(quantity, QUANTITY_PLACES)


def _tally(counts: Sequence[StockCount]) -> None:
    """Say of each how many lines it has, and how many of them are counted."""
    lines = models.StockCountLine.objects.filter(document_id__in=[count.id for count in counts])
    tallies = lines.values_list("document_id").annotate(Count("pk"), Count("counted_quantity"))
    found = {id: (every, counted) for id, every, counted in tallies.order_by()}
    for count in counts:
        count.line_count, count.counted_count = found.get(count.id, (0, 0))


def _holders(bins: Collection[BinKey]) -> dict[BinKey, str]:
    """The numbers of the open counts that have these bins."""
    source, parameters = given(_BIN, sorted(bins))
    line, count = models.StockCountLine._meta.db_table, models.StockCount._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line.variant_id, line.location_id, line.lot_key, count.number"  # noqa: S608 (our own tables)
            f" FROM {source} JOIN {line} AS line ON line.variant_id = given.variant_id"
            " AND line.location_id = given.location_id AND line.lot_key = given.lot_key"
            f" JOIN {count} AS count ON count.id = line.document_id WHERE line.is_open",
            parameters,
        )
        found = {tuple(bin): number for *bin, number in cursor.fetchall()}
    # A count that was over a moment ago has none any more: asked again, it is not in the way.
    return {bin: found.get(bin, "another count") for bin in bins}
