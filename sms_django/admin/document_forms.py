"""What the forms of documents are made of: heads, lines to order, and lines to act upon."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from sms_django.admin.base import widgets
from sms_django.admin.document_shown import Goods
from sms_django.admin.forms import VersionField
from sms_django.admin.stock_forms import LineForm, OrderForm, RowForm, text


def paragraph(label: str, *, rows: int = 2, **options: Any) -> forms.CharField:
    """Several lines of text."""
    widget = widgets.UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(**{"label": label, "required": False, "widget": widget, **options})


class DraftForm(OrderForm):
    """The head of a document that is being written."""

    version = VersionField()
    reference = text("Reference")
    notes = paragraph("Notes")
    occurred_at = None
    note = None


class DocumentLineId(forms.IntegerField):
    """Which line of the document a line of the form changes, carried along unseen."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, min_value=1)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False  # a line that was emptied is none, although it had a number


class DraftLineForm(LineForm):
    """A line of a document that is being written."""

    id = DocumentLineId()


class ActForm(OrderForm):
    """What is said once when something is done with a document."""

    reference = None


class BareForm(OrderForm):
    """Nothing but the key: there is nothing to say."""

    reference = None
    occurred_at = None
    note = None


@dataclass(frozen=True)
class Part:
    """A line of the document as the row of a form shows it."""

    of: Goods
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def goods(self) -> str:
        """What the line is about."""
        return self.of.goods


class _ChosenLine(forms.TypedChoiceField):
    """Which line of the document is meant; it alone does not make a row count."""

    widget = widgets.UnfoldAdminSelectWidget

    def __init__(self) -> None:
        super().__init__(
            label="Goods",
            coerce=int,
            choices=(),
            empty_value=None,
            error_messages={"required": "Choose the line."},
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class ActLineForm(RowForm):
    """A row about one line of the document; left blank, nothing is done with that line.

    Rows beyond those that stand there choose their line: what comes in two lots takes two.
    """

    line_id = _ChosenLine()

    def __init__(
        self,
        *args: Any,
        parts: Mapping[int, Part],
        reasons: Sequence[tuple[str, str]] = (),
        hidden: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in hidden:
            self.fields.pop(name, None)
        self.parts = parts
        offered = [(id, " ".join(part.of.words)) for id, part in parts.items()]
        self.fields["line_id"].choices = [("", ""), *offered]  # type: ignore[attr-defined]
        self.fields["line_id"].required = "variant" not in self.fields
        if "reason_code" in self.fields:
            self.fields["reason_code"].choices = [("", ""), *reasons]  # type: ignore[attr-defined]

    @property
    def cells(self) -> list[Any]:
        return [field for field in super().cells if field.name != "variant"]

    @property
    def other_goods(self) -> Any:
        """Where goods are named that the document has no line for, if that is possible."""
        return self["variant"] if "variant" in self.fields else None

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        may_choose = "variant" in self.fields and "line_id" in values
        if may_choose and bool(values["line_id"]) == bool(values.get("variant")):
            self.add_error("line_id", "Choose the line, or give the code of other goods.")
        return values

    @property
    def part(self) -> Part | None:
        """The line of the document that this row is about, once it is known."""
        chosen = str(self["line_id"].value() or "")
        return self.parts.get(int(chosen)) if chosen.isdecimal() else None

    @property
    def facts(self) -> list[dict[str, str]]:
        """What the page says of that line; blanks for a row that has none yet."""
        if self.part is not None:
            return [{"label": label, "text": text} for label, text in self.part.facts]
        any_part = next(iter(self.parts.values()), None)
        return [{"label": label, "text": ""} for label, _ in (any_part.facts if any_part else ())]

    @property
    def codes(self) -> str:
        """What a scanner may read to come to this row."""
        return "\n".join(self.part.of.codes) if self.part else ""


def reason(label: str = "Reason") -> forms.ChoiceField:
    """Why, chosen in a row; the page offers the reasons of its kind."""
    return forms.ChoiceField(
        label=label, required=False, choices=(), widget=widgets.UnfoldAdminSelectWidget
    )
