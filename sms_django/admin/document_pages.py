"""The pages on which documents are written: what they all share, and the form of a draft.

Whatever a page does is done once, however often its form is sent, and can be tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from sms_core.shared.documents import Document
from sms_core.shared.errors import NotFound
from sms_core.stock.kinds import Kind
from sms_core.stock.previews import Preview, preview
from sms_core.stock.views import PostingView
from sms_django.admin.document_shown import goods_of, lines_shown, state_shown
from sms_django.admin.stock_orders import OrderView
from sms_django.admin.stock_typed import Typed, Values, filled_in, lines_filled_in

SHOWN = 100


def postings_of(made: Any) -> tuple[PostingView, ...]:
    """What a use case posted; a draft posts nothing."""
    return tuple(getattr(made, "postings", ()))


def document_of(made: Any) -> Any:
    """The document that a use case answers with."""
    return getattr(made, "document", made)


class DocumentPage(OrderView):
    """A form that makes or changes a document; `model_admin` is the page of all of them."""

    kind: ClassVar[Kind | None] = None
    tried: Any = None

    @property
    def service(self) -> Any:
        """The use cases of this type of document."""
        return self.model_admin.service

    @cached_property
    def document(self) -> Any:
        """The document that the page is about; one that the actor does not see is none."""
        try:
            return self.service.get(self.kwargs["id"], by=self.actor)
        except NotFound as missing:
            raise Http404(missing.detail) from None

    def summary(self, made: Any) -> dict[str, Any]:
        document = document_of(made)
        numbers = [posting.number for posting in postings_of(made)]
        return {"id": document.id, "number": document.number, "postings": numbers}

    def posted(self, kept: dict[str, Any]) -> HttpResponse:
        posted = f" Posted: {', '.join(kept['postings'])}." if kept["postings"] else ""
        messages.success(self.request, f"{kept['number']} {self.done}.{posted}")
        return redirect(self.model_admin.url("change", kept["id"]))

    @property
    def done(self) -> str:
        """What the message says of the document afterwards."""
        return "is saved"

    def outcome(self, use_case: Callable[[], Any]) -> Preview:
        def settled() -> tuple[PostingView, ...]:
            self.tried = use_case()
            return postings_of(self.tried)

        return preview(self.dry_run, settled, by=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.tried is not None and kwargs.get("tried"):
            context["after"] = self._after(document_of(self.tried))
        return context

    def _after(self, document: Document) -> dict[str, Any]:
        """The document as it would be."""
        page, request = self.model_admin, self.request
        columns = page.columns_for(request)
        lines: Sequence[Any] = page.lines_of(document)[:SHOWN]
        return {
            "state": state_shown(document.state.value),
            "columns": columns,
            "lines": lines_shown(lines, columns, page.warehouse_of(document)),
            "totals": list(page.totals(document, request)),
        }


class DraftView(DocumentPage):
    """Write a document, or change one; subclasses name their forms and their orders.

    `create_command` and `change_command` are the core's orders, `line_command` that of a line.
    """

    template_name = "sms/document_draft.html"
    create_command: ClassVar[type[Any]]
    change_command: ClassVar[type[Any]]
    line_command: ClassVar[type[Any]]

    @property
    def permission_required(self) -> tuple[str, ...]:
        """Who may write new ones, or change those that are there."""
        page = self.model_admin.resource
        return (f"{page}.view", f"{page}.{'change' if self.changes else 'add'}")

    @property
    def changes(self) -> bool:
        """Whether there is a document already."""
        return "id" in self.kwargs

    @property
    def previews(self) -> bool:  # type: ignore[override]
        """Drafts move nothing, so there is nothing to see beforehand."""
        return self.changes and self.document.state.value != "draft"

    @property
    def verb(self) -> str:  # type: ignore[override]
        """What the button says."""
        return "Save"

    @property
    def title(self) -> str:
        """What the page is about."""
        if self.changes:
            return f"Change {self.document.number}"
        return f"New {self.model_admin.opts.verbose_name}"

    @property
    def done(self) -> str:
        return "is changed" if self.changes else "is drafted"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.changes and not self.model_admin.may_change(self.document, request):
            state = self.document.state.value.replace("_", " ")
            messages.error(request, f"{self.document.number} is {state}: it cannot be changed.")
            return redirect(self.model_admin.url("change", self.document.id))
        return super().get(request, *args, **kwargs)

    def initial_head(self) -> dict[str, Any]:
        if not self.changes:
            return {name: self.request.GET[name] for name in self._asked_for()}
        names = self.head_form.base_fields
        values = {name: self.head_value(name) for name in names if name != "key"}
        return {name: value for name, value in values.items() if value is not None}

    def _asked_for(self) -> set[str]:
        # A link may say for whom: ?supplier=3
        return {name for name in self.head_form.base_fields if name in self.request.GET} - {"key"}

    def head_value(self, name: str) -> Any:
        """What stands in a field of the head; references by their ids."""
        return getattr(self.document, f"{name}_id", getattr(self.document, name, None))

    def initial_lines(self) -> list[dict[str, Any]]:
        if not self.changes:
            return []
        lines = self.model_admin.lines_of(self.document)
        goods = goods_of(line.variant_id for line in lines)
        return [
            {**self.line_values(line), "id": line.id, "variant": goods[line.variant_id].code}
            for line in lines
        ]

    def line_values(self, line: Any) -> dict[str, Any]:
        """What stands in the fields of a line."""
        fields = self.line_form.base_fields if self.line_form else {}
        names = set(fields) - {"id", "variant"}
        return {name: getattr(line, name) for name in names if hasattr(line, name)}

    def command(self, head: Values, lines: list[Values]) -> Any:
        """The order to the core; what a line leaves blank is for the core to fill in."""
        head, lines = Typed(self.stock, self.actor, head, lines).checked()
        values = {**head, "lines": lines_filled_in(self.line_command, lines)}
        if not self.changes:
            return filled_in(self.create_command, values)
        return filled_in(self.change_command, {**values, "id": self.document.id})

    def carry_out(self, head: Values, lines: list[Values]) -> Any:
        order = self.command(head, lines)
        save = self.service.change if self.changes else self.service.create
        return save(order, by=self.actor)
