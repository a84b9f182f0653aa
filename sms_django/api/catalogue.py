"""The catalogue's lists over HTTP: brands, categories, units."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from config.container import Injected
from sms_core.catalogue.commands import (
    ChangeBrand,
    ChangeCategory,
    ChangeUnit,
    CreateBrand,
    CreateCategory,
    CreateUnit,
)
from sms_core.catalogue.ports import (
    BrandFilter,
    BrandSort,
    CategoryFilter,
    CategorySort,
    UnitFilter,
    UnitSort,
)
from sms_core.catalogue.services import BrandService, CategoryService, UnitService
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_django import models
from sms_django.api.base import BulkDeleteMixin, MasterDataViewSet
from sms_django.api.fields import IntegerField, NameField, TextField
from sms_django.api.references import CATEGORY, ReferenceField
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


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A category", {"code": "SAW", "name": "Saws", "parent_id": None}, request_only=True
        )
    ]
)
class CategorySerializer(RecordSerializer):
    code = NameField(help_text="Unique among live categories, whatever the case.")
    name = NameField(help_text="Unique among live categories, whatever the case.")
    parent_id = ReferenceField(
        *CATEGORY,
        allow_null=True,
        default=None,
        help_text="The category that it lies below, if any.",
    )


class CategoryViewSet(BulkDeleteMixin, MasterDataViewSet):
    """The shelves of the catalogue: a tree."""

    queryset = models.Category.objects.none()
    resource = "category"
    tag = "Catalogue"
    service = Injected(CategoryService)
    serializer_class = CategorySerializer
    create_command = CreateCategory
    change_command = ChangeCategory
    list_filter = CategoryFilter
    sort = CategorySort


@extend_schema_serializer(
    examples=[
        OpenApiExample("A unit", {"code": "pal", "name": "Pallet", "places": 0}, request_only=True)
    ]
)
class UnitSerializer(RecordSerializer):
    code = NameField(help_text="Unique among live units, whatever the case.")
    name = NameField()
    places = IntegerField(
        min_value=0,
        max_value=QUANTITY_PLACES,
        help_text="The decimal places of quantities; not fewer once something has entries.",
    )


class UnitViewSet(MasterDataViewSet):
    """What quantities count."""

    queryset = models.Unit.objects.none()
    resource = "unit"
    tag = "Catalogue"
    service = Injected(UnitService)
    serializer_class = UnitSerializer
    create_command = CreateUnit
    change_command = ChangeUnit
    list_filter = UnitFilter
    sort = UnitSort
