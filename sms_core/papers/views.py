"""What a paper shows, gathered; how it looks is the printer's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sms_core.company.entities import Company
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.selling.orders import SalesOrder
from sms_core.stock.counts import StockCount
from sms_core.stock.entities import Warehouse
from sms_core.stock.views import PostingView


@dataclass(frozen=True, kw_only=True)
class Item:
    """A variant as people know it, and the unit in which it is counted."""

    code: str
    name: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class Party:
    """With whom we deal."""

    code: str
    name: str
    address: str = ""
    tax_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Who prints it, and for which of its sites."""

    company: Company
    warehouse: Warehouse


@dataclass(frozen=True, kw_only=True)
class PurchasePaper(Paper):
    """An order for a supplier, with the supplier's own codes where they are known."""

    order: PurchaseOrder
    supplier: Party
    items: Mapping[int, Item]
    supplier_codes: Mapping[int, str]
    shows_costs: bool


@dataclass(frozen=True, kw_only=True)
class GoodsRow:
    """So much of something, in this place and of this lot, if that is known."""

    item: Item
    quantity: Decimal
    location_code: str = ""
    lot_code: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class PickList(Paper):
    """What is to be fetched from where for an order; `missing` is reserved but cannot be taken."""

    order: SalesOrder
    customer: Party | None
    picks: tuple[GoodsRow, ...]
    missing: tuple[GoodsRow, ...]


@dataclass(frozen=True, kw_only=True)
class DeliveryNote(Paper):
    """What went out in one shipment of an order; it knows no prices."""

    order: SalesOrder
    customer: Party | None
    posting: PostingView
    goods: tuple[GoodsRow, ...]
    to_follow: tuple[GoodsRow, ...]


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """So much of a delivery that was not accepted; `kept`: it lies here to be sent back. It is
    told by this line of the receipt, if something came in."""

    line: int | None
    item: Item
    quantity: Decimal
    reason: str
    kept: bool


@dataclass(frozen=True, kw_only=True)
class ReceivedNote(Paper):
    """What came in by one receipt, and where it was put."""

    supplier: Party | None
    posting: PostingView
    goods: tuple[GoodsRow, ...]
    rejected: tuple[RejectedRow, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class CountSheet(Paper):
    """What is to be counted and where. It is blind: how much should be there it does not know."""

    count: StockCount
    bins: tuple[CountRow, ...]


@dataclass(frozen=True, kw_only=True)
class CountRow:
    """A place to look into."""

    item: Item
    location_code: str
    lot_code: str | None = None
    expires_on: date | None = None
