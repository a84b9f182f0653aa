"""The catalogue in the database."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from sms_core.catalogue.entities import Brand, Category, Unit
from sms_core.catalogue.ports import (
    BrandFilter,
    BrandRepository,
    BrandSort,
    CategoryFilter,
    CategoryRepository,
    CategorySort,
    UnitFilter,
    UnitRepository,
    UnitSort,
)
from sms_core.shared.text import fold, search_text
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository


class DjangoBrandRepository(DjangoMasterDataRepository[Brand, BrandFilter], BrandRepository):
    """Brands in `sms_brand`."""

    entity = Brand
    row = models.Brand
    unique = {"brand_name_live": "name"}
    columns = {
        BrandSort.NAME: "name_key",
        BrandSort.CREATED_AT: "created_at",
        BrandSort.UPDATED_AT: "updated_at",
    }
    default_order = ("name_key",)

    def matching(self, rows: QuerySet[Any], filter: BrandFilter) -> QuerySet[Any]:
        return rows if filter.name is None else rows.filter(name_key=fold(filter.name))

    def to_entity(self, row: models.Brand) -> Brand:
        return Brand(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            name=row.name,
            description=row.description,
        )

    def to_columns(self, brand: Brand) -> dict[str, Any]:
        return {
            "deleted_at": brand.deleted_at,
            "name": brand.name,
            "name_key": fold(brand.name),
            "search_text": search_text(brand.name, brand.description),
            "description": brand.description,
        }


class DjangoCategoryRepository(
    DjangoMasterDataRepository[Category, CategoryFilter], CategoryRepository
):
    """Categories in `sms_category`."""

    entity = Category
    row = models.Category
    unique = {"category_code_live": "code", "category_name_live": "name"}
    columns = {
        CategorySort.CODE: "code_key",
        CategorySort.NAME: "name_key",
        CategorySort.CREATED_AT: "created_at",
        CategorySort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: CategoryFilter) -> QuerySet[Any]:
        if filter.code is not None:
            rows = rows.filter(code_key=fold(filter.code))
        if filter.name is not None:
            rows = rows.filter(name_key=fold(filter.name))
        return rows if filter.parent_id is None else rows.filter(parent_id=filter.parent_id)

    def lock_tree(self) -> dict[int, int | None]:
        # The rows are locked in one order, so two movers queue up instead of deadlocking.
        tree = self.live().select_for_update(no_key=True).order_by("pk")
        return dict(tree.values_list("pk", "parent_id"))

    def to_entity(self, row: models.Category) -> Category:
        return Category(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            code=row.code,
            name=row.name,
            parent_id=row.parent_id,
        )

    def to_columns(self, category: Category) -> dict[str, Any]:
        return {
            "deleted_at": category.deleted_at,
            "code": category.code,
            "code_key": fold(category.code),
            "name": category.name,
            "name_key": fold(category.name),
            "search_text": search_text(category.code, category.name),
            "parent_id": category.parent_id,
        }


class DjangoUnitRepository(DjangoMasterDataRepository[Unit, UnitFilter], UnitRepository):
    """Units in `sms_unit`."""

    entity = Unit
    row = models.Unit
    unique = {"unit_code_live": "code"}
    columns = {
        UnitSort.CODE: "code_key",
        UnitSort.NAME: "name_key",
        UnitSort.CREATED_AT: "created_at",
        UnitSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: UnitFilter) -> QuerySet[Any]:
        if filter.code is not None:
            rows = rows.filter(code_key=fold(filter.code))
        return rows if filter.name is None else rows.filter(name_key=fold(filter.name))

    def delivered(self) -> set[str]:
        made = models.Unit.objects.exclude(delivered_as="")
        return set(made.values_list("delivered_as", flat=True))

    def lock_counted(self, id: int) -> None:
        list(models.Unit.objects.filter(pk=id).select_for_update().values_list("pk"))
        products = models.Product.objects.filter(unit_id=id)
        lock_variants(models.Variant.objects.filter(product_id__in=products.values("pk")))

    def to_entity(self, row: models.Unit) -> Unit:
        return Unit(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            code=row.code,
            name=row.name,
            places=row.places,
            delivered_as=row.delivered_as,
        )

    def to_columns(self, unit: Unit) -> dict[str, Any]:
        return {
            "deleted_at": unit.deleted_at,
            "code": unit.code,
            "code_key": fold(unit.code),
            "name": unit.name,
            "name_key": fold(unit.name),
            "search_text": search_text(unit.code, unit.name),
            "places": unit.places,
            "delivered_as": unit.delivered_as,
        }


def lock_variants(variants: QuerySet[models.Variant]) -> None:
    """Lock these in id order, as postings do; they wait, since they hold what they post."""
    list(variants.select_for_update().order_by("pk").values_list("pk", flat=True))
