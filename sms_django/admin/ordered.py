"""Lists that tell what open orders will bring of their rows, and take."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from sms_django.admin.base import Rows, display


class OrderedRows(Rows):
    """A list in which what open orders say is looked up for the page alone."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(vars(self)["result_list"])
        shown = self.model._default_manager.filter(pk__in=[row.pk for row in rows])
        ordered = self.model_admin.with_orders(shown, request).in_bulk()
        for row in rows:
            row.orders = ordered[row.pk]
        self.result_list = rows


class OrderedMixin:
    """For pages of goods, with the columns `on_order` and `backordered`.

    They say which orders are a row's in `with_orders`, and in `why` where a figure comes from.
    """

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Rows]:
        return OrderedRows

    def with_orders(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        """The rows with what `order_figures.with_orders` says of them."""
        raise NotImplementedError

    def why(self, row: Any, quantity: Decimal) -> str:
        """The quantity, which leads to where it comes from."""
        raise NotImplementedError

    @display(description="On order")
    def on_order(self, row: Any) -> str:
        return self._told(row, row.orders.stock_on_order)

    @display(description="Backordered")
    def backordered(self, row: Any) -> str:
        return self._told(row, row.orders.stock_backordered)

    def _told(self, row: Any, quantity: Decimal) -> str:
        return self.why(row, quantity) if quantity else ""
