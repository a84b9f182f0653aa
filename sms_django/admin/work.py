"""What there is to do: every document, bin and draft that waits for somebody who may act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Exists, OuterRef, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import get_current_timezone

from sms_core.stock.entities import LocationKind
from sms_core.stock.picking import plain
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin.site import pages_by_group
from sms_django.admin.stock_links import card_url, local

SHOWN = 10
MINE = "mine"
Narrow = Callable[[QuerySet[Any], HttpRequest], QuerySet[Any]]


@dataclass(frozen=True)
class Work:
    """Documents that wait for an act: those in these states, and `narrow` may say which of them.

    The `act` is that of one of the page's `act_views`; who may not do it has no such work.
    `due` is the column that says until when.
    """

    act: str
    title: str
    states: tuple[str, ...]
    narrow: Narrow | None = None
    due: str = "id"
    name: str = ""

    @property
    def key(self) -> str:
        """How links name it."""
        return self.name or self.act

    def of(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        """Those of the documents that wait, the most urgent first."""
        waiting = rows.filter(deleted_at=None, state__in=self.states)
        if self.narrow is not None:
            waiting = self.narrow(waiting, request)
        return waiting.order_by(self.due, "pk")


def mine(rows: QuerySet[Any], request: HttpRequest, type: str) -> QuerySet[Any]:
    """The drafts among the documents that the actor began."""
    begun = models.DocumentEvent.objects.filter(
        document_type=type, document_id=OuterRef("pk"), act="create", user=request.user.pk
    )
    return rows.filter(Exists(begun), deleted_at=None, state="draft").order_by("-pk")


class WorkFilter(SimpleListFilter):
    """The documents that wait for something."""

    title = "work"
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.page, self.request = model_admin, request
        works = [(work.key, work.title) for work in model_admin.works_for(request)]
        return [*works, (MINE, "My drafts")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == MINE:
            return mine(queryset, request, self.page.entity.type.value)
        for work in self.page.works_for(request):
            if work.key == self.value():
                return work.of(queryset, request)
        return queryset


@dataclass(frozen=True)
class Heap:
    """Things of one sort that wait: how many there are, the first of them, where the rest is."""

    title: str
    icon: str
    url: str
    rows: QuerySet[Any]
    shown: Callable[[Any], dict[str, Any]]

    @property
    def items(self) -> list[dict[str, Any]]:
        """The first of them, each with its next step."""
        return [self.shown(row) for row in self.rows[:SHOWN]]


class WorkList:
    """All that waits for the actor, in his warehouses."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor = actor_of(request)
        self.zone = get_current_timezone()

    def waiting(self) -> list[tuple[Heap, int]]:
        """The sorts of which something waits, and how many do, counted in one query."""
        heaps = list(self.heaps())
        counts = [
            heap.rows.model._default_manager.filter(pk__in=heap.rows.order_by().values("pk"))
            .values(heap=Value(number))
            .annotate(waiting=Count("pk"))
            for number, heap in enumerate(heaps)
        ]
        if not counts:
            return []
        found = dict(counts[0].union(*counts[1:], all=True).values_list("heap", "waiting"))
        return [(heap, found[number]) for number, heap in enumerate(heaps) if found.get(number)]

    def heaps(self) -> Iterator[Heap]:
        """All sorts that the actor has to do with, empty ones too."""
        pages = [p for p in pages_by_group() if hasattr(p, "works_for")]
        for page in pages:
            for work in page.works_for(self.request):
                yield self._of_documents(page, work)
        if self.actor.may("stock.view") and any(self._ways_out()):
            yield self._quarantine()
        for page in pages:
            if page.may(self.request, "view") and page.may(self.request, "change"):
                yield self._drafts(page)

    def _of_documents(self, page: Any, work: Work) -> Heap:
        view = next(view for view in page.act_views if view.act_name == work.act)
        return Heap(
            title=work.title,
            icon=view.icon,
            url=f"{page.url('changelist')}?{urlencode({'work': work.key})}",
            rows=work.of(page.get_queryset(self.request), self.request),
            shown=lambda row: self._row(
                page, row, work.due, (view.verb, page.url(view.act_name, row.pk))
            ),
        )

    def _drafts(self, page: Any) -> Heap:
        type = page.entity.type.value
        return Heap(
            title=f"My drafts: {page.opts.verbose_name_plural}",
            icon="edit_note",
            url=f"{page.url('changelist')}?{urlencode({'work': MINE})}",
            rows=mine(page.get_queryset(self.request), self.request, type),
            shown=lambda row: self._row(page, row, "id", ("Change", page.url("edit", row.pk))),
        )

    def _row(self, page: Any, row: Any, due: str, step: tuple[str, str]) -> dict[str, Any]:
        return {
            "name": row.number,
            "url": page.url("change", row.pk),
            "about": page.about(row),
            "due": "" if due == "id" else local(getattr(row, due), self.zone),
            "steps": [step],
        }

    def _quarantine(self) -> Heap:
        rows = models.Bin.objects.filter(
            location__kind=LocationKind.QUARANTINE.value, on_hand__gt=0
        )
        if self.actor.warehouse_ids is not None:
            rows = rows.filter(level__warehouse__in=sorted(self.actor.warehouse_ids))
        related = ("level__variant__product", "level__warehouse", "location", "lot")
        return Heap(
            title="Quarantine to decide",
            icon="front_hand",
            url=reverse("admin:sms_level_changelist"),
            rows=rows.select_related(*related).order_by("pk"),
            shown=self._held,
        )

    def _ways_out(self) -> list[tuple[str, str]]:
        """What the actor may do with goods in quarantine: words, and the page."""
        ways = (
            ("Put back", "transfer", "stock.transfer"),
            ("Send back", "send-back", "stock.issue"),
            ("Scrap", "scrap", "stock.scrap"),
        )
        return [(verb, page) for verb, page, right in ways if self.actor.may(right)]

    def _held(self, bin: models.Bin) -> dict[str, Any]:
        level, lot = bin.level, bin.lot.code if bin.lot else ""
        place = bin.location.code
        where = f"{level.warehouse.code} {place}"
        known = {"variant": level.variant.code, "quantity": plain(bin.on_hand), "lot": lot}
        there = {
            "transfer": {
                "from_warehouse": level.warehouse_id,
                "from_location": place,
                "to_warehouse": level.warehouse_id,
            },
            "send-back": {"warehouse": level.warehouse_id, "disposition": "quarantine"},
            "scrap": {"warehouse": level.warehouse_id, "location": place},
        }
        return {
            "name": f"{plain(bin.on_hand)} {level.variant.code}",
            "url": card_url(level.variant_id, level.warehouse_id),
            "about": " · ".join(part for part in (str(level.variant.product), where, lot) if part),
            "due": "",
            "steps": [
                (verb, f"{reverse(f'admin:sms_posting_{page}')}?{urlencode(known | there[page])}")
                for verb, page in self._ways_out()
            ],
        }


def work(request: HttpRequest) -> HttpResponse:
    """The page with all that waits for the actor."""
    context = {
        **admin.site.each_context(request),
        "title": "Work",
        "waiting": WorkList(request).waiting(),
        "shown": SHOWN,
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "sms/work.html", context)
