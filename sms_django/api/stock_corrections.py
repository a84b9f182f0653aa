"""What goods are worth, and until when the books are closed, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.stock.closing import PeriodService
from sms_core.stock.commands import ClosePeriod, CorrectCost, RevalueLevel, SpreadBy
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.drafts import LEVEL_POINTERS, repointed
from sms_django import models
from sms_django.api.fields import (
    ChoiceField,
    CostField,
    DateField,
    DateTimeField,
    IdField,
    NameField,
    TextField,
)
from sms_django.api.references import VARIANT, WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES, StockViewSet
from sms_django.api.stock_movements import OrderViewSet
from sms_django.api.stock_orders import (
    PREVIEW,
    PREVIEWS,
    FactSerializer,
    OrderMixin,
    PreviewSerializer,
)


class LevelKeySerializer(CoreSerializer):
    variant_id = ReferenceField(*VARIANT)
    warehouse_id = ReferenceField(*WAREHOUSE)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A level is worth less",
            {"level": {"variant_id": 7, "warehouse_id": 1}, "unit_cost": "3.80"},
            request_only=True,
        ),
        OpenApiExample(
            "Freight came later",
            {"receipt_posting_id": 12, "amount": "45.00", "spread_by": "value"},
            request_only=True,
        ),
    ]
)
class RevaluationSerializer(FactSerializer):
    """Either `level` and `unit_cost`, or `receipt_posting_id` and `amount`."""

    level = LevelKeySerializer(
        allow_null=True, default=None, help_text="What gets a new unit cost."
    )
    unit_cost = CostField(places=UNIT_COST_PLACES, allow_null=True, required=False)
    receipt_posting_id = IdField(
        allow_null=True, default=None, help_text="Instead: the receipt that cost more, or less."
    )
    amount = CostField(
        allow_null=True, required=False, help_text="How much more the receipt cost, or less."
    )
    spread_by = ChoiceField(
        SpreadBy,
        allow_null=True,
        default=None,
        help_text="How the amount is spread over the lines of the receipt; by default by value.",
    )

    def run_validation(self, data: Any = empty) -> RevalueLevel | CorrectCost:
        values = super().run_validation(data)
        level, receipt_id = values.pop("level"), values.pop("receipt_posting_id")
        cost, amount = values.pop("unit_cost", None), values.pop("amount", None)
        spread_by = values.pop("spread_by")
        if (level is None) == (receipt_id is None):
            raise _wrong("level", "Give either a level or a receipt.", "one_of")
        if level is None:
            _see_that_given("amount", amount)
            _see_that_left_out("unit_cost", cost)
            return CorrectCost(
                receipt_posting_id=receipt_id,
                amount=amount,
                spread_by=spread_by or SpreadBy.VALUE,
                **values,
            )
        _see_that_given("unit_cost", cost)
        _see_that_left_out("amount", amount)
        _see_that_left_out("spread_by", spread_by)
        return RevalueLevel(**level, unit_cost=cost, **values)


def _see_that_given(field: str, value: Any) -> None:
    if value is None:
        raise _wrong(field, "This field is required.", "required")


def _see_that_left_out(field: str, value: Any) -> None:
    if value is not None:
        raise _wrong(field, "This belongs to the other form of a revaluation.", "not_allowed")


def _wrong(field: str, detail: str, code: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(detail, code=code)]})


class RevaluationViewSet(OrderViewSet):
    """Goods are worth something else: a level by the unit, or what a receipt brought in all."""

    corrections = Injected(CorrectionService)
    permissions = {"create": "stock.revalue"}
    inputs = {"create": RevaluationSerializer}

    @extend_schema(
        responses={201: OrderViewSet.serializer_class, 200: PreviewSerializer},
        parameters=[PREVIEW],
    )
    def create(self, request: Request) -> Response:
        command = self.read(request)
        if isinstance(command, CorrectCost):
            return self.posted(command, self.corrections, self.corrections.correct_cost)
        with repointed(LEVEL_POINTERS):
            return self.posted(command, self.corrections, self.corrections.revalue)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The month is over",
            {"closed_until": "2026-10-31", "note": "October"},
            request_only=True,
        )
    ]
)
class PeriodSerializer(CoreSerializer):
    id = IdField(read_only=True)
    closed_until = DateField(help_text="The last closed day. An earlier one than before re-opens.")
    note = TextField(help_text="Why; re-opening must say so.")
    user_id = IdField(read_only=True, allow_null=True)
    username = NameField(read_only=True)
    recorded_at = DateTimeField(read_only=True)


class PeriodViewSet(OrderMixin, StockViewSet):
    """Until when the books are closed, the last record first; it is the one that counts."""

    queryset = models.Posting.objects.none()
    periods = Injected(PeriodService)
    permissions = {"create": "stock.close_period"}
    serializer_class = PeriodSerializer
    idempotent = frozenset({"create"})
    parameters = {"create": PREVIEWS}

    def list(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        return self.render_page(self.periods.search(asked, by=self.actor))

    @extend_schema(responses={201: PeriodSerializer, 200: PreviewSerializer}, parameters=[PREVIEW])
    def create(self, request: Request) -> Response:
        """Close the books until a day, inclusive, or open them again from the day after it."""
        command = ClosePeriod(**self.read(request))
        return self.carried_out(
            command, self.periods, self.periods.close, lambda closing: self.render(closing, 201)
        )
