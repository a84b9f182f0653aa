"""The pages on which goods come, go, move, spoil and turn up: small declarations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.forms import Form

from sms_core.stock import commands
from sms_core.stock.kinds import Kind
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from sms_django.admin import stock_order_forms as forms
from sms_django.admin.stock_orders import OrderView
from sms_django.admin.stock_typed import Typed, Values, filled_in


class MovementView(OrderView):
    """A page whose lines become lines of one order to the stock service."""

    order: ClassVar[type[Any]]
    line_order: ClassVar[type[Any]]
    use_case: ClassVar[Any]

    def initial_head(self) -> dict[str, Any]:
        return self._asked(self.head_form)

    def initial_lines(self) -> list[dict[str, Any]]:
        line = self._asked(self.line_form) if self.line_form else {}
        return [line] if "variant" in line else []

    def _asked(self, form: type[Form]) -> dict[str, str]:
        # A link may fill the form in: ?variant=CHAI&warehouse=1
        asked = self.request.GET
        return {name: asked[name] for name in form.base_fields if name in asked and name != "key"}

    def command(self, head: Values, lines: list[Values]) -> Any:
        """The order; raises for all codes that stand for nothing."""
        head, lines = Typed(self.stock, self.actor, head, lines).checked()
        ordered = tuple(filled_in(self.line_order, line) for line in lines)
        return filled_in(self.order, {**head, "lines": ordered})

    def carry_out(self, head: Values, lines: list[Values]) -> PostingView:
        posting: PostingView = type(self).use_case(
            self.stock, self.command(head, lines), by=self.actor
        )
        return posting


class ReceiveView(MovementView):
    """Goods came in."""

    title, verb, kind = "Receive goods", "Receive", Kind.RECEIPT
    permission_required = ("stock.receive",)
    head_form, line_form = forms.ReceiptForm, forms.ReceivedLineForm
    order, line_order = commands.ReceiveGoods, commands.ReceivedLine
    use_case = StockService.receive


class IssueView(MovementView):
    """Goods leave."""

    title, verb, kind = "Issue goods", "Issue", Kind.ISSUE
    permission_required = ("stock.issue",)
    head_form, line_form = forms.IssueForm, forms.IssuedLineForm
    order, line_order = commands.IssueGoods, commands.IssuedLine
    use_case = StockService.issue


class TransferView(MovementView):
    """Goods go to another place."""

    title, verb, kind = "Transfer goods", "Transfer", Kind.TRANSFER
    permission_required = ("stock.transfer",)
    head_form, line_form = forms.TransferForm, forms.MovedLineForm
    order, line_order = commands.TransferStock, commands.MovedLine
    use_case = StockService.transfer


class AdjustView(MovementView):
    """There is more or less than the books say."""

    title, verb, kind = "Adjust stock", "Adjust", Kind.ADJUSTMENT
    permission_required = ("stock.adjust",)
    head_form, line_form = forms.FactForm, forms.AdjustedLineForm
    order, line_order = commands.AdjustStock, commands.AdjustedLine
    use_case = StockService.adjust


class ScrapView(MovementView):
    """Goods are thrown away."""

    title, verb, kind = "Scrap goods", "Scrap", Kind.SCRAP
    permission_required = ("stock.scrap",)
    head_form, line_form = forms.FactForm, forms.IssuedLineForm
    order, line_order = commands.ScrapGoods, commands.IssuedLine
    use_case = StockService.scrap


class TakeBackView(MovementView):
    """Goods come back from a customer."""

    title, verb, kind = "Take back from a customer", "Take back", Kind.CUSTOMER_RETURN
    permission_required = ("stock.receive",)
    head_form, line_form = forms.TakeBackForm, forms.TakenBackLineForm
    order, line_order = commands.TakeBackGoods, commands.TakenBackLine
    use_case = StockService.take_back


class SendBackView(MovementView):
    """Goods go back to a supplier."""

    title, verb, kind = "Return to a supplier", "Return", Kind.SUPPLIER_RETURN
    permission_required = ("stock.issue",)
    head_form, line_form = forms.SendBackForm, forms.SentBackLineForm
    order, line_order = commands.ReturnToSupplier, commands.SentBackLine
    use_case = StockService.return_to_supplier
