"""What can be ordered of the warehouses, and of the stock in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from sms_core.shared.entities import UNSET, Change, Unset
from sms_core.stock.entities import LocationKind
from sms_core.stock.kinds import Counterpart, Disposition, Kind
from sms_core.stock.lines import NamedLot


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
    expected_on_hand: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class IssuedLine:
    variant_id: int
    quantity: Decimal
    location_id: int | None = None
    lot_code: str | None = None
    expected_on_hand: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class AdjustedLine:
    """Either a signed `quantity`, or what was counted in the place and of the lot it names."""

    variant_id: int
    quantity: Decimal | None = None
    counted_quantity: Decimal | None = None
    location_id: int | None = None
    lot_code: str | None = None
    unit_cost: Decimal | None = None
    expected_on_hand: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SentBackLine(IssuedLine):
    disposition: Disposition = Disposition.STOCK


@dataclass(frozen=True, kw_only=True)
class TakenBackLine(ReceivedLine):
    disposition: Disposition = Disposition.STOCK


@dataclass(frozen=True, kw_only=True)
class MovedLine:
    variant_id: int
    quantity: Decimal
    lot_code: str | None = None
    expected_on_hand: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class PostStock:
    """An order that becomes a posting; without `occurred_at` it happens now. `despite_count`: it
    did happen so, though bins it touches were counted since."""

    reference: str = ""
    note: str = ""
    occurred_at: datetime | None = None
    despite_count: bool = False


@dataclass(frozen=True, kw_only=True)
class ReceiveGoods(PostStock):
    """Goods came in from a supplier."""

    warehouse_id: int
    lines: tuple[ReceivedLine, ...]
    supplier_id: int | None = None
    same_reference: bool = False


@dataclass(frozen=True, kw_only=True)
class OpenStock(PostStock):
    """Goods were there before anybody kept books about them."""

    warehouse_id: int
    lines: tuple[ReceivedLine, ...]


@dataclass(frozen=True, kw_only=True)
class IssueGoods(PostStock):
    """Goods leave, for the company's own use or straight to a customer."""

    warehouse_id: int
    lines: tuple[IssuedLine, ...]
    counterpart: Counterpart = Counterpart.INTERNAL
    customer_id: int | None = None
    reason_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class AdjustStock(PostStock):
    """There is more or less than the books say."""

    warehouse_id: int
    lines: tuple[AdjustedLine, ...]
    reason_code: str | None = None
    release_reserved: bool = False


@dataclass(frozen=True, kw_only=True)
class ScrapGoods(PostStock):
    """Goods are thrown away."""

    warehouse_id: int
    lines: tuple[IssuedLine, ...]
    reason_code: str | None = None
    release_reserved: bool = False


@dataclass(frozen=True, kw_only=True)
class ReturnToSupplier(PostStock):
    """Goods go back to a supplier, out of storage or out of the quarantine."""

    warehouse_id: int
    lines: tuple[SentBackLine, ...]
    supplier_id: int | None = None
    reason_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class TakeBackGoods(PostStock):
    """Goods come back from a customer: into storage, into the quarantine or straight to scrap."""

    warehouse_id: int
    lines: tuple[TakenBackLine, ...]
    customer_id: int | None = None
    reason_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class TransferStock(PostStock):
    """Goods go from one place to another, of the same warehouse or of another, in one step."""

    from_warehouse_id: int
    to_warehouse_id: int
    lines: tuple[MovedLine, ...]
    from_location_id: int | None = None
    to_location_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class RevalueLevel(PostStock):
    """From now on a unit of this level is worth so much."""

    variant_id: int
    warehouse_id: int
    unit_cost: Decimal


class SpreadBy(Enum):
    """How an amount is spread over the lines of a receipt."""

    VALUE = "value"
    QUANTITY = "quantity"


@dataclass(frozen=True, kw_only=True)
class CorrectCost(PostStock):
    """A receipt cost more (or less) than was booked: the invoice differs, or freight came."""

    receipt_posting_id: int
    amount: Decimal
    spread_by: SpreadBy = SpreadBy.VALUE


@dataclass(frozen=True, kw_only=True)
class ReversePosting:
    """Undo a posting, or some of its lines."""

    posting_id: int
    lines: tuple[int, ...] | None = None
    note: str = ""
    occurred_at: datetime | None = None
    release_reserved: bool = False
    despite_count: bool = False


Movement = (
    ReceiveGoods
    | OpenStock
    | IssueGoods
    | AdjustStock
    | ScrapGoods
    | ReturnToSupplier
    | TakeBackGoods
    | TransferStock
)


@dataclass(frozen=True, kw_only=True)
class CorrectPosting:
    """Undo lines of a posting and enter what should have stood there, both or neither."""

    reverse: ReversePosting
    instead: Movement


@dataclass(frozen=True, kw_only=True)
class ReserveStock:
    """Promise available goods to somebody, perhaps for a time only."""

    variant_id: int
    warehouse_id: int
    quantity: Decimal
    purpose: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ReleaseReservation(PostStock):
    """Take a promise back; without a quantity all that is open of it."""

    reservation_id: int
    quantity: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class ShipReservation(PostStock):
    """Send what was promised; without a quantity all that is open of it."""

    reservation_id: int
    quantity: Decimal | None = None
    location_id: int | None = None
    lot_code: str | None = None
    customer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ClosePeriod:
    """Close the books until a day, inclusive; an earlier day than before opens them again."""

    closed_until: date
    note: str = ""
