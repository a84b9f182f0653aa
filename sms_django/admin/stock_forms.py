"""What the forms that change stock are made of: a head, and lines that a scanner can fill."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from sms_core.shared.errors import DomainError
from sms_core.shared.numbers import UNIT_COST_PLACES
from sms_core.shared.text import NAME_LENGTH
from sms_core.stock.postings import MAX_LINES
from sms_django.admin.base import DecimalInput, widgets
from sms_django.stock_figures import company_zone

ROWS = 5
# The input's own datalist is filled as one types, see sms/goods.js.
GOODS = {"list": "goods", "autocomplete": "off", "placeholder": "Code or barcode"}
# As browsers send a day. Other ways to write one can be read in two ways.
_DAY = {
    "required": False,
    "input_formats": ["%Y-%m-%d"],
    "error_messages": {"invalid": "Write the day like 2027-01-31."},
    "widget": widgets.UnfoldAdminTextInputWidget(attrs={"type": "date"}),
}


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


class NumberField(forms.DecimalField):
    """A decimal; a browser leaves the input blank for what is none, so the error repeats it."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError:
            wrong = f"“{value}” is no number: write it like 1234.5."
            raise forms.ValidationError(wrong, code="invalid") from None


def number(label: str, **options: Any) -> forms.DecimalField:
    """A decimal; what it may be is for the core to say."""
    widget = DecimalInput(attrs={"step": "any"})
    return NumberField(**{"label": label, "required": False, "widget": widget, **options})


def unit_cost(label: str = "Unit cost", **options: Any) -> forms.DecimalField:
    """What one unit costs."""
    return number(label, max_digits=15, decimal_places=UNIT_COST_PLACES, **options)


def day(label: str, **options: Any) -> forms.DateField:
    """A day, picked from a calendar."""
    return forms.DateField(label=label, **{**_DAY, **options})


def choice(label: str = "", **options: Any) -> Any:
    """One row out of those that the view offers."""
    widget = widgets.UnfoldAdminSelectWidget
    return forms.ModelChoiceField(label=label or None, queryset=None, widget=widget, **options)


def partner(label: str, **options: Any) -> Any:
    """A supplier or a customer, searched by code or name; who may see none has no such field."""
    return forms.ModelChoiceField(label=label, queryset=None, **options)


def tick(label: str, help_text: str) -> forms.BooleanField:
    """Something that one has to want."""
    return forms.BooleanField(
        label=label,
        required=False,
        help_text=help_text,
        widget=widgets.UnfoldBooleanWidget,
    )


def release_reserved() -> forms.BooleanField:
    """What is a fact may overtake promises, if somebody says so."""
    return tick(
        "Release reservations",
        "If less remains than is reserved, release the difference, the newest reservations first.",
    )


class MomentField(forms.DateTimeField):
    """A time on the company's clock."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(widgets.INPUT_CLASSES)},
            format="%Y-%m-%dT%H:%M",
        )
        super().__init__(**{"required": False, "widget": widget, **options})

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(company_zone()):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(company_zone()):
            return super().prepare_value(value)


class OrderForm(forms.Form):
    """What is said once for all lines; the key makes sure that a double click posts once."""

    was_counted = False

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    occurred_at = MomentField(label="Happened at", help_text="In the company's time. Empty: now.")
    despite_count = tick(
        "Despite a count", "It happened before these goods were counted, and was not counted."
    )
    reference = text("Reference")
    note = forms.CharField(
        required=False, widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    field_order = (
        "key",
        "lines",
        "variant",
        "warehouse",
        "from_warehouse",
        "to_warehouse",
        "from_location",
        "to_location",
        "counterpart",
        "supplier",
        "customer",
        "reason_code",
        "receipt",
        "quantity",
        "unit_cost",
        "amount",
        "spread_by",
        "location",
        "lot",
        "purpose",
        "expires_at",
        "reference",
        "occurred_at",
        "despite_count",
        "note",
    )

    def __init__(
        self,
        *args: Any,
        warehouses: QuerySet[Any],
        reasons: QuerySet[Any],
        hidden: Collection[str] = (),
        looked_up: Mapping[str, forms.ModelChoiceField[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in hidden:
            self.fields.pop(name, None)
        if "occurred_at" not in self.fields:
            self.fields.pop("despite_count", None)  # only what lies back can contradict a count
        for name, field in self.fields.items():
            if found := (looked_up or {}).get(name):
                field.queryset, field.widget = found.queryset, found.widget
            elif isinstance(field, forms.ModelChoiceField):
                field.queryset = reasons if name == "reason_code" else warehouses
        for name in {"warehouse", "from_warehouse"} & set(self.fields):
            self.fields[name].initial = warehouses.first()

    @property
    def shown_fields(self) -> list[Any]:
        """The fields that are drawn: of a count one is asked once it stands in the way."""
        asks = self.was_counted or "despite_count" in self.data
        return [field for field in self.visible_fields() if asks or field.name != "despite_count"]


class RowForm(forms.Form):
    """A row of a table; what is rarely said stands `aside`, folded away until it is needed."""

    aside: ClassVar[Collection[str]] = ()

    @property
    def cells(self) -> list[Any]:
        """The fields of the row itself."""
        return [field for field in self.visible_fields() if field.name not in self.aside]

    @property
    def folded(self) -> list[Any]:
        """The fields below it."""
        return [field for field in self.visible_fields() if field.name in self.aside]

    @property
    def unfolds(self) -> bool:
        """Whether something is said there, or is wrong."""
        return any(field.value() or field.errors for field in self.folded)


class LineForm(RowForm):
    """A line; all blank, it does not count. Empty quantities are what a barcode stands for."""

    variant = text("Goods", required=True, **GOODS)
    quantity = number("Quantity")
    field_order = (
        "variant",
        "quantity",
        "counted_quantity",
        "unit_cost",
        "location",
        "lot",
        "expires_on",
        "disposition",
    )


class Lines(forms.BaseFormSet):
    """The lines; some stay empty. Whoever may not see costs has no column for them."""

    def __init__(self, *args: Any, shows_costs: bool = True, **kwargs: Any) -> None:
        self.shows_costs = shows_costs
        super().__init__(*args, **kwargs)

    def initial_form_count(self) -> int:
        """None: lines that were filled in beforehand can be emptied like all others."""
        return 0

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
        """The cells of an empty line, whose labels head the table."""
        return iter(self.empty_form.cells)


def lines_of(line: type[RowForm], extra: int) -> Any:
    """The formset of these lines with so many empty ones."""
    return forms.formset_factory(
        line, formset=Lines, extra=extra, max_num=MAX_LINES, validate_max=True
    )


_FIELDS = {
    "variant_id": "variant",
    "level/variant_id": "variant",
    "level/warehouse_id": "warehouse",
    "location_id": "location",
    "from_location_id": "from_location",
    "to_location_id": "to_location",
    "lot_code": "lot",
    "lot/code": "lot",
    "lot/expires_on": "expires_on",
    "warehouse_id": "warehouse",
    "from_warehouse_id": "from_warehouse",
    "to_warehouse_id": "to_warehouse",
    "receipt_posting_id": "receipt",
}


def show(errors: Collection[DomainError], head: forms.Form, lines: Any) -> None:
    """Put each error of the core beside what it is about."""
    if isinstance(head, OrderForm):
        head.was_counted = any(error.code == "counted_since" for error in errors)
    for error in errors:
        target, name = _target(error.pointer, head, lines)
        target.add_error(name if name in target.fields else None, error.detail)


def _target(pointer: str, head: forms.Form, lines: Any) -> tuple[Any, str]:
    path = pointer.strip("/")
    parts = path.split("/", 2)
    filled = lines.filled if lines is not None else []
    if parts[0] == "lines" and len(parts) == 3 and int(parts[1]) < len(filled):
        return filled[int(parts[1])], _FIELDS.get(parts[2], parts[2])
    return head, _FIELDS.get(path, parts[0].removesuffix("_id"))
