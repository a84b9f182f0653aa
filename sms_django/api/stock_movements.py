"""The orders that move goods, over HTTP: they come, go, spoil, turn up and change places."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from sms_core.stock.commands import (
    AdjustStock,
    IssueGoods,
    OpenStock,
    ReceiveGoods,
    ReturnToSupplier,
    ScrapGoods,
    TakeBackGoods,
    TransferStock,
)
from sms_core.stock.kinds import ALLOWED, Counterpart, Kind
from sms_django import models
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    IdField,
    NameField,
)
from sms_django.api.references import SUPPLIER, WAREHOUSE, ReferenceField
from sms_django.api.stock_levels import StockViewSet
from sms_django.api.stock_lines import (
    AdjustedLineSerializer,
    IssuedLineSerializer,
    MovedLineSerializer,
    ReceivedLineSerializer,
    SentBackLineSerializer,
    TakenBackLineSerializer,
)
from sms_django.api.stock_orders import (
    PREVIEW,
    PREVIEWS,
    RELEASE_RESERVED,
    FactSerializer,
    OrderMixin,
    PreviewSerializer,
)
from sms_django.api.stock_postings import PostingSerializer


def example(name: str, /, **body: Any) -> Any:
    """Shows a body in the documentation."""
    return extend_schema_serializer(examples=[OpenApiExample(name, body, request_only=True)])


class IssueCounterpartField(ChoiceField):
    """Who gets the goods that are issued."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Counterpart, **kwargs)
        allowed = ALLOWED[Kind.ISSUE]
        self.choices = [(c.value, c.value) for c in Counterpart if c in allowed]


class SupplierIdField(ReferenceField):
    """Who delivered, or gets back; nobody in particular if it is left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(*SUPPLIER, allow_null=True, default=None, **kwargs)


class CustomerIdField(IdField):
    """Who buys, or brings back; nobody in particular if it is left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, default=None, **kwargs)


def optional_reason(help_text: str = "The code of the reason.") -> NameField:
    """Why, where nobody need say so."""
    return NameField(allow_null=True, default=None, help_text=help_text)


@example(
    "A delivery",
    warehouse_id=1,
    reference="DN-4711",
    lines=[
        {"variant_id": 7, "quantity": "12", "unit_cost": "4.25"},
        {
            "variant_id": 8,
            "quantity": "2.500",
            "lot": {"code": "L-2031", "expires_on": "2031-05-31"},
        },
    ],
)
class ReceiptSerializer(FactSerializer):
    command = ReceiveGoods

    warehouse_id = ReferenceField(*WAREHOUSE)
    supplier_id = SupplierIdField()
    same_reference = BooleanField(
        default=False,
        help_text="true: this is another delivery, though one with the same supplier and "
        "reference was entered before.",
    )
    lines = ReceivedLineSerializer(many=True, allow_empty=False)


@example(
    "What was there on the first day",
    warehouse_id=1,
    lines=[{"variant_id": 7, "quantity": "240", "unit_cost": "4.10", "location_id": 3}],
)
class OpeningSerializer(FactSerializer):
    command = OpenStock

    warehouse_id = ReferenceField(*WAREHOUSE)
    lines = ReceivedLineSerializer(many=True, allow_empty=False)


@example(
    "Samples for a fair",
    warehouse_id=1,
    reason_code="sample",
    lines=[{"variant_id": 7, "quantity": "3"}],
)
class IssueSerializer(FactSerializer):
    command = IssueGoods

    warehouse_id = ReferenceField(*WAREHOUSE)
    counterpart = IssueCounterpartField(default=Counterpart.INTERNAL)
    customer_id = CustomerIdField()
    reason_code = optional_reason("The code of the reason; own use must have one.")
    lines = IssuedLineSerializer(many=True, allow_empty=False)


@example(
    "After looking at the shelf",
    warehouse_id=1,
    reason_code="count-difference",
    lines=[
        {"variant_id": 7, "counted_quantity": "11", "location_id": 3, "expected_on_hand": "12"},
        {"variant_id": 8, "quantity": "-0.500"},
    ],
)
class AdjustmentSerializer(FactSerializer):
    command = AdjustStock

    warehouse_id = ReferenceField(*WAREHOUSE)
    reason_code = NameField(help_text="The code of the reason.")
    release_reserved = BooleanField(default=False, help_text=RELEASE_RESERVED)
    lines = AdjustedLineSerializer(many=True, allow_empty=False)


@example(
    "A broken crate",
    warehouse_id=1,
    reason_code="damaged",
    lines=[{"variant_id": 7, "quantity": "6", "location_id": 3}],
)
class ScrapSerializer(FactSerializer):
    command = ScrapGoods

    warehouse_id = ReferenceField(*WAREHOUSE)
    reason_code = NameField(help_text="The code of the reason.")
    release_reserved = BooleanField(default=False, help_text=RELEASE_RESERVED)
    lines = IssuedLineSerializer(many=True, allow_empty=False)


@example(
    "The wrong flavour",
    warehouse_id=1,
    reason_code="wrong-item",
    lines=[{"variant_id": 7, "quantity": "2", "disposition": "quarantine"}],
)
class CustomerReturnSerializer(FactSerializer):
    command = TakeBackGoods

    warehouse_id = ReferenceField(*WAREHOUSE)
    customer_id = CustomerIdField()
    reason_code = optional_reason()
    lines = TakenBackLineSerializer(many=True, allow_empty=False)


@example(
    "Faulty goods",
    warehouse_id=1,
    reason_code="defective",
    lines=[{"variant_id": 7, "quantity": "2", "disposition": "quarantine"}],
)
class SupplierReturnSerializer(FactSerializer):
    command = ReturnToSupplier

    warehouse_id = ReferenceField(*WAREHOUSE)
    supplier_id = SupplierIdField()
    reason_code = optional_reason()
    lines = SentBackLineSerializer(many=True, allow_empty=False)


@example(
    "To the shop",
    from_warehouse_id=1,
    to_warehouse_id=2,
    lines=[{"variant_id": 7, "quantity": "24"}],
)
class TransferSerializer(FactSerializer):
    command = TransferStock

    from_warehouse_id = ReferenceField(*WAREHOUSE)
    to_warehouse_id = ReferenceField(
        *WAREHOUSE, help_text="May be the same one: then name both locations."
    )
    from_location_id = IdField(allow_null=True, default=None)
    to_location_id = IdField(
        allow_null=True, default=None, help_text="Empty: the default location."
    )
    lines = MovedLineSerializer(many=True, allow_empty=False)


class OrderViewSet(OrderMixin, StockViewSet):
    """An order that changes stock. It is carried out once per `Idempotency-Key`."""

    queryset = models.Posting.objects.none()
    serializer_class = PostingSerializer
    idempotent = frozenset({"create"})
    parameters = {"create": PREVIEWS}
    use_case: ClassVar[str]

    @extend_schema(responses={201: PostingSerializer, 200: PreviewSerializer}, parameters=[PREVIEW])
    def create(self, request: Request) -> Response:
        return self.posted(self.read(request), self.stock, getattr(self.stock, self.use_case))


class ReceiptViewSet(OrderViewSet):
    """Goods came in: all lines are posted, or none."""

    permissions = {"create": "stock.receive"}
    inputs = {"create": ReceiptSerializer}
    use_case = "receive"


class OpeningViewSet(OrderViewSet):
    """What was there before the first entry of its variant and warehouse."""

    permissions = {"create": "stock.open"}
    inputs = {"create": OpeningSerializer}
    use_case = "open"


class IssueViewSet(OrderViewSet):
    """Goods leave: from where each line says, else what expires first, all lines or none."""

    permissions = {"create": "stock.issue"}
    inputs = {"create": IssueSerializer}
    use_case = "issue"


class AdjustmentViewSet(OrderViewSet):
    """There is more or less than the books say: by so much, or so much was counted."""

    permissions = {"create": "stock.adjust"}
    inputs = {"create": AdjustmentSerializer}
    use_case = "adjust"


class ScrapViewSet(OrderViewSet):
    """Goods are thrown away."""

    permissions = {"create": "stock.scrap"}
    inputs = {"create": ScrapSerializer}
    use_case = "scrap"


class CustomerReturnViewSet(OrderViewSet):
    """Goods come back from a customer: to storage, to quarantine or straight to scrap."""

    permissions = {"create": "stock.receive"}
    inputs = {"create": CustomerReturnSerializer}
    use_case = "take_back"


class SupplierReturnViewSet(OrderViewSet):
    """Goods go back to a supplier, out of storage or out of quarantine."""

    permissions = {"create": "stock.issue"}
    inputs = {"create": SupplierReturnSerializer}
    use_case = "return_to_supplier"


class TransferViewSet(OrderViewSet):
    """Goods change places in one step, within a warehouse or from one to another."""

    permissions = {"create": "stock.transfer"}
    inputs = {"create": TransferSerializer}
    use_case = "transfer"
