"""Names for papers, and what lies where of the goods on them: each answer is one query."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sms_core.papers.ports import PaperSources
from sms_core.papers.views import Item, Party, RejectedRow
from sms_core.shared.errors import NotFound
from sms_core.stock.entities import Warehouse
from sms_core.stock.levels import Level
from sms_django import models
from sms_django.repositories.ledger import fill
from sms_django.repositories.ledger_rows import to_level


class DjangoPaperSources(PaperSources):
    """Reads the rows, archived ones too."""

    def items(self, variant_ids: Collection[int]) -> dict[int, Item]:
        rows = models.Variant.objects.filter(pk__in=set(variant_ids))
        return {row.pk: _item(row) for row in rows.select_related("product__unit")}

    def supplier_codes(self, supplier_id: int, variant_ids: Collection[int]) -> dict[int, str]:
        rows = models.SupplierItem.objects.filter(
            supplier_id=supplier_id, variant_id__in=set(variant_ids), deleted_at=None
        )
        return {id: code for id, code in rows.values_list("variant_id", "code") if code}

    def locations(self, ids: Collection[int]) -> dict[int, str]:
        rows = models.Location.objects.filter(pk__in=set(ids))
        return dict(rows.values_list("pk", "code"))

    def warehouse(self, id: int) -> Warehouse:
        row = _one(models.Warehouse, id, "warehouse")
        return Warehouse(
            id=row.pk,
            code=row.code,
            name=row.name,
            address=row.address,
            default_location_id=row.default_location_id or 0,
        )

    def supplier(self, id: int) -> Party:
        return _party(_one(models.Supplier, id, "supplier"))

    def customer(self, id: int) -> Party:
        return _party(_one(models.Customer, id, "customer"))

    def levels(self, warehouse_id: int, variant_ids: Collection[int]) -> dict[int, Level]:
        rows = models.Level.objects.filter(
            warehouse_id=warehouse_id, variant_id__in=set(variant_ids), in_transit=False
        )
        levels = {row.pk: to_level(row) for row in rows}
        fill(levels)
        return {level.key.variant_id: level for level in levels.values()}

    def rejected(self, posting_id: int) -> tuple[RejectedRow, ...]:
        rows = models.Rejection.objects.filter(posting_id=posting_id).order_by("pk")
        return tuple(
            RejectedRow(
                line=row.posting_line,
                item=_item(row.line.variant),
                quantity=row.quantity,
                reason=row.reason_code.label,
                kept=row.kept,
            )
            for row in rows.select_related("line__variant__product__unit", "reason_code")
        )


def _one(table: Any, id: int, name: str) -> Any:
    row = table.objects.filter(pk=id).first()
    if row is None:
        raise NotFound(f"There is no {name} {id}.")
    return row


def _party(row: Any) -> Party:
    return Party(code=row.code, name=row.name, address=row.address, tax_id=row.tax_id)


def _item(row: models.Variant) -> Item:
    product = row.product
    name = product.name if row.name in {"", product.name} else f"{product.name}, {row.name}"
    return Item(code=row.code, name=name, unit=product.unit.code)
