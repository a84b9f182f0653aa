"""Reservations in the database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from sms_core.shared.errors import NotFound
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import fold, search_text
from sms_core.stock.chain import whole
from sms_core.stock.ledger_ports import (
    ReservationFilter,
    ReservationRepository,
    ReservationSort,
)
from sms_core.stock.levels import LevelKey
from sms_core.stock.promises import Reservation
from sms_django import models
from sms_django.repositories.document_columns import document_columns, to_document
from sms_django.repositories.rows import given, insert, stored_time

_KEY = (("variant_id", "bigint"), ("warehouse_id", "bigint"))
_OPEN = (("id", "bigint"), ("open_quantity", "bigint"))
_COLUMNS = (
    *_KEY,
    ("quantity", "bigint"),
    ("open_quantity", "bigint"),
    ("purpose", "text"),
    ("expires_at", "timestamptz"),
    ("occurred_at", "timestamptz"),
    ("recorded_at", "timestamptz"),
    ("user_id", "bigint"),
    ("username", "text"),
    ("posting_id", "bigint"),
    ("search_text", "text"),
    ("document_type", "text"),
    ("document_id", "bigint"),
    ("document_number", "text"),
    ("document_line", "bigint"),
)
_SORTS: dict[Enum, str] = {
    ReservationSort.EXPIRES_AT: "expires_at",
    ReservationSort.OCCURRED_AT: "occurred_at",
    ReservationSort.QUANTITY: "quantity",
}


class DjangoReservationRepository(ReservationRepository):
    """Reservations in `sms_reservation`."""

    def get(self, id: int, visible: frozenset[int] | None) -> Reservation:
        row = _seen(visible).filter(pk=id).first()
        if row is None:
            raise NotFound(f"There is no reservation {id}.")
        return to_reservation(row)

    def search(self, filter: ReservationFilter, page: PageRequest) -> Page[Reservation]:
        rows = _matching(filter)
        total = rows.count()
        if page.offset >= total:
            return Page([], total, page)
        # Without an end is later than any end.
        keys = (
            F(_SORTS[order.by]).desc(nulls_first=True)
            if order.descending
            else F(_SORTS[order.by]).asc(nulls_last=True)
            for order in filter.order
        )
        found = rows.order_by(*keys, "-pk")[page.offset : page.offset + page.size]
        return Page([to_reservation(row) for row in found], total, page)

    def open_of(self, keys: Collection[LevelKey]) -> list[Reservation]:
        wanted = [(key.variant_id, key.warehouse_id) for key in sorted(keys) if not key.in_transit]
        source, parameters = given(_KEY, wanted)
        rows = models.Reservation.objects.raw(
            f"SELECT r.* FROM {models.Reservation._meta.db_table} AS r JOIN {source}"  # noqa: S608 (our own table)
            " ON r.variant_id = given.variant_id AND r.warehouse_id = given.warehouse_id"
            " WHERE r.open_quantity > 0 ORDER BY r.id",
            parameters,
        )
        return [to_reservation(row) for row in rows]

    def lapsed(self, at: datetime, limit: int) -> list[Reservation]:
        rows = models.Reservation.objects.filter(open_quantity__gt=0, expires_at__lte=at)
        return [to_reservation(row) for row in rows.order_by("variant", "warehouse", "pk")[:limit]]

    def add(self, reservations: Collection[Reservation]) -> None:
        rows = [_row(reservation) for reservation in reservations]
        table = models.Reservation._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(*insert(table, _COLUMNS, rows, then="RETURNING id"))
            ids = sorted(id for (id,) in cursor.fetchall())
        for reservation, id in zip(reservations, ids, strict=True):
            reservation.id = id

    def save(self, reservations: Collection[Reservation]) -> None:
        source, parameters = given(
            _OPEN, [(r.id, whole(r.open_quantity, QUANTITY_PLACES)) for r in reservations]
        )
        table = models.Reservation._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET open_quantity = given.open_quantity FROM {source}"  # noqa: S608 (our own table)
                f" WHERE {table}.id = given.id",
                parameters,
            )


def _seen(visible: frozenset[int] | None) -> QuerySet[models.Reservation]:
    rows = models.Reservation.objects.all()
    return rows if visible is None else rows.filter(warehouse_id__in=visible)


def _matching(filter: ReservationFilter) -> QuerySet[models.Reservation]:
    rows = _seen(filter.visible)
    if filter.search:
        rows = rows.filter(search_text__contains=fold(filter.search))
    for column, value in (
        ("variant_id", filter.variant_id),
        ("warehouse_id", filter.warehouse_id),
        ("expires_at__lt", filter.expires_before),
        ("document_type", filter.document_type.value if filter.document_type else None),
        ("document_id", filter.document_id),
    ):
        if value is not None:
            rows = rows.filter(**{column: value})
    if filter.is_open is not None:
        rows = rows.filter(**{"open_quantity__gt" if filter.is_open else "open_quantity": 0})
    return rows


def to_reservation(row: models.Reservation) -> Reservation:
    return Reservation(
        id=row.pk,
        variant_id=row.variant_id,
        warehouse_id=row.warehouse_id,
        quantity=row.quantity,
        open_quantity=row.open_quantity,
        purpose=row.purpose,
        expires_at=row.expires_at,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        user_id=row.user_id,
        username=row.username,
        posting_id=row.posting_id,
        document=to_document(row),
        document_line=row.document_line,
    )


def _row(reservation: Reservation) -> tuple[Any, ...]:
    return (
        reservation.variant_id,
        reservation.warehouse_id,
        whole(reservation.quantity, QUANTITY_PLACES),
        whole(reservation.open_quantity, QUANTITY_PLACES),
        reservation.purpose,
        stored_time(reservation.expires_at),
        stored_time(reservation.occurred_at),
        stored_time(reservation.recorded_at),
        reservation.user_id,
        reservation.username,
        reservation.posting_id,
        search_text(reservation.purpose),
        *document_columns(reservation.document).values(),
        reservation.document_line,
    )
