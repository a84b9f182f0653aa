"""Products, variants and their pictures over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.catalogue.commands import (
    ChangeProduct,
    ChangeVariant,
    CreateProduct,
    CreateVariant,
    NewVariant,
    PutImage,
)
from sms_core.catalogue.ports import ProductFilter, ProductSort, VariantFilter, VariantSort
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.products import Barcode, ProductType, TaxMethod
from sms_django import models
from sms_django.api.base import BulkDeleteMixin, MasterDataViewSet
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    CostField,
    DateTimeField,
    NameField,
    OptionalNameField,
    PriceField,
    QuantityField,
    RateField,
    TextField,
)
from sms_django.api.images import ImageSerializer, ImageUrlField
from sms_django.api.references import BRAND, CATEGORY, PRODUCT, UNIT, ReferenceField
from sms_django.api.serializers import CoreSerializer, RecordSerializer, VersionSerializer

UNIT_COST_PLACES = 6
_OWN_PRICE = "Empty: the product's."


class BarcodeSerializer(CoreSerializer):
    """What a scanner reads, and how much of the variant it stands for."""

    command = Barcode

    code = NameField(help_text="Unique, not counting case and leading zeros.")
    quantity = QuantityField(
        default=Decimal(1), help_text="How much of the variant one scan stands for."
    )


class VariantFields(CoreSerializer):
    """What one may say of a variant, alone or as part of a new product."""

    code = NameField(help_text="Unique among live variants; it works as a barcode, too.")
    name = OptionalNameField()
    cost = CostField(places=UNIT_COST_PLACES, allow_null=True, default=None, help_text=_OWN_PRICE)
    price = PriceField(allow_null=True, default=None, help_text=_OWN_PRICE)
    stock_alert = QuantityField(
        allow_null=True, default=None, label="Reorder level", help_text="Empty: none."
    )
    barcodes = BarcodeSerializer(many=True, default=())


class NewVariantSerializer(VariantFields):
    """A variant that a new product begins with."""

    command = NewVariant


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A variant of a product",
            {
                "product_id": 7,
                "code": "SHIRT-M",
                "name": "Shirt, medium",
                "price": "19.90",
                "stock_alert": "10",
                "barcodes": [{"code": "4006381333931"}, {"code": "4006381333948", "quantity": 12}],
            },
            request_only=True,
        )
    ]
)
class VariantSerializer(VariantFields, RecordSerializer):
    """A variant and what there is of it."""

    product_id = ReferenceField(*PRODUCT, help_text="A variant stays with its product.")
    image = ImageUrlField()
    on_hand = QuantityField(read_only=True, source="stock.on_hand")
    available = QuantityField(read_only=True, source="stock.available")
    on_order = QuantityField(read_only=True, source="stock.on_order")
    in_transit = QuantityField(read_only=True, source="stock.in_transit")
    incoming = QuantityField(read_only=True, source="stock.incoming")
    expected_at = DateTimeField(read_only=True, allow_null=True, source="stock.expected_at")
    backordered = QuantityField(read_only=True, source="stock.backordered")
    average_cost = CostField(
        places=UNIT_COST_PLACES, read_only=True, allow_null=True, source="stock.average_cost"
    )
    last_cost = CostField(
        places=UNIT_COST_PLACES, read_only=True, allow_null=True, source="stock.last_cost"
    )


class ProductFields(RecordSerializer):
    """What one may say of a product, and read of it."""

    type = ChoiceField(ProductType, default=ProductType.STANDARD)
    code = NameField(help_text="Unique among live products, whatever the case.")
    name = NameField()
    category_id = ReferenceField(*CATEGORY)
    brand_id = ReferenceField(*BRAND, allow_null=True, default=None)
    unit_id = ReferenceField(*UNIT, help_text="Fixed once there are entries.")
    cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        default=None,
        help_text="For reference; never what stock is worth.",
    )
    price = PriceField(default=Decimal(0))
    tax_rate = RateField(default=Decimal(0), help_text='Percent: "20.00" is 20 %.')
    tax_method = ChoiceField(
        TaxMethod, default=TaxMethod.EXCLUSIVE, help_text="Whether the price holds the tax."
    )
    description = TextField()
    stock_alert = QuantityField(
        allow_null=True,
        default=None,
        label="Reorder level",
        help_text="Of a standard product; a variable one's variants each have their own.",
    )
    tracks_lots = BooleanField(default=False, help_text="Fixed once there are entries.")
    is_for_sale = BooleanField(default=True)
    is_active = BooleanField(default=True)
    image = ImageUrlField()
    has_variants = BooleanField(read_only=True)
    net_price = PriceField(read_only=True)
    gross_price = PriceField(read_only=True)
    on_hand = QuantityField(read_only=True, source="stock.on_hand")
    reserved = QuantityField(read_only=True, source="stock.reserved")
    available = QuantityField(read_only=True, source="stock.available")
    on_order = QuantityField(
        read_only=True, source="stock.on_order", help_text="Ordered and not received."
    )
    in_transit = QuantityField(
        read_only=True, source="stock.in_transit", help_text="On its way between warehouses."
    )
    incoming = QuantityField(read_only=True, source="stock.incoming", help_text="Both together.")
    expected_at = DateTimeField(
        read_only=True,
        allow_null=True,
        source="stock.expected_at",
        help_text="When the first of what is on order is due.",
    )
    backordered = QuantityField(
        read_only=True, source="stock.backordered", help_text="Sold, neither sent nor reserved."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A standard product",
            {
                "code": "SAW-1",
                "name": "Hand saw",
                "category_id": 1,
                "unit_id": 1,
                "price": "19.90",
                "tax_rate": "20",
                "stock_alert": "5",
                "variants": [{"code": "SAW-1", "barcodes": [{"code": "4006381333931"}]}],
            },
            request_only=True,
        ),
        OpenApiExample(
            "A variable product",
            {
                "type": "variable",
                "code": "SHIRT",
                "name": "Shirt",
                "category_id": 1,
                "unit_id": 1,
                "variants": [{"code": "SHIRT-S"}, {"code": "SHIRT-M"}],
            },
            request_only=True,
        ),
    ]
)
class NewProductSerializer(ProductFields):
    """A product to be listed; a standard one makes its variant by itself."""

    variants = NewVariantSerializer(many=True, default=())


class ProductSerializer(ProductFields):
    """A product with its variants and what there is of it."""

    variants = VariantSerializer(many=True, read_only=True)


class ImageMixin:
    """Gives a thing its picture, and takes it away."""

    permissions: ClassVar[Mapping[str, str]] = {
        "put_image": "product.change",
        "delete_image": "product.change",
    }
    inputs: ClassVar[Mapping[str, type[CoreSerializer]]] = {
        "put_image": ImageSerializer,
        "delete_image": VersionSerializer,
    }

    @extend_schema(request={"multipart/form-data": ImageSerializer}, summary="Set the picture")
    @action(
        detail=True,
        methods=["put"],
        url_path="image",
        url_name="image",
        parser_classes=[MultiPartParser],
    )
    def put_image(self: Any, request: Request, pk: str) -> Response:
        """Keep a picture, drawn anew: whatever else the file held is gone."""
        values = self.read(request)
        version = self.expected_version(values)
        command = PutImage(id=self.id, content=values["file"], version=version)
        return self.render(self.service.put_image(command, by=self.actor))

    @extend_schema(request=None, responses={204: None}, summary="Remove the picture")
    @put_image.mapping.delete
    def delete_image(self: Any, request: Request, pk: str) -> Response:
        """Take the picture away, if there is one."""
        version = self.expected_version(self.read(request))
        self.service.remove_image(self.id, by=self.actor, version=version)
        return Response(status=204)


class ProductViewSet(ImageMixin, BulkDeleteMixin, MasterDataViewSet):
    """What the catalogue lists, with its variants and what there is of it."""

    queryset = models.Product.objects.none()
    resource = "product"
    tag = "Catalogue"
    service = Injected(ProductService)
    serializer_class = ProductSerializer
    inputs = {**ImageMixin.inputs, "create": NewProductSerializer}
    create_command = CreateProduct
    change_command = ChangeProduct
    list_filter = ProductFilter
    sort = ProductSort
    cost_orders = frozenset({"cost"})


class VariantViewSet(ImageMixin, MasterDataViewSet):
    """What is stocked, counted, bought and sold."""

    queryset = models.Variant.objects.none()
    resource = "product"
    tag = "Catalogue"
    service = Injected(VariantService)
    serializer_class = VariantSerializer
    create_command = CreateVariant
    change_command = ChangeVariant
    list_filter = VariantFilter
    sort = VariantSort
