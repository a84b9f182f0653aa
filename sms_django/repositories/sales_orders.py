"""Sales orders in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from sms_core.catalogue.products import TaxMethod
from sms_core.selling.amounts import Terms
from sms_core.selling.orders import SalesLine, SalesOrder, SalesState, Shipment
from sms_core.selling.ports import (
    Backorder,
    SalesOrderFilter,
    SalesOrderRepository,
    SalesOrderSort,
)
from sms_core.selling.progress import Progress, Promised
from sms_core.shared.documents import DocumentType
from sms_core.shared.paging import Order
from sms_core.shared.text import fold
from sms_core.stock.documents import Moved
from sms_core.stock.levels import LevelKey
from sms_django import models
from sms_django.order_figures import still_missing, waiting_lines
from sms_django.repositories.documents import DjangoDocumentRepository
from sms_django.repositories.moved import moved_and_promised
from sms_django.repositories.purchasing import empty_last
from sms_django.repositories.stock import same

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class DjangoSalesOrderRepository(
    DjangoDocumentRepository[SalesOrder, SalesOrderFilter], SalesOrderRepository
):
    """Sales orders in `sms_sales_order`, their lines in `sms_sales_order_line`."""

    entity = SalesOrder
    row = models.SalesOrder
    line_row = models.SalesOrderLine
    columns = {
        SalesOrderSort.NUMBER: "number",
        SalesOrderSort.ORDERED_AT: "ordered_at",
        SalesOrderSort.PROMISED_AT: "promised_at",
        SalesOrderSort.PRIORITY: "priority",
        SalesOrderSort.STATE: "state",
        SalesOrderSort.CREATED_AT: "created_at",
    }
    default_order = ("-id",)

    def ordering(self, order: tuple[Order, ...]) -> Any:
        return empty_last(super().ordering(order), {"promised_at"})

    def matching(self, rows: QuerySet[Any], filter: SalesOrderFilter) -> QuerySet[Any]:
        rows = same(super().matching(rows, filter), reference_key=filter.reference)
        for column, value in (
            ("customer_id", filter.customer_id),
            ("warehouse_id", filter.warehouse_id),
            ("state", filter.state and filter.state.value),
            ("number", filter.number and filter.number.upper()),
            ("priority", filter.priority),
            ("promised_at__lt", filter.promised_before),
        ):
            if value is not None:
                rows = rows.filter(**{column: value})
        if filter.variant_id is not None:
            lines = models.SalesOrderLine.objects.filter(document=OuterRef("pk"))
            rows = rows.filter(Exists(lines.filter(variant_id=filter.variant_id)))
        if filter.backordered is not None:
            short = Exists(_backordered().filter(document=OuterRef("pk")))
            rows = rows.filter(short if filter.backordered else ~short)
        return rows

    def progress(self, line_ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
        facts, promises = moved_and_promised(DocumentType.SALES_ORDER, line_ids)
        rows: dict[int, list[Moved]] = defaultdict(list)
        for fact in facts:
            rows[fact.document_line].append(fact)
        promised = {
            line: [Promised(reservation_id=id, quantity=quantity) for id, quantity in found]
            for line, found in promises.items()
        }
        return {
            id: {"progress": Progress.of(rows[id], promised.get(id, ()))}
            for id in rows.keys() | promised.keys()
        }

    def backorders(
        self, keys: Collection[LevelKey], *, before: int | None = None
    ) -> list[Backorder]:
        lines = _backordered().filter(
            variant_id__in={key.variant_id for key in keys},
            document__warehouse_id__in={key.warehouse_id for key in keys},
        )
        if before is not None:
            lines = lines.annotate(due=_due("document__")).filter(_earlier_than(before))
        queue = lines.order_by(
            "-document__priority",
            F("document__promised_at").asc(nulls_last=True),
            "document__confirmed_at",
            "document_id",
            "position",
        )
        columns = ("document_id", "pk", "variant_id", "document__warehouse_id", "missing")
        found = [
            Backorder(
                order_id=order_id,
                line_id=line_id,
                key=LevelKey(variant_id, warehouse_id),
                quantity=missing,
            )
            for order_id, line_id, variant_id, warehouse_id, missing in queue.values_list(*columns)
        ]
        wanted = set(keys)
        return [backorder for backorder in found if backorder.key in wanted]

    def sent(self, order: SalesOrder, shipment: Shipment) -> None:
        models.Shipment.objects.create(
            document_id=order.id,
            posting_id=shipment.posting_id,
            carrier=shipment.carrier,
            tracking=shipment.tracking,
        )

    def to_entities(self, rows: Iterable[Any]) -> list[SalesOrder]:
        headers = list(rows)
        parcels: dict[int, list[Shipment]] = defaultdict(list)
        found = models.Shipment.objects.filter(document__in=[header.pk for header in headers])
        columns = ("document_id", "posting_id", "posting__number", "carrier", "tracking")
        for id, posting_id, number, carrier, tracking in found.order_by("pk").values_list(*columns):
            shipment = Shipment(
                posting_id=posting_id, number=number, carrier=carrier, tracking=tracking
            )
            parcels[id].append(shipment)
        orders = super().to_entities(headers)
        for order in orders:
            order.shipments = tuple(parcels[order.id])
        return orders

    def to_document(self, row: models.SalesOrder, lines: list[Any]) -> SalesOrder:
        return SalesOrder(
            **self.header_of(row),
            state=SalesState(row.state),
            customer_id=row.customer_id,
            customer_name=row.customer_name,
            warehouse_id=row.warehouse_id,
            reference=row.reference,
            ordered_at=row.ordered_at,
            promised_at=row.promised_at,
            priority=row.priority,
            ship_to=row.ship_to,
            confirmed_at=row.confirmed_at,
            money_places=row.money_places,
            lines=lines,
        )

    def to_columns(self, order: SalesOrder) -> dict[str, Any]:
        return {
            **self.header_columns(order, order.reference, order.customer_name),
            "customer_id": order.customer_id,
            "customer_name": order.customer_name,
            "warehouse_id": order.warehouse_id,
            "reference": order.reference,
            "reference_key": fold(order.reference),
            "ordered_at": order.ordered_at,
            "promised_at": order.promised_at,
            "priority": order.priority,
            "ship_to": order.ship_to,
            "confirmed_at": order.confirmed_at,
            "money_places": order.money_places,
        }

    def to_line(self, row: models.SalesOrderLine, progress: Mapping[str, Any]) -> SalesLine:
        return SalesLine(
            id=row.pk,
            variant_id=row.variant_id,
            code=row.code,
            description=row.description,
            quantity=row.quantity,
            terms=Terms(
                unit_price=row.unit_price,
                discount_percent=row.discount_percent,
                tax_rate=row.tax_rate,
                tax_method=TaxMethod(row.tax_method),
            ),
            **progress,
        )

    def to_line_columns(self, line: SalesLine) -> dict[str, Any]:
        return {
            "variant_id": line.variant_id,
            "code": line.code,
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.terms.unit_price,
            "discount_percent": line.terms.discount_percent,
            "tax_rate": line.terms.tax_rate,
            "tax_method": line.terms.tax_method.value,
        }


def _backordered() -> QuerySet[Any]:
    """The lines of which something is neither sent nor reserved, with how much that is."""
    return waiting_lines().annotate(missing=still_missing()).filter(missing__gt=0)


def _due(path: str = "") -> Coalesce:
    """When an order is promised, as the queue sees it: what is promised for no day comes last."""
    return Coalesce(f"{path}promised_at", Value(_NEVER, output_field=DateTimeField()))


def _earlier_than(id: int) -> Q:
    """Lines, with what is `due`, of the orders before this one in the queue."""
    own = models.SalesOrder.objects.filter(pk=id).annotate(due=_due())
    priority, due, confirmed = (
        Subquery(own.values(name)) for name in ("priority", "due", "confirmed_at")
    )
    first = Q(document__confirmed_at__lt=confirmed)
    first |= Q(document__confirmed_at=confirmed, document_id__lt=id)
    sooner = Q(due__lt=due) | Q(due=due) & first
    return Q(document__priority__gt=priority) | Q(document__priority=priority) & sooner
