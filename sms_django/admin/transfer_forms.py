"""The heads and lines of stock transfers, and of what is done with them."""

from __future__ import annotations

from typing import Any

from django import forms

from sms_core.stock.transfer_commands import FoundAt
from sms_django.admin.base import widgets
from sms_django.admin.document_forms import ActForm, ActLineForm, DraftForm, DraftLineForm
from sms_django.admin.stock_forms import choice, number, text


class TransferForm(DraftForm):
    """From where to where."""

    from_warehouse = choice("From warehouse")
    to_warehouse = choice("To warehouse")
    reference = None
    field_order = ("key", "version", "from_warehouse", "to_warehouse", "notes")


class TransferLineForm(DraftLineForm):
    """So much of something, of one lot if it is named."""

    lot = text("Lot", placeholder="Any: what expires first")


class DispatchForm(ActForm):
    """How the goods leave."""

    from_location = text("From location", placeholder="Empty: what expires first")
    field_order = ("key", "from_location", "occurred_at", "note")


class ArrivedLineForm(ActLineForm):
    """What of a line arrived, and where it goes."""

    quantity = number("Arrived")
    location = text("Location", placeholder="The default")
    lot = text("Lot", placeholder="What expires first")


class ClosingForm(ActForm):
    """What became of the goods that did not arrive."""

    found_at: Any = forms.TypedChoiceField(
        label="What has not arrived",
        required=False,
        coerce=FoundAt,
        empty_value=None,
        choices=[
            ("", "is lost: write it off for a reason"),
            (FoundAt.SOURCE.value, "was found at the source: put it back there"),
        ],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    reason_code = choice(
        "Reason",
        required=False,
        to_field_name="code",
        help_text="Why it is written off; none if it is put back.",
    )
    field_order = ("key", "found_at", "reason_code", "occurred_at", "note")
