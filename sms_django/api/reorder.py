"""When to order more of what, over HTTP: rules, what runs short, and drafts of the orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.reorder import (
    ChangeReorderRule,
    CreateReorderRule,
    OrderedSuggestion,
    OrderSuggestions,
)
from sms_core.purchasing.reorder_ports import (
    ReorderRuleFilter,
    ReorderRuleSort,
    SuggestionFilter,
    SuggestionSort,
)
from sms_core.purchasing.reordering import ReorderRuleService, ReorderService
from sms_django import models
from sms_django.api import filters
from sms_django.api.base import CoreViewSet, MasterDataViewSet
from sms_django.api.fields import (
    CostField,
    DateTimeField,
    IdField,
    IntegerField,
    NameField,
    OptionalNameField,
    QuantityField,
)
from sms_django.api.purchase_orders import PurchaseOrderSerializer
from sms_django.api.references import SUPPLIER, VARIANT, WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer, RecordSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES
from sms_django.api.stock_orders import PREVIEW, PREVIEWS, OrderMixin, PreviewSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Keep between 10 and 40",
            {"variant_id": 7, "warehouse_id": 1, "minimum": "10", "maximum": "40"},
            request_only=True,
        )
    ]
)
class ReorderRuleSerializer(RecordSerializer):
    variant_id = ReferenceField(*VARIANT)
    warehouse_id = ReferenceField(*WAREHOUSE, help_text="One rule per variant and warehouse.")
    minimum = QuantityField(help_text="With no more than this in sight it is ordered again.")
    maximum = QuantityField(help_text="Up to which it is filled up, in whole packs.")
    pack_size = QuantityField(
        allow_null=True, default=None, help_text="Empty: the packs of the supplier."
    )
    lead_days = IntegerField(
        allow_null=True, default=None, min_value=0, help_text="Empty: what the supplier says."
    )


class ReorderRuleViewSet(MasterDataViewSet):
    """When to order more of a variant for a warehouse."""

    queryset = models.ReorderRule.objects.none()
    resource = "purchase_order"
    tag = "Documents"
    service = Injected(ReorderRuleService)
    serializer_class = ReorderRuleSerializer
    create_command = CreateReorderRule
    change_command = ChangeReorderRule
    list_filter = ReorderRuleFilter
    sort = ReorderRuleSort


class SuggestionSerializer(CoreSerializer):
    """Projected = on hand − reserved − backordered + incoming; what is missing to the maximum
    is ordered in whole packs."""

    variant_id = IdField(read_only=True)
    variant_code = NameField(read_only=True)
    product_name = NameField(read_only=True)
    warehouse_id = IdField(read_only=True)
    warehouse_code = NameField(read_only=True)
    on_hand = QuantityField(read_only=True)
    reserved = QuantityField(read_only=True)
    backordered = QuantityField(read_only=True)
    on_order = QuantityField(read_only=True)
    in_transit = QuantityField(read_only=True)
    incoming = QuantityField(read_only=True, help_text="On order and in transit together.")
    projected = QuantityField(read_only=True)
    minimum = QuantityField(read_only=True, help_text="Without a rule: the reorder level.")
    maximum = QuantityField(read_only=True)
    shortfall = QuantityField(read_only=True, help_text="What is missing to the maximum.")
    pack_size = QuantityField(read_only=True)
    packs = QuantityField(read_only=True)
    quantity = QuantityField(read_only=True, help_text="What to order: so many packs, in all.")
    drafted = QuantityField(
        read_only=True, help_text="What stands on draft orders: it does not count as incoming."
    )
    rule_id = IdField(read_only=True, allow_null=True)
    supplier_id = IdField(source="offer.supplier_id", read_only=True, allow_null=True)
    supplier_code = NameField(source="offer.supplier_code", read_only=True, allow_null=True)
    supplier_name = NameField(source="offer.supplier_name", read_only=True, allow_null=True)
    supplier_item_code = OptionalNameField(source="offer.code", read_only=True, allow_null=True)
    unit_cost = CostField(
        places=UNIT_COST_PLACES, read_only=True, allow_null=True, help_text="Of a pack."
    )
    lead_days = IntegerField(read_only=True, allow_null=True)
    expected_at = DateTimeField(
        read_only=True, allow_null=True, help_text="When it would be there if it were ordered now."
    )


class SuggestionViewSet(CoreViewSet):
    """What runs short, and how much to order of whom."""

    queryset = models.ReorderRule.objects.none()
    resource = "purchase_order"
    tag = "Documents"
    service = Injected(ReorderService)
    serializer_class = SuggestionSerializer
    list_filter = SuggestionFilter
    sort = SuggestionSort

    def list(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        filter = filters.read(self, request)
        return self.render_page(self.service.suggestions(filter, asked, by=self.actor))


class OrderedSuggestionSerializer(CoreSerializer):
    command = OrderedSuggestion

    variant_id = ReferenceField(*VARIANT)
    warehouse_id = ReferenceField(*WAREHOUSE)
    quantity = QuantityField(
        allow_null=True,
        default=None,
        help_text="In whole packs, counted in the unit of stock; empty: as suggested.",
    )
    supplier_id = ReferenceField(
        *SUPPLIER, allow_null=True, default=None, help_text="Empty: the preferred supplier."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "As suggested", {"lines": [{"variant_id": 7, "warehouse_id": 1}]}, request_only=True
        )
    ]
)
class OrderSuggestionsSerializer(CoreSerializer):
    command = OrderSuggestions

    lines = OrderedSuggestionSerializer(many=True, allow_empty=False)


class DraftedOrdersSerializer(CoreSerializer):
    """The draft purchase orders, one per supplier and warehouse."""

    results = PurchaseOrderSerializer(many=True, read_only=True)


class ReorderOrderViewSet(OrderMixin, CoreViewSet):
    """Turns suggestions into draft purchase orders."""

    queryset = models.PurchaseOrder.objects.none()
    resource = "purchase_order"
    tag = "Documents"
    service = Injected(ReorderService)
    serializer_class = DraftedOrdersSerializer
    inputs = {"create": OrderSuggestionsSerializer}
    idempotent = frozenset({"create"})
    parameters = {"create": PREVIEWS}
    filter_backends = []

    @extend_schema(
        responses={201: DraftedOrdersSerializer, 200: PreviewSerializer}, parameters=[PREVIEW]
    )
    def create(self, request: Request) -> Response:
        """Draft the orders for what was chosen, one per supplier and warehouse."""
        command = self.read(request)
        return self.carried_out(command, self.service, self.service.order, self._drafted)

    def _drafted(self, orders: list[PurchaseOrder]) -> Response:
        return self.render({"results": orders}, 201)

    def _sees_all(self, answer: Mapping[str, Any]) -> bool:
        return all(self.actor.sees(order["warehouse_id"]) for order in answer["results"])
