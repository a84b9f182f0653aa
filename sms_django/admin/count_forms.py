"""The heads and lines of stock counts, and of what is done with them."""

from __future__ import annotations

from typing import Any

from django import forms

from sms_django.admin.base import widgets
from sms_django.admin.document_forms import ActForm, ActLineForm, DraftForm, paragraph
from sms_django.admin.stock_forms import (
    LineForm,
    choice,
    day,
    number,
    partner,
    release_reserved,
    text,
    tick,
)


class CountForm(DraftForm):
    """What is counted: each part narrows the others."""

    warehouse = choice()
    category = partner("Category", required=False)
    locations = text("Locations", placeholder="All; else their codes, as A1, A2")
    goods = paragraph("Goods", help_text="Their codes, one a line. Empty: all.")
    reference = None
    field_order = ("key", "version", "warehouse", "category", "locations", "goods", "notes")


class NoteForm(ActForm):
    """A note for the history."""

    occurred_at = None


class EnterForm(NoteForm):
    """What is said of the sheet as a whole."""

    zero_rest = tick("The rest is empty", "Nothing is in the places that nobody counted.")
    done = tick("Hand in", "All is counted that will be: what differs can be seen then.")
    field_order = ("key", "zero_rest", "done", "note")


class _OnSheet(forms.BooleanField):
    """Whether the row stands for a line of the sheet, carried along unseen."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class EnterLineForm(LineForm):
    """What was found in one place. A scanned barcode alone adds what it stands for."""

    on_sheet: Any = _OnSheet()
    quantity = number("Counted")
    add = number("Or add")
    location = text("Location", placeholder="As on the sheet")
    lot = text("Lot")
    expires_on = day("Expires")
    aside = ("expires_on",)
    field_order = ("variant", "quantity", "add", "location", "lot", "expires_on")

    def has_changed(self) -> bool:
        """A row of the sheet counts once somebody says how much there is."""
        if str(self["on_sheet"].value() or "") == "True":
            return any(self[name].value() not in (None, "") for name in ("quantity", "add"))
        return super().has_changed()


class RecountLineForm(ActLineForm):
    """A line that may be counted again."""

    again = forms.BooleanField(
        label="Count again", required=False, widget=widgets.UnfoldBooleanWidget
    )


class PostCountForm(NoteForm):
    """How what was counted is posted."""

    reason_code = choice(
        "Reason", required=False, to_field_name="code", help_text="Empty: count difference."
    )
    release_reserved = release_reserved()
    field_order = ("key", "reason_code", "release_reserved", "note")
