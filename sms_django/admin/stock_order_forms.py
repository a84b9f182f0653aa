"""The heads and lines of each kind of order."""

from __future__ import annotations

from typing import Any

from django import forms

from sms_core.stock.commands import SpreadBy
from sms_core.stock.kinds import ALLOWED, Counterpart, Disposition, Kind
from sms_django.admin.base import widgets
from sms_django.admin.stock_forms import (
    GOODS,
    LineForm,
    MomentField,
    OrderForm,
    choice,
    day,
    number,
    partner,
    release_reserved,
    text,
    tick,
    unit_cost,
)


def _one_of(label: str, kind: type[Any], choices: list[tuple[str, str]], **options: Any) -> Any:
    return forms.TypedChoiceField(
        label=label,
        coerce=kind,
        choices=choices,
        widget=widgets.UnfoldAdminSelectWidget,
        **options,
    )


def expected_on_hand() -> forms.DecimalField:
    """What must be there, else nothing is posted: for who counted before he typed."""
    return number("Only if on hand is")


class PlacedForm(OrderForm):
    """The head of what happens in one warehouse."""

    warehouse = choice()


class ReceiptForm(PlacedForm):
    """The head of a receipt."""

    supplier = partner("Supplier", required=False)
    reference = text("Delivery note")
    same_reference = tick(
        "The same note again", "This note was entered before, and these are other goods of it."
    )


class ReasonForm(PlacedForm):
    """The head of what needs a reason, or may have one."""

    reason_code = choice("Reason", required=False, to_field_name="code")


class SendBackForm(ReasonForm):
    """The head of what goes back to a supplier."""

    supplier = partner("Supplier", required=False)


class TakeBackForm(ReasonForm):
    """The head of what comes back from a customer."""

    customer = partner("Customer", required=False)


class IssueForm(ReasonForm):
    """The head of an issue."""

    customer = partner("Customer", required=False)
    counterpart = _one_of(
        "For",
        Counterpart,
        [
            (party.value, {"internal": "Own use"}.get(party.value, party.value.capitalize()))
            for party in ALLOWED[Kind.ISSUE]
        ],
    )
    reason_code = choice(
        "Reason", required=False, to_field_name="code", help_text="Own use must have one."
    )


class FactForm(ReasonForm):
    """The head of what was found to be so, whatever had been promised."""

    release_reserved = release_reserved()


class TransferForm(OrderForm):
    """The head of a transfer; between two places of one warehouse too."""

    from_warehouse = choice("From warehouse")
    from_location = text("From location", placeholder="Empty: the earliest expiry first")
    to_warehouse = choice("To warehouse")
    to_location = text("To location", placeholder="Empty: the default location")


class RevaluationForm(PlacedForm):
    """A new unit cost of all that is there of something."""

    variant = text("Goods", required=True, **GOODS)
    unit_cost = unit_cost(required=True, help_text="What a unit is worth from now on.")


class CostForm(OrderForm):
    """What a receipt cost beyond what was booked."""

    receipt = text("Receipt", required=True, placeholder="REC-2026-000123")
    amount = number(
        "Amount",
        required=True,
        help_text="How much more the goods cost in all; below 0: how much less.",
    )
    spread_by = _one_of(
        "Spread by", SpreadBy, [(by.value, by.value.capitalize()) for by in SpreadBy]
    )


class ReservationForm(OrderForm):
    """A promise."""

    warehouse = choice()
    variant = text("Goods", required=True, **GOODS)
    quantity = number("Quantity", help_text="Empty: what the barcode stands for.")
    purpose = text("For whom or what")
    expires_at = MomentField(label="Until", help_text="In the company's time. Empty: for ever.")
    reference = None
    note = None
    occurred_at = None


class ReleaseForm(OrderForm):
    """How much of a promise is taken back."""

    quantity = number("Quantity", help_text="Empty: all that is open of it.")


class ShipForm(ReleaseForm):
    """How much of a promise is sent, and where it is taken from."""

    location = text("Location", placeholder="Empty: the earliest expiry first")
    lot = text("Lot")


class ReceivedLineForm(LineForm):
    """A line of what comes in."""

    aside = ("expected_on_hand",)

    unit_cost = unit_cost()
    location = text("Location")
    lot = text("Lot")
    expected_on_hand = expected_on_hand()
    expires_on = day("Expires on")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("expires_on") and not values.get("lot"):
            self.add_error("lot", "Give the lot that expires then.")
        return values


class IssuedLineForm(LineForm):
    """A line of what leaves."""

    aside = ("expected_on_hand",)

    location = text("Location")
    lot = text("Lot")
    expected_on_hand = expected_on_hand()


class AdjustedLineForm(IssuedLineForm):
    """A line of an adjustment: what was counted, or how much more or less there is."""

    quantity = number("Change by")
    counted_quantity = number("Counted")
    unit_cost = unit_cost()
    field_order = ("variant", "counted_quantity", "quantity", "unit_cost", "location", "lot")


class MovedLineForm(LineForm):
    """A line of a transfer."""

    aside = ("expected_on_hand",)

    lot = text("Lot")
    expected_on_hand = expected_on_hand()


def _disposition(*offered: Disposition) -> Any:
    # The first one goes without saying: it must not make a blank line count.
    blank, *others = [(each.value, each.value.capitalize()) for each in offered]
    return _one_of(
        "Goes to",
        Disposition,
        [("", blank[1]), *others],
        required=False,
        empty_value=offered[0],
    )


class TakenBackLineForm(ReceivedLineForm):
    """A line of what a customer sends back."""

    disposition = _disposition(Disposition.STOCK, Disposition.QUARANTINE, Disposition.SCRAP)


class SentBackLineForm(IssuedLineForm):
    """A line of what goes back to a supplier."""

    disposition = _disposition(Disposition.STOCK, Disposition.QUARANTINE)
    disposition.label = "Taken from"
