"""Lots and reason codes in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, ClassVar

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import fold, search_text
from sms_core.stock.entities import Lot, ReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.ports import (
    LotFilter,
    LotRepository,
    LotSort,
    ReasonCodeFilter,
    ReasonCodeRepository,
    ReasonCodeSort,
)
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository, DjangoRepository
from sms_django.repositories.rows import given, insert, stored_time
from sms_django.repositories.stock import held_rows, same


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
            offered = Q(kinds__icontains=f'"{filter.kind.value}"')
            rows = rows.filter(offered | Q(kinds=[]))
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
