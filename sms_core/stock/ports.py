"""What stock needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum

from sms_core.shared.documents import DocumentType
from sms_core.shared.paging import (
    CursorPage,
    CursorRequest,
    ListFilter,
    Order,
    Page,
    PageRequest,
)
from sms_core.shared.ports import MasterDataRepository, Repository
from sms_core.stock.entities import Location, LocationKind, Lot, ReasonCode, Warehouse
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import CountedBin, Goods, Level, LevelKey
from sms_core.stock.postings import Posting
from sms_core.stock.views import BinView, EntryView, LevelView, PostingView, Scanned


@dataclass(frozen=True, kw_only=True)
class VisibleFilter(ListFilter):
    """A list limited to the warehouses that the actor may see; None: all of them."""

    visible: frozenset[int] | None = None


class WarehouseSort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class WarehouseFilter(VisibleFilter):
    code: str | None = None
    name: str | None = None


class WarehouseRepository(MasterDataRepository[Warehouse, WarehouseFilter]):
    """Keeps warehouses; their codes are unique among the live ones, whatever their case."""

    @abstractmethod
    def furnish(self, warehouse: Warehouse) -> None:
        """Note which locations a warehouse just added has as its own."""


class LocationSort(Enum):
    CODE = "code"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class LocationFilter(VisibleFilter):
    warehouse_id: int | None = None
    code: str | None = None
    name: str | None = None
    kind: LocationKind | None = None


class LocationRepository(MasterDataRepository[Location, LocationFilter]):
    """Keeps locations; their codes are unique among the live ones of a warehouse."""

    @abstractmethod
    def archive_with(self, warehouse_ids: Collection[int], at: datetime) -> None:
        """Archive the live locations of warehouses that are archived at `at`."""

    @abstractmethod
    def restore_with(self, warehouse_id: int, archived_at: datetime) -> None:
        """Bring back the locations that were archived with their warehouse at that time."""


class LotSort(Enum):
    CODE = "code"
    EXPIRES_ON = "expires_on"
    CREATED_AT = "created_at"


@dataclass(frozen=True, kw_only=True)
class LotFilter:
    search: str = ""
    order: tuple[Order, ...] = ()
    variant_id: int | None = None
    code: str | None = None
    is_blocked: bool | None = None
    expires_before: date | None = None


class LotRepository(Repository[Lot]):
    """Keeps lots; a variant has one of each code, whatever its case. They are never archived."""

    @abstractmethod
    def search(self, filter: LotFilter, page: PageRequest) -> Page[Lot]:
        """The lots that match, in the order asked for."""

    @abstractmethod
    def find(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
        """The lots with these keys; those that do not exist are left out."""

    @abstractmethod
    def obtain(self, lots: Collection[Lot]) -> dict[tuple[int, str], Lot]:
        """The stored lots with the keys of these; makes the missing ones as they are given."""


class ReasonCodeSort(Enum):
    CODE = "code"
    LABEL = "label"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class ReasonCodeFilter(ListFilter):
    code: str | None = None
    label: str | None = None
    kind: Kind | None = None


class ReasonCodeRepository(MasterDataRepository[ReasonCode, ReasonCodeFilter]):
    """Keeps reason codes; unique among the live ones, whatever their case."""

    @abstractmethod
    def delivered(self) -> set[str]:
        """Which reasons the system came with were ever made, by `delivered_as`."""

    @abstractmethod
    def hold_by_code(self, code: str) -> ReasonCode | None:
        """The live one with this code, kept from being archived until the unit of work ends."""


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """What the database gives a posting: the time on its clock and the next number of its kind.

    `zone` is the company's: it says which day it is. Correcting more than `large_value` takes a
    permission of its own; None: never.
    """

    at: datetime
    zone: tzinfo
    serial: int
    large_value: Decimal | None = None


class LedgerRepository(ABC):
    """Where the ledger is kept. Its methods are called in the order in which they stand here."""

    @abstractmethod
    def hold_goods(self, variant_ids: Collection[int]) -> dict[int, Goods]:
        """The live variants among these, locked in id order against being archived."""

    @abstractmethod
    def lock(self, keys: Collection[LevelKey]) -> dict[LevelKey, Level]:
        """The levels with what lies in their bins, made where missing, locked in key order."""

    @abstractmethod
    def last_costs(self, variant_ids: Collection[int]) -> dict[int, Decimal]:
        """What each of these variants cost when it was last received at a price."""

    @abstractmethod
    def stamp(self, kind: Kind) -> Stamp:
        """Read the clock, and take a number; called when the levels are locked."""

    @abstractmethod
    def save(self, posting: Posting, levels: Collection[Level]) -> None:
        """Record the posting with its entries and set its id; raises Conflict if a level was
        changed by anybody who did not lock it."""

    @abstractmethod
    def mark_counted(self, bins: Collection[CountedBin]) -> None:
        """Remember when bins were counted, if not later before; makes those that are missing."""

    @abstractmethod
    def available_elsewhere(
        self,
        variant_ids: Collection[int],
        *,
        except_in: int,
        visible: frozenset[int] | None,
        today: date,
    ) -> Mapping[int, Mapping[str, Decimal]]:
        """By variant, what the other visible warehouses have available, by their code."""


class LevelSort(Enum):
    VARIANT_CODE = "variant_code"
    PRODUCT_NAME = "product_name"
    WAREHOUSE_CODE = "warehouse_code"
    ON_HAND = "on_hand"
    RESERVED = "reserved"
    AVAILABLE = "available"
    UNIT_COST = "unit_cost"
    VALUE = "value"


COST_SORTS = frozenset({LevelSort.UNIT_COST, LevelSort.VALUE})


@dataclass(frozen=True, kw_only=True)
class LevelFilter:
    """`category_id` means the category and all below it; `below_alert`: at or below the reorder
    level, over the warehouses one may see or the one asked for.

    With `as_of` or `known_at` the answer sums the entries that had occurred, and had been
    recorded, by then (inclusive); it tells quantities on hand, reserved, and value only. The
    service has made times of dates before it asks the reader.
    """

    search: str = ""
    order: tuple[Order, ...] = ()
    visible: frozenset[int] | None = None
    warehouse_id: int | None = None
    variant_id: int | None = None
    product_id: int | None = None
    category_id: int | None = None
    below_alert: bool | None = None
    as_of: date | datetime | None = None
    known_at: date | datetime | None = None


class BinSort(Enum):
    VARIANT_CODE = "variant_code"
    PRODUCT_NAME = "product_name"
    WAREHOUSE_CODE = "warehouse_code"
    LOCATION_CODE = "location_code"
    EXPIRES_ON = "expires_on"
    ON_HAND = "on_hand"


@dataclass(frozen=True, kw_only=True)
class BinFilter(LevelFilter):
    location_id: int | None = None
    lot_id: int | None = None
    expires_before: date | None = None


@dataclass(frozen=True, kw_only=True)
class EntryFilter:
    """Which entries of the ledger; times and days are inclusive. The service has made times of
    days before it asks the reader."""

    variant_id: int | None = None
    warehouse_id: int | None = None
    location_id: int | None = None
    lot_id: int | None = None
    kind: Kind | None = None
    posting_id: int | None = None
    occurred_from: date | datetime | None = None
    occurred_to: date | datetime | None = None
    visible: frozenset[int] | None = None


@dataclass(frozen=True, kw_only=True)
class PostingFilter:
    """Which postings; times and days are inclusive, see EntryFilter."""

    kind: Kind | None = None
    number: str | None = None
    reference: str | None = None
    warehouse_id: int | None = None
    supplier_id: int | None = None
    customer_id: int | None = None
    document_type: DocumentType | None = None
    document_id: int | None = None
    occurred_from: date | datetime | None = None
    occurred_to: date | datetime | None = None
    visible: frozenset[int] | None = None


class StockReader(ABC):
    """Answers what is in stock and how it came there; each list is one query and a count."""

    @abstractmethod
    def levels(self, filter: LevelFilter, page: PageRequest) -> Page[LevelView]:
        """One row per variant and warehouse that ever had some."""

    @abstractmethod
    def bins(self, filter: BinFilter, page: PageRequest) -> Page[BinView]:
        """One row per variant, location and lot with something in it."""

    @abstractmethod
    def entries(self, filter: EntryFilter, cursor: CursorRequest) -> CursorPage[EntryView]:
        """The ledger, newest first; raises Invalid for a cursor that is none of its own."""

    @abstractmethod
    def postings(self, filter: PostingFilter, cursor: CursorRequest) -> CursorPage[PostingView]:
        """The postings, newest first, without their entries; raises Invalid like `entries`."""

    @abstractmethod
    def posting(self, id: int, visible: frozenset[int] | None) -> PostingView:
        """One with its visible entries; raises NotFound, also when none of them is visible."""

    @abstractmethod
    def scan(self, texts: Collection[str]) -> dict[str, Scanned]:
        """What these codes and barcodes stand for; those that nothing has are left out."""

    @abstractmethod
    def places(self, warehouse_id: int, codes: Collection[str]) -> dict[str, int]:
        """The ids of the live locations of a warehouse by these codes, whatever their case."""

    @abstractmethod
    def held_in_warehouses(self, ids: Collection[int]) -> dict[int, Decimal]:
        """How much of anything lies in each of these or is on its way there; absent: nothing."""

    @abstractmethod
    def held_in_locations(self, ids: Collection[int]) -> dict[int, Decimal]:
        """How much of anything lies in each of these locations; absent: nothing."""
