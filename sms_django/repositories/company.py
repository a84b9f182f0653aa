"""The company in the database."""

from __future__ import annotations

from typing import Any

from sms_core.company.entities import Company
from sms_core.company.ports import CompanyRepository
from sms_django import models
from sms_django.repositories.base import DjangoRepository

ONLY = 1


class _Rows(DjangoRepository[Company]):
    entity = Company
    row = models.Company

    def to_entity(self, row: models.Company) -> Company:
        return Company(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            name=row.name,
            address=row.address,
            tax_id=row.tax_id,
            logo=row.logo,
            currency=row.currency,
            currency_places=row.currency_places,
            time_zone=row.time_zone,
            large_adjustment_value=row.large_adjustment_value,
            serves_backorders=row.serves_backorders,
            over_receipt_percent=row.over_receipt_percent,
            count_approval_value=row.count_approval_value,
        )

    def to_columns(self, company: Company) -> dict[str, Any]:
        return {
            "name": company.name,
            "address": company.address,
            "tax_id": company.tax_id,
            "logo": company.logo,
            "currency": company.currency,
            "currency_places": company.currency_places,
            "time_zone": company.time_zone,
            "large_adjustment_value": company.large_adjustment_value,
            "serves_backorders": company.serves_backorders,
            "over_receipt_percent": company.over_receipt_percent,
            "count_approval_value": company.count_approval_value,
        }


class DjangoCompanyRepository(CompanyRepository):
    """The one row of `sms_company`."""

    _rows = _Rows()

    def get(self) -> Company:
        return self._rows.get(ONLY)

    def get_for_update(self) -> Company:
        return self._rows.get_for_update(ONLY)

    def save(self, company: Company) -> None:
        self._rows.save(company)

    def make(self, company: Company) -> None:
        columns = self._rows.to_columns(company)
        models.Company.objects.get_or_create(pk=ONLY, defaults=columns)
