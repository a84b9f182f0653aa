"""Warehouses and locations in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from sms_core.shared.text import fold, search_text
from sms_core.stock.entities import Location, LocationKind, Warehouse
from sms_core.stock.ports import (
    LocationFilter,
    LocationRepository,
    LocationSort,
    WarehouseFilter,
    WarehouseRepository,
    WarehouseSort,
)
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository


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


def same(rows: QuerySet[Any], **folded: str | None) -> QuerySet[Any]:
    """Narrow to the rows whose folded columns are these texts; None narrows nothing."""
    given_ones = {column: fold(text) for column, text in folded.items() if text is not None}
    return rows.filter(**given_ones) if given_ones else rows
