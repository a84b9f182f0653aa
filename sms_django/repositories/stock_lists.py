"""What the lists of stock have in common: how they are narrowed, ordered and cut."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from sms_core.shared.errors import Invalid
from sms_core.shared.paging import CursorRequest, Order
from sms_core.shared.text import fold
from sms_core.stock.ports import LevelFilter
from sms_django import models
from sms_django.repositories.catalogue_products import category_and_below
from sms_django.stock_figures import Seen, short


def narrowed(rows: QuerySet[Any], filter: LevelFilter, *, to_level: str) -> QuerySet[Any]:
    """The rows that match; `to_level` leads from one to its level: "level__" from a bin."""
    variant, product = f"{to_level}variant", f"{to_level}variant__product"
    rows = equal(
        rows,
        {
            f"{to_level}warehouse_id": filter.warehouse_id,
            f"{to_level}warehouse_id__in": filter.visible,
            f"{variant}_id": filter.variant_id,
            f"{product}_id": filter.product_id,
        },
    )
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


def equal(rows: QuerySet[Any], wanted: dict[str, Any]) -> QuerySet[Any]:
    """The rows with these values; None narrows nothing."""
    given = {column: value for column, value in wanted.items() if value is not None}
    return rows.filter(**given) if given else rows


def ordering(
    order: tuple[Order, ...], columns: dict[Any, Any], last: str = "pk"
) -> tuple[Any, ...]:
    """The keys asked for, empty values last on any engine, ending with the id; () for none."""
    if not order:
        return ()
    keys = tuple(
        columns[o.by].desc(nulls_last=True) if o.descending else columns[o.by].asc(nulls_last=True)
        for o in order
    )
    return (*keys, f"-{last}" if order[-1].descending else last)


def stretch(rows: QuerySet[Any], cursor: CursorRequest) -> tuple[list[Any], tuple[Any, ...] | None]:
    """The next rows, newest first, and where to go on; one more is read to know whether."""
    if cursor.after is not None:
        (last,) = position(cursor, int)
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: cursor.limit + 1])
    more = len(found) > cursor.limit
    found = found[: cursor.limit]
    return found, (found[-1].pk,) if more else None


def position(cursor: CursorRequest, *kinds: type[Any]) -> tuple[Any, ...]:
    """The values of a cursor; raises Invalid unless they are of these types."""
    values = cursor.after or ()
    if len(values) != len(kinds) or not all(map(isinstance, values, kinds)):
        raise Invalid("This is no cursor of this list.", code="invalid", pointer="/after")
    return values
