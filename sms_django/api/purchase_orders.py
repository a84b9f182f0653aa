"""Purchase orders over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.purchasing.commands import (
    CancelOrder,
    ChangePurchaseOrder,
    CloseOrder,
    CreatePurchaseOrder,
    DeliveredLine,
    GoodsSentBack,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
    ReopenOrder,
    ReturnOrder,
)
from sms_core.purchasing.orders import PurchaseState
from sms_core.purchasing.ports import (
    PurchaseOrderFilter,
    PurchaseOrderSort,
)
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.stock.kinds import Disposition
from sms_django import models
from sms_django.api.documents import (
    DocumentLineSerializer,
    DocumentSerializer,
    DocumentViewSet,
    TransitionSerializer,
)
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    CostField,
    DateTimeField,
    IdField,
    NameField,
    OptionalNameField,
    QuantityField,
    RateField,
)
from sms_django.api.papers import PurchasePapers
from sms_django.api.references import SUPPLIER, VARIANT, WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES
from sms_django.api.stock_lines import NamedLotSerializer
from sms_django.api.stock_movements import example, optional_reason

_IN_STOCK_UNITS = "true: the quantities of this line are in stock units, as for a broken pack."


class PurchaseLineSerializer(DocumentLineSerializer):
    command = OrderedLine

    quantity = QuantityField(help_text="In purchase units, as on the supplier's paper.")
    pack_size = QuantityField(
        allow_null=True,
        default=None,
        help_text="How many stock units a purchase unit is; empty: as it is, or as in the "
        "supplier's item, else 1.",
    )
    unit_cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        required=False,
        help_text="Per purchase unit, before the discount; empty: as it is, or as in the "
        "supplier's item, else the variant's cost.",
    )
    discount_percent = RateField(allow_null=True, default=None, help_text="Empty: as it is, or 0.")
    tax_rate = RateField(
        allow_null=True, default=None, help_text="Empty: as it is, or the product's."
    )
    stock_quantity = QuantityField(read_only=True, help_text="In stock units.")
    stock_unit_cost = CostField(
        places=UNIT_COST_PLACES, read_only=True, allow_null=True, help_text="Per stock unit, net."
    )
    net = CostField(read_only=True, allow_null=True)
    tax = CostField(read_only=True, allow_null=True)
    gross = CostField(read_only=True, allow_null=True)
    received_quantity = QuantityField(read_only=True, help_text="Accepted.")
    rejected_quantity = QuantityField(read_only=True)
    returned_quantity = QuantityField(read_only=True)
    open_quantity = QuantityField(read_only=True, help_text="Still to come.")


@example(
    "Three cases of twelve",
    supplier_id=1,
    warehouse_id=1,
    expected_at="2031-06-14T08:00:00Z",
    lines=[{"variant_id": 7, "quantity": "3", "pack_size": "12", "unit_cost": "24.00"}],
)
class PurchaseOrderSerializer(DocumentSerializer):
    state = ChoiceField(PurchaseState, read_only=True)
    supplier_id = ReferenceField(*SUPPLIER)
    warehouse_id = ReferenceField(*WAREHOUSE, help_text="Where the goods shall come to.")
    reference = OptionalNameField(help_text="The supplier's number for it.")
    expected_at = DateTimeField(allow_null=True, default=None, help_text="When it shall come.")
    placed_at = DateTimeField(read_only=True, allow_null=True)
    net = CostField(read_only=True, allow_null=True)
    tax = CostField(read_only=True, allow_null=True)
    gross = CostField(read_only=True, allow_null=True)
    lines = PurchaseLineSerializer(many=True, default=())


class DeliveredLineSerializer(CoreSerializer):
    command = DeliveredLine

    line_id = IdField(allow_null=True, default=None, help_text="The line of the order.")
    variant_id = ReferenceField(
        *VARIANT,
        allow_null=True,
        default=None,
        help_text="Instead: the variant; if it was not ordered, `purchase_order.over_receive`.",
    )
    quantity = QuantityField(default=Decimal(0), help_text="What is accepted.")
    rejected_quantity = QuantityField(default=Decimal(0))
    reason_code = optional_reason("Why something was rejected.")
    keep_rejected = BooleanField(
        default=False,
        help_text="true: what was rejected goes into quarantine, to be sent back.",
    )
    unit_cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        required=False,
        help_text="Empty: the line's net, shared over what comes.",
    )
    location_id = IdField(allow_null=True, default=None, help_text="Empty: the default location.")
    lot = NamedLotSerializer(allow_null=True, default=None)
    in_stock_units = BooleanField(default=False, help_text=_IN_STOCK_UNITS)


@example(
    "Two cases, one of them broken",
    reference="DN-4711",
    lines=[
        {
            "line_id": 31,
            "quantity": "1",
            "rejected_quantity": "1",
            "reason_code": "defective",
            "keep_rejected": True,
        }
    ],
)
class DeliverySerializer(TransitionSerializer):
    reference = OptionalNameField(help_text="The number of the delivery note.")
    same_reference = BooleanField(
        default=False, help_text="true: another delivery with a number that was entered before."
    )
    lines = DeliveredLineSerializer(
        many=True,
        allow_null=True,
        allow_empty=False,
        default=None,
        help_text="What came; empty: all that is still to come.",
    )


class GoodsSentBackSerializer(CoreSerializer):
    command = GoodsSentBack

    line_id = IdField(help_text="The line of the order.")
    quantity = QuantityField()
    reason_code = optional_reason("Why they go back; required.")
    disposition = ChoiceField(
        Disposition,
        allow_null=True,
        default=None,
        help_text="Where they are taken from, not scrap; empty: first what was rejected and kept.",
    )
    location_id = IdField(allow_null=True, default=None, help_text="Take it only from there.")
    lot_code = NameField(allow_null=True, default=None, help_text="Take only this lot.")
    in_stock_units = BooleanField(default=False, help_text=_IN_STOCK_UNITS)


@example("One case leaks", lines=[{"line_id": 31, "quantity": "1", "reason_code": "defective"}])
class ReturnToSupplierSerializer(TransitionSerializer):
    reference = OptionalNameField(help_text="The number of the supplier's credit note.")
    lines = GoodsSentBackSerializer(many=True, allow_empty=False)


class PurchaseOrderViewSet(PurchasePapers, DocumentViewSet):
    """Goods ordered of suppliers: drafted, placed, received in parts, sent back, closed."""

    queryset = models.PurchaseOrder.objects.none()
    resource = "purchase_order"
    tag = "Documents"
    service = Injected(PurchaseOrderService)
    serializer_class = PurchaseOrderSerializer
    create_command = CreatePurchaseOrder
    change_command = ChangePurchaseOrder
    list_filter = PurchaseOrderFilter
    sort = PurchaseOrderSort
    permissions = {
        "place": "purchase_order.place",
        "reopen": "purchase_order.place",
        "cancel": "purchase_order.place",
        "close": "purchase_order.place",
        "receive": "purchase_order.receive",
        "send_back": "purchase_order.return",
    }
    inputs = {
        **dict.fromkeys(("place", "reopen", "cancel", "close"), TransitionSerializer),
        "receive": DeliverySerializer,
        "send_back": ReturnToSupplierSerializer,
    }
    idempotent = frozenset(inputs)

    @action(detail=True, methods=["post"])
    def place(self, request: Request, pk: str) -> Response:
        """Send it to the supplier."""
        return self._act(PlaceOrder, self.service.place)

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Book in what came, and what of it was rejected."""
        return self._act(ReceiveOrder, self.service.receive)

    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Send received goods back to the supplier, a posting for each reason."""
        return self._act(ReturnOrder, self.service.send_back)

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Expect no more of it."""
        return self._act(CloseOrder, self.service.close)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call it off, while nothing has come."""
        return self._act(CancelOrder, self.service.cancel)

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take it back into the drafts, while nothing has come."""
        return self._act(ReopenOrder, self.service.reopen)

    def _act(self, command: type[Any], use_case: Any) -> Response:
        id, values = self.id, self.read(self.request)
        return self.settle(command(id=id, version=self.seen_version, **values), use_case)
