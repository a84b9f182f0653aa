"""The catalogue over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from config.container import Injected
from sms_core.catalogue.commands import ChangeBrand, CreateBrand
from sms_core.catalogue.ports import BrandFilter, BrandSort
from sms_core.catalogue.services import BrandService
from sms_django import models
from sms_django.api.base import BulkDeleteMixin, MasterDataViewSet
from sms_django.api.fields import NameField, TextField
from sms_django.api.serializers import RecordSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample("A brand", {"name": "Acme", "description": "Tools"}, request_only=True)
    ]
)
class BrandSerializer(RecordSerializer):
    name = NameField(help_text="Two live brands never share one, whatever the case.")
    description = TextField()


class BrandViewSet(BulkDeleteMixin, MasterDataViewSet):
    """The names under which makers sell."""

    queryset = models.Brand.objects.none()
    resource = "brand"
    tag = "Catalogue"
    service = Injected(BrandService)
    serializer_class = BrandSerializer
    create_command = CreateBrand
    change_command = ChangeBrand
    list_filter = BrandFilter
    sort = BrandSort
