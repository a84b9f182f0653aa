"""A small catalogue in memory, with the services that keep it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from sms_core.catalogue.commands import CreateProduct
from sms_core.catalogue.entities import Category, Unit
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.products import Product
from sms_core.catalogue.services import BrandService, CategoryService, UnitService
from sms_core.shared.entities import Actor
from tests.fakes.base import FixedClock, RollingBackUnitOfWork
from tests.fakes.catalogue import (
    InMemoryBrandRepository,
    InMemoryCategoryRepository,
    InMemoryImageStore,
    InMemoryUnitRepository,
    InMemoryUsage,
)
from tests.fakes.catalogue_products import InMemoryProductRepository, InMemoryVariantRepository

KINDS = ("brand", "category", "unit", "product")
RIGHTS = {f"{kind}.{verb}" for kind in KINDS for verb in ("view", "add", "change", "delete")}


def actor(*without: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    """Somebody who may do everything in the catalogue but `without`."""
    return Actor(
        user_id=1,
        username="ann",
        permissions=frozenset({*RIGHTS, "cost.view"} - set(without)),
        warehouse_ids=warehouse_ids,
    )


OWNER = actor()
CLERK = actor("cost.view")


@dataclass
class Catalogue:
    """The services and, for the test to look behind them, what they stand on."""

    clock: FixedClock = field(default_factory=FixedClock)
    usage: InMemoryUsage = field(default_factory=InMemoryUsage)
    images: InMemoryImageStore = field(default_factory=InMemoryImageStore)

    def __post_init__(self) -> None:
        self.brand_rows = InMemoryBrandRepository(clock=self.clock)
        self.category_rows = InMemoryCategoryRepository(clock=self.clock)
        self.unit_rows = InMemoryUnitRepository(clock=self.clock)
        self.variant_rows = InMemoryVariantRepository(clock=self.clock)
        self.product_rows = InMemoryProductRepository(
            clock=self.clock, variants=self.variant_rows, categories=self.category_rows
        )
        rows = (self.brand_rows, self.category_rows, self.unit_rows)
        uow = RollingBackUnitOfWork(*rows, self.product_rows, self.variant_rows)
        common: dict[str, Any] = {"uow": uow, "clock": self.clock, "usage": self.usage}
        self.brands = BrandService(repository=self.brand_rows, **common)
        self.categories = CategoryService(repository=self.category_rows, **common)
        self.units = UnitService(repository=self.unit_rows, **common)
        self.products = ProductService(
            repository=self.product_rows,
            categories=self.category_rows,
            brands=self.brand_rows,
            units=self.unit_rows,
            images=self.images,
            **common,
        )
        self.variants = VariantService(
            repository=self.variant_rows,
            products=self.product_rows,
            units=self.unit_rows,
            images=self.images,
            **common,
        )
        self.category_rows.add(Category(code="C", name="Clothes"))
        self.unit_rows.add(Unit(code="pc", name="Piece", places=0, delivered_as="pc"))
        self.unit_rows.add(Unit(code="kg", name="Kilogram", places=3, delivered_as="kg"))

    def product(self, code: str = "HAT", *, by: Actor = OWNER, **values: Any) -> Product:
        """A product of category 1, counted in pieces (unit 1) unless said otherwise."""
        given = {"name": code.title(), "category_id": 1, "unit_id": 1, **values}
        return self.products.create(CreateProduct(code=code, **given), by=by)


@pytest.fixture
def shop() -> Catalogue:
    return Catalogue()


def d(text: str) -> Decimal:
    return Decimal(text)
