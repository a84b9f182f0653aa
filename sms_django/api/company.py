"""The company over HTTP."""

from __future__ import annotations

from decimal import Decimal

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.company.commands import ChangeCompany, PutLogo
from sms_core.company.services import CompanyService
from sms_core.shared.numbers import MONEY_PLACES
from sms_django import models
from sms_django.api.base import CoreViewSet
from sms_django.api.fields import (
    BooleanField,
    DateTimeField,
    IntegerField,
    NameField,
    OptionalNameField,
    PriceField,
    RateField,
    TextField,
    VersionField,
)
from sms_django.api.images import ImageSerializer, ImageUrlField
from sms_django.api.permissions import LOGGED_IN
from sms_django.api.serializers import CoreSerializer, VersionSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A company",
            {"name": "Acme Ltd", "currency": "EUR", "time_zone": "Europe/Paris"},
            request_only=True,
        )
    ]
)
class CompanySerializer(CoreSerializer):
    name = NameField()
    address = TextField()
    tax_id = OptionalNameField()
    logo = ImageUrlField()
    currency = NameField(default="EUR", help_text="ISO 4217, like EUR.")
    currency_places = IntegerField(
        min_value=0, max_value=MONEY_PLACES, default=2, help_text="Decimals of its money."
    )
    time_zone = NameField(
        default="UTC", help_text="IANA, like Europe/Paris: what a day is goes by it."
    )
    large_adjustment_value = PriceField(
        allow_null=True,
        default=None,
        help_text="Correcting stock by more takes `stock.adjust_large`; null: never.",
    )
    serves_backorders = BooleanField(
        default=True,
        help_text="Goods that come in are promised at once to the orders that wait for them.",
    )
    over_receipt_percent = RateField(
        default=Decimal(0),
        help_text="So much more than was ordered is received without "
        "`purchase_order.over_receive`: 0 to 100.",
    )
    count_approval_value = PriceField(
        allow_null=True,
        default=None,
        help_text="A count that finds more to be wrong takes `stock_count.approve`; null: never.",
    )
    version = VersionField()
    created_at = DateTimeField(read_only=True)
    updated_at = DateTimeField(read_only=True)


class CompanyViewSet(CoreViewSet):
    """Whose stock this is; everybody who is logged in may look."""

    queryset = models.Company.objects.none()
    resource = "company"
    tag = "Company"
    companies = Injected(CompanyService)
    serializer_class = CompanySerializer
    permissions = {"retrieve": LOGGED_IN}
    filter_backends = []

    @extend_schema(summary="The company")
    def retrieve(self, request: Request) -> Response:
        return self.render(self.companies.get(by=self.actor))

    @extend_schema(summary="Replace the company's data")
    def update(self, request: Request) -> Response:
        return self._change(request, partial=False)

    @extend_schema(summary="Change the company's data")
    def partial_update(self, request: Request) -> Response:
        return self._change(request, partial=True)

    def _change(self, request: Request, *, partial: bool) -> Response:
        values = self.read(request, partial=partial)
        version = self.expected_version(values)
        command = ChangeCompany(version=version, **values)
        return self.render(self.companies.change(command, by=self.actor))


class LogoViewSet(CoreViewSet):
    """The picture that stands for the company."""

    queryset = models.Company.objects.none()
    resource = "company"
    tag = "Company"
    companies = Injected(CompanyService)
    serializer_class = CompanySerializer
    permissions = {"put_logo": "company.change", "delete_logo": "company.change"}
    inputs = {"put_logo": ImageSerializer, "delete_logo": VersionSerializer}
    parser_classes = [MultiPartParser]
    filter_backends = []

    @extend_schema(request={"multipart/form-data": ImageSerializer}, summary="Set the logo")
    def put_logo(self, request: Request) -> Response:
        """Keep a picture, drawn anew: whatever else the file held is gone."""
        values = self.read(request)
        version = self.expected_version(values)
        command = PutLogo(content=values["file"], version=version)
        return self.render(self.companies.put_logo(command, by=self.actor))

    @extend_schema(request=None, responses={204: None}, summary="Remove the logo")
    def delete_logo(self, request: Request) -> Response:
        """Take the logo away, if there is one."""
        version = self.expected_version(self.read(request))
        self.companies.remove_logo(by=self.actor, version=version)
        return Response(status=204)
