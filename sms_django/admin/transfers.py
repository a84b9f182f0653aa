"""Stock transfers in the back office: what is on its way, what arrived, what did not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.container import Injected
from sms_core.stock import transfer_commands as commands
from sms_core.stock.kinds import Kind
from sms_core.stock.transfer_services import TransferService
from sms_core.stock.transfers import StockTransfer, TransferLine
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin import transfer_forms as forms
from sms_django.admin.document_acts import ActView
from sms_django.admin.document_pages import DraftView
from sms_django.admin.document_shown import Column, Figure, linked
from sms_django.admin.documents import DocumentAdmin
from sms_django.admin.stock_typed import Values
from sms_django.admin.work import Narrow, Work

OPEN = ("in_transit", "partially_received")


class TransferDraftView(DraftView):
    """Write a transfer, or change one."""

    hint = "Nothing moves yet: the goods leave when it is dispatched."
    head_form, line_form = forms.TransferForm, forms.TransferLineForm
    create_command = commands.CreateTransfer
    change_command = commands.ChangeTransfer
    line_command = commands.TransferredLine

    def line_values(self, line: TransferLine) -> dict[str, Any]:
        return {"quantity": line.quantity, "lot": line.lot_code}


class DispatchView(ActView):
    """Send everything on its way."""

    act_name, verb, icon = "dispatch", "Dispatch", "local_shipping"
    right, kind = "stock_transfer.dispatch", Kind.DISPATCH
    done = "is on its way"
    hint = "All lines leave; they are in transit until they are received."
    use_case, command = TransferService.dispatch, commands.DispatchTransfer
    head_form = forms.DispatchForm

    def order(self, head: Values, lines: list[Values]) -> Any:
        source = models.Warehouse.objects.get(pk=self.document.from_warehouse_id)
        return super().order({**head, "from_warehouse": source}, lines)


class ReceiveView(ActView):
    """Goods of the transfer arrived."""

    act_name, verb, icon = "receive", "Receive", "move_to_inbox"
    right, kind = "stock_transfer.receive", Kind.ARRIVAL
    done = "is received"
    hint = "Correct what differs from what arrived; what did not arrive stays on its way."
    use_case, command = TransferService.receive, commands.ReceiveTransfer
    line_command = commands.ArrivedLine
    head_form, line_form = forms.ActForm, forms.ArrivedLineForm
    told = (
        Column("Sent", "dispatched_quantity"),
        Column("On its way", "in_transit_quantity"),
    )

    @cached_property
    def places(self) -> dict[str, Any]:
        target = models.Warehouse.objects.get(pk=self.document.to_warehouse_id)
        return {"warehouse": target}

    def prefill(self, line: TransferLine) -> Values | None:
        return {"quantity": line.in_transit_quantity} if line.in_transit_quantity else None


class CloseView(ActView):
    """What has not arrived will not."""

    act_name, verb, icon = "close", "Close", "task_alt"
    right, kind = "stock_transfer.receive", Kind.ADJUSTMENT
    done, grave = "is closed", True
    hint = "Nothing more of it will arrive: say what became of what is still on its way."
    use_case, command = TransferService.close, commands.CloseTransfer
    head_form = forms.ClosingForm


class CancelView(ActView):
    """Nothing of the transfer is sent."""

    act_name, verb, icon = "cancel", "Cancel transfer", "cancel"
    right = "stock_transfer.dispatch"
    done, grave = "is cancelled", True
    hint = "Nothing was sent, and nothing will be."
    use_case, command = TransferService.cancel, commands.CancelTransfer


def _at(end: str) -> Narrow:
    """Those whose warehouse at this end the actor sees: the act is done there."""

    def narrow(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        seen = actor_of(request).warehouse_ids
        return rows if seen is None else rows.filter(**{f"{end}__in": sorted(seen)})

    return narrow


@admin.register(models.StockTransfer)
class StockTransferAdmin(DocumentAdmin):
    """Stock transfers: what one warehouse sends to another, and how far it has come."""

    service = Injected(TransferService)
    entity = StockTransfer
    resource = "stock_transfer"
    warehouse_path = ("from_warehouse", "to_warehouse")
    cost_fields = ()
    group = "Moving and counting"
    icon = "forklift"
    menu = (
        (
            "New stock transfer",
            "trolley",
            "admin:sms_stocktransfer_add",
            "stock_transfer.add",
        ),
    )

    draft_view = TransferDraftView
    act_views = (DispatchView, ReceiveView, CloseView, CancelView)
    list_display = ("number", "state_shown", "from_warehouse", "to_warehouse", "created_at")
    list_filter = ("from_warehouse", "to_warehouse", "created_at")
    columns = (
        Column("Lot", "lot_code", Figure.TEXT),
        Column("To send", "quantity", Figure.NUMBER),
        Column("Sent", "dispatched_quantity"),
        Column("Arrived", "received_quantity", Figure.NUMBER),
        Column("On its way", "in_transit_quantity", Figure.NUMBER),
    )
    works = (
        Work("dispatch", "Transfers to dispatch", ("draft",), _at("from_warehouse")),
        Work("receive", "Transfers to receive", OPEN, _at("to_warehouse")),
    )

    def facts(self, document: StockTransfer, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        row = models.StockTransfer.objects.select_related("from_warehouse", "to_warehouse").get(
            pk=document.id
        )
        yield "From", linked(row.from_warehouse)
        yield "To", linked(row.to_warehouse)
        yield "Sent", self.moment(document.dispatched_at)
        yield "Notes", document.notes

    def warehouse_of(self, document: StockTransfer) -> int:
        return document.from_warehouse_id

    def may_act(self, view: type[ActView], document: Any, request: HttpRequest) -> bool:
        """Each end does its part: goods leave at one and are settled at the other."""
        leaves = view in {DispatchView, CancelView}
        end = document.from_warehouse_id if leaves else document.to_warehouse_id
        return self.actor(request).sees(end)
