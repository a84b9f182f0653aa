"""The pages of all documents: their list, what one of them says, and what may be done with it.

A document of its own is a declaration over its service. This is all that a purchase order needs
besides its forms; the pages in `purchasing` are the worked example:

    class ReceiveView(ActView):
        act_name, verb, icon, right = "receive", "Receive", "move_to_inbox", "thing.receive"
        use_case, command, line_command = ThingService.receive, ReceiveThing, ReceivedThing
        head_form, line_form = ReceiveForm, ReceiveLineForm
        told = (Column("Ordered", "quantity"), Column("To come", "open_quantity"))

        def prefill(self, line):  # None: this line has no row
            return {"quantity": line.open_quantity} if line.open_quantity else None

    @admin.register(models.Thing)
    class ThingAdmin(DocumentAdmin):
        service, entity = Injected(ThingService), Thing
        resource, warehouse_path, cost_fields = "thing", "warehouse", ()
        group, icon = "Buying", "shopping_cart"
        draft_view, act_views = ThingDraftView, (ReceiveView, ...)
        list_display = ("number", "state_shown", "supplier", "warehouse", "created_at")
        list_filter = ("supplier", "warehouse")      # the state's is there already
        search_fields = ("search_text", "supplier__search_text")
        autocomplete_fields = ("supplier",)          # of the form of a draft
        columns = (Column("Ordered", "quantity"), Column("Cost", "unit_cost", Figure.MONEY, True))
        works = (Work("receive", "Things to receive", ("placed",)),)  # see `work`

        def facts(self, document, request): yield "Supplier", linked(...)
        def totals(self, document, request): yield "Net", money(document.net)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone

from sms_core.shared.documents import Document
from sms_django.admin.base import CoreAdmin, display
from sms_django.admin.document_acts import ActView, DuplicateView
from sms_django.admin.document_pages import DraftView
from sms_django.admin.document_shown import (
    STATE_COLOURS,
    Column,
    events_shown,
    lines_shown,
    postings_shown,
    state_shown,
)
from sms_django.admin.filters import StateFilter
from sms_django.admin.stock_forms import worded
from sms_django.admin.stock_links import local
from sms_django.admin.work import Work, WorkFilter

LINES_SHOWN = 200


class NextStep:
    """The column that says what is to be done with a document, and leads there."""

    __name__ = "next_step"
    short_description = "Next step"

    def __init__(self, page: DocumentAdmin, request: HttpRequest) -> None:
        self.page, self.request = page, request

    def __call__(self, row: Any) -> SafeString | str:
        return self.page.step(row, self.request)


class DocumentAdmin(CoreAdmin):
    """A type of document; its list reads the table, everything else is a use case."""

    entity: ClassVar[type[Document]]
    draft_view: ClassVar[type[DraftView]]
    act_views: ClassVar[Sequence[type[ActView]]] = ()
    columns: ClassVar[Sequence[Column]] = ()
    works: ClassVar[Sequence[Work]] = ()
    amend_right: ClassVar[str] = ""  # beside the right to change, once it is no draft any more
    fields = ("number", "state", "notes")
    ordering = ("-id",)
    search_fields = ("search_text",)

    # --- what subclasses say --------------------------------------------------------------------
    def facts(self, document: Any, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        """What stands above the lines: labels and values; empty values are left out."""
        yield from ()

    def totals(self, document: Any, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        """What stands below the lines."""
        yield from ()

    def papers(self, document: Any, request: HttpRequest) -> Iterator[tuple[str, str]]:
        """What can be printed: titles and addresses."""
        yield from ()

    def lines_of(self, document: Any) -> Sequence[Any]:
        """Its lines, in their order."""
        lines: Sequence[Any] = document.lines
        return lines

    def warehouse_of(self, document: Any) -> int | None:
        """The warehouse on whose stock cards its quantities are explained."""
        return getattr(document, "warehouse_id", None)

    def about(self, row: Any) -> str:
        """What stands beside a number in lists of work: partners and places."""
        related = (getattr(row, f.name) for f in self.opts.fields if f.many_to_one)
        return " · ".join(str(each) for each in related if each is not None)

    def moment(self, moment: datetime | None) -> str:
        """A time on the company's clock."""
        return local(moment, get_current_timezone())

    # --- what may be done -----------------------------------------------------------------------
    def acts_for(self, allowed: Sequence[str], request: HttpRequest) -> list[type[ActView]]:
        """The pages of those acts which the actor may do, in the document's order."""
        views = {view.act_name: view for view in self.act_views}
        found = [views[act] for act in allowed if act in views]
        return [view for view in found if request.user.has_perm(view.right)]

    def may_act(self, view: type[ActView], document: Any, request: HttpRequest) -> bool:
        """Whether the actor may do this here, beside having the right to it."""
        return True

    def next_act(self, row: Any, request: HttpRequest) -> type[ActView] | None:
        """What is to be done next with the document in this row, by this actor."""
        if row.deleted_at is not None:
            return None
        states = {state.value: acts for state, acts in self.entity.acts.items()}
        found = self.acts_for(states.get(row.state, ()), request)
        ways = (v for v in found if v.usual and not v.grave and self.may_act(v, row, request))
        return next(ways, None)

    def step(self, row: Any, request: HttpRequest) -> SafeString | str:
        """The way to that, if there is one."""
        view = self.next_act(row, request)
        if view is None:
            return ""
        url = self.url(view.act_name, row.pk)
        return format_html(
            '<a href="{}" class="sms-step" aria-label="{} {}">{}</a>',
            url,
            view.verb,
            row.number,
            view.verb,
        )

    def may_change(self, document: Any, request: HttpRequest) -> bool:
        """Whether the actor may write in it as it is."""
        if "change" not in document.allowed or not self.may(request, "change"):
            return False
        is_draft = document.state.value == "draft"
        return is_draft or not self.amend_right or request.user.has_perm(self.amend_right)

    def works_for(self, request: HttpRequest) -> list[Work]:
        """What of it waits for this actor."""
        rights = {view.act_name: view.right for view in self.act_views}
        if not self.may(request, "view"):
            return []
        return [work for work in self.works if request.user.has_perm(rights[work.act])]

    # --- the list -------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = [f.name for f in self.opts.fields if f.many_to_one]
        return super().get_queryset(request).select_related(*related)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_display(request), NextStep(self, request)]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [WorkFilter, StateFilter, *super().get_list_filter(request)]

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_shown(self, row: Any) -> tuple[str, str]:
        return row.state, worded(row.state)

    # --- the pages ------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = {"edit": self.draft_view, "duplicate": DuplicateView}
        pages |= {view.act_name: view for view in self.act_views}
        return [
            path("add/", self._view(self.draft_view), name=f"{name}_add"),
            *(
                path(f"<int:id>/{part}/", self._view(view), name=f"{name}_{part}")
                for part, view in pages.items()
            ),
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
        """What the document says, what became of it, and what can be done with it."""
        return self._page(request, object_id, "sms/document.html", self._shown)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who did what with the document."""
        return self._page(request, object_id, "sms/document_history.html", self._told)

    def _page(
        self,
        request: HttpRequest,
        object_id: str,
        template: str,
        contents: Callable[[Any, HttpRequest], dict[str, Any]],
    ) -> HttpResponse:
        if not self.may(request, "view"):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": row.number,
            "opts": self.opts,
            "original": row,
            "model_admin": self,
            "may_restore": self.may(request, "delete"),
        }
        if row.deleted_at is None:
            document = self.service.get(row.pk, by=self.actor(request))
            context |= contents(document, request)
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, template, context)

    def _shown(self, document: Any, request: HttpRequest) -> dict[str, Any]:
        pages = Paginator(self.lines_of(document), LINES_SHOWN)
        page = pages.get_page(request.GET.get("page"))
        columns = self.columns_for(request)
        return {
            **self._told(document, request),
            "document": document,
            "state": state_shown(document.state.value),
            "facts": [(label, value) for label, value in self.facts(document, request) if value],
            "columns": columns,
            "lines": lines_shown(page.object_list, columns, self.warehouse_of(document)),
            "page": page,
            "totals": list(self.totals(document, request)),
            "papers": list(self.papers(document, request)),
            **self._ways(document, request),
        }

    def _told(self, document: Any, request: HttpRequest) -> dict[str, Any]:
        actor = self.actor(request)
        postings = self.service.postings([document], by=actor).get(document.id, ())
        events = self.service.history(document.id, by=actor)
        zone = get_current_timezone()
        return {
            "postings": postings_shown(postings, request, zone),
            "events": events_shown(events, postings, zone),
        }

    def _ways(self, document: Any, request: HttpRequest) -> dict[str, Any]:
        """The buttons: what is next in front, what ends the document last."""
        offered = self.acts_for(document.allowed, request)
        views = [view for view in offered if self.may_act(view, document, request)]
        acts = [
            {"verb": view.verb, "icon": view.icon, "url": self.url(view.act_name, document.id)}
            | {"grave": view.grave, "leads": not number and view.usual and not view.grave}
            for number, view in enumerate(sorted(views, key=lambda view: view.grave))
        ]
        may_copy = "duplicate" in document.allowed and self.has_add_permission(request)
        return {
            "acts": acts,
            "edit": self.url("edit", document.id) if self.may_change(document, request) else "",
            "duplicate": self.url("duplicate", document.id) if may_copy else "",
            "key": uuid4().hex,
            "archive": self.url("delete", document.id)
            if "delete" in document.allowed and self.may(request, "delete")
            else "",
        }

    def columns_for(self, request: HttpRequest) -> list[Column]:
        """The columns of its lines that the actor may see."""
        sees = request.user.has_perm("cost.view")
        return [column for column in self.columns if sees or not column.cost]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Only drafts are archived; of others it is said why not."""
        row = self.get_object(request, object_id)
        states = {state.value: acts for state, acts in self.entity.acts.items()}
        if row is not None and "delete" not in states.get(row.state, ()):
            words = f"{row.number} is {row.state.replace('_', ' ')}: only drafts are archived."
            self.message_user(request, words, messages.ERROR)
            return redirect(self.url("change", row.pk))
        return super().delete_view(request, object_id, extra_context)
