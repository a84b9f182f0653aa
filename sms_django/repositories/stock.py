"""Warehouses, locations, lots and reason codes in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from django.db import connection
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import fold, search_text
from sms_core.stock.entities import Location, LocationKind, Lot, ReasonCode, Warehouse
from sms_core.stock.kinds import Kind
from sms_core.stock.ports import (
    LocationFilter,
    LocationRepository,
    LocationSort,
    LotFilter,
    LotRepository,
    LotSort,
    ReasonCodeFilter,
    ReasonCodeRepository,
    ReasonCodeSort,
    WarehouseFilter,
    WarehouseRepository,
    WarehouseSort,
)
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository, DjangoRepository
from sms_django.repositories.rows import given, insert, stored_time


def held_rows(row: type[Model], ids: Collection[int]) -> Iterable[Any]:
    """The live rows among `ids`, locked in id order against being archived, in one statement.

    Only for tables whose rows say all by themselves: what a join adds would be read as it was
    before the lock was waited for.
    """
    if connection.vendor != "postgresql":
        return row._default_manager.filter(pk__in=set(ids), deleted_at=None)
    table = row._meta.db_table
    return row._default_manager.raw(
        f"SELECT * FROM {table} WHERE id = ANY(%s) AND deleted_at IS NULL"  # noqa: S608 (our own table)
        " ORDER BY id FOR KEY SHARE",
        [sorted(set(ids))],
    )


class DjangoWarehouseRepository(
    DjangoMasterDataRepository[Warehouse, WarehouseFilter], WarehouseRepository
):
    """Warehouses in `sms_warehouse`."""

    entity = Warehouse
    row = models.Warehouse
    unique = {"warehouse_code_live": "code"}
    columns = {
        WarehouseSort.CODE: "code_key",
        WarehouseSort.NAME: "name_key",
        WarehouseSort.CREATED_AT: "created_at",
        WarehouseSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: WarehouseFilter) -> QuerySet[Any]:
        if filter.visible is not None:
            rows = rows.filter(pk__in=filter.visible)
        return same(rows, code_key=filter.code, name_key=filter.name)

    def hold(self, ids: Collection[int]) -> dict[int, Warehouse]:
        return {row.pk: self.to_entity(row) for row in held_rows(models.Warehouse, ids)}

    def furnish(self, warehouse: Warehouse) -> None:
        models.Warehouse.objects.filter(pk=warehouse.id).update(**self._own(warehouse))

    def to_entity(self, row: models.Warehouse) -> Warehouse:
        return Warehouse(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            code=row.code,
            name=row.name,
            address=row.address,
            default_location_id=row.default_location_id or 0,
            quarantine_location_id=row.quarantine_location_id or 0,
            transit_location_id=row.transit_location_id or 0,
        )

    def to_columns(self, warehouse: Warehouse) -> dict[str, Any]:
        return {
            "deleted_at": warehouse.deleted_at,
            "code": warehouse.code,
            "code_key": fold(warehouse.code),
            "name": warehouse.name,
            "name_key": fold(warehouse.name),
            "search_text": search_text(warehouse.code, warehouse.name, warehouse.address),
            "address": warehouse.address,
            **self._own(warehouse),
        }

    def _own(self, warehouse: Warehouse) -> dict[str, Any]:
        return {
            "default_location_id": warehouse.default_location_id or None,
            "quarantine_location_id": warehouse.quarantine_location_id or None,
            "transit_location_id": warehouse.transit_location_id or None,
        }


class DjangoLocationRepository(
    DjangoMasterDataRepository[Location, LocationFilter], LocationRepository
):
    """Locations in `sms_location`."""

    entity = Location
    row = models.Location
    unique = {"location_code_live": "code"}
    columns = {
        LocationSort.CODE: "code_key",
        LocationSort.NAME: "name_key",
        LocationSort.CREATED_AT: "created_at",
        LocationSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: LocationFilter) -> QuerySet[Any]:
        if filter.visible is not None:
            rows = rows.filter(warehouse_id__in=filter.visible)
        if filter.warehouse_id is not None:
            rows = rows.filter(warehouse_id=filter.warehouse_id)
        if filter.kind is not None:
            rows = rows.filter(kind=filter.kind.value)
        return same(rows, code_key=filter.code, name_key=filter.name)

    def hold(self, ids: Collection[int]) -> dict[int, Location]:
        return {row.pk: self.to_entity(row) for row in held_rows(models.Location, ids)}

    def archive_with(self, warehouse_ids: Collection[int], at: datetime) -> None:
        self.live().filter(warehouse_id__in=set(warehouse_ids)).update(
            deleted_at=at, updated_at=at, version=F("version") + 1
        )

    def restore_with(self, warehouse_id: int, archived_at: datetime) -> None:
        models.Location.objects.filter(warehouse_id=warehouse_id, deleted_at=archived_at).update(
            deleted_at=None, updated_at=timezone.now(), version=F("version") + 1
        )

    def to_entity(self, row: models.Location) -> Location:
        return Location(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            warehouse_id=row.warehouse_id,
            code=row.code,
            name=row.name,
            kind=LocationKind(row.kind),
        )

    def to_columns(self, location: Location) -> dict[str, Any]:
        return {
            "deleted_at": location.deleted_at,
            "warehouse_id": location.warehouse_id,
            "code": location.code,
            "code_key": fold(location.code),
            "name": location.name,
            "name_key": fold(location.name),
            "search_text": search_text(location.code, location.name),
            "kind": location.kind.value,
        }


class DjangoLotRepository(DjangoRepository[Lot], LotRepository):
    """Lots in `sms_lot`."""

    entity = Lot
    row = models.Lot
    unique = {"lot_code": "code"}
    columns: ClassVar[Mapping[Enum, tuple[Any, Any]]] = {
        LotSort.CODE: ("code_key", "-code_key"),
        LotSort.EXPIRES_ON: (
            F("expires_on").asc(nulls_last=True),
            F("expires_on").desc(nulls_first=True),
        ),
        LotSort.CREATED_AT: ("created_at", "-created_at"),
    }

    def search(self, filter: LotFilter, page: PageRequest) -> Page[Lot]:
        rows = same(models.Lot.objects.all(), code_key=filter.code)
        if filter.search:
            rows = rows.filter(search_text__contains=fold(filter.search))
        if filter.variant_id is not None:
            rows = rows.filter(variant_id=filter.variant_id)
        if filter.is_blocked is not None:
            rows = rows.filter(is_blocked=filter.is_blocked)
        if filter.expires_before is not None:
            rows = rows.filter(expires_on__lt=filter.expires_before)
        total = rows.count()
        keys: list[Any] = [self.columns[order.by][order.descending] for order in filter.order]
        last = "-pk" if filter.order and filter.order[-1].descending else "pk"
        ordered = rows.order_by(*(keys or ["code_key"]), last)
        items = ordered[page.offset : page.offset + page.size] if page.offset < total else []
        return Page([self.to_entity(row) for row in items], total, page)

    def find(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
        source, parameters = given(
            [("variant_id", "bigint"), ("code_key", "text")], sorted(set(keys))
        )
        rows = models.Lot.objects.raw(
            f"SELECT lot.* FROM {models.Lot._meta.db_table} AS lot JOIN {source}"  # noqa: S608 (our own table)
            " ON lot.variant_id = given.variant_id AND lot.code_key = given.code_key",
            parameters,
        )
        return {lot.key: lot for lot in map(self.to_entity, rows)}

    def obtain(self, lots: Collection[Lot]) -> dict[tuple[int, str], Lot]:
        now = stored_time(timezone.now())
        first = {lot.key: lot for lot in reversed(list(lots))}
        rows = [
            (
                lot.variant_id,
                lot.code,
                fold(lot.code),
                lot.expires_on,
                lot.is_blocked,
                lot.note,
                search_text(lot.code, lot.note),
                1,
                now,
                now,
            )
            for _, lot in sorted(first.items())
        ]
        with connection.cursor() as cursor:
            table = models.Lot._meta.db_table
            cursor.execute(*insert(table, _LOT_COLUMNS, rows, then="ON CONFLICT DO NOTHING"))
        return self.find(first)

    def to_entity(self, row: models.Lot) -> Lot:
        return Lot(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            variant_id=row.variant_id,
            code=row.code,
            expires_on=row.expires_on,
            is_blocked=row.is_blocked,
            note=row.note,
        )

    def to_columns(self, lot: Lot) -> dict[str, Any]:
        return {
            "variant_id": lot.variant_id,
            "code": lot.code,
            "code_key": fold(lot.code),
            "expires_on": lot.expires_on,
            "is_blocked": lot.is_blocked,
            "note": lot.note,
            "search_text": search_text(lot.code, lot.note),
        }


_LOT_COLUMNS = (
    ("variant_id", "bigint"),
    ("code", "text"),
    ("code_key", "text"),
    ("expires_on", "date"),
    ("is_blocked", "boolean"),
    ("note", "text"),
    ("search_text", "text"),
    ("version", "integer"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
)


class DjangoReasonCodeRepository(
    DjangoMasterDataRepository[ReasonCode, ReasonCodeFilter], ReasonCodeRepository
):
    """Reason codes in `sms_reasoncode`."""

    entity = ReasonCode
    row = models.ReasonCode
    unique = {"reason_code_live": "code"}
    columns = {
        ReasonCodeSort.CODE: "code_key",
        ReasonCodeSort.LABEL: "label_key",
        ReasonCodeSort.CREATED_AT: "created_at",
        ReasonCodeSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: ReasonCodeFilter) -> QuerySet[Any]:
        if filter.kind is not None:
            # A list of one of a few fixed words: its text tells, on either engine.
            rows = rows.filter(kinds__icontains=f'"{filter.kind.value}"')
        return same(rows, code_key=filter.code, label_key=filter.label)

    def hold_by_code(self, code: str) -> ReasonCode | None:
        row = self.live().filter(code_key=fold(code)).values_list("pk", flat=True).first()
        return None if row is None else self.hold([row]).get(row)

    def hold(self, ids: Collection[int]) -> dict[int, ReasonCode]:
        return {row.pk: self.to_entity(row) for row in held_rows(models.ReasonCode, ids)}

    def delivered(self) -> set[str]:
        rows = models.ReasonCode.objects.exclude(delivered_as="")
        return set(rows.values_list("delivered_as", flat=True))

    def to_entity(self, row: models.ReasonCode) -> ReasonCode:
        return ReasonCode(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            code=row.code,
            label=row.label,
            kinds=tuple(Kind(kind) for kind in row.kinds),
            delivered_as=row.delivered_as,
        )

    def to_columns(self, reason: ReasonCode) -> dict[str, Any]:
        return {
            "deleted_at": reason.deleted_at,
            "code": reason.code,
            "code_key": fold(reason.code),
            "label": reason.label,
            "label_key": fold(reason.label),
            "search_text": search_text(reason.code, reason.label),
            "kinds": [kind.value for kind in reason.kinds],
            "delivered_as": reason.delivered_as,
        }


def same(rows: QuerySet[Any], **folded: str | None) -> QuerySet[Any]:
    """Narrow to the rows whose folded columns are these texts; None narrows nothing."""
    given_ones = {column: fold(text) for column, text in folded.items() if text is not None}
    return rows.filter(**given_ones) if given_ones else rows
