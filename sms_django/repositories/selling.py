"""Customers and what can be sold to them, in the database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from sms_core.catalogue.products import TaxMethod
from sms_core.selling.amounts import Terms
from sms_core.selling.entities import Article, Customer
from sms_core.selling.ports import Assortment, CustomerFilter, CustomerRepository, CustomerSort
from sms_core.shared.text import fold, search_text
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository, key_share
from sms_django.repositories.stock import held_rows, same


class DjangoCustomerRepository(
    DjangoMasterDataRepository[Customer, CustomerFilter], CustomerRepository
):
    """Customers in `sms_customer`."""

    entity = Customer
    row = models.Customer
    unique = {"customer_code_live": "code"}
    columns = {
        CustomerSort.CODE: "code_key",
        CustomerSort.NAME: "name_key",
        CustomerSort.CREATED_AT: "created_at",
        CustomerSort.UPDATED_AT: "updated_at",
    }
    default_order = ("code_key",)

    def matching(self, rows: QuerySet[Any], filter: CustomerFilter) -> QuerySet[Any]:
        return same(rows, code_key=filter.code, name_key=filter.name)

    def hold(self, ids: Collection[int]) -> dict[int, Customer]:
        return {row.pk: self.to_entity(row) for row in held_rows(models.Customer, ids)}

    def to_entity(self, row: models.Customer) -> Customer:
        return Customer(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            code=row.code,
            name=row.name,
            tax_id=row.tax_id,
            email=row.email,
            phone=row.phone,
            address=row.address,
            notes=row.notes,
        )

    def to_columns(self, customer: Customer) -> dict[str, Any]:
        texts = (customer.code, customer.name, customer.tax_id, customer.email, customer.phone)
        return {
            "deleted_at": customer.deleted_at,
            "code": customer.code,
            "code_key": fold(customer.code),
            "name": customer.name,
            "name_key": fold(customer.name),
            "search_text": search_text(*texts, customer.address, customer.notes),
            "tax_id": customer.tax_id,
            "email": customer.email,
            "phone": customer.phone,
            "address": customer.address,
            "notes": customer.notes,
        }


class DjangoAssortment(Assortment):
    """What the catalogue says of variants that are sold."""

    def hold(self, variant_ids: Collection[int]) -> dict[int, Article]:
        # Read after the lock: whoever held it may have changed the product.
        key_share(models.Variant, variant_ids)
        rows = models.Variant.objects.filter(pk__in=set(variant_ids), deleted_at=None)
        found = rows.values_list(
            "pk",
            "code",
            "name",
            "product__name",
            "product__unit__places",
            Coalesce("price", "product__price"),
            "product__tax_rate",
            "product__tax_method",
            "product__is_for_sale",
            "product__is_active",
        )
        return {row[0]: _article(*row) for row in found}


def _article(
    id: int,
    code: str,
    name: str,
    product: str,
    places: int,
    price: Any,
    rate: Any,
    method: str,
    *is_sold: bool,
) -> Article:
    return Article(
        variant_id=id,
        code=code,
        name=product if name in {"", product} else f"{product}, {name}",
        places=places,
        terms=Terms(unit_price=price, tax_rate=rate, tax_method=TaxMethod(method)),
        is_sold=all(is_sold),
    )
