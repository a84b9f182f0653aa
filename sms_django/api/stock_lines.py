"""The lines of orders that move goods: what of which variant, from where or to where."""

from __future__ import annotations

from typing import Any

from sms_core.stock.commands import (
    AdjustedLine,
    IssuedLine,
    MovedLine,
    ReceivedLine,
    SentBackLine,
    TakenBackLine,
)
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot
from sms_django.api.fields import (
    ChoiceField,
    CostField,
    DateField,
    IdField,
    NameField,
    QuantityField,
)
from sms_django.api.references import VARIANT, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES


class LineSerializer(CoreSerializer):
    """What all lines may say; forms ask what one expects after the rest."""

    variant_id = ReferenceField(*VARIANT)
    expected_on_hand = QuantityField(
        allow_null=True,
        default=None,
        help_text="What you believe to be there: in the location if the line names one, else in "
        "the warehouse. If it is not so: 409 `stale`.",
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {**{n: f for n, f in fields.items() if n != "expected_on_hand"}, **fields}


class NamedLotSerializer(CoreSerializer):
    command = NamedLot

    code = NameField(help_text="Made if the variant has no such lot.")
    expires_on = DateField(allow_null=True, default=None)


class ReceivedLineSerializer(LineSerializer):
    command = ReceivedLine

    quantity = QuantityField()
    unit_cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        required=False,
        help_text="Empty: what such goods cost on average, or last.",
    )
    location_id = IdField(allow_null=True, default=None, help_text="Empty: the default location.")
    lot = NamedLotSerializer(allow_null=True, default=None)


class IssuedLineSerializer(LineSerializer):
    command = IssuedLine

    quantity = QuantityField()
    location_id = IdField(allow_null=True, default=None, help_text="Take it only from there.")
    lot_code = NameField(allow_null=True, default=None, help_text="Take only this lot.")


class AdjustedLineSerializer(LineSerializer):
    command = AdjustedLine

    quantity = QuantityField(
        allow_null=True, default=None, help_text="How much more there is, or less (below 0)."
    )
    counted_quantity = QuantityField(
        allow_null=True,
        default=None,
        help_text="Instead: how much there is, in the location and of the lot if they are named.",
    )
    location_id = IdField(allow_null=True, default=None)
    lot_code = NameField(allow_null=True, default=None)
    unit_cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        required=False,
        help_text="Of what turned up; empty: what such goods cost on average, or last.",
    )


class TakenBackLineSerializer(ReceivedLineSerializer):
    command = TakenBackLine

    disposition = ChoiceField(
        Disposition, default=Disposition.STOCK, help_text="Where the goods go."
    )


class SentBackLineSerializer(IssuedLineSerializer):
    command = SentBackLine

    disposition = ChoiceField(
        Disposition, default=Disposition.STOCK, help_text="Where they are taken from; not scrap."
    )


class MovedLineSerializer(LineSerializer):
    command = MovedLine

    quantity = QuantityField()
    lot_code = NameField(allow_null=True, default=None, help_text="Take only this lot.")
