"""When to order more of what: the rules, and the list of what runs short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from config.container import Injected
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.reorder import (
    ChangeReorderRule,
    CreateReorderRule,
    OrderedSuggestion,
    OrderSuggestions,
    Suggestion,
)
from sms_core.purchasing.reorder_ports import SuggestionFilter
from sms_core.purchasing.reordering import ReorderRuleService, ReorderService
from sms_core.shared.paging import Page, PageRequest
from sms_core.stock.levels import ZERO
from sms_core.stock.picking import plain
from sms_django import models
from sms_django.admin.base import CoreAdmin, widgets, written
from sms_django.admin.stock_forms import Lines, OrderForm, RowForm, choice, number
from sms_django.admin.stock_links import card_url, local
from sms_django.admin.stock_orders import OrderView
from sms_django.admin.work import MINE
from sms_django.stock_figures import company_zone

ROWS = 100
DAY = len("2026-12-31")


class AskedForm(forms.Form):
    """For which warehouse, of whom, and of which goods."""

    warehouse = choice(required=False, empty_label="All warehouses")
    supplier = choice(required=False, empty_label="All suppliers")
    search = forms.CharField(required=False, widget=widgets.UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, warehouses: Any, suppliers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = warehouses  # type: ignore[attr-defined]
        self.fields["supplier"].queryset = suppliers  # type: ignore[attr-defined]


class ChoiceForm(OrderForm):
    """Who is asked for goods of which nobody is known to sell them."""

    occurred_at = None
    reference = None
    note = None
    supplier = choice(
        "Supplier",
        required=False,
        help_text="For chosen goods that nobody is known to sell. The others are ordered of the "
        "supplier in their row.",
    )


class SuggestionRow(RowForm):
    """Something that runs short: whether to order it, and how much."""

    chosen = forms.BooleanField(label="Order", required=False, widget=widgets.UnfoldBooleanWidget)
    quantity = number("Quantity")
    variant_id = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    warehouse_id = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    suggestion: Suggestion | None = None


class ChosenLines(Lines):
    """The rows; those count that are chosen."""

    @property
    def filled(self) -> list[Any]:
        return [form for form in self.forms if form["chosen"].value()]


class ReorderView(OrderView):
    """What runs short, and drafts of purchase orders for what is chosen of it."""

    reordering = Injected(ReorderService)
    permission_required = ("purchase_order.view",)
    title = "Reorder"
    template_name = "sms/reorder.html"
    verb = "Draft purchase orders"
    kind = None
    previews = False
    head_form = ChoiceForm
    line_form = SuggestionRow

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.found = self._found()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.found = self._found()
        if not any(name.endswith("-chosen") for name in request.POST):
            messages.warning(request, "Choose what to order.")
            return redirect(request.get_full_path())
        return super().post(request, *args, **kwargs)

    def initial_lines(self) -> list[dict[str, Any]]:
        return [
            {
                "quantity": one.quantity,
                "variant_id": one.variant_id,
                "warehouse_id": one.warehouse_id,
            }
            for one in self.found.items
        ]

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> list[PurchaseOrder]:
        offered = {_key(one): one.offer for one in self.found.items}
        named = head.get("supplier")
        chosen = []
        for line in lines:
            key = (line["variant_id"], line["warehouse_id"])
            asked = named.pk if named and not offered.get(key) else None
            chosen.append(
                OrderedSuggestion(
                    variant_id=key[0],
                    warehouse_id=key[1],
                    quantity=line["quantity"],
                    supplier_id=asked,
                )
            )
        return self.reordering.order(OrderSuggestions(lines=tuple(chosen)), by=self.actor)

    def summary(self, made: list[PurchaseOrder]) -> dict[str, Any]:
        return {"ids": [order.id for order in made], "numbers": [order.number for order in made]}

    def posted(self, kept: dict[str, Any]) -> HttpResponse:
        ids, numbers = kept["ids"], kept["numbers"]
        are = "is drafted" if len(ids) == 1 else "are drafted"
        messages.success(self.request, f"{', '.join(numbers)} {are}.")
        if len(ids) == 1:
            return redirect("admin:sms_purchaseorder_change", ids[0])
        listed = reverse("admin:sms_purchaseorder_changelist")
        return redirect(f"{listed}?{urlencode({'work': MINE})}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines, last = kwargs["lines"], self._page_asked().offset + ROWS
        self._tell(lines.forms)
        return super().get_context_data(
            **kwargs,
            form=self.form,
            may_order=self.actor.may("purchase_order.add"),
            total=self.found.total,
            next=self._address(last // ROWS + 1) if last < self.found.total else None,
        )

    def _tell(self, rows: Iterable[Any]) -> None:
        """Tell each row what is suggested in it, and the sum behind it."""
        found = {_key(one): one for one in self.found.items}
        zone = company_zone()
        for row in rows:
            ids = (row["variant_id"].value(), row["warehouse_id"].value())
            one = found.get(tuple(int(id) if str(id).isdecimal() else 0 for id in ids))
            row.suggestion = one
            if one is not None:
                row.sum, row.projected = _sum(one), plain(one.projected)
                row.limits = f"{plain(one.minimum or ZERO)} – {plain(one.maximum or ZERO)}"
                row.drafted = plain(one.drafted) if one.drafted else ""
                row.card = card_url(one.variant_id, one.warehouse_id)
                row.expected = local(one.expected_at, zone)[:DAY]
                row.cost = "" if one.unit_cost is None else written(one.unit_cost, money=True)
                row.packs = f"{plain(one.packs)} × {plain(one.pack_size)}"

    def _found(self) -> Page[Suggestion]:
        suppliers = admin.site.get_model_admin(models.Supplier)
        warehouses = admin.site.get_model_admin(models.Warehouse).choices(self.request)
        self.form = AskedForm(
            self.request.GET, warehouses=warehouses, suppliers=suppliers.choices(self.request)
        )
        asked = self.form.cleaned_data if self.form.is_valid() else {}
        warehouse, supplier = asked.get("warehouse"), asked.get("supplier")
        filter = SuggestionFilter(
            search=asked.get("search", ""),
            warehouse_id=warehouse.pk if warehouse else None,
            supplier_id=supplier.pk if supplier else None,
        )
        return self.reordering.suggestions(filter, self._page_asked(), by=self.actor)

    def _page_asked(self) -> PageRequest:
        number = self.request.GET.get("page", "1")
        is_number = number.isdecimal() and 0 < int(number) <= 10_000
        return PageRequest(number=int(number) if is_number else 1, size=ROWS)

    def _address(self, page: int) -> str:
        return f"?{urlencode({**self.request.GET.dict(), 'page': page})}"

    def _lines(self, *data: Any, initial: Any = None, **options: Any) -> Any:
        made = forms.formset_factory(
            SuggestionRow, formset=ChosenLines, extra=len(initial or ()), max_num=ROWS
        )
        return made(*data, prefix="lines", initial=initial, **options)


def _key(one: Suggestion) -> tuple[int, int]:
    return one.variant_id, one.warehouse_id


def _sum(one: Suggestion) -> str:
    """What the projected quantity was worked out from, as far as there is any."""
    parts = (
        ("−", one.reserved, "reserved"),
        ("−", one.backordered, "backordered"),
        ("+", one.on_order, "on order"),
        ("+", one.in_transit, "in transit"),
    )
    more = [f"{sign} {plain(quantity)} {words}" for sign, quantity, words in parts if quantity]
    return " ".join([f"{plain(one.on_hand)} on hand", *more])


@admin.register(models.ReorderRule)
class ReorderRuleAdmin(CoreAdmin):
    """Reorder rules: with how little in sight goods are ordered again, and up to how much."""

    service = Injected(ReorderRuleService)
    create_command = CreateReorderRule
    change_command = ChangeReorderRule
    resource = "purchase_order"
    warehouse_path = "warehouse"
    cost_fields = ()
    group = "Buying"
    icon = "rule"
    menu = (("Reorder", "shopping_basket", "admin:sms_reorder", "purchase_order.view"),)

    fields = (("variant", "warehouse"), ("minimum", "maximum"), ("pack_size", "lead_days"))
    autocomplete_fields = ("variant",)
    list_display = ("variant", "warehouse", "minimum", "maximum", "pack_size", "lead_days")
    list_select_related = ("variant", "warehouse")
    list_filter = ("warehouse",)
    ordering = ("variant__code_key", "warehouse__code_key")
    search_fields = ("variant__search_text", "variant__product__search_text")

    def get_urls(self) -> list[URLPattern]:
        view = ReorderView.as_view(model_admin=self)
        return [
            path("suggestions/", self.admin_site.admin_view(view), name="sms_reorder"),
            *super().get_urls(),
        ]
