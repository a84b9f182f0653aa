"""In-memory doubles of purchasing's ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sms_core.purchasing.entities import Supplier, SupplierItem
from sms_core.purchasing.orders import ZERO, Progress, PurchaseOrder, Rejection
from sms_core.purchasing.ports import (
    PurchaseOrderFilter,
    PurchaseOrderRepository,
    PurchaseOrderSort,
    SupplierFilter,
    SupplierItemFilter,
    SupplierItemRepository,
    SupplierItemSort,
    SupplierRepository,
    SupplierSort,
    Ware,
    Wares,
)
from sms_core.shared.documents import DocumentType
from sms_core.shared.text import fold
from sms_core.stock.documents import Moved, moved_in_all
from sms_core.stock.kinds import Counterpart, Kind
from tests.fakes.base import InMemoryMasterDataRepository
from tests.fakes.catalogue import same, sorting
from tests.fakes.documents import InMemoryDocumentRepository
from tests.fakes.stock import InMemoryLedgerRepository


@dataclass
class InMemorySupplierRepository(
    InMemoryMasterDataRepository[Supplier, SupplierFilter], SupplierRepository
):
    entity = Supplier
    unique = {"code": lambda supplier: fold(supplier.code)}
    sort_keys = sorting(SupplierSort)
    default_sort = sort_keys[SupplierSort.CODE]

    def searched(self, supplier: Supplier) -> tuple[str, ...]:
        texts = (supplier.code, supplier.name, supplier.tax_id, supplier.email, supplier.phone)
        return (*texts, supplier.address, supplier.notes)

    def matches(self, supplier: Supplier, filter: SupplierFilter) -> bool:
        return same(filter.code, supplier.code) and same(filter.name, supplier.name)


@dataclass
class InMemoryWares(Wares):
    """What the test says there is to buy."""

    wares: dict[int, Ware] = field(default_factory=dict)

    def hold(self, variant_ids: Collection[int]) -> dict[int, Ware]:
        return {id: ware for id, ware in self.wares.items() if id in set(variant_ids)}


@dataclass
class InMemorySupplierItemRepository(
    InMemoryMasterDataRepository[SupplierItem, SupplierItemFilter], SupplierItemRepository
):
    """It knows the names of suppliers and wares for its search."""

    suppliers: InMemorySupplierRepository = field(default_factory=InMemorySupplierRepository)
    wares: InMemoryWares = field(default_factory=InMemoryWares)

    entity = SupplierItem
    unique = {
        "variant_id": lambda item: (item.supplier_id, item.variant_id),
        "is_preferred": lambda item: item.variant_id if item.is_preferred else object(),
    }
    sort_keys = {
        **sorting(SupplierItemSort),
        SupplierItemSort.UNIT_COST: lambda item: _empty_last(item.unit_cost),
        SupplierItemSort.LEAD_DAYS: lambda item: _empty_last(item.lead_days),
    }

    @staticmethod
    def default_sort(item: SupplierItem) -> Any:
        return (item.supplier_id, fold(item.code), item.id)

    def searched(self, item: SupplierItem) -> tuple[str, ...]:
        supplier = self.suppliers.stored[item.supplier_id]
        return (item.code, supplier.code, supplier.name, self.wares.wares[item.variant_id].code)

    def matches(self, item: SupplierItem, filter: SupplierItemFilter) -> bool:
        return (
            filter.supplier_id in (None, item.supplier_id)
            and filter.variant_id in (None, item.variant_id)
            and filter.is_preferred in (None, item.is_preferred)
            and same(filter.code, item.code)
        )

    def of_supplier(
        self, supplier_id: int, variant_ids: Collection[int]
    ) -> dict[int, SupplierItem]:
        return {
            item.variant_id: item
            for item in self.hold(self.stored).values()
            if item.supplier_id == supplier_id and item.variant_id in set(variant_ids)
        }

    def prefer(self, item: SupplierItem) -> None:
        for other in self.visible().values():
            if other.variant_id == item.variant_id and other.is_preferred and other.id != item.id:
                changed = replace(other, is_preferred=False, version=other.version + 1)
                self.stored[other.id] = changed

    def archive_with(self, supplier_ids: Collection[int], at: datetime) -> None:
        going = [i.id for i in self.visible().values() if i.supplier_id in set(supplier_ids)]
        self.archive(going, at)

    def restore_with(self, supplier_id: int, archived_at: datetime) -> None:
        for item in self.stored.values():
            if item.supplier_id == supplier_id and item.deleted_at == archived_at:
                item.restore()
                item.version += 1


@dataclass
class InMemoryPurchaseOrderRepository(
    InMemoryDocumentRepository[PurchaseOrder, PurchaseOrderFilter], PurchaseOrderRepository
):
    """What has come it reads from the ledger beside it; `said` are the rejections by number."""

    ledger: InMemoryLedgerRepository = field(default_factory=InMemoryLedgerRepository)
    suppliers: InMemorySupplierRepository = field(default_factory=InMemorySupplierRepository)
    said: dict[int, Rejection] = field(default_factory=dict)

    entity = PurchaseOrder

    def __post_init__(self) -> None:
        self.sort_keys = {
            PurchaseOrderSort.NUMBER: lambda order: order.number,
            PurchaseOrderSort.EXPECTED_AT: lambda order: _empty_last(order.expected_at),
            PurchaseOrderSort.CREATED_AT: lambda order: order.created_at,
            PurchaseOrderSort.STATE: lambda order: order.state.value,
            PurchaseOrderSort.SUPPLIER_CODE: lambda order: fold(self._supplier(order).code),
        }

    @staticmethod
    def default_sort(order: PurchaseOrder) -> Any:
        return -order.id

    def searched(self, order: PurchaseOrder) -> tuple[str, ...]:
        supplier = self._supplier(order)
        return (order.number, order.reference, order.notes, supplier.code, supplier.name)

    def matches(self, order: PurchaseOrder, filter: PurchaseOrderFilter) -> bool:
        before, expected = filter.expected_before, order.expected_at
        return (
            super().matches(order, filter)
            and filter.supplier_id in (None, order.supplier_id)
            and filter.warehouse_id in (None, order.warehouse_id)
            and filter.state in (None, order.state)
            and filter.reference in (None, order.reference)
            and (filter.number is None or filter.number.upper() == order.number)
            and filter.variant_id in (None, *(line.variant_id for line in order.lines))
            and (before is None or (expected is not None and expected < before))
        )

    def reject(self, rejections: Collection[Rejection]) -> None:
        for rejection in rejections:
            self.said[len(self.said) + 1] = rejection

    def progress(self, order: PurchaseOrder) -> None:
        rows: dict[int, list[Moved]] = defaultdict(list)
        for row in self.ledger.moved(DocumentType.PURCHASE_ORDER, [x.id for x in order.lines]):
            rows[row.document_line].append(row)
        for line in order.lines:
            came, value = moved_in_all(rows[line.id], Kind.RECEIPT, Counterpart.SUPPLIER)
            back, _ = moved_in_all(rows[line.id], Kind.SUPPLIER_RETURN, Counterpart.SUPPLIER)
            rejected = [one for one in self.said.values() if self._counts(one, line.id)]
            line.progress = Progress(
                came=came,
                value=value,
                kept=sum((one.quantity for one in rejected if one.kept), ZERO),
                refused=sum((one.quantity for one in rejected if not one.kept), ZERO),
                returned=-back,
            )

    def _counts(self, rejection: Rejection, line_id: int) -> bool:
        undone = self.ledger.reversed_lines(rejection.posting_id or 0)
        return rejection.line_id == line_id and rejection.posting_line not in undone

    def _supplier(self, order: PurchaseOrder) -> Supplier:
        return self.suppliers.stored[order.supplier_id]


def _empty_last(value: Any) -> tuple[bool, Any]:
    return value is None, value
