"""Suppliers and what they sell over HTTP."""

from __future__ import annotations

from decimal import Decimal

from config.container import Injected
from sms_core.purchasing.commands import (
    ChangeSupplier,
    ChangeSupplierItem,
    CreateSupplier,
    CreateSupplierItem,
)
from sms_core.purchasing.entities import LONGEST_LEAD
from sms_core.purchasing.ports import (
    SupplierFilter,
    SupplierItemFilter,
    SupplierItemSort,
    SupplierSort,
)
from sms_core.purchasing.services import SupplierItemService, SupplierService
from sms_django import models
from sms_django.api.base import MasterDataViewSet
from sms_django.api.fields import (
    BooleanField,
    CostField,
    IntegerField,
    NameField,
    OptionalNameField,
    QuantityField,
    TextField,
)
from sms_django.api.references import SUPPLIER, VARIANT, ReferenceField
from sms_django.api.serializers import RecordSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES
from sms_django.api.stock_movements import example


@example("A supplier", code="EXOTIC", name="Exotic Liquids", email="orders@exotic.example")
class SupplierSerializer(RecordSerializer):
    code = NameField(help_text="Unique among live suppliers, whatever the case.")
    name = NameField()
    tax_id = OptionalNameField()
    email = OptionalNameField(help_text="An e-mail address.")
    phone = OptionalNameField()
    address = TextField()
    notes = TextField()


class SupplierViewSet(MasterDataViewSet):
    """Those we buy from."""

    queryset = models.Supplier.objects.none()
    resource = "supplier"
    tag = "Documents"
    service = Injected(SupplierService)
    serializer_class = SupplierSerializer
    create_command = CreateSupplier
    change_command = ChangeSupplier
    list_filter = SupplierFilter
    sort = SupplierSort


@example(
    "Cases of twelve",
    supplier_id=1,
    variant_id=7,
    code="EX-77",
    pack_size="12",
    unit_cost="24.00",
    lead_days=14,
    is_preferred=True,
)
class SupplierItemSerializer(RecordSerializer):
    supplier_id = ReferenceField(*SUPPLIER, help_text="An item stays with its supplier.")
    variant_id = ReferenceField(*VARIANT, help_text="An item stays with its variant.")
    code = OptionalNameField(help_text="What the supplier calls it.")
    pack_size = QuantityField(
        default=Decimal(1), help_text="How many of the variant a purchase unit holds."
    )
    unit_cost = CostField(
        places=UNIT_COST_PLACES,
        allow_null=True,
        required=False,
        help_text="What a purchase unit costs.",
    )
    lead_days = IntegerField(
        min_value=0,
        max_value=LONGEST_LEAD,
        allow_null=True,
        default=None,
        help_text="How many days a delivery takes.",
    )
    is_preferred = BooleanField(
        default=False, help_text="true: taken from the variant's other items, if one has it."
    )


class SupplierItemViewSet(MasterDataViewSet):
    """What suppliers sell: their code, pack, cost and lead time of a variant."""

    queryset = models.SupplierItem.objects.none()
    resource = "supplier"
    tag = "Documents"
    service = Injected(SupplierItemService)
    serializer_class = SupplierItemSerializer
    create_command = CreateSupplierItem
    change_command = ChangeSupplierItem
    list_filter = SupplierItemFilter
    sort = SupplierItemSort
    cost_orders = frozenset({"unit_cost"})
