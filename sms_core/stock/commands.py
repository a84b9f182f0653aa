"""What can be ordered of the warehouses, and of the stock in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sms_core.shared.entities import UNSET, Change, Unset
from sms_core.stock.entities import LocationKind
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.postings import NamedLot


@dataclass(frozen=True, kw_only=True)
class CreateWarehouse:
    code: str
    name: str
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeWarehouse(Change):
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    address: str | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateLocation:
    warehouse_id: int
    code: str
    name: str
    kind: LocationKind = LocationKind.STORAGE


@dataclass(frozen=True, kw_only=True)
class ChangeLocation(Change):
    warehouse_id: int | Unset = UNSET
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    kind: LocationKind | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateLot:
    variant_id: int
    code: str
    expires_on: date | None = None
    is_blocked: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeLot(Change):
    expires_on: date | Unset | None = UNSET
    is_blocked: bool | Unset = UNSET
    note: str | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateReasonCode:
    code: str
    label: str = ""
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeReasonCode(Change):
    code: str | Unset = UNSET
    label: str | Unset = UNSET
    kinds: tuple[Kind, ...] | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class ReceivedLine:
    variant_id: int
    quantity: Decimal
    unit_cost: Decimal | None = None
    location_id: int | None = None
    lot: NamedLot | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiveGoods:
    """Goods came in from a supplier."""

    warehouse_id: int
    lines: tuple[ReceivedLine, ...]
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class IssuedLine:
    variant_id: int
    quantity: Decimal
    location_id: int | None = None
    lot_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class IssueGoods:
    """Goods leave, for the company's own use or straight to a customer."""

    warehouse_id: int
    lines: tuple[IssuedLine, ...]
    counterpart: Counterpart = Counterpart.INTERNAL
    reason_code: str | None = None
    reference: str = ""
    note: str = ""
