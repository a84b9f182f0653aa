"""Suppliers and what they sell in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from sms_core.purchasing.entities import Supplier, SupplierItem
from sms_core.purchasing.ports import (
    SupplierFilter,
    SupplierItemFilter,
    SupplierItemRepository,
    SupplierItemSort,
    SupplierRepository,
    SupplierSort,
    Ware,
    Wares,
)
from sms_core.shared.paging import Order
from sms_core.shared.text import fold, search_text
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository, key_share
from sms_django.repositories.stock import held_rows, same


class DjangoSupplierRepository(
    DjangoMasterDataRepository[Supplier, SupplierFilter], SupplierRepository
):
    """Suppliers in `sms_supplier`."""

    entity = Supplier
    row = models.Supplier
    unique = {"supplier_code_live": "code"}
    columns = {
        SupplierSort.CODE: "code_key",
        SupplierSort.NAME: "name_key",
        SupplierSort.CREATED_AT: "created_at",
        SupplierSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: SupplierFilter) -> QuerySet[Any]:
        return same(rows, code_key=filter.code, name_key=filter.name)

    def hold(self, ids: Collection[int]) -> dict[int, Supplier]:
        return {row.pk: self.to_entity(row) for row in held_rows(models.Supplier, ids)}

    def to_entity(self, row: models.Supplier) -> Supplier:
        return Supplier(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            code=row.code,
            name=row.name,
            tax_id=row.tax_id,
            email=row.email,
            phone=row.phone,
            address=row.address,
            notes=row.notes,
        )

    def to_columns(self, supplier: Supplier) -> dict[str, Any]:
        texts = (supplier.code, supplier.name, supplier.tax_id, supplier.email, supplier.phone)
        return {
            "deleted_at": supplier.deleted_at,
            "code": supplier.code,
            "code_key": fold(supplier.code),
            "name": supplier.name,
            "name_key": fold(supplier.name),
            "search_text": search_text(*texts, supplier.address, supplier.notes),
            "tax_id": supplier.tax_id,
            "email": supplier.email,
            "phone": supplier.phone,
            "address": supplier.address,
            "notes": supplier.notes,
        }


class DjangoSupplierItemRepository(
    DjangoMasterDataRepository[SupplierItem, SupplierItemFilter], SupplierItemRepository
):
    """What suppliers sell in `sms_supplier_item`."""

    entity = SupplierItem
    row = models.SupplierItem
    unique = {"supplier_item_live": "variant_id", "supplier_item_preferred": "is_preferred"}
    columns = {
        SupplierItemSort.CODE: "code_key",
        SupplierItemSort.UNIT_COST: "unit_cost",
        SupplierItemSort.LEAD_DAYS: "lead_days",
        SupplierItemSort.CREATED_AT: "created_at",
        SupplierItemSort.UPDATED_AT: "updated_at",
    }
    default_order = ("supplier_id", "code_key")

    def ordering(self, order: tuple[Order, ...]) -> Any:
        return empty_last(super().ordering(order), {"unit_cost", "lead_days"})

    def containing(self, rows: QuerySet[Any], folded: str) -> QuerySet[Any]:
        return rows.filter(
            Q(search_text__contains=folded)
            | Q(supplier__code_key__contains=folded)
            | Q(supplier__name_key__contains=folded)
            | Q(variant__code_key__contains=folded)
            | Q(variant__product__name_key__contains=folded)
        )

    def matching(self, rows: QuerySet[Any], filter: SupplierItemFilter) -> QuerySet[Any]:
        for column in ("supplier_id", "variant_id", "is_preferred"):
            value = getattr(filter, column)
            if value is not None:
                rows = rows.filter(**{column: value})
        return same(rows, code_key=filter.code)

    def of_supplier(
        self, supplier_id: int, variant_ids: Collection[int]
    ) -> dict[int, SupplierItem]:
        rows = self.live().filter(supplier_id=supplier_id, variant_id__in=set(variant_ids))
        return {row.variant_id: self.to_entity(row) for row in rows}

    def prefer(self, item: SupplierItem) -> None:
        others = self.live().filter(variant_id=item.variant_id, is_preferred=True)
        others.exclude(pk=item.id).update(
            is_preferred=False, updated_at=timezone.now(), version=F("version") + 1
        )

    def archive(self, ids: Collection[int], at: datetime) -> None:
        self._archive(models.SupplierItem.objects.filter(pk__in=set(ids)), at)

    def archive_with(self, supplier_ids: Collection[int], at: datetime) -> None:
        self._archive(self.live().filter(supplier_id__in=set(supplier_ids)), at)

    def restore_with(self, supplier_id: int, archived_at: datetime) -> None:
        models.SupplierItem.objects.filter(supplier_id=supplier_id, deleted_at=archived_at).update(
            deleted_at=None, updated_at=timezone.now(), version=F("version") + 1
        )

    def _archive(self, rows: QuerySet[Any], at: datetime) -> None:
        rows.update(deleted_at=at, updated_at=at, is_preferred=False, version=F("version") + 1)

    def to_entity(self, row: models.SupplierItem) -> SupplierItem:
        return SupplierItem(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            supplier_id=row.supplier_id,
            variant_id=row.variant_id,
            code=row.code,
            pack_size=row.pack_size,
            unit_cost=row.unit_cost,
            lead_days=row.lead_days,
            is_preferred=row.is_preferred,
        )

    def to_columns(self, item: SupplierItem) -> dict[str, Any]:
        return {
            "deleted_at": item.deleted_at,
            "supplier_id": item.supplier_id,
            "variant_id": item.variant_id,
            "code": item.code,
            "code_key": fold(item.code),
            "search_text": search_text(item.code),
            "pack_size": item.pack_size,
            "unit_cost": item.unit_cost,
            "lead_days": item.lead_days,
            "is_preferred": item.is_preferred,
        }


def empty_last(keys: Sequence[str], nullable: Collection[str]) -> tuple[Any, ...]:
    """Sort keys that take an empty value for the largest, on both engines."""

    def key(name: str) -> Any:
        column = name.removeprefix("-")
        if column not in nullable:
            return name
        if name == column:
            return F(column).asc(nulls_last=True)
        return F(column).desc(nulls_first=True)

    return tuple(key(name) for name in keys)


class DjangoWares(Wares):
    """What the catalogue says of variants that are bought."""

    def hold(self, variant_ids: Collection[int]) -> dict[int, Ware]:
        # Read after the lock: whoever held it may have changed the product.
        key_share(models.Variant, variant_ids)
        rows = models.Variant.objects.filter(pk__in=set(variant_ids), deleted_at=None)
        columns = rows.values_list(
            "pk",
            "code",
            "product__unit__places",
            Coalesce("cost", "product__cost"),
            "product__tax_rate",
            "product__tracks_lots",
            "product__is_active",
        )
        names = ("id", "code", "places", "cost", "tax_rate", "tracks_lots", "is_active")
        return {row[0]: Ware(**dict(zip(names, row, strict=True))) for row in columns}
