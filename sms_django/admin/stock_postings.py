"""The facts that changed stock, and the way to every page that enters new ones."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from config.container import Injected
from sms_core.shared.errors import NotFound
from sms_core.stock.kinds import Kind
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.admin.base import ReadOnlyAdmin, display
from sms_django.admin.stock_corrections import CORRECTIONS, ReverseView, correct, may_be_undone
from sms_django.admin.stock_forms import worded
from sms_django.admin.stock_links import card_url, document_link, money, signed
from sms_django.admin.stock_movements import (
    AdjustView,
    IssueView,
    ReceiveView,
    ScrapView,
    SendBackView,
    TakeBackView,
    TransferView,
)
from sms_django.admin.stock_openings import OpenView
from sms_django.admin.stock_values import CorrectCostView, RevalueView

# The last part of the address, the page and its icon, in the order of the menu.
_ORDERS = (
    ("receive", ReceiveView, "move_to_inbox"),
    ("issue", IssueView, "outbox"),
    ("transfer", TransferView, "swap_horiz"),
    ("adjust", AdjustView, "exposure"),
    ("scrap", ScrapView, "delete_sweep"),
    ("take-back", TakeBackView, "assignment_return"),
    ("send-back", SendBackView, "undo"),
    ("revalue", RevalueView, "price_change"),
    ("correct-cost", CorrectCostView, "request_quote"),
    ("open", OpenView, "start"),
)


@admin.register(models.Posting)
class PostingAdmin(ReadOnlyAdmin):
    """Postings: the facts that changed stock. Here new ones are entered, too."""

    stock = Injected(StockService)
    resource = "stock"
    warehouse_path = "entries__level__warehouse"
    cost_fields = ()
    group = "Stock"
    icon = "receipt_long"
    leads = True
    menu = tuple(
        (view.title, icon, f"admin:sms_posting_{name}", view.permission_required[0])
        for name, view, icon in _ORDERS
    )
    change_form_template = "sms/posting.html"

    list_display = (
        "number",
        "kind_shown",
        "recorded_at",
        "username",
        "document_number",
        "reference",
        "reason_code",
    )
    fields = (
        ("number", "kind_shown"),
        ("occurred_at", "recorded_at"),
        ("username", "request_id"),
        ("reference", "reason_code"),
        "note",
    )
    readonly_fields = ("kind_shown",)
    list_select_related = ("reason_code",)
    list_filter = ("kind", "recorded_at", "reason_code")
    ordering = ("-id",)
    search_fields = ("number", "reference", "username", "document_number")

    @display(description="Kind", ordering="kind")
    def kind_shown(self, row: models.Posting) -> str:
        return worded(row.kind)

    def get_urls(self) -> list[URLPattern]:
        correcting = self.admin_site.admin_view(partial(correct, model_admin=self))
        return [
            *(
                path(f"{name}/", self._view(view), name=f"sms_posting_{name}")
                for name, view, _ in _ORDERS
            ),
            path("<int:id>/reverse/", self._view(ReverseView), name="sms_posting_reverse"),
            path("<int:id>/correct/", correcting, name="sms_posting_correct"),
            *super().get_urls(),
        ]

    def _view(self, view: Any) -> Any:
        return self.admin_site.admin_view(view.as_view(model_admin=self))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The posting with those of its entries that the actor sees, as the core shows them."""
        context = dict(extra_context or {})
        if object_id.isdecimal() and self.may(request, "view"):
            # Without one the view below says so, and leads back to the list.
            with suppress(NotFound):
                posting = self.stock.posting(int(object_id), by=self.actor(request))
                context |= self._shown(posting, request)
        return super().change_view(request, object_id, form_url, context)

    def _shown(self, posting: PostingView, request: HttpRequest) -> dict[str, Any]:
        actor = self.actor(request)
        undoes = actor.may("stock.reverse") and may_be_undone(posting)
        undone = set(posting.reversed_lines)
        lines = [entry.line for entry in posting.entries]
        return {
            "posting": posting,
            "document": document_link(posting.document, request.user),
            "rows": [
                {
                    "entry": entry,
                    "url": card_url(entry.variant_id, entry.warehouse_id),
                    "quantity": signed(entry.quantity),
                    "reserved": signed(entry.reserved),
                    "counterpart": "" if entry.counterpart == "none" else worded(entry.counterpart),
                    "unit_cost": money(entry.unit_cost),
                    "value": money(entry.value),
                    "undone": entry.line in undone,
                    "leads": entry.line not in lines[:number],
                }
                for number, entry in enumerate(posting.entries)
            ],
            "reverses": models.Posting.objects.filter(pk=posting.reverses_id).first(),
            "reversals": self.get_queryset(request).filter(reverses_id=posting.id).order_by("pk"),
            "shows_costs": actor.may("cost.view"),
            "note": _note_of(posting),
            "may_reverse": undoes,
            "may_correct": undoes and posting.kind in CORRECTIONS,
        }


def _note_of(posting: PostingView) -> str:
    """Where the goods received note of a receipt is printed; nothing else has one."""
    is_receipt = posting.kind == Kind.RECEIPT.value
    return reverse("posting-goods-received-note", args=[posting.id]) if is_receipt else ""
