"""What can be ordered of those who sell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sms_core.catalogue.products import TaxMethod
from sms_core.shared.entities import UNSET, Change, Unset
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot


@dataclass(frozen=True, kw_only=True)
class CreateCustomer:
    code: str
    name: str
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    notes: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeCustomer(Change):
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    tax_id: str | Unset = UNSET
    email: str | Unset = UNSET
    phone: str | Unset = UNSET
    address: str | Unset = UNSET
    notes: str | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class WantedLine:
    """A line as somebody wants it; `id` names the one that is to change. What is left out (None)
    stays as it is, and in a new line becomes what the product says."""

    id: int | None = None
    variant_id: int | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    discount_percent: Decimal | None = None
    tax_rate: Decimal | None = None
    tax_method: TaxMethod | None = None


@dataclass(frozen=True, kw_only=True)
class CreateSalesOrder:
    """Draft a sale; without `ordered_at` it was ordered now."""

    warehouse_id: int
    customer_id: int | None = None
    reference: str = ""
    ordered_at: datetime | None = None
    promised_at: datetime | None = None
    priority: int = 0
    ship_to: str = ""
    notes: str = ""
    lines: tuple[WantedLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeSalesOrder(Change):
    """Change a draft, or amend what was agreed; lines that are left out are removed."""

    warehouse_id: int | Unset = UNSET
    customer_id: int | Unset | None = UNSET
    reference: str | Unset = UNSET
    ordered_at: datetime | Unset | None = UNSET
    promised_at: datetime | Unset | None = UNSET
    priority: int | Unset = UNSET
    ship_to: str | Unset = UNSET
    notes: str | Unset = UNSET
    lines: tuple[WantedLine, ...] | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class SellNow:
    """Draft a sale and confirm it at once; `ship`: send all of it too, or do nothing at all."""

    order: CreateSalesOrder
    ship: bool = False


@dataclass(frozen=True, kw_only=True)
class OrderAct:
    """Something is done with an order; without `occurred_at` it happens now."""

    id: int
    version: int | None = None
    occurred_at: datetime | None = None
    despite_count: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ConfirmSalesOrder(OrderAct):
    """Promise the customer what is there; the rest waits in the queue."""


@dataclass(frozen=True, kw_only=True)
class AllocateSalesOrder(OrderAct):
    """Reserve what has become available; `out_of_turn`: before those who wait longer."""

    out_of_turn: bool = False


@dataclass(frozen=True, kw_only=True)
class CloseSalesOrder(OrderAct):
    """Nothing more is sent."""


@dataclass(frozen=True, kw_only=True)
class CancelSalesOrder(OrderAct):
    """The sale does not happen."""


@dataclass(frozen=True, kw_only=True)
class ReopenSalesOrder(OrderAct):
    """Make it a draft again."""


@dataclass(frozen=True, kw_only=True)
class ShippedLine:
    """So much of a line, from a place or lot if it names one."""

    line_id: int
    quantity: Decimal
    location_id: int | None = None
    lot_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShipSalesOrder(OrderAct):
    """Send what is reserved; without lines all of it."""

    carrier: str = ""
    tracking: str = ""
    lines: tuple[ShippedLine, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnedLine:
    """So much of a line came back, why, and what becomes of it."""

    line_id: int
    quantity: Decimal
    reason_code: str | None = None
    disposition: Disposition = Disposition.STOCK
    location_id: int | None = None
    lot: NamedLot | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnSalesOrder(OrderAct):
    """The customer sent something back."""

    lines: tuple[ReturnedLine, ...] = ()
