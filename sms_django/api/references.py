"""Ids of other things: a number to programs, a list of names to people with a form."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
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
MOST = 200


class ReferenceField(IdField):
    """The id of something that `service` keeps. A form lists what one may see of it.

    Where there is more than a list can hold, a form takes the number.
    """

    def __init__(
        self, service: type[MasterDataService[Any, Any]], filter: type[Any], **kwargs: Any
    ) -> None:
        self.service, self.filter = service, filter
        kwargs.setdefault("style", {"template": "rest_framework/reference.html"})
        super().__init__(**kwargs)

    @cached_property
    def found(self) -> list[Any]:
        """What a form lists; asked for once, however many rows it has."""
        actor: Actor | None = self.context.get("actor")
        if actor is None or not actor.may(f"{self.service.resource}.view"):
            return []
        service = container().get(self.service)
        page = service.search(self.filter(), PageRequest(size=MOST), by=actor)
        return list(page.items) if page.total <= MOST else []

    def iter_options(self) -> Iterator[dict[str, Any]]:
        """The lines of the list."""
        if not self.allow_null:
            yield {"value": "", "display_text": "--------"}
        for thing in self.found:
            words = (getattr(thing, "code", ""), getattr(thing, "name", ""))
            yield {"value": thing.id, "display_text": " – ".join(word for word in words if word)}
