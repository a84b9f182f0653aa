"""The use cases of products and variants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from sms_core.catalogue.commands import CreateProduct, CreateVariant, NewVariant, PutImage
from sms_core.catalogue.entities import Unit
from sms_core.catalogue.ports import (
    BrandRepository,
    CategoryRepository,
    ProductFilter,
    ProductRepository,
    ProductSort,
    UnitRepository,
    Usage,
    VariantFilter,
    VariantRepository,
)
from sms_core.catalogue.products import Product, ProductType, Variant, expect_following
from sms_core.catalogue.services import needing_what_it_refers_to
from sms_core.shared.entities import Actor, Change
from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    Unknown,
    gathered,
    within,
)
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.ports import ImageStore
from sms_core.shared.services import MasterDataService, held

P = TypeVar("P", Product, Variant)


def without_unseen_costs(values: dict[str, Any], by: Actor) -> dict[str, Any]:
    """Who may not see costs sends none, and leaves those there are as they are."""
    if by.may("cost.view"):
        return values
    if values.get("cost") is not None:
        raise Forbidden("You lack the permission cost.view, so you cannot set costs.")
    return {name: value for name, value in values.items() if name != "cost"}


def shown(thing: P, by: Actor) -> P:
    """The product or variant as this actor may see it."""
    if not by.may("cost.view"):
        thing.hide_costs()
    return thing


@dataclass(frozen=True)
class ProductService(MasterDataService[Product, ProductFilter]):
    """Products, each with its variants."""

    resource: ClassVar[str] = "product"
    entity: ClassVar[type[Any]] = Product

    repository: ProductRepository
    categories: CategoryRepository
    brands: BrandRepository
    units: UnitRepository
    usage: Usage
    images: ImageStore

    def get(self, id: int, *, by: Actor) -> Product:
        """The live one with this id and what there is of it; raises NotFound."""
        by.require("product.view")
        return self._read(id, by)

    def search(self, filter: ProductFilter, page: PageRequest, *, by: Actor) -> Page[Product]:
        """The ones that match; raises Invalid when ordered by a cost the actor may not see."""
        by.require("product.view")
        if any(order.by is ProductSort.COST for order in filter.order) and not by.may("cost.view"):
            raise Invalid("You cannot order by what you may not see.", pointer="/ordering")
        found = self.repository.search(replace(filter, seen_in=by.warehouse_ids), page)
        return found.map(lambda product: shown(product, by))

    def create(self, command: CreateProduct, *, by: Actor) -> Product:
        """List a new product with its variants; raises Invalid, Duplicate, Unknown, RuleBroken,
        and Forbidden for a cost from somebody who may not see costs."""
        by.require("product.add")
        values = without_unseen_costs(dict(vars(command)), by)
        stock_alert = values.pop("stock_alert")
        with self.uow:
            product = Product(**values | {"variants": first_variants(command, by)})
            if stock_alert is not None:
                product.stock_alert = stock_alert
            self.check(product, by=by)
            self.repository.add(product)
        return shown(product, by)

    def change(self, command: Change, *, by: Actor) -> Product:
        """Change one; raises NotFound, Stale, Invalid, Duplicate, Unknown, RuleBroken, and
        Conflict for another unit or way of tracking lots once there are entries."""
        by.require("product.change")
        values = without_unseen_costs(command.values(), by)
        with self.uow:
            product = self.repository.get_for_update(command.id)
            product.expect_version(command.version)
            counted = (product.unit_id, product.tracks_lots)
            product.change(**values)
            self.check(product, by=by)
            if (product.unit_id, product.tracks_lots) != counted:
                self._expect_no_entries(product)
            self.repository.save(product)
        return self._read(command.id, by)

    def restore(self, id: int, *, by: Actor) -> Product:
        """Bring one back with the variants that went with it; raises NotFound, Duplicate, and
        Conflict while its category, brand or unit is archived."""
        with needing_what_it_refers_to():
            super().restore(id, by=by)
        return self._read(id, by)

    def put_image(self, command: PutImage, *, by: Actor) -> Product:
        """Give it a picture; raises NotFound, Stale, Invalid."""
        by.require("product.change")
        replace_image(self, command.id, self.images.put(command.content), command.version)
        return self._read(command.id, by)

    def remove_image(self, id: int, *, by: Actor, version: int | None = None) -> None:
        """Take its picture away, if it has one; raises NotFound, Stale."""
        by.require("product.change")
        replace_image(self, id, "", version)

    def check(self, product: Product, *, by: Actor) -> None:
        errors: list[DomainError] = []
        units: list[Unit] = []
        look_ups: Sequence[Callable[[], object]] = (
            lambda: held(self.categories, product.category_id, field="category_id"),
            lambda: product.brand_id and held(self.brands, product.brand_id, field="brand_id"),
            lambda: units.append(held(self.units, product.unit_id, field="unit_id")),
        )
        for look_up in look_ups:
            try:
                look_up()
            except Unknown as error:
                errors.append(error)
        if errors:
            raise gathered(errors)
        product.expect_countable_in(units[0])

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.usage.of_products(ids, seen_in=by.warehouse_ids)

    def _read(self, id: int, by: Actor) -> Product:
        return shown(self.repository.read(id, seen_in=by.warehouse_ids), by)

    def _expect_no_entries(self, product: Product) -> None:
        self.repository.lock_variants(product.id)
        if self.usage.products_with_entries([product.id]):
            raise Conflict(
                f"{product.name} has entries in the ledger: its unit and whether it tracks lots "
                "are fixed.",
                code="has_entries",
            )


def first_variants(command: CreateProduct, by: Actor) -> list[Variant]:
    """The variants a new product begins with; a standard one gets its own, named like it."""
    is_standard = command.type == ProductType.STANDARD
    given = command.variants or ([NewVariant(code=command.code)] if is_standard else [])
    variants = []
    for n, new in enumerate(given):
        with within(f"/variants/{n}"):
            if is_standard:
                expect_following("code", new.code, command.code)
                expect_following("name", new.name, command.name)
            variants.append(Variant(**without_unseen_costs(dict(vars(new)), by)))
    return variants


@dataclass(frozen=True)
class VariantService(MasterDataService[Variant, VariantFilter]):
    """Variants one by one. A standard product's only one comes and goes with the product."""

    resource: ClassVar[str] = "product"
    entity: ClassVar[type[Any]] = Variant

    repository: VariantRepository
    products: ProductRepository
    units: UnitRepository
    usage: Usage
    images: ImageStore

    def get(self, id: int, *, by: Actor) -> Variant:
        """The live one with this id and what there is of it; raises NotFound."""
        by.require("product.view")
        return self._read(id, by)

    def search(self, filter: VariantFilter, page: PageRequest, *, by: Actor) -> Page[Variant]:
        """The ones that match, a page at a time."""
        by.require("product.view")
        found = self.repository.search(replace(filter, seen_in=by.warehouse_ids), page)
        return found.map(lambda variant: shown(variant, by))

    def create(self, command: CreateVariant, *, by: Actor) -> Variant:
        """Add one to a variable product; raises Invalid, Duplicate, Unknown, RuleBroken."""
        by.require("product.add")
        values = without_unseen_costs(dict(vars(command)), by)
        with self.uow:
            held(self.products, command.product_id, field="product_id")
            product = self.products.get_for_update(command.product_id)
            product.expect_variable()
            variant = Variant(**values)
            variant.expect_countable_in(self.units.get(product.unit_id))
            self.repository.add(variant)
        return shown(variant, by)

    def change(self, command: Change, *, by: Actor) -> Variant:
        """Change one; raises NotFound, Stale, Invalid, Duplicate, and RuleBroken for another
        product, or another code or name than its standard product's."""
        by.require("product.change")
        values = without_unseen_costs(command.values(), by)
        with self.uow:
            product = self._product_for_update(command.id)
            variant = self.repository.get_for_update(command.id)
            variant.expect_version(command.version)
            variant.change(**product.admitted(values))
            variant.expect_countable_in(self.units.get(product.unit_id))
            self.repository.save(variant)
        return self._read(command.id, by)

    def delete(self, id: int, *, by: Actor, version: int | None = None) -> None:
        """Archive one; raises NotFound, Stale, InUse, RuleBroken for a standard product's."""
        by.require("product.delete")
        with self.uow:
            self._product_for_update(id).expect_variable()
            super().delete(id, by=by, version=version)

    def restore(self, id: int, *, by: Actor) -> Variant:
        """Bring one back; raises NotFound, Duplicate, Conflict while its product is archived,
        RuleBroken when that is a standard one now."""
        by.require("product.delete")
        with self.uow, needing_what_it_refers_to():
            product_id = self.repository.get_archived_for_update(id).product_id
            held(self.products, product_id, field="product_id")
            self.products.get_for_update(product_id).expect_variable()
            super().restore(id, by=by)
        return self._read(id, by)

    def put_image(self, command: PutImage, *, by: Actor) -> Variant:
        """Give it a picture; raises NotFound, Stale, Invalid."""
        by.require("product.change")
        replace_image(self, command.id, self.images.put(command.content), command.version)
        return self._read(command.id, by)

    def remove_image(self, id: int, *, by: Actor, version: int | None = None) -> None:
        """Take its picture away, if it has one; raises NotFound, Stale."""
        by.require("product.change")
        replace_image(self, id, "", version)

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.usage.of_variants(ids, seen_in=by.warehouse_ids)

    def _read(self, id: int, by: Actor) -> Variant:
        return shown(self.repository.read(id, seen_in=by.warehouse_ids), by)

    def _product_for_update(self, id: int) -> Product:
        """The variant's product, locked before the variant, as everywhere."""
        return self.products.get_for_update(self.repository.get(id).product_id)


def replace_image(
    service: ProductService | VariantService, id: int, name: str, version: int | None
) -> None:
    """Save the picture's name, and delete the file that nothing refers to any more."""
    repository: ProductRepository | VariantRepository = service.repository
    unused = name
    try:
        with service.uow:
            thing = repository.get_for_update(id)
            thing.expect_version(version)
            before, thing.image = thing.image, name
            repository.save(thing)  # type: ignore[arg-type]
        unused = before
    finally:
        service.images.delete(unused)
