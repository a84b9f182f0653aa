"""Sales orders in the back office: what is promised, sent, waited for and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse

from config.container import Injected
from sms_core.selling import commands
from sms_core.selling.orders import SalesLine, SalesOrder
from sms_core.selling.services import SalesOrderService
from sms_core.stock.kinds import Kind
from sms_core.stock.picking import plain
from sms_django import models
from sms_django.admin import selling_forms as forms
from sms_django.admin.document_acts import ActView
from sms_django.admin.document_pages import DraftView
from sms_django.admin.document_shown import Column, Figure, linked
from sms_django.admin.documents import DocumentAdmin
from sms_django.admin.stock_links import money
from sms_django.admin.stock_typed import Values
from sms_django.admin.work import Work
from sms_django.order_figures import still_missing, waiting_lines
from sms_django.stock_figures import with_available

WAITING = ("confirmed", "partially_shipped")

_ORDERED = Column("Ordered", "quantity")
_RESERVED = Column("Reserved", lambda line: line.progress.reserved)
_SHIPPED = Column("Shipped", lambda line: line.progress.shipped)
_RETURNED = Column("Came back", lambda line: line.progress.returned)
_BACKORDERED = Column("Backordered", "backordered")


class SalesOrderDraftView(DraftView):
    """Write an order, or change one."""

    hint = "Prices and taxes that are left blank are those of the product."
    head_form, line_form = forms.SalesOrderForm, forms.SalesLineForm
    create_command = commands.CreateSalesOrder
    change_command = commands.ChangeSalesOrder
    line_command = commands.WantedLine

    def line_values(self, line: SalesLine) -> dict[str, Any]:
        terms = vars(line.terms)
        return {"quantity": line.quantity, **terms, "tax_method": line.terms.tax_method.value}


class SellNowView(SalesOrderDraftView):
    """Sell over the counter: drafted, confirmed and sent in one step, or not at all."""

    hint = "It is confirmed and handed over at once: all of it, or nothing."
    head_form = forms.CounterForm
    title, verb, done = "Sell now", "Sell", "is sold"
    permission_required = (
        "sales_order.view",
        "sales_order.add",
        "sales_order.confirm",
        "sales_order.ship",
    )
    previews = True

    def carry_out(self, head: Values, lines: list[Values]) -> Any:
        order = commands.SellNow(order=self.command(head, lines), ship=True)
        return self.service.sell(order, by=self.actor)


class ConfirmView(ActView):
    """Promise the customer what is there; the rest waits."""

    act_name, verb, icon, right = "confirm", "Confirm", "handshake", "sales_order.confirm"
    done = "is confirmed"
    hint = "What is there is reserved, the rest is backordered. Prices are fixed now."
    use_case, command = SalesOrderService.confirm, commands.ConfirmSalesOrder


class ShipView(ActView):
    """Send what is reserved."""

    act_name, verb, icon, right = "ship", "Ship", "local_shipping", "sales_order.ship"
    done = "is shipped"
    hint = "What is reserved stands there; blank what stays."
    use_case, command = SalesOrderService.ship, commands.ShipSalesOrder
    line_command = commands.ShippedLine
    head_form, line_form = forms.ShippingForm, forms.ShippedLineForm
    told = (_ORDERED, _RESERVED, _BACKORDERED)

    def prefill(self, line: SalesLine) -> Values | None:
        return {"quantity": line.progress.reserved} if line.progress.reserved else None


class AllocateView(ActView):
    """Reserve what has become available."""

    act_name, verb, icon, right = "allocate", "Allocate", "bookmark_added", "sales_order.confirm"
    done = "is allocated what there is"
    hint = "Reserves what is there beyond what is owed to those who wait longer."
    use_case, command = SalesOrderService.allocate, commands.AllocateSalesOrder
    head_form = forms.AllocationForm

    def head_options(self) -> dict[str, Any]:
        options = super().head_options()
        if not self.actor.may("sales_order.allocate_out_of_turn"):
            options["hidden"] = {*options["hidden"], "out_of_turn"}
        return options


class ReturnView(ActView):
    """The customer sent something back."""

    act_name, verb, icon = "return", "Take back", "assignment_return"
    right, kind = "sales_order.return", Kind.CUSTOMER_RETURN
    usual, done = False, "is noted: goods came back"
    use_case, command = SalesOrderService.take_back, commands.ReturnSalesOrder
    line_command = commands.ReturnedLine
    line_form = forms.ReturnedLineForm
    told = (_SHIPPED, _RETURNED)

    def prefill(self, line: SalesLine) -> Values | None:
        return {} if line.returnable > 0 else None


class ReopenView(ActView):
    """Make the order a draft again."""

    act_name, verb, icon, right = "reopen", "Back to draft", "edit_note", "sales_order.confirm"
    done, grave = "is a draft again", True
    hint = "What is reserved for it is released."
    use_case, command = SalesOrderService.reopen, commands.ReopenSalesOrder


class CloseView(ActView):
    """Nothing more is sent."""

    act_name, verb, icon, right = "close", "Close", "task_alt", "sales_order.confirm"
    done, grave = "is closed", True
    hint = "Nothing more is sent; what is reserved is released."
    use_case, command = SalesOrderService.close, commands.CloseSalesOrder


class CancelView(ActView):
    """The sale does not happen."""

    act_name, verb, icon, right = "cancel", "Cancel order", "cancel", "sales_order.confirm"
    done, grave = "is cancelled", True
    hint = "The sale does not happen; what is reserved is released."
    use_case, command = SalesOrderService.cancel, commands.CancelSalesOrder


def to_ship(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Those for which something is reserved."""
    promised = models.Reservation.objects.filter(
        document_type="sales_order", document_id=OuterRef("pk"), open_quantity__gt=0
    )
    return rows.filter(Exists(promised))


def to_serve(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Those that wait for something of which there is some."""
    in_stock = models.Level.objects.filter(
        variant=OuterRef("variant"), warehouse=OuterRef("document__warehouse"), in_transit=False
    )
    served = Exists(with_available(in_stock).filter(stock_available__gt=0))
    waiting = waiting_lines().filter(served, document=OuterRef("pk"))
    return rows.filter(Exists(waiting.annotate(missing=still_missing()).filter(missing__gt=0)))


@admin.register(models.SalesOrder)
class SalesOrderAdmin(DocumentAdmin):
    """Sales orders: what was promised to whom, and how far it has come."""

    service = Injected(SalesOrderService)
    entity = SalesOrder
    resource = "sales_order"
    warehouse_path = "warehouse"
    cost_fields = ()
    group = "Selling"
    icon = "storefront"
    leads = True
    menu = (
        ("New sales order", "add_business", "admin:sms_salesorder_add", "sales_order.add"),
        ("Sell now", "point_of_sale", "admin:sms_salesorder_sell_now", "sales_order.ship"),
    )

    draft_view = SalesOrderDraftView
    amend_right = "sales_order.confirm"
    act_views = (
        ConfirmView,
        ShipView,
        AllocateView,
        ReturnView,
        ReopenView,
        CloseView,
        CancelView,
    )
    list_display = ("number", "state_shown", "customer", "warehouse", "reference", "promised_at")
    list_filter = ("customer", "warehouse", "promised_at")
    search_fields = ("search_text", "customer_name", "customer__search_text")
    autocomplete_fields = ("customer",)
    columns = (
        _ORDERED,
        _RESERVED,
        _BACKORDERED,
        _SHIPPED,
        _RETURNED,
        Column("Price", lambda line: line.terms.unit_price, Figure.MONEY),
        Column("Discount", lambda line: line.terms.discount_percent, Figure.PERCENT),
        Column("Tax", lambda line: line.terms.tax_rate, Figure.PERCENT),
        Column("Net", lambda line: line.amount.net, Figure.MONEY),
        Column("Gross", lambda line: line.amount.gross, Figure.MONEY),
    )
    works = (
        Work("confirm", "Sales orders to confirm", ("draft",), due="promised_at"),
        Work("ship", "Sales orders to ship", WAITING, to_ship, due="promised_at"),
        Work("allocate", "Backorders that can be served", WAITING, to_serve, due="promised_at"),
    )

    def get_urls(self) -> list[URLPattern]:
        sell_now = path("sell-now/", self._view(SellNowView), name="sms_salesorder_sell_now")
        return [sell_now, *super().get_urls()]

    def facts(self, document: SalesOrder, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        row = models.SalesOrder.objects.select_related("customer", "warehouse").get(pk=document.id)
        yield "Customer", linked(row.customer)
        yield "From warehouse", linked(row.warehouse)
        yield "Customer's reference", document.reference
        yield "Ordered", self.moment(document.ordered_at)
        yield "Promised", self.moment(document.promised_at)
        yield "Confirmed", self.moment(document.confirmed_at)
        yield "Priority", document.priority
        yield "Ship to", document.ship_to
        yield "Notes", document.notes
        for shipment in document.shipments:
            parcel = " ".join(part for part in (shipment.carrier, shipment.tracking) if part)
            yield f"Parcel of {shipment.number}", parcel

    def papers(self, document: SalesOrder, request: HttpRequest) -> Iterator[tuple[str, str]]:
        if any(line.progress.reserved for line in document.lines):
            yield "Pick list", reverse("sales-order-pick-list", args=[document.id])
        if any(line.progress.shipped for line in document.lines):
            yield "Delivery note", reverse("sales-order-delivery-note", args=[document.id])

    def totals(self, document: SalesOrder, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        yield "Net", money(document.amount.net)
        for rate, amount in document.taxes.items():
            yield f"Tax {plain(rate)} %", money(amount.tax)
        yield "Total", money(document.amount.gross)
