"""What selling needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from sms_core.selling.entities import Article, Customer
from sms_core.selling.orders import SalesOrder, SalesState, Shipment
from sms_core.shared.documents import DocumentFilter
from sms_core.shared.paging import ListFilter, Number
from sms_core.shared.ports import MasterDataRepository
from sms_core.stock.levels import LevelKey


class CustomerSort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class CustomerFilter(ListFilter):
    code: str | None = None
    name: str | None = None


class CustomerRepository(MasterDataRepository[Customer, CustomerFilter]):
    """Keeps customers; their codes are unique among the live ones, whatever their case."""


class Assortment(ABC):
    """What can be sold; answered by the catalogue."""

    @abstractmethod
    def hold(self, variant_ids: Collection[int]) -> dict[int, Article]:
        """The live variants among these, kept from being archived until the unit of work ends."""


class SalesOrderSort(Enum):
    NUMBER = "number"
    ORDERED_AT = "ordered_at"
    PROMISED_AT = "promised_at"
    PRIORITY = "priority"
    STATE = "state"
    CREATED_AT = "created_at"


@dataclass(frozen=True, kw_only=True)
class SalesOrderFilter(DocumentFilter):
    """`search` looks into number, reference and the customer's name; `promised_before` is
    exclusive; `backordered` asks for those in which a line is neither sent nor reserved."""

    customer_id: int | None = None
    warehouse_id: int | None = None
    state: SalesState | None = None
    variant_id: int | None = None
    reference: str | None = None
    number: str | None = None
    priority: Number | None = None
    promised_before: datetime | None = None
    backordered: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Backorder:
    """A line of an order for which something is neither sent nor reserved."""

    order_id: int
    line_id: int
    key: LevelKey
    quantity: Decimal


class SalesOrderRepository(MasterDataRepository[SalesOrder, SalesOrderFilter]):
    """Keeps sales orders with their lines; reads fill in what has become of each line.

    Lines are stored with the order, in their order; those no longer there are deleted.
    """

    @abstractmethod
    def backorders(
        self, keys: Collection[LevelKey], *, before: int | None = None
    ) -> list[Backorder]:
        """Who waits for goods of these levels, in the order of the queue: the highest priority,
        the earliest promised date (those without one last), who was confirmed first, the id; in
        one query. `before`: only those before the order with this id."""

    @abstractmethod
    def sent(self, order: SalesOrder, shipment: Shipment) -> None:
        """Record who took a parcel of the order."""
