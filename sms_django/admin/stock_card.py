"""The pages that say why a number is what it is: cards, traces, stock as of a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.generic import TemplateView

from config.container import Injected
from sms_core.shared.documents import DocumentType
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, NotFound
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.enquiries import CardQuestion, EnquiryService
from sms_core.stock.picking import plain
from sms_core.stock.ports import LevelFilter
from sms_core.stock.services import StockService
from sms_core.stock.views import CardBalance, CardRow, CardView
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin.base import UnfoldModelAdminViewMixin
from sms_django.admin.stock_forms import choice, day, worded
from sms_django.admin.stock_links import card_url, document_link, local, money, signed
from sms_django.stock_figures import company_zone

ROWS = 100


class PeriodForm(forms.Form):
    """Where, and which stretch of time as it was known when."""

    warehouse = choice(required=False, empty_label="All warehouses")
    start = day("From")
    end = day("To")
    known = day("As known on", help_text="Leaves out what was entered later.")

    def __init__(self, *args: Any, warehouses: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = warehouses  # type: ignore[attr-defined]


class AsOfForm(PeriodForm):
    """Where, and as of the end of which day."""

    start = None
    end = day("As of the end of", required=True)


class QuestionView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]
    """A page that answers a question; what is asked stands in its address."""

    permission_required = ("stock.view",)
    form_class: type[PeriodForm] = PeriodForm

    @property
    def actor(self) -> Actor:
        """Who is asking."""
        return actor_of(self.request)

    def form(self) -> PeriodForm:
        """The form, filled with what the address asks."""
        warehouses = admin.site.get_model_admin(models.Warehouse).choices(self.request)
        return self.form_class(self.request.GET, warehouses=warehouses)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shows_costs = self.actor.may("cost.view")
        return super().get_context_data(**kwargs, shows_costs=shows_costs, zone=company_zone())

    def address(self, **changed: Any) -> str:
        """This page with another part of the answer."""
        asked = {**self.request.GET.dict(), **changed}
        return f"?{urlencode(asked)}"


class StockCardView(QuestionView):
    """Every change of a variant's stock with the balances it led to."""

    enquiries = Injected(EnquiryService)
    template_name = "sms/card.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        found = models.Variant.objects.select_related("product")
        self.variant = get_object_or_404(found, pk=kwargs["variant_id"])
        self.title = f"Stock card of {self.variant}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = self.form()
        context |= {"form": form, "variant": self.variant}
        if not form.is_valid():
            return context
        try:
            card = self._card(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
            return context
        context |= self._shown(card, context["zone"])
        lots = self.variant.product.tracks_lots
        everywhere = form.cleaned_data["warehouse"] is None
        wide = 4 + everywhere + lots + context["shows_costs"]
        return {**context, "shows_lots": lots, "shows_places": everywhere, "before_balances": wide}

    def _card(self, asked: dict[str, Any]) -> CardView:
        question = CardQuestion(
            variant_id=self.variant.pk,
            warehouse_id=asked["warehouse"].pk if asked["warehouse"] else None,
            from_at=asked["start"],
            to_at=asked["end"],
            known_at=asked["known"],
        )
        cursor = CursorRequest(after=_position(self.request.GET.get("after", "")), limit=ROWS)
        return self.enquiries.card(question, cursor, by=self.actor)

    def _shown(self, card: CardView, zone: Any) -> dict[str, Any]:
        linked = {id for row in card.rows for id in (row.reverses_id, row.reversed_by_id) if id}
        numbers = dict(models.Posting.objects.filter(pk__in=linked).values_list("pk", "number"))
        codes = dict(models.Warehouse.objects.values_list("pk", "code"))
        return {
            "opening": _balance(card.opening),
            "rows": [
                _row(row, numbers, codes, zone)
                | {"document": document_link(row.document, self.request.user)}
                for row in card.rows
            ],
            "closing": _balance(card.closing),
            "next": self.address(after=_cursor(card.next)) if card.next else None,
            "first": self.address(after="") if self.request.GET.get("after") else None,
            "reservations": [
                {
                    "id": promise.id,
                    "quantity": plain(promise.open_quantity),
                    "whom": promise.purpose or f"Reservation {promise.id}",
                    "warehouse": codes[promise.warehouse_id],
                    "until": local(promise.expires_at, zone),
                    "username": promise.username,
                }
                for promise in card.reservations
            ],
            "orders": [
                {
                    "document": document_link(order.document, self.request.user),
                    "partner": order.partner,
                    "warehouse": order.warehouse_code,
                    "quantity": plain(order.quantity),
                    "backordered": plain(order.backordered) if order.backordered else "",
                    "due": local(order.due_at, zone),
                    "brings": order.document.type is not DocumentType.SALES_ORDER,
                }
                for order in card.orders
            ],
        }


class LotTraceView(QuestionView):
    """Where a lot came from, where it lies, and where it went."""

    enquiries = Injected(EnquiryService)
    template_name = "sms/trace.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            trace = self.enquiries.trace(self.kwargs["id"], by=self.actor)
        except NotFound as missing:
            raise Http404(missing.detail) from None
        variant = models.Variant.objects.select_related("product").get(pk=trace.variant_id)
        self.title = f"Trace of lot {trace.lot_code} of {variant}"
        context = super().get_context_data(**kwargs)
        parts = (
            ("Came from", trace.came_from),
            ("Moved between places", trace.moved),
            ("Went to", trace.went_to),
        )
        shown = [
            (title, [_step(step, context["zone"]) for step in steps]) for title, steps in parts
        ]
        return {**context, "parts": shown, "bins": trace.lies_in, "variant": variant}


class AsOfView(QuestionView):
    """How much there was of everything at the end of a day, as it was known then or later."""

    stock = Injected(StockService)
    title = "Stock as of a day"
    template_name = "sms/as_of.html"
    form_class = AsOfForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = self.form()
        context["form"] = form
        if not self.request.GET or not form.is_valid():
            return context
        asked = form.cleaned_data
        number = self.request.GET.get("page", "1")
        page = PageRequest(number=int(number) if number.isdecimal() else 1, size=ROWS)
        filter = LevelFilter(
            warehouse_id=asked["warehouse"].pk if asked["warehouse"] else None,
            as_of=asked["end"],
            known_at=asked["known"],
        )
        found = self.stock.levels(filter, page, by=self.actor)
        last = page.number * page.size
        return {
            **context,
            "rows": [
                {
                    "level": level,
                    "url": f"{card_url(level.variant_id, level.warehouse_id)}&end={asked['end']}",
                    "on_hand": plain(level.on_hand),
                    "reserved": plain(level.reserved),
                    "value": money(level.value),
                }
                for level in found.items
            ],
            "total": found.total,
            "next": self.address(page=page.number + 1) if last < found.total else None,
        }


def _balance(balance: CardBalance) -> dict[str, str]:
    return {
        "on_hand": plain(balance.on_hand),
        "reserved": plain(balance.reserved),
        "available": plain(balance.available),
        "value": money(balance.value),
    }


def _row(row: CardRow, numbers: dict[int, str], codes: dict[int, str], zone: Any) -> dict[str, Any]:
    entry = row.entry
    return {
        "row": row,
        "warehouse": codes[entry.warehouse_id],
        "occurred": local(entry.occurred_at, zone),
        "recorded": _if_later(entry.occurred_at, entry.recorded_at, zone),
        "kind": worded(entry.kind),
        "counterpart": "" if entry.counterpart == "none" else worded(entry.counterpart),
        "quantity": signed(entry.quantity),
        "reserved": signed(entry.reserved),
        "value": money(entry.value) if entry.value else "",
        "undoes": numbers.get(row.reverses_id or 0),
        "undone_by": numbers.get(row.reversed_by_id or 0),
        **{f"{name}_after": figure for name, figure in _balance(row.balance).items()},
    }


def _if_later(occurred: datetime, recorded: datetime, zone: Any) -> str:
    """When it was entered, if that was on another day than when it happened."""
    same = occurred.astimezone(zone).date() == recorded.astimezone(zone).date()
    return "" if same else local(recorded, zone)


def _step(step: Any, zone: Any) -> dict[str, Any]:
    return {
        "step": step,
        "occurred": local(step.occurred_at, zone),
        "kind": worded(step.kind),
        "quantity": signed(step.quantity),
    }


def _cursor(position: tuple[Any, ...]) -> str:
    return "~".join(
        part.isoformat() if isinstance(part, datetime) else str(part) for part in position
    )


def _position(text: str) -> tuple[Any, ...] | None:
    """Where the rest of a card begins; what is no such place goes on as it is, to be refused."""
    if not text:
        return None
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Any]:
    for part in text.split("~"):
        if part.isdecimal() and len(part) < 19:
            yield int(part)
            continue
        try:
            yield parse_datetime(part) or part
        except ValueError:
            yield part
