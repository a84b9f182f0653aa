"""What purchasing needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from sms_core.purchasing.entities import Supplier, SupplierItem
from sms_core.purchasing.orders import PurchaseOrder, PurchaseState, Rejection
from sms_core.shared.documents import DocumentFilter
from sms_core.shared.paging import ListFilter
from sms_core.shared.ports import MasterDataRepository


class SupplierSort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class SupplierFilter(ListFilter):
    code: str | None = None
    name: str | None = None


class SupplierRepository(MasterDataRepository[Supplier, SupplierFilter]):
    """Keeps suppliers; their codes are unique among the live ones, whatever their case."""


class SupplierItemSort(Enum):
    CODE = "code"
    UNIT_COST = "unit_cost"
    LEAD_DAYS = "lead_days"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class SupplierItemFilter(ListFilter):
    supplier_id: int | None = None
    variant_id: int | None = None
    is_preferred: bool | None = None
    code: str | None = None


class SupplierItemRepository(MasterDataRepository[SupplierItem, SupplierItemFilter]):
    """Keeps what suppliers sell; a supplier has one live item of each variant."""

    @abstractmethod
    def of_supplier(
        self, supplier_id: int, variant_ids: Collection[int]
    ) -> dict[int, SupplierItem]:
        """The supplier's live items of these variants, by variant."""

    @abstractmethod
    def prefer(self, item: SupplierItem) -> None:
        """Make all other live items of its variant no longer preferred."""

    @abstractmethod
    def archive_with(self, supplier_ids: Collection[int], at: datetime) -> None:
        """Archive the live items of suppliers that are archived at `at`."""

    @abstractmethod
    def restore_with(self, supplier_id: int, archived_at: datetime) -> None:
        """Bring back the items that were archived with their supplier at that time."""


@dataclass(frozen=True, kw_only=True)
class Ware:
    """What an order must know of a variant: how it is counted, taxed and kept."""

    id: int
    code: str
    places: int
    cost: Decimal | None = None
    tax_rate: Decimal = Decimal(0)
    tracks_lots: bool = False
    is_active: bool = True


class Wares(ABC):
    """What can be bought; answered by the catalogue."""

    @abstractmethod
    def hold(self, variant_ids: Collection[int]) -> dict[int, Ware]:
        """The live variants among these, locked in id order against being archived."""


class PurchaseOrderSort(Enum):
    NUMBER = "number"
    EXPECTED_AT = "expected_at"
    CREATED_AT = "created_at"
    STATE = "state"
    SUPPLIER_CODE = "supplier_code"


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderFilter(DocumentFilter):
    """`search` looks into number, reference and the supplier's code and name; `expected_before`
    is exclusive."""

    supplier_id: int | None = None
    warehouse_id: int | None = None
    state: PurchaseState | None = None
    variant_id: int | None = None
    reference: str | None = None
    number: str | None = None
    expected_before: datetime | None = None


class PurchaseOrderRepository(MasterDataRepository[PurchaseOrder, PurchaseOrderFilter]):
    """Keeps purchase orders with their lines; reads fill in what has come of each line.

    Lines are stored with the order, in their order; those no longer there are deleted.
    """

    @abstractmethod
    def reject(self, rejections: Collection[Rejection]) -> None:
        """Record goods that were not accepted."""
