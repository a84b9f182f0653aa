"""Reorder rules in the database."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from sms_core.purchasing.reorder import ReorderRule
from sms_core.purchasing.reorder_ports import (
    ReorderRuleFilter,
    ReorderRuleRepository,
    ReorderRuleSort,
)
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository


class DjangoReorderRuleRepository(
    DjangoMasterDataRepository[ReorderRule, ReorderRuleFilter], ReorderRuleRepository
):
    """Rules in `sms_reorder_rule`."""

    entity = ReorderRule
    row = models.ReorderRule
    unique = {"reorder_rule_live": "variant_id"}
    columns = {
        ReorderRuleSort.VARIANT_CODE: "variant__code_key",
        ReorderRuleSort.WAREHOUSE_CODE: "warehouse__code_key",
        ReorderRuleSort.CREATED_AT: "created_at",
        ReorderRuleSort.UPDATED_AT: "updated_at",
    }
    default_order = ("variant__code_key", "warehouse__code_key")

    def containing(self, rows: QuerySet[Any], folded: str) -> QuerySet[Any]:
        return rows.filter(
            Q(variant__search_text__contains=folded)
            | Q(variant__product__search_text__contains=folded)
            | Q(warehouse__search_text__contains=folded)
        )

    def matching(self, rows: QuerySet[Any], filter: ReorderRuleFilter) -> QuerySet[Any]:
        if filter.visible is not None:
            rows = rows.filter(warehouse_id__in=filter.visible)
        for name in ("variant_id", "warehouse_id"):
            if (value := getattr(filter, name)) is not None:
                rows = rows.filter(**{name: value})
        return rows

    def to_entity(self, row: models.ReorderRule) -> ReorderRule:
        return ReorderRule(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            variant_id=row.variant_id,
            warehouse_id=row.warehouse_id,
            minimum=row.minimum,
            maximum=row.maximum,
            pack_size=row.pack_size,
            lead_days=row.lead_days,
        )

    def to_columns(self, rule: ReorderRule) -> dict[str, Any]:
        return {
            "deleted_at": rule.deleted_at,
            "variant_id": rule.variant_id,
            "warehouse_id": rule.warehouse_id,
            "minimum": rule.minimum,
            "maximum": rule.maximum,
            "pack_size": rule.pack_size,
            "lead_days": rule.lead_days,
        }
