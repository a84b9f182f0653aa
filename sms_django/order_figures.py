"""What open orders say of stock, as expressions that a query can carry: what suppliers still owe,
and what customers still wait for. Nothing of it is stored; the ledger says what has moved.

Lists of the API and of the back office share it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Greatest

from sms_core.purchasing.orders import PurchaseState
from sms_core.selling.orders import WAITING
from sms_core.shared.documents import DocumentType
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.stock.kinds import Counterpart, Kind
from sms_django import models
from sms_django.models.base import ScaledDecimalField

_QUANTITY = ScaledDecimalField(places=QUANTITY_PLACES)
_ZERO = Value(0, output_field=_QUANTITY)


def coming_lines() -> QuerySet[models.PurchaseOrderLine]:
    """The lines of placed orders of which something is still to come."""
    return models.PurchaseOrderLine.objects.filter(
        document__deleted_at=None, document__state__in=PurchaseState.open_values()
    )


def still_coming() -> Any:
    """How much of such a line is to come: what was ordered and not accepted, in stock units."""
    came = _moved(DocumentType.PURCHASE_ORDER, Kind.RECEIPT, Counterpart.SUPPLIER)
    undone = models.Entry.objects.filter(
        posting__reverses=OuterRef("posting"), line=OuterRef("posting_line")
    )
    kept = models.Rejection.objects.filter(~Exists(undone), line=OuterRef("pk"), kept=True)
    return _at_least_zero(F("stock_quantity") - came + _sum(kept, "line", "quantity"))


def waiting_lines() -> QuerySet[models.SalesOrderLine]:
    """The lines of confirmed orders of which something is still to be sent."""
    return models.SalesOrderLine.objects.filter(
        document__deleted_at=None, document__state__in=[state.value for state in WAITING]
    )


def still_missing() -> Any:
    """How much of such a line is neither sent nor reserved."""
    sent = _moved(DocumentType.SALES_ORDER, Kind.SHIPMENT, Counterpart.CUSTOMER)
    # What was sent stands in the ledger below 0.
    return _at_least_zero(F("quantity") + sent - promised())


def promised() -> Any:
    """How much is reserved for such a line."""
    open_ones = models.Reservation.objects.filter(
        document_type=DocumentType.SALES_ORDER.value,
        document_line=OuterRef("pk"),
        open_quantity__gt=0,
    )
    return _sum(open_ones, "document_line", "open_quantity")


def with_orders(rows: QuerySet[Any], group: str, *, own: str = "pk", **more: Any) -> QuerySet[Any]:
    """Rows with `stock_on_order`, when the first of it is expected, and `stock_backordered`.

    Those lines belong to a row whose `group` is its column `own`, and of which `more` is true.
    """
    wanted = {group: OuterRef(own), **more}
    coming, waiting = coming_lines().filter(**wanted), waiting_lines().filter(**wanted)
    dated = coming.annotate(left=still_coming()).filter(left__gt=0)
    first = dated.order_by(F("document__expected_at").asc(nulls_last=True))
    return rows.annotate(
        stock_on_order=_sum(coming, group, still_coming()),
        stock_expected_at=Subquery(first.values("document__expected_at")[:1]),
        stock_backordered=_sum(waiting, group, still_missing()),
    )


def _moved(type: DocumentType, kind: Kind, counterpart: Counterpart) -> Any:
    """What the line of the query around it has moved in this way; what was undone cancels out."""
    done = Q(posting__kind=kind.value) | Q(posting__reverses__kind=kind.value)
    entries = models.Entry.objects.filter(
        done,
        document_line=OuterRef("pk"),
        posting__document_type=type.value,
        counterpart=counterpart.value,
    )
    return _sum(entries, "document_line", "quantity")


def _sum(rows: QuerySet[Any], group: str, column: Any) -> Coalesce:
    sums = rows.order_by().values(group).annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(sums, output_field=_QUANTITY), _ZERO)


def _at_least_zero(quantity: Any) -> Any:
    return Greatest(ExpressionWrapper(quantity, output_field=_QUANTITY), _ZERO)
