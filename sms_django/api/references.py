"""Ids of other things: a number to programs, names to choose from to people with a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.container import container
from sms_core.catalogue.ports import (
    BrandFilter,
    CategoryFilter,
    ProductFilter,
    UnitFilter,
    VariantFilter,
)
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.services import BrandService, CategoryService, UnitService
from sms_core.purchasing.ports import SupplierFilter
from sms_core.purchasing.services import SupplierService
from sms_core.selling.customers import CustomerService
from sms_core.selling.ports import CustomerFilter
from sms_core.shared.entities import Actor
from sms_core.shared.paging import PageRequest
from sms_core.shared.services import MasterDataService
from sms_core.stock.places import WarehouseService
from sms_core.stock.ports import WarehouseFilter
from sms_django.api.fields import IdField

# What may be referred to: who keeps it, and how its list is asked for.
BRAND = (BrandService, BrandFilter)
CATEGORY = (CategoryService, CategoryFilter)
UNIT = (UnitService, UnitFilter)
PRODUCT = (ProductService, ProductFilter)
VARIANT = (VariantService, VariantFilter)
WAREHOUSE = (WarehouseService, WarehouseFilter)
SUPPLIER = (SupplierService, SupplierFilter)
CUSTOMER = (CustomerService, CustomerFilter)
MOST = 200


class ReferenceField(IdField):
    """The id of something that `service` keeps. A form suggests what one may see of it."""

    def __init__(
        self, service: type[MasterDataService[Any, Any]], filter: type[Any], **kwargs: Any
    ) -> None:
        self.service, self.filter = service, filter
        self.is_drawn = False
        kwargs.setdefault("style", {"template": "rest_framework/reference.html"})
        super().__init__(**kwargs)

    def options_once(self) -> list[dict[str, Any]]:
        """The suggestions, the first time a form draws this field: its rows share them."""
        if self.is_drawn:
            return []
        self.is_drawn = True
        return [{"id": thing.id, "words": _words(thing)} for thing in self._found()]

    def _found(self) -> Sequence[Any]:
        actor: Actor | None = self.context.get("actor")
        if actor is None or not actor.may(f"{self.service.resource}.view"):
            return ()
        service = container().get(self.service)
        return service.search(self.filter(), PageRequest(size=MOST), by=actor).items


def _words(thing: Any) -> str:
    words = (getattr(thing, "code", ""), getattr(thing, "name", ""))
    return " – ".join(word for word in words if word)
