"""Purchase orders in the back office: what is ordered, what has come, what went back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from config.container import Injected
from sms_core.purchasing import commands
from sms_core.purchasing.orders import PurchaseLine, PurchaseOrder
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.stock.kinds import Kind
from sms_django import models
from sms_django.admin import purchasing_forms as forms
from sms_django.admin.document_acts import ActView
from sms_django.admin.document_pages import DraftView
from sms_django.admin.document_shown import Column, Figure, linked
from sms_django.admin.documents import DocumentAdmin
from sms_django.admin.stock_links import money
from sms_django.admin.stock_typed import Values
from sms_django.admin.work import Work

OPEN = ("placed", "partially_received")


class PurchaseOrderDraftView(DraftView):
    """Write an order, or change one."""

    hint = "In packs, as the supplier sells them; what is left blank comes from his item list."
    head_form, line_form = forms.PurchaseOrderForm, forms.PurchaseLineForm
    create_command = commands.CreatePurchaseOrder
    change_command = commands.ChangePurchaseOrder
    line_command = commands.OrderedLine


class PlaceView(ActView):
    """Send the order to the supplier."""

    act_name, verb, icon, right = "place", "Place", "send", "purchase_order.place"
    done = "is placed"
    hint = "From now on its goods are expected."
    use_case, command = PurchaseOrderService.place, commands.PlaceOrder


class ReceiveView(ActView):
    """Goods of the order came."""

    act_name, verb, icon = "receive", "Receive", "move_to_inbox"
    right, kind = "purchase_order.receive", Kind.RECEIPT
    reasons_of = (Kind.SUPPLIER_RETURN, Kind.SCRAP)  # why goods are rejected
    done = "is received"
    hint = "Correct what differs from the delivery; blank what has not come."
    use_case, command = PurchaseOrderService.receive, commands.ReceiveOrder
    line_command = commands.DeliveredLine
    head_form = forms.DeliveryForm
    told = (
        Column("Ordered", "quantity"),
        Column("Per pack", "pack_size", Figure.NUMBER),
        Column("To come", "open_quantity"),
    )

    @property
    def line_form(self) -> type[forms.DeliveredLineForm]:  # type: ignore[override]
        """Other goods than ordered are for those who may take them in."""
        may = self.actor.may("purchase_order.over_receive")
        return forms.AnyDeliveredLineForm if may else forms.DeliveredLineForm

    def prefill(self, line: PurchaseLine) -> Values | None:
        return {"quantity": line.open_quantity} if line.open_stock else None


class ReturnView(ActView):
    """Goods of the order go back to the supplier."""

    act_name, verb, icon = "return", "Send back", "undo"
    right, kind = "purchase_order.return", Kind.SUPPLIER_RETURN
    usual, done = False, "is noted: goods went back"
    use_case, command = PurchaseOrderService.send_back, commands.ReturnOrder
    line_command = commands.GoodsSentBack
    head_form, line_form = forms.SendBackForm, forms.SentBackLineForm
    told = (
        Column("Received", "received_quantity"),
        Column("Rejected", "rejected_quantity"),
        Column("Sent back", "returned_quantity"),
    )

    def prefill(self, line: PurchaseLine) -> Values | None:
        return {} if line.returnable else None


class ReopenView(ActView):
    """Take the order back into the drafts."""

    act_name, verb, icon, right = "reopen", "Back to draft", "edit_note", "purchase_order.place"
    done, grave = "is a draft again", True
    use_case, command = PurchaseOrderService.reopen, commands.ReopenOrder


class CloseView(ActView):
    """What has not come is not expected any more."""

    act_name, verb, icon, right = "close", "Close", "task_alt", "purchase_order.place"
    done, grave = "is closed", True
    hint = "What has not come by now is not expected any more."
    use_case, command = PurchaseOrderService.close, commands.CloseOrder


class CancelView(ActView):
    """Nothing of the order is expected."""

    act_name, verb, icon, right = "cancel", "Cancel order", "cancel", "purchase_order.place"
    done, grave = "is cancelled", True
    hint = "Nothing of it has come, and nothing is expected any more."
    use_case, command = PurchaseOrderService.cancel, commands.CancelOrder


@admin.register(models.PurchaseOrder)
class PurchaseOrderAdmin(DocumentAdmin):
    """Purchase orders: what was ordered of whom, and how far it has come."""

    service = Injected(PurchaseOrderService)
    entity = PurchaseOrder
    resource = "purchase_order"
    warehouse_path = "warehouse"
    cost_fields = ()
    group = "Buying"
    icon = "shopping_cart"
    leads = True
    menu = (
        (
            "New purchase order",
            "add_shopping_cart",
            "admin:sms_purchaseorder_add",
            "purchase_order.add",
        ),
    )

    draft_view = PurchaseOrderDraftView
    amend_right = "purchase_order.place"
    act_views = (PlaceView, ReceiveView, ReturnView, CloseView, ReopenView, CancelView)
    list_display = ("number", "state_shown", "supplier", "warehouse", "reference", "expected_at")
    list_filter = ("supplier", "warehouse", "expected_at")
    search_fields = ("search_text", "supplier__search_text")
    autocomplete_fields = ("supplier",)
    columns = (
        Column("Ordered", "quantity"),
        Column("Per pack", "pack_size", Figure.NUMBER),
        Column("Received", "received_quantity"),
        Column("Rejected", "rejected_quantity"),
        Column("Sent back", "returned_quantity"),
        Column("To come", "open_quantity"),
        Column("Cost per pack", "unit_cost", Figure.MONEY, cost=True),
        Column("Discount", "discount_percent", Figure.PERCENT, cost=True),
        Column("Tax", "tax_rate", Figure.PERCENT, cost=True),
        Column("Net", "net", Figure.MONEY, cost=True),
    )
    works = (
        Work("place", "Purchase orders to place", ("draft",)),
        Work("receive", "Purchase orders to receive", OPEN, due="expected_at"),
    )

    def facts(self, document: PurchaseOrder, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        row = models.PurchaseOrder.objects.select_related("supplier", "warehouse").get(
            pk=document.id
        )
        yield "Supplier", linked(row.supplier)
        yield "Deliver to", linked(row.warehouse)
        yield "Supplier's reference", document.reference
        yield "Expected", self.moment(document.expected_at)
        yield "Placed", self.moment(document.placed_at)
        yield "Notes", document.notes

    def papers(self, document: PurchaseOrder, request: HttpRequest) -> Iterator[tuple[str, str]]:
        yield "Print", reverse("purchase-order-paper", args=[document.id])

    def totals(self, document: PurchaseOrder, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        if request.user.has_perm("cost.view") and document.net is not None:
            yield "Net", money(document.net)
            yield "Tax", money(document.tax)
            yield "Total", money(document.gross)
