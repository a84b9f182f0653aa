"""How much there is of everything, and where, over HTTP."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.stock.ports import (
    COST_SORTS,
    BinFilter,
    BinSort,
    LevelFilter,
    LevelSort,
)
from sms_core.stock.services import StockService
from sms_django import models
from sms_django.api import filters
from sms_django.api.base import CoreViewSet
from sms_django.api.fields import (
    BooleanField,
    CostField,
    DateField,
    DateTimeField,
    IdField,
    NameField,
    QuantityField,
)
from sms_django.api.serializers import CoreSerializer

UNIT_COST_PLACES = 6


class LevelSerializer(CoreSerializer):
    variant_id = IdField(read_only=True)
    variant_code = NameField(read_only=True)
    product_name = NameField(read_only=True)
    warehouse_id = IdField(read_only=True)
    warehouse_code = NameField(read_only=True)
    on_hand = QuantityField(read_only=True)
    reserved = QuantityField(read_only=True)
    available = QuantityField(
        read_only=True,
        allow_null=True,
        help_text="In storage, fit for use, and promised to nobody; null as of another time.",
    )
    in_transit = QuantityField(read_only=True, allow_null=True)
    on_order = QuantityField(
        read_only=True, allow_null=True, help_text="Placed with suppliers, not received."
    )
    incoming = QuantityField(
        read_only=True, allow_null=True, help_text="In transit and on order together."
    )
    expected_at = DateTimeField(
        read_only=True, allow_null=True, help_text="When the first of what is on order is due."
    )
    backordered = QuantityField(
        read_only=True, allow_null=True, help_text="Sold, neither sent nor reserved."
    )
    unit_cost = CostField(places=UNIT_COST_PLACES, read_only=True, allow_null=True)
    value = CostField(read_only=True, allow_null=True)


class BinSerializer(CoreSerializer):
    variant_id = IdField(read_only=True)
    variant_code = NameField(read_only=True)
    product_name = NameField(read_only=True)
    warehouse_id = IdField(read_only=True)
    warehouse_code = NameField(read_only=True)
    location_id = IdField(read_only=True)
    location_code = NameField(read_only=True)
    location_kind = NameField(read_only=True)
    lot_id = IdField(read_only=True, allow_null=True)
    lot_code = NameField(read_only=True, allow_null=True)
    expires_on = DateField(read_only=True, allow_null=True)
    on_hand = QuantityField(read_only=True)
    usable = BooleanField(read_only=True)


class StockViewSet(CoreViewSet):
    """What all paths of stock share."""

    resource = "stock"
    tag = "Stock"
    stock = Injected(StockService)


class LevelViewSet(StockViewSet):
    """How much there is: one row per variant and warehouse."""

    queryset = models.Level.objects.none()
    serializer_class = LevelSerializer
    list_filter = LevelFilter
    sort = LevelSort
    cost_orders = frozenset(key.value for key in COST_SORTS)

    def list(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        return self.render_page(
            self.stock.levels(filters.read(self, request), asked, by=self.actor)
        )


class BinViewSet(StockViewSet):
    """Where it lies: one row per variant, location and lot."""

    queryset = models.Bin.objects.none()
    serializer_class = BinSerializer
    list_filter = BinFilter
    sort = BinSort

    def list(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        return self.render_page(self.stock.bins(filters.read(self, request), asked, by=self.actor))
