"""Goods that are promised to somebody, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.stock.commands import ReleaseReservation, ReserveStock, ShipReservation
from sms_core.stock.ledger_ports import ReservationFilter, ReservationSort
from sms_core.stock.reservations import ReservationService
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.api.base import CoreViewSet, ReadMixin
from sms_django.api.fields import (
    DateTimeField,
    IdField,
    NameField,
    OptionalNameField,
    QuantityField,
)
from sms_django.api.references import VARIANT, WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_orders import (
    PREVIEW,
    PREVIEWS,
    FactSerializer,
    OrderMixin,
    PreviewSerializer,
)
from sms_django.api.stock_postings import DocumentField, PostingSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "For a customer who collects it",
            {
                "variant_id": 7,
                "warehouse_id": 1,
                "quantity": "2",
                "purpose": "Ada Lovelace, collects on Friday",
                "expires_at": "2031-05-31T18:00:00Z",
            },
            request_only=True,
        )
    ]
)
class ReservationSerializer(CoreSerializer):
    id = IdField(read_only=True)
    variant_id = ReferenceField(*VARIANT)
    warehouse_id = ReferenceField(*WAREHOUSE)
    quantity = QuantityField()
    open_quantity = QuantityField(read_only=True, help_text="What is neither sent nor released.")
    purpose = OptionalNameField(help_text="For whom, or what for.")
    expires_at = DateTimeField(
        allow_null=True, default=None, help_text="When the promise ends; empty: never by itself."
    )
    document = DocumentField(read_only=True, allow_null=True)
    posting_id = IdField(read_only=True, help_text="The posting that made it.")
    user_id = IdField(read_only=True, allow_null=True)
    username = NameField(read_only=True)
    occurred_at = DateTimeField(read_only=True)
    recorded_at = DateTimeField(read_only=True)


class SettledReservationSerializer(ReservationSerializer):
    """A reservation after some of it was sent or released, with the posting that did so."""

    posting = PostingSerializer(read_only=True)


@extend_schema_serializer(
    examples=[OpenApiExample("Not all of it is wanted", {"quantity": "1"}, request_only=True)]
)
class ReleaseSerializer(FactSerializer):
    quantity = QuantityField(
        allow_null=True, default=None, help_text="Empty: all that is open of it."
    )


@extend_schema_serializer(
    examples=[OpenApiExample("All of it", {"reference": "PARCEL-77"}, request_only=True)]
)
class ShipmentSerializer(FactSerializer):
    quantity = QuantityField(
        allow_null=True, default=None, help_text="Empty: all that is open of it."
    )
    location_id = IdField(allow_null=True, default=None, help_text="Take it only from there.")
    lot_code = NameField(allow_null=True, default=None, help_text="Take only this lot.")
    customer_id = IdField(allow_null=True, default=None)


SETTLED: Any = {
    "parameters": [PREVIEW],
    "responses": {
        200: PolymorphicProxySerializer(
            component_name="SettledReservationOrPreview",
            serializers=[SettledReservationSerializer, PreviewSerializer],
            resource_type_field_name=None,
        )
    },
}


class ReservationViewSet(OrderMixin, ReadMixin, CoreViewSet):
    """Goods promised to somebody: they are still there, and no longer available."""

    queryset = models.Reservation.objects.none()
    resource = "stock"
    tag = "Stock"
    permissions = {
        "create": "stock.reserve",
        "release": "stock.reserve",
        "ship": "stock.issue",
    }
    service = Injected(ReservationService)
    serializer_class = ReservationSerializer
    inputs = {"release": ReleaseSerializer, "ship": ShipmentSerializer}
    list_filter = ReservationFilter
    sort = ReservationSort
    idempotent = frozenset({"create", "release", "ship"})
    parameters = dict.fromkeys(idempotent, PREVIEWS)

    @extend_schema(
        responses={201: ReservationSerializer, 200: PreviewSerializer}, parameters=[PREVIEW]
    )
    def create(self, request: Request) -> Response:
        """Promise available goods; their place and lot are chosen when they are sent."""
        command = ReserveStock(**self.read(request))
        response = self.carried_out(command, self.service, self.service.reserve, self._made)
        return self.located(response, "reservation-detail")

    @extend_schema(**SETTLED)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Take the promise back, or a part of it."""
        command = ReleaseReservation(reservation_id=self.id, **self.read(request))
        return self.carried_out(command, self.service, self.service.release, self._settled)

    @extend_schema(**SETTLED)
    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: str) -> Response:
        """Send what was promised, or a part of it."""
        command = ShipReservation(reservation_id=self.id, **self.read(request))
        return self.carried_out(command, self.service, self.service.ship, self._settled)

    def _made(self, posting: PostingView) -> Response:
        return self.render(self.service.get(posting.reservation_ids[0], by=self.actor), 201)

    def _settled(self, posting: PostingView) -> Response:
        reservation = self.service.get(self.id, by=self.actor)
        found = {**vars(reservation), "posting": posting}
        context = self.get_serializer_context()
        return Response(SettledReservationSerializer(found, context=context).data)
