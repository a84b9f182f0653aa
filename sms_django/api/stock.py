"""Warehouses, locations, lots and reason codes over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.stock.commands import (
    ChangeLocation,
    ChangeLot,
    ChangeReasonCode,
    ChangeWarehouse,
    CreateLocation,
    CreateLot,
    CreateReasonCode,
    CreateWarehouse,
)
from sms_core.stock.enquiries import EnquiryService
from sms_core.stock.entities import LocationKind
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.places import (
    LocationService,
    LotService,
    ReasonCodeService,
    WarehouseService,
)
from sms_core.stock.ports import (
    LocationFilter,
    LocationSort,
    LotFilter,
    LotSort,
    ReasonCodeFilter,
    ReasonCodeSort,
    WarehouseFilter,
    WarehouseSort,
)
from sms_django import models
from sms_django.api.base import CoreViewSet, MasterDataViewSet, ReadMixin
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    CodesField,
    DateField,
    IdField,
    NameField,
    OptionalNameField,
    TextField,
    refuse,
)
from sms_django.api.references import VARIANT, WAREHOUSE, ReferenceField
from sms_django.api.serializers import RecordSerializer
from sms_django.api.stock_enquiries import LotTraceSerializer


def posting_kinds() -> list[tuple[str, str]]:
    """The kinds of postings as the schema gathers them, under one name wherever they occur."""
    return list(ChoiceField(Kind).choices.items())


def counterparts() -> list[tuple[str, str]]:
    """Where goods come from and go to, likewise."""
    return list(ChoiceField(Counterpart).choices.items())


@extend_schema_field(
    {"type": "array", "items": {"type": "string", "enum": [kind.value for kind in Kind]}}
)
class KindsField(CodesField):
    """Kinds of postings, each once."""

    def to_internal_value(self, data: Any) -> tuple[Kind, ...]:
        known = {kind.value for kind in Kind}
        codes = super().to_internal_value(data)
        for code in codes:
            if code not in known:
                raise refuse(f"There is no kind {code} of postings.", "invalid_choice")
        return tuple(Kind(code) for code in codes)

    def to_representation(self, data: Any) -> list[str]:
        return [kind.value for kind in data]


@extend_schema_serializer(
    examples=[
        OpenApiExample("A warehouse", {"code": "NORTH", "name": "North depot"}, request_only=True)
    ]
)
class WarehouseSerializer(RecordSerializer):
    code = NameField(help_text="Unique among live warehouses, whatever the case.")
    name = NameField()
    address = TextField()
    default_location_id = IdField(
        read_only=True, help_text="Where goods go when no location is named."
    )
    quarantine_location_id = IdField(read_only=True)


class WarehouseViewSet(MasterDataViewSet):
    """Sites with stock of their own; each is made with a storage location and a quarantine."""

    queryset = models.Warehouse.objects.none()
    resource = "warehouse"
    tag = "Stock"
    service = Injected(WarehouseService)
    serializer_class = WarehouseSerializer
    create_command = CreateWarehouse
    change_command = ChangeWarehouse
    list_filter = WarehouseFilter
    sort = WarehouseSort


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A shelf", {"warehouse_id": 1, "code": "A-01", "name": "Aisle A"}, request_only=True
        )
    ]
)
class LocationSerializer(RecordSerializer):
    warehouse_id = ReferenceField(*WAREHOUSE, help_text="A location stays in its warehouse.")
    code = NameField(help_text="Unique among the live locations of the warehouse.")
    name = NameField()
    kind = ChoiceField(
        LocationKind,
        default=LocationKind.STORAGE,
        help_text="What lies in quarantine is not available. Transit is made by the system.",
    )


class LocationViewSet(MasterDataViewSet):
    """Places in warehouses."""

    queryset = models.Location.objects.none()
    resource = "location"
    tag = "Stock"
    service = Injected(LocationService)
    serializer_class = LocationSerializer
    create_command = CreateLocation
    change_command = ChangeLocation
    list_filter = LocationFilter
    sort = LocationSort


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A reason",
            {"code": "tasting", "label": "Tasting", "kinds": ["issue"]},
            request_only=True,
        )
    ]
)
class ReasonCodeSerializer(RecordSerializer):
    code = NameField(help_text="Unique among live reason codes, whatever the case.")
    label = OptionalNameField(help_text="Empty: the code.")
    kinds = KindsField(
        default=(), help_text="For which kinds of postings it is offered; none: for all."
    )


class ReasonCodeViewSet(MasterDataViewSet):
    """Why stock changes."""

    queryset = models.ReasonCode.objects.none()
    resource = "reason_code"
    tag = "Stock"
    service = Injected(ReasonCodeService)
    serializer_class = ReasonCodeSerializer
    create_command = CreateReasonCode
    change_command = ChangeReasonCode
    list_filter = ReasonCodeFilter
    sort = ReasonCodeSort


class LotFields(RecordSerializer):
    """What may be changed of a lot; the ledger names it, so it is never archived."""

    deleted_at = None  # type: ignore[assignment]
    expires_on = DateField(
        allow_null=True, default=None, help_text="The last day on which it may be used."
    )
    is_blocked = BooleanField(default=False, help_text="true: it leaves only when it is named.")
    note = TextField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A lot",
            {"variant_id": 7, "code": "L-2031", "expires_on": "2031-05-31"},
            request_only=True,
        )
    ]
)
class LotSerializer(LotFields):
    variant_id = ReferenceField(*VARIANT)
    code = NameField(help_text="Unique for the variant, whatever the case.")


class LotChangeSerializer(LotFields):
    """A lot as it may be changed: its variant and code stay."""


class LotViewSet(ReadMixin, CoreViewSet):
    """Batches of variants. Receipts make them; here they are announced, dated and blocked."""

    queryset = models.Lot.objects.none()
    resource = "stock"
    tag = "Stock"
    permissions = {
        "create": "stock.receive",
        "partial_update": "stock.adjust",
        "trace": "stock.view",
    }
    service = Injected(LotService)
    enquiries = Injected(EnquiryService)
    serializer_class = LotSerializer
    inputs = {"partial_update": LotChangeSerializer}
    list_filter = LotFilter
    sort = LotSort

    def create(self, request: Request) -> Response:
        values = self.read(request)
        values.pop("version", None)
        lot = self.service.create(CreateLot(**values), by=self.actor)
        return self.render(lot, 201, Location=self.reverse_action("detail", args=[lot.id]))

    def partial_update(self, request: Request, pk: str) -> Response:
        values = self.read(request, partial=True)
        version = self.expected_version(values)
        command = ChangeLot(id=self.id, version=version, **values)
        return self.render(self.service.change(command, by=self.actor))

    @extend_schema(responses=LotTraceSerializer)
    @action(detail=True)
    def trace(self, request: Request, pk: str) -> Response:
        """From whom a lot came, where it lies now and to whom it went."""
        found = self.enquiries.trace(self.id, by=self.actor)
        return Response(LotTraceSerializer(found, context=self.get_serializer_context()).data)
