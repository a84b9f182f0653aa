"""The pages that undo a posting, or undo it and enter what should have stood there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.container import Injected
from sms_core.shared.errors import NotFound
from sms_core.stock.commands import CorrectPosting, ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.kinds import IRREVERSIBLE, Counterpart, Disposition, Kind
from sms_core.stock.views import EntryView, PostingView
from sms_django import models
from sms_django.admin.base import widgets
from sms_django.admin.stock_forms import OrderForm, release_reserved
from sms_django.admin.stock_links import signed
from sms_django.admin.stock_movements import (
    AdjustView,
    IssueView,
    MovementView,
    ReceiveView,
    ScrapView,
    SendBackView,
    TakeBackView,
    TransferView,
)
from sms_django.admin.stock_openings import OpenView
from sms_django.admin.stock_orders import OrderView


class ReversalForm(OrderForm):
    """Which lines are undone, when and why."""

    lines = forms.TypedMultipleChoiceField(
        coerce=int, widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget
    )
    release_reserved = release_reserved()
    reference = None

    def __init__(self, *args: Any, choices: Collection[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = choices  # type: ignore[attr-defined]


class OfPosting:
    """A page about one posting that the actor sees, and those of its lines that are chosen."""

    request: HttpRequest
    stock: Any
    actor: Any

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        try:
            self.posting: PostingView = self.stock.posting(kwargs["id"], by=self.actor)
        except NotFound as missing:
            raise Http404(missing.detail) from None
        self.title = f"{self.verb} {self.posting.number}"  # type: ignore[attr-defined]

    @property
    def lines(self) -> list[int]:
        """The numbers of its lines."""
        return sorted({entry.line for entry in self.posting.entries})

    @property
    def left(self) -> list[int]:
        """The lines that are not undone yet."""
        return [line for line in self.lines if line not in self.posting.reversed_lines]

    @property
    def chosen(self) -> list[int]:
        """The lines that were ticked on the page of the posting; none: all that are left."""
        ticked = set(self.request.GET.getlist("line"))
        return [line for line in self.left if str(line) in ticked] or self.left


class ReverseView(OfPosting, OrderView):
    """Undo a posting, or some of its lines."""

    corrections = Injected(CorrectionService)
    verb, kind = "Reverse", Kind.REVERSAL
    permission_required = ("stock.reverse",)
    head_form = ReversalForm

    def initial_head(self) -> dict[str, Any]:
        return {"lines": self.chosen}

    def head_options(self) -> dict[str, Any]:
        # What is sent twice names lines that are undone by then: that is for the core to see.
        lines = self.lines if self.request.method == "POST" else self.left
        choices = [(line, _in_words(line, self.posting.entries)) for line in lines]
        return {**super().head_options(), "choices": choices}

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> PostingView:
        return self.corrections.reverse(_reversal(self.posting, head["lines"], head), by=self.actor)


class Correcting(OfPosting):
    """Mixed into the page of a kind: it opens filled with the lines that it will undo."""

    corrections = Injected(CorrectionService)
    verb = "Correct"
    template_name = "sms/correction.html"
    permission_required: tuple[str, ...]
    command: Callable[..., Any]

    def initial_head(self) -> dict[str, Any]:
        """What the posting says of itself."""
        posting, entries = self.posting, self._entries() or list(self.posting.entries)
        there = [entry for entry in entries if entry.quantity > 0] or entries
        gone = [entry for entry in entries if entry.quantity < 0] or entries
        codes = _location_codes(entries)
        return {
            "undo": ",".join(map(str, self.chosen)),
            "reference": posting.reference,
            "note": posting.note,
            "reason_code": posting.reason_code,
            "supplier": posting.supplier_id,
            "customer": posting.customer_id,
            "counterpart": entries[0].counterpart,
            "warehouse": entries[0].warehouse_id,
            "from_warehouse": gone[0].warehouse_id,
            "to_warehouse": there[0].warehouse_id,
            "from_location": _only({codes.get(entry.location_id or 0, "") for entry in gone}),
            "to_location": _only({codes.get(entry.location_id or 0, "") for entry in there}),
            "same_reference": True,
        }

    def initial_lines(self) -> list[dict[str, Any]]:
        """What the chosen lines say."""
        return list(_typed(Kind(self.posting.kind), self._entries()))

    def carry_out(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        """Undo and enter, both or neither."""
        order = CorrectPosting(
            reverse=_reversal(self.posting, _numbers(head["undo"]), head),
            instead=self.command(head, lines),
        )
        return self.corrections.correct(order, by=self.actor)

    def summary(self, made: tuple[PostingView, PostingView]) -> dict[str, Any]:
        """The new posting, which tells of the reversal."""
        undone, instead = made
        return {"id": instead.id, "number": f"{undone.number} with {instead.number}"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        numbers = _numbers(kwargs["head"]["undo"].value() or "")
        undone = [_in_words(line, self.posting.entries) for line in numbers]
        return super().get_context_data(**kwargs, posting=self.posting, undone=undone)  # type: ignore[misc]

    def _entries(self) -> list[EntryView]:
        chosen = set(self.chosen)
        return [e for e in self.posting.entries if e.line in chosen and e.quantity]


class _Undo(forms.RegexField):
    """Which lines are undone: those with which the form was filled, whatever happens meanwhile."""

    def __init__(self) -> None:
        super().__init__(r"^[0-9]{1,9}(,[0-9]{1,9})*$", widget=forms.HiddenInput, strip=False)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isdecimal()]


def _correcting(view: type[MovementView]) -> Any:
    needed = ("stock.reverse", *view.permission_required)
    head = type(f"Correct{view.head_form.__name__}", (view.head_form,), {"undo": _Undo()})
    own = {"permission_required": needed, "head_form": head, "__doc__": f"Correct: {view.__doc__}"}
    return type(f"Correct{view.__name__}", (Correcting, view), own)


CORRECTIONS = {
    view.kind.value: _correcting(view)
    for view in (
        ReceiveView,
        OpenView,
        IssueView,
        AdjustView,
        ScrapView,
        TransferView,
        SendBackView,
        TakeBackView,
    )
}


def correct(request: HttpRequest, id: int, model_admin: Any) -> HttpResponse:
    """The page on which a posting of this kind is corrected."""
    posting = models.Posting.objects.filter(pk=id).first()
    if posting is None:
        raise Http404
    view = CORRECTIONS.get(posting.kind)
    if view is None:
        messages.error(request, "There is no form for this kind of posting: reverse it instead.")
        return redirect("admin:sms_posting_change", id)
    answer: HttpResponse = view.as_view(model_admin=model_admin)(request, id=id)
    return answer


def may_be_undone(posting: PostingView) -> bool:
    """Whether something of it is left to undo."""
    lines = {entry.line for entry in posting.entries}
    return Kind(posting.kind) not in IRREVERSIBLE and bool(lines - set(posting.reversed_lines))


def _reversal(posting: PostingView, lines: Collection[int], head: dict[str, Any]) -> ReversePosting:
    return ReversePosting(
        posting_id=posting.id,
        lines=tuple(lines),
        note=head["note"],
        occurred_at=head.get("occurred_at"),
        release_reserved=head.get("release_reserved", False),
    )


def _typed(kind: Kind, entries: list[EntryView]) -> Iterator[dict[str, Any]]:
    """The lines as somebody would have typed them, one for each place and lot."""
    codes = _location_codes(entries)
    expiries = dict(
        models.Lot.objects.filter(
            variant_id__in={entry.variant_id for entry in entries},
            code__in={entry.lot_code for entry in entries if entry.lot_code},
        ).values_list("code", "expires_on")
    )
    scrapped = {e.line for e in entries if e.counterpart == Counterpart.SCRAP.value}
    for entry in entries:
        came = entry.quantity > 0
        if came if kind is Kind.TRANSFER else not came and kind is Kind.CUSTOMER_RETURN:
            continue  # the other side of a line that is there already
        thrown = kind is Kind.CUSTOMER_RETURN and entry.line in scrapped
        yield {
            "variant": entry.variant_code,
            "quantity": entry.quantity if kind is Kind.ADJUSTMENT else abs(entry.quantity),
            "unit_cost": entry.unit_cost if came else None,
            "location": "" if thrown else codes.get(entry.location_id or 0, ""),
            "lot": entry.lot_code or "",
            "expires_on": expiries.get(entry.lot_code or ""),
            "disposition": Disposition.SCRAP.value if thrown else "",
        }


def _location_codes(entries: list[EntryView]) -> dict[int, str]:
    ids = {entry.location_id for entry in entries if entry.location_id}
    return dict(models.Location.objects.filter(pk__in=ids).values_list("pk", "code"))


def _only(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else ""


def _in_words(line: int, entries: Collection[EntryView]) -> str:
    parts = [
        f"{signed(e.quantity)} {e.variant_code}" + (f", lot {e.lot_code}" if e.lot_code else "")
        for e in entries
        if e.line == line and e.quantity
    ]
    return f"Line {line}: " + (" and ".join(parts) or "a change of value")
