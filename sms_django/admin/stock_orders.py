"""Receive goods and issue goods: the pages of the back office that change stock."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView

from config.container import Injected
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Invalid, Unknown, gathered
from sms_core.shared.ports import Answer, OnceOnly
from sms_core.shared.text import fold
from sms_core.stock.commands import IssuedLine, IssueGoods, ReceivedLine, ReceiveGoods
from sms_core.stock.kinds import Kind
from sms_core.stock.postings import NamedLot
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin.base import UnfoldModelAdminViewMixin
from sms_django.admin.stock_forms import (
    ROWS,
    IssuedLineForm,
    IssueForm,
    LineForm,
    OrderForm,
    ReceiptForm,
    ReceivedLineForm,
    lines_of,
    show,
)

SUGGESTED = 20


class OrderView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]
    """A form with lines that becomes one posting, however often it is sent."""

    stock = Injected(StockService)
    once_only = Injected(OnceOnly)  # type: ignore[type-abstract]
    template_name = "sms/order.html"
    verb: ClassVar[str]
    head_form: ClassVar[type[OrderForm]]
    line_form: ClassVar[type[LineForm]]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "goods" in request.GET:
            return suggestions(request.GET["goods"])
        return self._page(self._head(initial={"key": uuid4().hex}), self._lines())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        head, lines = self._head(request.POST), self._lines(request.POST)
        if "more" in request.POST:
            return self._page(head, self._longer(lines), asks_for_more=True)
        # Both are asked, so that all that is wrong is shown at once.
        if not all([head.is_valid(), lines.is_valid()]):
            return self._page(head, lines)
        try:
            answer = self._post_once(head, lines)
        except DomainError as refusal:
            show(refusal, head, lines)
            if refusal.code == "key_reused":
                # What was posted stays so; what the form says now would be another posting.
                head.data = {**head.data.dict(), "key": uuid4().hex}
            return self._page(head, lines)
        posting = json.loads(answer.body)
        messages.success(request, f"{posting['number']} is posted.")
        return redirect("admin:sms_posting_change", posting["id"])

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> PostingView:
        """Give the order to the core."""
        raise NotImplementedError

    def head_options(self) -> dict[str, Any]:
        """What one can choose from in the head."""
        page = admin.site.get_model_admin(models.Warehouse)
        return {"warehouses": page.choices(self.request)}

    def _head(self, *data: Any, **options: Any) -> OrderForm:
        return self.head_form(*data, **options, **self.head_options())

    def _lines(self, *data: Any, extra: int = ROWS, **options: Any) -> Any:
        formset = lines_of(self.line_form, extra)
        shows_costs = self.actor.may("cost.view")
        return formset(*data, prefix="lines", shows_costs=shows_costs, **options)

    def _longer(self, lines: Any) -> Any:
        data = self.request.POST.copy()
        data["lines-TOTAL_FORMS"] = str(lines.total_form_count() + ROWS)
        return self._lines(data)

    def _page(self, head: OrderForm, lines: Any, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(head=head, lines=lines, **context))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, verb=self.verb)

    def _post_once(self, head: OrderForm, lines: Any) -> Answer:
        user_id = self.request.user.pk
        values = [form.cleaned_data for form in lines.filled]

        def use_case() -> Answer:
            posting = self.carry_out(head.cleaned_data, self._resolved(head.cleaned_data, values))
            return Answer(201, json.dumps({"id": posting.id, "number": posting.number}))

        return self.once_only.run(
            user_id=user_id,
            key=head.cleaned_data["key"],
            fingerprint=self._fingerprint(),
            use_case=use_case,
        )

    def _fingerprint(self) -> str:
        given = {
            name: values
            for name, values in sorted(self.request.POST.lists())
            if name != "csrfmiddlewaretoken"
        }
        return hashlib.sha256(f"{self.request.path}\n{json.dumps(given)}".encode()).hexdigest()

    def _resolved(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The lines with ids for what was typed or scanned; raises for all misses at once."""
        scanned = self.stock.scan({line["variant"] for line in lines}, by=self.actor)
        codes = {line["location"] for line in lines if line["location"]}
        places = self.stock.places(head["warehouse"].pk, codes, by=self.actor)
        errors: list[DomainError] = []
        for number, line in enumerate(lines):
            at = f"/lines/{number}"
            goods = scanned.get(line["variant"])
            if goods is None:
                errors.append(Unknown("Nothing has this code.", pointer=f"{at}/variant_id"))
            elif line["quantity"] is None and goods.quantity is None:
                errors.append(Invalid("Give the quantity.", pointer=f"{at}/quantity"))
            if line["location"] and line["location"] not in places:
                errors.append(Unknown("There is no such location.", pointer=f"{at}/location_id"))
        if errors:
            raise gathered(errors)
        return [
            {
                **line,
                "variant_id": scanned[line["variant"]].variant_id,
                "quantity": _either(line["quantity"], scanned[line["variant"]].quantity),
                "location_id": places.get(line["location"]),
            }
            for line in lines
        ]


class ReceiveView(OrderView):
    """Goods came in."""

    title = "Receive goods"
    verb = "Receive"
    permission_required = ("stock.receive",)
    head_form = ReceiptForm
    line_form = ReceivedLineForm

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> PostingView:
        command = ReceiveGoods(
            warehouse_id=head["warehouse"].pk,
            reference=head["reference"],
            note=head["note"],
            lines=tuple(
                ReceivedLine(
                    variant_id=line["variant_id"],
                    quantity=line["quantity"],
                    unit_cost=line.get("unit_cost"),
                    location_id=line["location_id"],
                    lot=NamedLot(code=line["lot"], expires_on=line["expires_on"])
                    if line["lot"]
                    else None,
                )
                for line in lines
            ),
        )
        return self.stock.receive(command, by=self.actor)


class IssueView(OrderView):
    """Goods leave."""

    title = "Issue goods"
    verb = "Issue"
    permission_required = ("stock.issue",)
    head_form = IssueForm
    line_form = IssuedLineForm

    def head_options(self) -> dict[str, Any]:
        reasons = models.ReasonCode.objects.filter(deleted_at=None).order_by("label_key", "pk")
        offered = Q(kinds__icontains=f'"{Kind.ISSUE.value}"') | Q(kinds=[])
        return {**super().head_options(), "reasons": reasons.filter(offered)}

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> PostingView:
        command = IssueGoods(
            warehouse_id=head["warehouse"].pk,
            counterpart=head["counterpart"],
            reason_code=head["reason_code"].code if head["reason_code"] else None,
            reference=head["reference"],
            note=head["note"],
            lines=tuple(
                IssuedLine(
                    variant_id=line["variant_id"],
                    quantity=line["quantity"],
                    location_id=line["location_id"],
                    lot_code=line["lot"] or None,
                )
                for line in lines
            ),
        )
        return self.stock.issue(command, by=self.actor)


def suggestions(typed: str) -> JsonResponse:
    """The goods whose texts hold what was typed so far, for the list below the input."""
    text = fold(typed.strip())
    rows = models.Variant.objects.filter(deleted_at=None, product__deleted_at=None)
    rows = rows.filter(Q(search_text__contains=text) | Q(product__search_text__contains=text))
    found = rows.order_by("code_key").values_list("code", "product__name", "name")[:SUGGESTED]
    listed = [
        {"code": code, "name": ", ".join(part for part in (product, name) if part)}
        for code, product, name in (found if text and "\x00" not in text else ())
    ]
    return JsonResponse({"results": listed})


def _either(typed: Decimal | None, scanned: Decimal | None) -> Decimal | None:
    return scanned if typed is None else typed
