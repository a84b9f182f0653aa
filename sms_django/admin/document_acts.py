"""The pages on which something is done with a document: received, shipped, cancelled, copied."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sms_core.shared.documents import WrongState
from sms_core.shared.errors import DomainError
from sms_core.stock.kinds import Kind
from sms_django import models
from sms_django.admin.document_forms import ActForm, ActLineForm, BareForm, Part
from sms_django.admin.document_pages import DocumentPage
from sms_django.admin.document_shown import Column, goods_of
from sms_django.admin.stock_forms import OrderForm
from sms_django.admin.stock_orders import OrderView, reasons_for
from sms_django.admin.stock_typed import Typed, Values, filled_in, lines_filled_in


class ActView(DocumentPage):
    """Do something with a document: a page of its own, with what can be said about it.

    Subclasses name the `act` as the document knows it, the `use_case` of the service, its
    `command`, and, where lines can be chosen, `line_form`, `line_command`, the `told` columns and
    what `prefill` puts into a row. `grave` ones end something; what is not `usual` is never called
    the next step.
    """

    template_name = "sms/document_act.html"
    act_name: ClassVar[str]
    icon: ClassVar[str] = "chevron_right"
    grave: ClassVar[bool] = False
    usual: ClassVar[bool] = True
    right: ClassVar[str]
    use_case: ClassVar[Callable[..., Any]]
    command: ClassVar[type[Any]]
    line_command: ClassVar[type[Any]]
    head_form: ClassVar[type[OrderForm]] = ActForm
    line_form: ClassVar[type[ActLineForm] | None] = None
    told: ClassVar[tuple[Column, ...]] = ()
    reasons_of: ClassVar[tuple[Kind, ...]] = ()  # those that rows offer, if not of its own kind
    hint: ClassVar[str] = ""
    rows = 0

    @property
    def permission_required(self) -> tuple[str, ...]:
        """Who may do it."""
        return (f"{self.model_admin.resource}.view", self.right)

    @property
    def title(self) -> str:
        """What the page is about."""
        return f"{self.verb} {self.document.number}"

    @property
    def done(self) -> str:
        return f"is done: {self.verb.lower()}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.document.see_that_may(self.act_name)
        except WrongState as refusal:
            return self._back(refusal)
        return super().get(request, *args, **kwargs)

    def turned_away(self, refusal: DomainError) -> HttpResponse | None:
        return self._back(refusal) if isinstance(refusal, WrongState) else None

    def _back(self, refusal: DomainError) -> HttpResponse:
        messages.error(self.request, refusal.detail)
        return redirect(self.model_admin.url("change", self.document.id))

    @cached_property
    def places(self) -> dict[str, Any]:
        """The warehouses in which the locations lie that are typed in the rows."""
        found = models.Warehouse.objects.get(pk=self.model_admin.warehouse_of(self.document))
        return {"warehouse": found}

    def prefill(self, line: Any) -> dict[str, Any] | None:
        """What stands in the row of a line of the document; None: it has no row."""
        return {}

    def initial_lines(self) -> list[dict[str, Any]]:
        rows = []
        for line in self.model_admin.lines_of(self.document):
            values = self.prefill(line)
            if values is not None:
                rows.append({"line_id": line.id, **values})
        return rows

    def line_options(self) -> dict[str, Any]:
        lots = any(part.of.tracks_lots for part in self.parts.values())
        hidden = () if lots else ("lot", "expires_on")
        return {"parts": self.parts, "reasons": self.reasons, "hidden": hidden}

    @cached_property
    def parts(self) -> dict[int, Part]:
        """The lines of the document as the rows name them."""
        lines = self.model_admin.lines_of(self.document)
        goods = goods_of((line.variant_id for line in lines), scanned=True)
        return {
            line.id: Part(
                goods[line.variant_id],
                tuple((column.label, column.text(line)) for column in self.told),
            )
            for line in lines
        }

    @cached_property
    def reasons(self) -> list[tuple[str, str]]:
        """The reasons that a row may give."""
        kinds = self.reasons_of or ((self.kind,) if self.kind else ())
        return [(row.code, row.label) for row in reasons_for(*kinds)]

    def order(self, head: Values, lines: list[Values]) -> Any:
        """The order to the core."""
        given = {**head, **(self.places if self.line_form is not None else {})}
        for line in lines:
            if not line.get("variant"):
                line.pop("variant", None)  # the row is about a line of the document
        given, lines = Typed(self.stock, self.actor, given, lines).checked()
        values = {**given, **self.naming()}
        if self.line_form is not None:
            values["lines"] = lines_filled_in(self.line_command, lines)
        return filled_in(self.command, values)

    def naming(self) -> dict[str, Any]:
        """How the order names the document."""
        return {"id": self.document.id}

    def carry_out(self, head: Values, lines: list[Values]) -> Any:
        return type(self).use_case(self.service, self.order(head, lines), by=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            document=self.document,
            back=self.model_admin.url("change", self.document.id),
            facts=[column.label for column in self.told],
        )


class DuplicateView(ActView):
    """Draft another one that says the same: one click on the page of the document."""

    verb, icon = "Duplicate", "content_copy"
    previews = False
    head_form = BareForm

    @property
    def right(self) -> str:  # type: ignore[override]
        """Whoever may write new ones."""
        return f"{self.model_admin.resource}.add"

    @property
    def done(self) -> str:
        return f"is drafted, a copy of {self.document.number}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return OrderView.get(self, request, *args, **kwargs)

    def carry_out(self, head: Values, lines: list[Values]) -> Any:
        return self.service.duplicate(self.document.id, by=self.actor)
