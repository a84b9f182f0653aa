"""What stock transfers need from the outside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sms_core.shared.documents import DocumentFilter
from sms_core.shared.ports import MasterDataRepository
from sms_core.stock.transfers import StockTransfer, TransferState


class TransferSort(Enum):
    NUMBER = "number"
    STATE = "state"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class TransferFilter(DocumentFilter):
    """`is_open`: sent and not all of it arrived, written off or put back."""

    number: str | None = None
    from_warehouse_id: int | None = None
    to_warehouse_id: int | None = None
    variant_id: int | None = None
    state: TransferState | None = None
    is_open: bool | None = None


class TransferRepository(MasterDataRepository[StockTransfer, TransferFilter]):
    """Keeps transfers with their lines, and tells what moved of these; a transfer is seen by those
    who see either end."""
