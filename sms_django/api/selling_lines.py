"""The lines of sales over HTTP, and what can be said when something is done with a sale."""

from __future__ import annotations

from typing import Any

from sms_core.catalogue.products import TaxMethod
from sms_core.selling.commands import ReturnedLine, ShippedLine, WantedLine
from sms_core.selling.orders import SalesLine
from sms_core.stock.kinds import Disposition
from sms_django.api.documents import DocumentLineSerializer, TransitionSerializer
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    IdField,
    NameField,
    OptionalNameField,
    PriceField,
    QuantityField,
    RateField,
)
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_lines import NamedLotSerializer
from sms_django.api.stock_movements import example, optional_reason


class SalesLineSerializer(DocumentLineSerializer):
    command = WantedLine

    variant_code = NameField(read_only=True)
    description = OptionalNameField(read_only=True, help_text="What it was called at confirming.")
    quantity = QuantityField()
    unit_price = PriceField(
        allow_null=True,
        default=None,
        help_text="Empty: as it is, or the variant's, else the product's price.",
    )
    discount_percent = RateField(allow_null=True, default=None, help_text="Empty: as it is, or 0.")
    tax_rate = RateField(
        allow_null=True, default=None, help_text="Empty: as it is, or the product's."
    )
    tax_method = ChoiceField(
        TaxMethod, allow_null=True, default=None, help_text="Empty: as it is, or the product's."
    )
    net = PriceField(read_only=True)
    tax = PriceField(read_only=True)
    gross = PriceField(read_only=True)
    reserved_quantity = QuantityField(read_only=True)
    backordered_quantity = QuantityField(
        read_only=True, help_text="What the customer waits for and is not reserved."
    )
    shipped_quantity = QuantityField(read_only=True)
    returned_quantity = QuantityField(read_only=True)

    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(
            _shown(instance) if isinstance(instance, SalesLine) else instance
        )


def _shown(line: SalesLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "variant_id": line.variant_id,
        "variant_code": line.code,
        "description": line.description,
        "quantity": line.quantity,
        **vars(line.terms),
        **vars(line.amount),
        "reserved_quantity": line.progress.reserved,
        "backordered_quantity": line.backordered,
        "shipped_quantity": line.progress.shipped,
        "returned_quantity": line.progress.returned,
    }


class AmountSerializer(CoreSerializer):
    """What the lines of one rate of tax come to."""

    rate = RateField(read_only=True)
    net = PriceField(read_only=True)
    tax = PriceField(read_only=True)
    gross = PriceField(read_only=True)


class ShipmentSerializer(CoreSerializer):
    """A parcel, and how to follow it."""

    posting_id = IdField(read_only=True)
    number = NameField(read_only=True)
    carrier = OptionalNameField(read_only=True)
    tracking = OptionalNameField(read_only=True)


@example("What others wait for longer", out_of_turn=True)
class AllocationSerializer(TransitionSerializer):
    out_of_turn = BooleanField(
        default=False,
        help_text="true: before those who wait longer; takes `sales_order.allocate_out_of_turn`.",
    )


class ShippedLineSerializer(CoreSerializer):
    command = ShippedLine

    line_id = IdField(help_text="The line of the order.")
    quantity = QuantityField()
    location_id = IdField(allow_null=True, default=None, help_text="Take it only from there.")
    lot_code = NameField(allow_null=True, default=None, help_text="Take only this lot.")


@example("All that is reserved", carrier="DHL", tracking="00340434161094000000")
class ShippingSerializer(TransitionSerializer):
    carrier = OptionalNameField(help_text="Who takes it.")
    tracking = OptionalNameField(help_text="Under what number one can follow it.")
    lines = ShippedLineSerializer(
        many=True,
        allow_null=True,
        allow_empty=False,
        default=None,
        help_text="What is sent; empty: all that is reserved.",
    )


class ReturnedLineSerializer(CoreSerializer):
    command = ReturnedLine

    line_id = IdField(help_text="The line of the order.")
    quantity = QuantityField()
    reason_code = optional_reason("Why it came back.")
    disposition = ChoiceField(
        Disposition, default=Disposition.STOCK, help_text="Where the goods go."
    )
    location_id = IdField(allow_null=True, default=None, help_text="Empty: the default location.")
    lot = NamedLotSerializer(allow_null=True, default=None)


@example(
    "Two came back broken",
    lines=[
        {"line_id": 31, "quantity": "2", "reason_code": "defective", "disposition": "quarantine"}
    ],
)
class SalesReturnSerializer(TransitionSerializer):
    lines = ReturnedLineSerializer(many=True, allow_empty=False)
