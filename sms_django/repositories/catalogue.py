"""The catalogue in the database."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from sms_core.catalogue.entities import Brand
from sms_core.catalogue.ports import BrandFilter, BrandRepository, BrandSort
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
