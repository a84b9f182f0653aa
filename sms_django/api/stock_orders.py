"""The orders that change stock, over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from sms_core.stock.commands import IssuedLine, IssueGoods, ReceivedLine, ReceiveGoods
from sms_core.stock.kinds import ALLOWED, Counterpart, Kind
from sms_core.stock.postings import NamedLot
from sms_django import models
from sms_django.api.fields import (
    ChoiceField,
    CostField,
    DateField,
    IdField,
    NameField,
    OptionalNameField,
    QuantityField,
    TextField,
)
from sms_django.api.references import VARIANT, WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES, StockViewSet
from sms_django.api.stock_postings import PostingSerializer


class NamedLotSerializer(CoreSerializer):
    command = NamedLot

    code = NameField(help_text="Made if the variant has no such lot.")
    expires_on = DateField(allow_null=True, default=None)


class ReceivedLineSerializer(CoreSerializer):
    command = ReceivedLine

    variant_id = ReferenceField(*VARIANT)
    quantity = QuantityField()
    unit_cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        required=False,
        help_text="Empty: what such goods cost on average, or last.",
    )
    location_id = IdField(allow_null=True, default=None, help_text="Empty: the default location.")
    lot = NamedLotSerializer(allow_null=True, default=None)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A delivery",
            {
                "warehouse_id": 1,
                "reference": "DN-4711",
                "lines": [
                    {"variant_id": 7, "quantity": "12", "unit_cost": "4.25"},
                    {
                        "variant_id": 8,
                        "quantity": "2.500",
                        "lot": {"code": "L-2031", "expires_on": "2031-05-31"},
                    },
                ],
            },
            request_only=True,
        )
    ]
)
class ReceiptSerializer(CoreSerializer):
    command = ReceiveGoods

    warehouse_id = ReferenceField(*WAREHOUSE)
    reference = OptionalNameField(help_text="The number of the delivery note.")
    note = TextField()
    lines = ReceivedLineSerializer(many=True, allow_empty=False)


class IssuedLineSerializer(CoreSerializer):
    command = IssuedLine

    variant_id = ReferenceField(*VARIANT)
    quantity = QuantityField()
    location_id = IdField(allow_null=True, default=None, help_text="Take it only from there.")
    lot_code = NameField(allow_null=True, default=None, help_text="Take only this lot.")


class IssueCounterpartField(ChoiceField):
    """Who gets the goods that are issued."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Counterpart, **kwargs)
        allowed = ALLOWED[Kind.ISSUE]
        self.choices = [(c.value, c.value) for c in Counterpart if c in allowed]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Samples for a fair",
            {
                "warehouse_id": 1,
                "reason_code": "sample",
                "lines": [{"variant_id": 7, "quantity": "3"}],
            },
            request_only=True,
        )
    ]
)
class IssueSerializer(CoreSerializer):
    command = IssueGoods

    warehouse_id = ReferenceField(*WAREHOUSE)
    counterpart = IssueCounterpartField(default=Counterpart.INTERNAL)
    reason_code = NameField(
        allow_null=True, default=None, help_text="The code of the reason; own use must have one."
    )
    reference = OptionalNameField()
    note = TextField()
    lines = IssuedLineSerializer(many=True, allow_empty=False)


class OrderViewSet(StockViewSet):
    """An order that changes stock. It is carried out once per `Idempotency-Key`."""

    queryset = models.Posting.objects.none()
    serializer_class = PostingSerializer
    idempotent = frozenset({"create"})
    use_case: ClassVar[str]

    def create(self, request: Request) -> Response:
        command = self.read(request)
        # Also before an earlier answer is repeated: rights may have been taken away.
        self.stock.authorise(command, by=self.actor)
        carry_out = getattr(self.stock, self.use_case)
        response = self.once(lambda: self.render(carry_out(command, by=self.actor), 201))
        args = [response.data["id"]]
        response["Location"] = reverse("posting-detail", args=args, request=request)
        return response


class ReceiptViewSet(OrderViewSet):
    """Goods came in: all lines are posted, or none."""

    permissions = {"create": "stock.receive"}
    inputs = {"create": ReceiptSerializer}
    use_case = "receive"


class IssueViewSet(OrderViewSet):
    """Goods leave: from where each line says, else what expires first, all lines or none."""

    permissions = {"create": "stock.issue"}
    inputs = {"create": IssueSerializer}
    use_case = "issue"
