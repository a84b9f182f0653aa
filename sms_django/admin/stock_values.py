"""The pages that change what goods are worth, and that close the books."""

from __future__ import annotations

from typing import Any

from django import forms as fields
from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from config.container import Injected
from sms_core.shared.errors import Unknown
from sms_core.stock.closing import PeriodService
from sms_core.stock.commands import ClosePeriod, CorrectCost, RevalueLevel
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.kinds import Kind
from sms_core.stock.periods import Closing
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.admin import stock_order_forms as forms
from sms_django.admin.base import ReadOnlyAdmin, widgets
from sms_django.admin.stock_forms import OrderForm, day
from sms_django.admin.stock_orders import OrderView
from sms_django.admin.stock_typed import Typed, Values, filled_in

_VALUES = ("stock.revalue", "cost.view")


class RevalueView(OrderView):
    """A unit is worth something else from now on."""

    corrections = Injected(CorrectionService)
    title, verb, kind = "Revalue goods", "Revalue", Kind.REVALUATION
    permission_required = _VALUES
    head_form = forms.RevaluationForm

    def carry_out(self, head: Values, lines: list[Values]) -> PostingView:
        head, _ = Typed(self.stock, self.actor, head).checked()
        return self.corrections.revalue(filled_in(RevalueLevel, head), by=self.actor)


class CorrectCostView(OrderView):
    """A receipt cost more, or less, than was booked."""

    corrections = Injected(CorrectionService)
    title, verb, kind = "Correct the cost of a receipt", "Correct", Kind.REVALUATION
    permission_required = _VALUES
    head_form = forms.CostForm

    def initial_head(self) -> dict[str, Any]:
        return {"receipt": self.request.GET.get("receipt", "")}

    def carry_out(self, head: Values, lines: list[Values]) -> PostingView:
        number = head["receipt"].strip().upper()
        seen = admin.site.get_model_admin(models.Posting).get_queryset(self.request)
        receipt = seen.filter(number=number).first()
        if receipt is None:
            raise Unknown("There is no posting with this number.", pointer="/receipt")
        values = {**head, "receipt_posting_id": receipt.pk}
        return self.corrections.correct_cost(filled_in(CorrectCost, values), by=self.actor)


class ClosingForm(OrderForm):
    """Until when the books are closed."""

    closed_until = day(
        "Closed until",
        required=True,
        help_text="The last closed day. An earlier one than before opens days again.",
    )
    note = fields.CharField(
        required=False,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Opening days again needs a reason.",
    )
    reference = None
    occurred_at = None
    field_order = ("key", "closed_until", "note")


class CloseView(OrderView):
    """Nothing is entered any more that happened until a day, or something is again."""

    periods = Injected(PeriodService)
    title, verb, kind = "Close or re-open a period", "Close", None
    permission_required = ("stock.close_period",)
    head_form = ClosingForm
    previews = False

    def carry_out(self, head: Values, lines: list[Values]) -> Closing:
        return self.periods.close(filled_in(ClosePeriod, head), by=self.actor)

    def summary(self, made: Closing) -> dict[str, Any]:
        return {"closed_until": made.closed_until.isoformat()}

    def posted(self, kept: dict[str, Any]) -> HttpResponse:
        messages.success(self.request, f"The books are closed until {kept['closed_until']}.")
        return redirect("admin:sms_closing_changelist")


@admin.register(models.Closing)
class ClosingAdmin(ReadOnlyAdmin):
    """Closings: until when the books are closed; the newest one counts."""

    resource = "stock"
    warehouse_path = None
    cost_fields = ()
    group = "Stock"
    icon = "event_available"
    menu = (("Close a period", "event_busy", "admin:sms_closing_close", "stock.close_period"),)

    list_display = ("closed_until", "note", "username", "recorded_at")
    fields = ("closed_until", "note", ("username", "recorded_at"))
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(CloseView.as_view(model_admin=self))
        return [path("close/", view, name="sms_closing_close"), *super().get_urls()]
