"""The heads and lines of purchase orders, and of what is done with them."""

from __future__ import annotations

from django import forms

from sms_django.admin.base import widgets
from sms_django.admin.document_forms import (
    ActForm,
    ActLineForm,
    DraftForm,
    DraftLineForm,
    reason,
)
from sms_django.admin.stock_forms import (
    GOODS,
    MomentField,
    choice,
    day,
    number,
    partner,
    text,
    tick,
    unit_cost,
)


def _in_stock_units() -> forms.BooleanField:
    return forms.BooleanField(
        label="Single units, not packs", required=False, widget=widgets.UnfoldBooleanWidget
    )


class PurchaseOrderForm(DraftForm):
    """Of whom and for where."""

    supplier = partner("Supplier")
    warehouse = choice("Deliver to")
    expected_at = MomentField(label="Expected", help_text="In the company's time.")
    reference = text("Supplier's reference")
    field_order = ("key", "version", "supplier", "warehouse", "expected_at", "reference", "notes")


class PurchaseLineForm(DraftLineForm):
    """So many packs of something. What is left blank is filled in from the supplier's item."""

    quantity = number("Packs")
    pack_size = number("Units per pack")
    unit_cost = unit_cost(label="Cost per pack")
    discount_percent = number("Discount %")
    tax_rate = number("Tax %")
    field_order = ("variant", "quantity", "pack_size", "unit_cost", "discount_percent", "tax_rate")


class DeliveryForm(ActForm):
    """What the delivery note says."""

    reference = text("Delivery note")
    same_reference = tick(
        "The same note again", "This note was entered before, and these are other goods of it."
    )
    field_order = ("key", "reference", "occurred_at", "same_reference", "note")


class DeliveredLineForm(ActLineForm):
    """What came of a line: accepted, rejected, and where it goes."""

    aside = ("rejected_quantity", "reason_code", "keep_rejected", "unit_cost", "in_stock_units")

    quantity = number("Accepted")
    lot = text("Lot")
    expires_on = day("Expires on")
    location = text("Location", placeholder="The default")
    rejected_quantity = number("Rejected")
    reason_code = reason("Why rejected")
    keep_rejected = forms.BooleanField(
        label="Keep the rejected to send back", required=False, widget=widgets.UnfoldBooleanWidget
    )
    unit_cost = unit_cost(label="Other cost per pack")
    in_stock_units = _in_stock_units()


class AnyDeliveredLineForm(DeliveredLineForm):
    """The same for whoever may take in what was not ordered."""

    variant = text("Other goods", **{**GOODS, "placeholder": "or the code of other goods"})


class SendBackForm(ActForm):
    """How the goods go back."""

    reference = text("Reference")
    field_order = ("key", "reference", "occurred_at", "note")


class SentBackLineForm(ActLineForm):
    """What of a line goes back."""

    aside = ("location", "in_stock_units")

    quantity = number("Send back")
    reason_code = reason()
    lot = text("Lot")
    location = text("Location", placeholder="What was rejected first")
    in_stock_units = _in_stock_units()
