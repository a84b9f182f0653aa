"""The heads and lines of sales orders, and of what is done with them."""

from __future__ import annotations

from typing import Any

from django import forms

from sms_core.catalogue.products import TaxMethod
from sms_core.stock.kinds import Disposition
from sms_django.admin.base import DecimalInput, widgets
from sms_django.admin.document_forms import (
    ActForm,
    ActLineForm,
    DraftForm,
    DraftLineForm,
    paragraph,
    reason,
)
from sms_django.admin.stock_forms import (
    MomentField,
    choice,
    day,
    number,
    partner,
    text,
    tick,
)


class SalesOrderForm(DraftForm):
    """For whom, from where, and until when."""

    customer = partner("Customer", required=False, help_text="Empty: nobody in particular.")
    warehouse = choice("Ship from")
    promised_at = MomentField(label="Promised", help_text="In the company's time.")
    priority = forms.IntegerField(
        label="Priority",
        required=False,
        help_text="The highest is served first; usually 0.",
        widget=DecimalInput(attrs={"step": "1"}),
    )
    reference = text("Customer's reference")
    ship_to = paragraph("Ship to", help_text="Empty: the customer's address.")
    field_order = (
        "key",
        "version",
        "customer",
        "warehouse",
        "promised_at",
        "priority",
        "reference",
        "ship_to",
        "notes",
    )

    def clean_priority(self) -> int:
        return self.cleaned_data["priority"] or 0


class CounterForm(SalesOrderForm):
    """Somebody is here and takes the goods along."""

    version: Any = None
    promised_at: Any = None
    priority: Any = None
    clean_priority: Any = None


class SalesLineForm(DraftLineForm):
    """So much of something. What is left blank is what the product says."""

    aside = ("tax_rate", "tax_method")

    unit_price = number("Price")
    discount_percent = number("Discount %")
    tax_rate = number("Tax %")
    tax_method = forms.TypedChoiceField(
        label="Price is",
        required=False,
        coerce=TaxMethod,
        empty_value=None,
        choices=[
            ("", "as the product says"),
            (TaxMethod.EXCLUSIVE.value, "without tax"),
            (TaxMethod.INCLUSIVE.value, "with tax"),
        ],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    field_order = ("variant", "quantity", "unit_price", "discount_percent")


class AllocationForm(ActForm):
    """In which turn."""

    out_of_turn = tick("Out of turn", "Before those who wait longer.")
    field_order = ("key", "out_of_turn", "occurred_at", "note")


class ShippingForm(ActForm):
    """Who takes it."""

    carrier = text("Carrier")
    tracking = text("Tracking number")
    field_order = ("key", "carrier", "tracking", "occurred_at", "note")


class ShippedLineForm(ActLineForm):
    """What of a line goes out, and from where."""

    quantity = number("Ship")
    location = text("Location", placeholder="Empty: what expires first")
    lot = text("Lot", placeholder="Empty: what expires first")


class ReturnedLineForm(ActLineForm):
    """What of a line came back, why, and what becomes of it."""

    quantity = number("Comes back")
    reason_code = reason()
    disposition = forms.TypedChoiceField(
        label="Goes to",
        required=False,
        coerce=Disposition,
        # The first one goes without saying: it must not make a blank row count.
        empty_value=Disposition.STOCK,
        choices=[("", "Stock"), ("quarantine", "Quarantine"), ("scrap", "Scrap")],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    lot = text("Lot")
    expires_on = day("Expires on")
    location = text("Location", placeholder="The default")
