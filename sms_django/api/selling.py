"""Customers and sales orders over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.selling.commands import (
    AllocateSalesOrder,
    CancelSalesOrder,
    ChangeCustomer,
    ChangeSalesOrder,
    CloseSalesOrder,
    ConfirmSalesOrder,
    CreateCustomer,
    CreateSalesOrder,
    ReopenSalesOrder,
    ReturnSalesOrder,
    SellNow,
    ShipSalesOrder,
)
from sms_core.selling.customers import CustomerService
from sms_core.selling.orders import HIGHEST_PRIORITY, SalesOrder, SalesState
from sms_core.selling.ports import (
    CustomerFilter,
    CustomerSort,
    SalesOrderFilter,
    SalesOrderSort,
)
from sms_core.selling.services import SalesOrderService
from sms_core.shared.errors import Invalid
from sms_django import models
from sms_django.api.base import MasterDataViewSet
from sms_django.api.documents import DocumentSerializer, DocumentViewSet, TransitionSerializer
from sms_django.api.fields import (
    ChoiceField,
    DateTimeField,
    IntegerField,
    NameField,
    OptionalNameField,
    PriceField,
    TextField,
)
from sms_django.api.papers import SalesPapers
from sms_django.api.references import CUSTOMER, WAREHOUSE, ReferenceField
from sms_django.api.selling_lines import (
    AllocationSerializer,
    AmountSerializer,
    SalesLineSerializer,
    SalesReturnSerializer,
    ShipmentSerializer,
    ShippingSerializer,
)
from sms_django.api.serializers import RecordSerializer
from sms_django.api.stock_movements import example
from sms_django.api.stock_orders import PreviewSerializer, wants_preview

AT_ONCE = frozenset({"confirm", "ship"})


@example(
    "A customer", code="ALFKI", name="Alfreds Futterkiste", address="Obere Str. 57\n12209 Berlin"
)
class CustomerSerializer(RecordSerializer):
    code = NameField(help_text="Unique among live customers, whatever the case.")
    name = NameField()
    tax_id = OptionalNameField()
    email = OptionalNameField(help_text="An e-mail address.")
    phone = OptionalNameField()
    address = TextField(help_text="Where goods go unless an order says otherwise.")
    notes = TextField()


class CustomerViewSet(MasterDataViewSet):
    """Those who buy from us."""

    queryset = models.Customer.objects.none()
    resource = "customer"
    tag = "Documents"
    service = Injected(CustomerService)
    serializer_class = CustomerSerializer
    create_command = CreateCustomer
    change_command = ChangeCustomer
    list_filter = CustomerFilter
    sort = CustomerSort


@example(
    "A sale",
    customer_id=1,
    warehouse_id=1,
    reference="PO 4711",
    promised_at="2031-05-31T12:00:00Z",
    lines=[
        {"variant_id": 7, "quantity": "12"},
        {"variant_id": 8, "quantity": "1", "unit_price": "9.90"},
    ],
)
class SalesOrderSerializer(DocumentSerializer):
    state = ChoiceField(SalesState, read_only=True)
    customer_id = ReferenceField(
        *CUSTOMER, allow_null=True, default=None, help_text="Empty: nobody in particular."
    )
    customer_name = OptionalNameField(read_only=True, help_text="As it was at confirming.")
    warehouse_id = ReferenceField(*WAREHOUSE, help_text="Where the goods come from.")
    reference = OptionalNameField(help_text="The number of the customer's order.")
    ordered_at = DateTimeField(
        allow_null=True, default=None, help_text="Empty: now, and as it is in a change."
    )
    promised_at = DateTimeField(allow_null=True, default=None, help_text="When it is to go out.")
    priority = IntegerField(
        min_value=-HIGHEST_PRIORITY,
        max_value=HIGHEST_PRIORITY,
        default=0,
        help_text="The highest is served first.",
    )
    ship_to = TextField(help_text="Empty: the customer's address, filled in at confirming.")
    confirmed_at = DateTimeField(read_only=True, allow_null=True)
    lines = SalesLineSerializer(many=True, default=())
    net = PriceField(source="amount.net", read_only=True)
    tax = PriceField(source="amount.tax", read_only=True)
    gross = PriceField(source="amount.gross", read_only=True)
    taxes = serializers.SerializerMethodField(help_text="What the lines come to, by rate of tax.")
    shipments = ShipmentSerializer(many=True, read_only=True)

    @extend_schema_field(AmountSerializer(many=True))
    def get_taxes(self, order: SalesOrder) -> Any:
        taxes = [{"rate": rate, **vars(amount)} for rate, amount in order.taxes.items()]
        return AmountSerializer(taxes, many=True).data


def _switch(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, bool, description=words)


class SalesOrderViewSet(SalesPapers, DocumentViewSet):
    """Goods sold: drafted, confirmed, shipped in parts, taken back, closed."""

    queryset = models.SalesOrder.objects.none()
    resource = "sales_order"
    tag = "Documents"
    service = Injected(SalesOrderService)
    serializer_class = SalesOrderSerializer
    create_command = CreateSalesOrder
    change_command = ChangeSalesOrder
    list_filter = SalesOrderFilter
    sort = SalesOrderSort
    permissions = {
        **dict.fromkeys(
            ("confirm", "allocate", "close", "cancel", "reopen"), "sales_order.confirm"
        ),
        "ship": "sales_order.ship",
        "take_back": "sales_order.return",
    }
    inputs = {
        **dict.fromkeys(("confirm", "close", "cancel", "reopen"), TransitionSerializer),
        "allocate": AllocationSerializer,
        "ship": ShippingSerializer,
        "take_back": SalesReturnSerializer,
    }
    idempotent = frozenset({*inputs, "create"})
    parameters = {"create": AT_ONCE}

    @extend_schema(
        responses={201: SalesOrderSerializer, 200: PreviewSerializer},
        parameters=[
            _switch("confirm", "true: confirm it at once. This needs the key; a draft does not."),
            _switch("ship", "true, with `confirm`: send all of it too, or do nothing at all."),
        ],
    )
    def create(self, request: Request) -> Response:
        """Draft a sale; or sell now, all or nothing."""
        confirms, ships = (self._is_on(name) for name in ("confirm", "ship"))
        if ships and not confirms:
            raise Invalid("Only what is confirmed can be shipped.", pointer="/ship")
        if not confirms and not wants_preview(request):
            return super().create(request)
        values = self.read(request)
        values.pop("version", None)
        order = CreateSalesOrder(**values)
        if not confirms:
            return self._tried(lambda: self.service.create(order, by=self.actor))
        sale = SellNow(order=order, ship=ships)
        return self.located(self.settle(sale, self.service.sell, 201), "sales-order-detail")

    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Promise the customer what is there; the rest waits in the queue."""
        return self._act(ConfirmSalesOrder, self.service.confirm)

    @action(detail=True, methods=["post"])
    def allocate(self, request: Request, pk: str) -> Response:
        """Reserve what has become available, in turn."""
        return self._act(AllocateSalesOrder, self.service.allocate)

    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: str) -> Response:
        """Send what is reserved."""
        return self._act(ShipSalesOrder, self.service.ship)

    @action(detail=True, methods=["post"], url_path="return")
    def take_back(self, request: Request, pk: str) -> Response:
        """Take goods back from the customer, a posting for each reason."""
        return self._act(ReturnSalesOrder, self.service.take_back)

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Send nothing more of it."""
        return self._act(CloseSalesOrder, self.service.close)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call it off, while nothing was sent."""
        return self._act(CancelSalesOrder, self.service.cancel)

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take it back into the drafts, while nothing was sent."""
        return self._act(ReopenSalesOrder, self.service.reopen)

    def _act(self, command: type[Any], use_case: Any) -> Response:
        id, values = self.id, self.read(self.request)
        return self.settle(command(id=id, version=self.seen_version, **values), use_case)

    def _is_on(self, name: str) -> bool:
        text = self.request.query_params.get(name, "false")
        if text not in {"true", "false"}:
            raise Invalid("This must be true or false.", pointer=f"/{name}")
        return text == "true"
