"""The forms in which goods are received and issued: a head, and lines that a scanner can fill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet

from sms_core.shared.errors import DomainError
from sms_core.shared.numbers import UNIT_COST_PLACES
from sms_core.shared.text import NAME_LENGTH
from sms_core.stock.kinds import ALLOWED, Counterpart, Kind
from sms_core.stock.postings import MAX_LINES
from sms_django.admin.base import DecimalInput, widgets

ROWS = 5
# The input's own datalist is filled as one types, see sms/goods.js.
_GOODS = {"list": "goods", "autocomplete": "off", "placeholder": "Code or barcode"}


def worded(value: str) -> str:
    """A name from the core as people read it."""
    return value.replace("_", " ").capitalize()


def text(label: str, *, required: bool = False, **attrs: str) -> forms.CharField:
    """A line of text."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=NAME_LENGTH,
        widget=widgets.UnfoldAdminTextInputWidget(attrs=attrs),
    )


class OrderForm(forms.Form):
    """What is said once for all lines; the key makes sure that a double click posts once."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    warehouse: Any = forms.ModelChoiceField(queryset=None, widget=widgets.UnfoldAdminSelectWidget)
    reference = text("Reference")
    note = forms.CharField(
        required=False, widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, warehouses: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        warehouse = self.fields["warehouse"]
        warehouse.queryset = warehouses  # type: ignore[attr-defined]
        warehouse.initial = warehouses.first()


class ReceiptForm(OrderForm):
    """The head of a receipt."""

    field_order = ("key", "warehouse", "reference", "note")


class IssueForm(OrderForm):
    """The head of an issue."""

    counterpart = forms.TypedChoiceField(
        label="For",
        coerce=Counterpart,
        choices=[
            (party.value, {"internal": "Own use"}.get(party.value, party.value.capitalize()))
            for party in ALLOWED[Kind.ISSUE]
        ],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    reason_code: Any = forms.ModelChoiceField(
        label="Reason",
        required=False,
        queryset=None,
        to_field_name="code",
        widget=widgets.UnfoldAdminSelectWidget,
        help_text="Own use must have one.",
    )
    field_order = ("key", "warehouse", "counterpart", "reason_code", "reference", "note")

    def __init__(self, *args: Any, reasons: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].queryset = reasons  # type: ignore[attr-defined]


class LineForm(forms.Form):
    """A line; all blank, it does not count. Empty quantities are what a barcode stands for."""

    variant = text("Goods", required=True, **_GOODS)
    quantity = forms.DecimalField(required=False, widget=DecimalInput(attrs={"step": "any"}))
    location = text("Location")


class ReceivedLineForm(LineForm):
    """A line of a receipt."""

    unit_cost = forms.DecimalField(
        required=False,
        max_digits=15,
        decimal_places=UNIT_COST_PLACES,
        widget=DecimalInput(attrs={"step": "any"}),
    )
    lot = text("Lot")
    expires_on = forms.DateField(
        label="Expires on",
        required=False,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    field_order = ("variant", "quantity", "unit_cost", "location", "lot", "expires_on")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("expires_on") and not values.get("lot"):
            self.add_error("lot", "Give the lot that expires then.")
        return values


class IssuedLineForm(LineForm):
    """A line of an issue."""

    lot = text("Lot")
    field_order = ("variant", "quantity", "location", "lot")


class Lines(forms.BaseFormSet):
    """The lines; some stay empty. Whoever may not see costs has no column for them."""

    def __init__(self, *args: Any, shows_costs: bool = True, **kwargs: Any) -> None:
        self.shows_costs = shows_costs
        super().__init__(*args, **kwargs)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if not self.shows_costs:
            form.fields.pop("unit_cost", None)
        for name, field in form.fields.items():
            # The column's head names the input for the eye, this for the ear.
            field.widget.attrs["aria-label"] = f"{form[name].label} {(index or 0) + 1}"

    @property
    def filled(self) -> list[Any]:
        """The forms of the lines that count, in their order."""
        return [form for form in self.forms if form.has_changed()]

    @property
    def columns(self) -> Iterator[Any]:
        """The fields of an empty line, whose labels head the table."""
        return iter(self.empty_form)


def lines_of(line: type[LineForm], extra: int) -> Any:
    """The formset of these lines with so many empty ones."""
    return forms.formset_factory(
        line, formset=Lines, extra=extra, max_num=MAX_LINES, validate_max=True
    )


_FIELDS = {
    "variant_id": "variant",
    "location_id": "location",
    "lot_code": "lot",
    "lot/code": "lot",
    "lot/expires_on": "expires_on",
    "warehouse_id": "warehouse",
}


def show(refusal: DomainError, head: forms.Form, lines: Any) -> None:
    """Put each error of the core beside what it is about."""
    for error in refusal.errors:
        target, name = _target(error.pointer, head, lines)
        target.add_error(name if name in target.fields else None, error.detail)


def _target(pointer: str, head: forms.Form, lines: Any) -> tuple[Any, str]:
    parts = pointer.strip("/").split("/", 2)
    filled = lines.filled
    if parts[0] == "lines" and len(parts) == 3 and int(parts[1]) < len(filled):
        return filled[int(parts[1])], _FIELDS.get(parts[2], parts[2])
    return head, _FIELDS.get(parts[0], parts[0])
