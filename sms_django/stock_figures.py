"""What there is of a variant or product, as expressions that a query over them can carry.

What counts as available is said here alone; lists of the API and of the back office share it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from sms_core.catalogue.figures import StockFigures
from sms_core.shared.numbers import QUANTITY_PLACES, UNIT_COST_PLACES, rounded
from sms_core.stock.entities import LocationKind
from sms_django import models
from sms_django.models.base import ScaledDecimalField
from sms_django.order_figures import with_orders


def company_zone() -> ZoneInfo:
    """The zone that says what day and time it is for the company."""
    zone = models.Company.objects.values_list("time_zone", flat=True).first()
    return ZoneInfo(zone or "UTC")


def company_day(moment: datetime | None = None) -> date:
    """The day it is for the company: what expires on it may still be used."""
    return (moment or timezone.now()).astimezone(company_zone()).date()


@dataclass(frozen=True)
class Seen:
    """The warehouses whose stock counts: those one sees (None: all), or the one asked for.

    `on` is the day that decides what has expired.
    """

    warehouse_ids: frozenset[int] | None = None
    warehouse_id: int | None = None
    on: date = field(default_factory=company_day)

    def levels(self, owner: str = "variant", *, in_transit: bool = False) -> QuerySet[models.Level]:
        """Their levels of the row of the query around it; `owner` leads from a level to it."""
        return models.Level.objects.filter(self.among(owner, in_transit=in_transit))

    def orders(self) -> dict[str, Any]:
        """Which lines of orders are theirs."""
        path = "document__warehouse_id"
        wanted: dict[str, Any] = {}
        if self.warehouse_ids is not None:
            wanted[f"{path}__in"] = self.warehouse_ids
        if self.warehouse_id is not None:
            wanted[path] = self.warehouse_id
        return wanted

    def among(self, owner: str, level: str = "", *, in_transit: bool = False) -> Q:
        """Goods that are there, or on the way. `level` leads to the level: "level__" from a
        bin."""
        wanted: dict[str, Any] = {owner: OuterRef("pk"), "in_transit": in_transit}
        if self.warehouse_ids is not None:
            wanted["warehouse_id__in"] = self.warehouse_ids
        if self.warehouse_id is not None:
            wanted["warehouse_id"] = self.warehouse_id
        return Q(**{f"{level}{name}": value for name, value in wanted.items()})


def usable_bins(on: date) -> Q:
    """Bins (or entries of bins) that count as available: in storage, of no expired or blocked
    lot. Sums ask for filled bins only: those have an index by level.
    """
    fresh = Q(lot__is_blocked=False) & (Q(lot__expires_on=None) | Q(lot__expires_on__gte=on))
    return Q(location__kind=LocationKind.STORAGE.value) & (Q(lot=None) | fresh)


def with_available(levels: QuerySet[Any], on: date | None = None) -> QuerySet[Any]:
    """Levels with `stock_available`: what lies usable in them and is promised to nobody."""
    filled = models.Bin.objects.filter(level=OuterRef("pk"), on_hand__gt=0)
    usable = _total(filled.filter(usable_bins(on or company_day())), "level", "on_hand")
    return levels.annotate(
        stock_available=ExpressionWrapper(
            usable - F("reserved"), output_field=ScaledDecimalField(places=QUANTITY_PLACES)
        )
    )


def with_figures(variants: QuerySet[Any], seen: Seen) -> QuerySet[Any]:
    """The variants with what there is of each in the warehouses seen; see `figures_of`."""
    levels = seen.levels()
    received = levels.filter(last_cost__isnull=False).order_by("-last_cost_at", "-pk")
    counted = with_orders(with_quantities(variants, seen), "variant", **seen.orders())
    return counted.annotate(
        stock_in_transit=_total(seen.levels(in_transit=True), "variant", "on_hand"),
        stock_value=_total(levels, "variant", "value"),
        stock_last_cost=Subquery(received.values("last_cost")[:1]),
    )


def figures_of(row: Any) -> StockFigures:
    """What `with_figures` put on a row; nothing where it was not asked."""
    if not hasattr(row, "stock_on_hand"):
        return StockFigures()
    on_hand: Decimal = row.stock_on_hand
    average = rounded(row.stock_value / on_hand, UNIT_COST_PLACES) if on_hand else None
    return StockFigures(
        on_hand=on_hand,
        reserved=row.stock_reserved,
        available=row.stock_available,
        on_order=row.stock_on_order,
        in_transit=row.stock_in_transit,
        backordered=row.stock_backordered,
        expected_at=row.stock_expected_at,
        average_cost=average,
        last_cost=row.stock_last_cost,
    )


def below_alert(variants: QuerySet[Any], seen: Seen) -> QuerySet[Any]:
    """Those of the product of the query around it with no more than their reorder level."""
    return short(variants.filter(product=OuterRef("pk")), seen)


def short(variants: QuerySet[Any], seen: Seen) -> QuerySet[Any]:
    """Those of the variants with no more available than their reorder level."""
    watched = variants.filter(stock_alert__isnull=False)
    return with_quantities(watched, seen).filter(stock_available__lte=F("stock_alert"))


def with_quantities(rows: QuerySet[Any], seen: Seen, owner: str = "variant") -> QuerySet[Any]:
    """Variants, or products with `owner="variant__product"`, with `stock_on_hand`,
    `stock_reserved` and `stock_available`."""
    filled = models.Bin.objects.filter(seen.among(owner, "level__"), on_hand__gt=0)
    usable = filled.filter(usable_bins(seen.on))
    return rows.annotate(
        stock_on_hand=_total(seen.levels(owner), owner, "on_hand"),
        stock_usable=_total(usable, f"level__{owner}", "on_hand"),
        stock_reserved=_total(seen.levels(owner), owner, "reserved"),
        stock_available=ExpressionWrapper(
            F("stock_usable") - F("stock_reserved"),
            output_field=ScaledDecimalField(places=QUANTITY_PLACES),
        ),
    )


def _total(rows: QuerySet[Any], owner: str, column: str) -> Coalesce:
    field = ScaledDecimalField(places=QUANTITY_PLACES)
    sums = rows.order_by().values(owner).annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(sums, output_field=field), Value(0, output_field=field))
