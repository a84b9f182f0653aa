"""Stock counts in the back office: the sheet, what is entered on it, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from config.container import Injected
from sms_core.shared.errors import DomainError, Unknown, gathered
from sms_core.stock import count_commands as commands
from sms_core.stock.count_services import CountService
from sms_core.stock.counts import CountScope, StockCount
from sms_core.stock.drafts import repointed
from sms_core.stock.kinds import Kind
from sms_django import models
from sms_django.admin import count_forms as forms
from sms_django.admin.document_acts import ActView
from sms_django.admin.document_forms import Part
from sms_django.admin.document_pages import DraftView
from sms_django.admin.document_shown import Column, Figure, goods_of, linked
from sms_django.admin.documents import DocumentAdmin
from sms_django.admin.stock_links import local, money
from sms_django.admin.stock_typed import Typed, Values, filled_in
from sms_django.admin.work import Work

# So many lines of the sheet stand on a page to be filled in; a scanner needs none of them.
ON_A_PAGE = 100
_POINTERS = {r"(/lines/\d+)/barcode": r"\1/variant_id"}


class CountDraftView(DraftView):
    """Say what is to be counted."""

    hint = "Nothing is counted yet: the sheet is made when the count is started."
    head_form = forms.CountForm
    create_command = commands.CreateCount
    change_command = commands.ChangeCount

    def head_options(self) -> dict[str, Any]:
        options = super().head_options()
        field = models.StockCount._meta.get_field("category")
        category = self.model_admin.formfield_for_foreignkey(field, self.request)
        return {**options, "looked_up": {**options["looked_up"], "category": category}}

    def head_value(self, name: str) -> Any:
        scope = self.document.scope
        if name == "category":
            return scope.category_id
        if name == "locations":
            places = models.Location.objects.filter(pk__in=scope.location_ids)
            return ", ".join(places.order_by("code_key").values_list("code", flat=True))
        if name == "goods":
            goods = models.Variant.objects.filter(pk__in=scope.variant_ids)
            return "\n".join(goods.order_by("code_key").values_list("code", flat=True))
        return super().head_value(name)

    def command(self, head: Values, lines: list[Values]) -> Any:
        values = {**head, "warehouse_id": head["warehouse"].pk, "scope": self._scope(head)}
        if not self.changes:
            return filled_in(self.create_command, values)
        return filled_in(self.change_command, {**values, "id": self.document.id})

    def _scope(self, head: Values) -> CountScope:
        """What the codes stand for; raises one error with all that stand for nothing."""
        places = _codes(head["locations"])
        known = self.stock.places(head["warehouse"].pk, places, by=self.actor)
        codes = _codes(head["goods"], between=r"[\n;]+")
        scanned = self.stock.scan(codes, by=self.actor)
        errors: list[DomainError] = [
            Unknown(f"There is no location {code}.", pointer="/locations")
            for code in places
            if code not in known
        ]
        errors += [
            Unknown(f"Nothing has the code {code}.", pointer="/goods")
            for code in codes
            if code not in scanned
        ]
        if errors:
            raise gathered(errors)
        category = head["category"]
        return CountScope(
            location_ids=tuple(known.values()),
            category_id=category.pk if category else None,
            variant_ids=tuple(found.variant_id for found in scanned.values()),
        )


def _codes(text: str, between: str = r"[,;\s]+") -> list[str]:
    found = (part.strip() for part in re.split(between, text))
    return list(dict.fromkeys(part for part in found if part))


class StartView(ActView):
    """Hand out the sheet."""

    act_name, verb, icon, right = "start", "Start", "play_arrow", "stock_count.change"
    done = "is started"
    hint = "The sheet gets a line for each place with something in it; selling goes on."
    use_case, command = CountService.start, commands.StartCount
    head_form = forms.NoteForm


class EnterView(ActView):
    """Take down what was found."""

    template_name = "sms/document_draft.html"
    act_name, verb, icon, right = "enter", "Enter", "barcode_scanner", "stock_count.enter"
    done = "is noted: what was counted"
    hint = (
        "Type what is there, or scan: a barcode alone adds what it stands for. What stays blank "
        "is not counted. Goods that are not on the sheet can be entered all the same."
    )
    use_case, command = CountService.enter, commands.EnterCounts
    head_form, line_form = forms.EnterForm, forms.EnterLineForm
    previews = False
    rows = 5

    def line_options(self) -> dict[str, Any]:
        return {}

    def initial_lines(self) -> list[dict[str, Any]]:
        waiting = [line for line in self.document.lines if not line.is_counted][:ON_A_PAGE]
        goods = goods_of(line.variant_id for line in waiting)
        places = _places(self.document.warehouse_id)
        return [
            {
                "on_sheet": True,
                "variant": goods[line.variant_id].code,
                "location": places[line.location_id],
                "lot": line.lot_code or "",
                "expires_on": line.expires_on,
            }
            for line in waiting
        ]

    def order(self, head: Values, lines: list[Values]) -> Any:
        asked = ("location", "lot", "expires_on")
        placed = [{name: line[name] for name in asked} for line in lines]
        _, placed = Typed(self.stock, self.actor, {**head, **self.places}, placed).checked()
        entered = tuple(
            commands.EnteredLine(
                barcode=line["variant"],
                location_id=place["location_id"],
                lot=place["lot"],
                quantity=line["quantity"],
                add=line["add"],
            )
            for line, place in zip(lines, placed, strict=True)
        )
        return filled_in(self.command, {**head, **self.naming(), "lines": entered})

    def carry_out(self, head: Values, lines: list[Values]) -> Any:
        with repointed(_POINTERS):
            return super().carry_out(head, lines)


class RecountView(ActView):
    """Have some lines counted again."""

    act_name, verb, icon, right = "recount", "Count again", "restart_alt", "stock_count.approve"
    usual, done = False, "goes back to counting"
    hint = "The chosen lines are cleared; what was entered stays in the books of the count."
    use_case, command = CountService.recount, commands.RecountLines
    head_form, line_form = forms.NoteForm, forms.RecountLineForm
    previews = False
    told = (
        Column("Location", "place", Figure.TEXT),
        Column("Lot", "lot_code", Figure.TEXT),
        Column("Counted", "counted_quantity", Figure.NUMBER),
        Column("Difference", "variance", Figure.NUMBER),
    )

    @cached_property
    def chosen(self) -> list[Any]:
        """The lines one may want counted again: those that differ most first."""
        counted = [line for line in self.model_admin.lines_of(self.document) if line.is_counted]
        return sorted(counted, key=lambda line: -abs(line.variance or 0))[:ON_A_PAGE]

    @cached_property
    def parts(self) -> dict[int, Part]:  # type: ignore[override]
        goods = goods_of((line.variant_id for line in self.chosen), scanned=True)
        return {
            line.id: Part(
                goods[line.variant_id],
                tuple((column.label, column.text(line)) for column in self.told),
            )
            for line in self.chosen
        }

    def line_options(self) -> dict[str, Any]:
        return {"parts": self.parts}

    def initial_lines(self) -> list[dict[str, Any]]:
        return [{"line_id": line.id} for line in self.chosen]

    def order(self, head: Values, lines: list[Values]) -> Any:
        ids = tuple(line["line_id"] for line in lines if line["again"])
        return filled_in(self.command, {**head, **self.naming(), "line_ids": ids})


class ApproveView(ActView):
    """Agree to what others counted."""

    act_name, verb, icon, right = "approve", "Approve", "verified", "stock_count.approve"
    done = "is approved"
    hint = "For somebody who counted none of it."
    use_case, command = CountService.approve, commands.ApproveCount
    head_form = forms.NoteForm
    previews = False


class PostView(ActView):
    """Make the books say what was counted."""

    act_name, verb, icon, right = "post", "Post", "done_all", "stock_count.post"
    kind, done = Kind.COUNT, "is posted"
    hint = "What differs is added to what is there now. What was not counted stays as it is."
    use_case, command = CountService.post, commands.PostCount
    head_form = forms.PostCountForm


class CancelView(ActView):
    """Give the count up."""

    act_name, verb, icon, right = "cancel", "Cancel count", "cancel", "stock_count.change"
    done, grave = "is cancelled", True
    hint = "Nothing changes, and others may count its places."
    use_case, command = CountService.cancel, commands.CancelCount
    head_form = forms.NoteForm


def _places(warehouse_id: int) -> dict[int, str]:
    """The codes of the places of a warehouse, by id."""
    rows = models.Location.objects.filter(warehouse_id=warehouse_id)
    return dict(rows.values_list("pk", "code"))


def _when(line: Any) -> str:
    return local(line.counted_at, get_current_timezone()) if line.counted_at else ""


@admin.register(models.StockCount)
class StockCountAdmin(DocumentAdmin):
    """Stock counts: what is to be counted, what was, and what the books said."""

    service = Injected(CountService)
    entity = StockCount
    resource = "stock_count"
    warehouse_path = "warehouse"
    cost_fields = ()
    group = "Moving and counting"
    icon = "checklist"
    menu = (("New stock count", "playlist_add", "admin:sms_stockcount_add", "stock_count.add"),)

    draft_view = CountDraftView
    act_views = (StartView, EnterView, ApproveView, PostView, RecountView, CancelView)
    list_display = ("number", "state_shown", "warehouse", "category", "created_at")
    list_filter = ("warehouse", "category", "created_at")
    autocomplete_fields = ("category",)
    columns = (
        Column("Location", "place", Figure.TEXT),
        Column("Lot", "lot_code", Figure.TEXT),
        Column("Counted", "counted_quantity", Figure.NUMBER),
        Column("By", "counted_by", Figure.TEXT),
        Column("At", _when, Figure.TEXT),
        Column("Difference", "variance", Figure.NUMBER),
        Column("Worth", "variance_value", Figure.MONEY, cost=True),
    )
    works = (
        Work("start", "Counts to start", ("draft",)),
        Work("enter", "Counts to enter", ("counting",)),
        Work("approve", "Counts to approve", ("to_approve",)),
        Work("post", "Counts to post", ("to_approve",)),
    )

    def lines_of(self, document: StockCount) -> Sequence[Any]:
        places = _places(document.warehouse_id)
        return [
            SimpleNamespace(
                **vars(line), is_counted=line.is_counted, place=places[line.location_id]
            )
            for line in document.lines
        ]

    def facts(self, document: StockCount, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        row = models.StockCount.objects.select_related("warehouse", "category").get(pk=document.id)
        scope = document.scope
        yield "Warehouse", linked(row.warehouse)
        yield "Category", linked(row.category)
        places = models.Location.objects.filter(pk__in=scope.location_ids).order_by("code_key")
        yield "Locations", ", ".join(places.values_list("code", flat=True))
        goods = models.Variant.objects.filter(pk__in=scope.variant_ids).order_by("code_key")
        yield "Goods", ", ".join(goods.values_list("code", flat=True))
        yield "Started", self.moment(document.started_at)
        yield "Counted", f"{document.counted_count} of {document.line_count} places"
        yield "Approved", self.moment(document.approved_at)
        yield "Approved by", document.approved_by
        yield "Notes", document.notes

    def totals(self, document: StockCount, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        if document.variance_value is not None:
            yield "All differences", money(document.variance_value)

    def papers(self, document: StockCount, request: HttpRequest) -> Iterator[tuple[str, str]]:
        if document.line_count:
            yield "Print the sheet", reverse("stock-count-sheet", args=[document.id])
