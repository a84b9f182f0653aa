"""The base of all pages of the back office that change stock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib import admin, messages
from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView

from config.container import Injected
from sms_core.catalogue.products import scan_key
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError
from sms_core.shared.ports import Answer, DryRun, OnceOnly
from sms_core.shared.text import fold
from sms_core.stock.kinds import Kind
from sms_core.stock.moments import BACKDATES
from sms_core.stock.previews import Preview, preview
from sms_core.stock.services import StockService
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin.base import UnfoldModelAdminViewMixin
from sms_django.admin.busy import BUSY, relieved
from sms_django.admin.stock_forms import ROWS, OrderForm, RowForm, lines_of, show
from sms_django.admin.stock_links import changes_shown

SUGGESTED = 20
_BUTTONS = {"csrfmiddlewaretoken", "preview"}


class OrderView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]
    """A form, mostly with lines, that becomes one posting, however often it is sent.

    `kind` says which reasons are offered; without a `line_form` there are no lines.
    """

    stock = Injected(StockService)
    once_only = Injected(OnceOnly)  # type: ignore[type-abstract]
    dry_run = Injected(DryRun)  # type: ignore[type-abstract]
    template_name = "sms/order.html"
    verb: ClassVar[str]
    kind: ClassVar[Kind | None]
    previews: ClassVar[bool] = True
    head_form: ClassVar[type[OrderForm]]
    line_form: ClassVar[type[RowForm] | None] = None
    rows: ClassVar[int] = ROWS  # empty ones below the lines that stand there

    @property
    def actor(self) -> Actor:
        """Who is at the keyboard."""
        return actor_of(self.request)

    @property
    def shows_costs(self) -> bool:
        """Whether he may see what things cost."""
        return self.actor.may("cost.view")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "goods" in request.GET:
            return suggestions(request.GET["goods"])
        initial = {"key": uuid4().hex, **self.initial_head()}
        return self._page(self._head(initial=initial), self._lines(initial=self.initial_lines()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        head, lines = self._head(request.POST), self._lines(request.POST)
        if "more" in request.POST:
            return self._page(head, self._longer(lines), asks_for_more=True)
        # Both are asked, so that all that is wrong is shown at once.
        if not all([head.is_valid(), lines is None or lines.is_valid()]):
            return self._page(head, lines)
        return self.act(head, lines, tries="preview" in request.POST)

    def act(self, head: OrderForm, lines: Any, *, tries: bool) -> HttpResponse:
        """Post what the forms say, or only try it; what is refused is shown in them."""
        try:
            if tries:
                return self._tried(head, lines)
            return self.posted(json.loads(self._post_once(head, lines).body))
        except DomainError as refusal:
            if (elsewhere := self.turned_away(refusal)) is not None:
                return elsewhere
            show(refusal.errors, head, lines)
            if refusal.code == "key_reused":
                # What was posted stays so; what the form says now would be another posting.
                head.data = {**head.data.dict(), "key": uuid4().hex}
        except (OperationalError, InterfaceError) as error:
            relieved(error)
            head.add_error(None, BUSY)
            return self._page(head, lines, status=503)
        return self._page(head, lines)

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        """Give the order to the core."""
        raise NotImplementedError

    def turned_away(self, refusal: DomainError) -> HttpResponse | None:
        """Where to go after a refusal which no other input would help; None: it is shown here."""
        return None

    def summary(self, made: Any) -> dict[str, Any]:
        """What of the answer is kept, should the form be sent again."""
        return {"id": made.id, "number": made.number}

    def posted(self, kept: dict[str, Any]) -> HttpResponse:
        """Where it goes on from here."""
        messages.success(self.request, f"{kept['number']} is posted.")
        return redirect("admin:sms_posting_change", kept["id"])

    def initial_head(self) -> dict[str, Any]:
        """What stands in the head before anything is typed."""
        return {}

    def initial_lines(self) -> list[dict[str, Any]]:
        """The lines that stand there before anything is typed."""
        return []

    def head_options(self) -> dict[str, Any]:
        """What one can choose from in the head."""
        warehouses = admin.site.get_model_admin(models.Warehouse).choices(self.request)
        looked_up = self.partners()
        hidden = {"supplier", "customer"} - set(looked_up)
        return {
            "warehouses": warehouses,
            "reasons": reasons_for(*([self.kind] if self.kind else [])),
            "looked_up": looked_up,
            "hidden": hidden if self.actor.may(BACKDATES) else {*hidden, "occurred_at"},
        }

    def partners(self) -> dict[str, Any]:
        """The fields of the head in which a partner is searched, for those who may see them."""
        found = {}
        for name, table in (("supplier", models.PurchaseOrder), ("customer", models.SalesOrder)):
            page = admin.site._registry.get(table)
            if name in self.head_form.base_fields and page and self.actor.may(f"{name}.view"):
                field = table._meta.get_field(name)
                found[name] = page.formfield_for_foreignkey(field, self.request)  # type: ignore[attr-defined]
        return found

    def line_options(self) -> dict[str, Any]:
        """What the forms of the lines are made with."""
        return {}

    def _head(self, *data: Any, **options: Any) -> OrderForm:
        return self.head_form(*data, **options, **self.head_options())

    def _lines(self, *data: Any, initial: Any = None, **options: Any) -> Any:
        if self.line_form is None:
            return None
        formset = lines_of(self.line_form, self.rows + len(initial or ()))
        return formset(
            *data,
            prefix="lines",
            initial=initial,
            shows_costs=self.shows_costs,
            form_kwargs=self.line_options(),
            **options,
        )

    def _longer(self, lines: Any) -> Any:
        data = self.request.POST.copy()
        data["lines-TOTAL_FORMS"] = str(lines.total_form_count() + ROWS)
        return self._lines(data)

    def _page(
        self, head: OrderForm, lines: Any, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        return self.render_to_response(
            self.get_context_data(head=head, lines=lines, **context), status=status
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if kwargs.get("lines") is not None and "variant" in kwargs["lines"].empty_form.fields:
            name_goods(kwargs["lines"])
        return super().get_context_data(**kwargs, verb=self.verb, shows_costs=self.shows_costs)

    def _use_case(self, head: OrderForm, lines: Any) -> Callable[[], Any]:
        values = [form.cleaned_data for form in lines.filled] if lines is not None else []
        return lambda: self.carry_out(head.cleaned_data, values)

    def _tried(self, head: OrderForm, lines: Any) -> HttpResponse:
        outcome = self.outcome(self._use_case(head, lines))
        show(outcome.errors, head, lines)
        return self._page(head, lines, changes=changes_shown(outcome.levels), tried=outcome.ok)

    def outcome(self, use_case: Callable[[], Any]) -> Preview:
        """What would become of it."""
        return preview(self.dry_run, use_case, by=self.actor)

    def _post_once(self, head: OrderForm, lines: Any) -> Answer:
        use_case = self._use_case(head, lines)
        return self.once_only.run(
            user_id=self.request.user.pk,
            key=head.cleaned_data["key"],
            fingerprint=self._fingerprint(),
            use_case=lambda: Answer(201, json.dumps(self.summary(use_case()))),
        )

    def _fingerprint(self) -> str:
        given = {
            name: values
            for name, values in sorted(self.request.POST.lists())
            if name not in _BUTTONS
        }
        text = f"{self.request.get_full_path()}\n{json.dumps(given)}"
        return hashlib.sha256(text.encode()).hexdigest()


def reasons_for(*kinds: Kind) -> QuerySet[Any]:
    """The reasons that are offered for any of these kinds of postings."""
    rows = models.ReasonCode.objects.filter(deleted_at=None).order_by("label_key", "pk")
    offered = Q(kinds=[])
    for kind in kinds:
        offered |= Q(kinds__icontains=f'"{kind.value}"')
    return rows.filter(offered) if kinds else rows


def name_goods(lines: Any) -> None:
    """Tell each line the name of what its code stands for, so that the clerk sees it."""
    typed = {form: str(form["variant"].value() or "") for form in lines.forms}
    keys = {scan_key(code) for code in typed.values() if code and "\x00" not in code}
    found = models.Barcode.objects.filter(key__in=keys, variant__deleted_at=None)
    names = dict(found.values_list("key", "variant__product__name")) if keys else {}
    for form, code in typed.items():
        form.goods_name = names.get(scan_key(code), "") if code else ""


def suggestions(typed: str) -> JsonResponse:
    """The goods whose texts hold what was typed so far, for the list below the input."""
    text = fold(typed.strip())
    rows = models.Variant.objects.filter(deleted_at=None, product__deleted_at=None)
    rows = rows.filter(Q(search_text__contains=text) | Q(product__search_text__contains=text))
    found = rows.order_by("code_key").values_list("code", "product__name", "name")[:SUGGESTED]
    listed = [
        {"code": code, "name": ", ".join(dict.fromkeys(part for part in (product, name) if part))}
        for code, product, name in (found if text and "\x00" not in text else ())
    ]
    return JsonResponse({"results": listed})
