"""What can be ordered about suppliers and purchase orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sms_core.shared.entities import UNSET, Change, Unset
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot


@dataclass(frozen=True, kw_only=True)
class CreateSupplier:
    code: str
    name: str
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    notes: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeSupplier(Change):
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    tax_id: str | Unset = UNSET
    email: str | Unset = UNSET
    phone: str | Unset = UNSET
    address: str | Unset = UNSET
    notes: str | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateSupplierItem:
    supplier_id: int
    variant_id: int
    code: str = ""
    pack_size: Decimal = Decimal(1)
    unit_cost: Decimal | None = None
    lead_days: int | None = None
    is_preferred: bool = False


@dataclass(frozen=True, kw_only=True)
class ChangeSupplierItem(Change):
    """Supplier and variant may be repeated, not changed."""

    supplier_id: int | Unset = UNSET
    variant_id: int | Unset = UNSET
    code: str | Unset = UNSET
    pack_size: Decimal | Unset = UNSET
    unit_cost: Decimal | Unset | None = UNSET
    lead_days: int | Unset | None = UNSET
    is_preferred: bool | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class OrderedLine:
    """What is left None takes what the line with this `id` has, or the default of a new one:
    pack and cost of the supplier's item, else 1 and the variant's cost; the product's tax."""

    id: int | None = None
    variant_id: int
    quantity: Decimal
    pack_size: Decimal | None = None
    unit_cost: Decimal | None = None
    discount_percent: Decimal | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class CreatePurchaseOrder:
    supplier_id: int
    warehouse_id: int
    reference: str = ""
    expected_at: datetime | None = None
    notes: str = ""
    lines: tuple[OrderedLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChangePurchaseOrder(Change):
    """`lines` are all there shall be: one without `id` is new, one left out goes."""

    supplier_id: int | Unset = UNSET
    warehouse_id: int | Unset = UNSET
    reference: str | Unset = UNSET
    expected_at: datetime | Unset | None = UNSET
    notes: str | Unset = UNSET
    lines: tuple[OrderedLine, ...] | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class _OrderAct:
    """Something to be done with an order; without `occurred_at` it happens now."""

    id: int
    version: int | None = None
    occurred_at: datetime | None = None
    despite_count: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PlaceOrder(_OrderAct):
    """Send it to the supplier."""


@dataclass(frozen=True, kw_only=True)
class ReopenOrder(_OrderAct):
    """Take it back into the drafts, while nothing has come."""


@dataclass(frozen=True, kw_only=True)
class CancelOrder(_OrderAct):
    """Nothing of it is expected any more, and nothing has come."""


@dataclass(frozen=True, kw_only=True)
class CloseOrder(_OrderAct):
    """What has not come is not expected any more."""


@dataclass(frozen=True, kw_only=True)
class DeliveredLine:
    """Goods of a delivery for a line of the order, or of a variant that was not ordered.

    Quantities are in purchase units unless `in_stock_units`; `quantity` is what is accepted.
    Rejected goods that are kept lie in quarantine until they are sent back. `unit_cost`, per
    purchase unit (or stock unit), counts instead of the order's.
    """

    line_id: int | None = None
    variant_id: int | None = None
    quantity: Decimal = Decimal(0)
    rejected_quantity: Decimal = Decimal(0)
    reason_code: str | None = None
    keep_rejected: bool = False
    unit_cost: Decimal | None = None
    location_id: int | None = None
    lot: NamedLot | None = None
    in_stock_units: bool = False


@dataclass(frozen=True, kw_only=True)
class ReceiveOrder(_OrderAct):
    """Goods of it came; without `lines` all that is still to come. `reference` is the number of
    the delivery note."""

    reference: str = ""
    same_reference: bool = False
    lines: tuple[DeliveredLine, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class GoodsSentBack:
    """Received goods of a line that go back, in purchase units unless `in_stock_units`.

    Without a disposition, place or lot what was rejected and kept goes first.
    """

    line_id: int
    quantity: Decimal
    reason_code: str | None = None
    disposition: Disposition | None = None
    location_id: int | None = None
    lot_code: str | None = None
    in_stock_units: bool = False


@dataclass(frozen=True, kw_only=True)
class ReturnOrder(_OrderAct):
    """Goods of it go back to the supplier."""

    reference: str = ""
    lines: tuple[GoodsSentBack, ...]
