"""In-memory double of what open orders will bring and take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sms_core.shared.documents import DocumentType
from sms_core.stock.ledger_ports import Outlook
from sms_core.stock.views import OpenOrder


@dataclass
class InMemoryOutlook(Outlook):
    """Told by the test which orders are open, the first due first."""

    found: list[OpenOrder] = field(default_factory=list)

    def coming(
        self, variant_ids: Collection[int], visible: frozenset[int] | None
    ) -> Mapping[int, Sequence[OpenOrder]]:
        bought = [o for o in self.found if o.document.type is DocumentType.PURCHASE_ORDER]
        return {
            id: [order for order in _seen(bought, visible) if order.variant_id == id]
            for id in set(variant_ids)
        }

    def orders(
        self, variant_id: int, warehouse_id: int | None, visible: frozenset[int] | None, limit: int
    ) -> list[OpenOrder]:
        return [
            order
            for order in _seen(self.found, visible)
            if order.variant_id == variant_id and warehouse_id in {None, order.warehouse_id}
        ][:limit]

    def of(self, variant_id: int, warehouse_id: int) -> tuple[Decimal, Decimal, datetime | None]:
        """What is on order and backordered there, and when the first of it is expected."""
        orders = self.orders(variant_id, warehouse_id, None, len(self.found))
        coming = [o for o in orders if o.document.type is DocumentType.PURCHASE_ORDER]
        return (
            sum((order.quantity for order in coming), Decimal(0)),
            sum((order.backordered for order in orders), Decimal(0)),
            min((order.due_at for order in coming if order.due_at), default=None),
        )


def _seen(orders: Sequence[OpenOrder], visible: frozenset[int] | None) -> list[OpenOrder]:
    return [order for order in orders if visible is None or order.warehouse_id in visible]
