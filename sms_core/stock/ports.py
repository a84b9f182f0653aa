"""What stock needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum

from sms_core.shared.paging import CursorPage, CursorRequest, ListFilter, Page, PageRequest
from sms_core.shared.ports import MasterDataRepository, Repository
from sms_core.stock.entities import Location, LocationKind, Lot, ReasonCode, Warehouse
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import Goods, Level, LevelKey
from sms_core.stock.moments import Now
from sms_core.stock.periods import Closing
from sms_core.stock.postings import Posting
from sms_core.stock.promises import Reservation
from sms_core.stock.views import BinView, CardView, EntryView, LevelView, LotTrace, PostingView


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
class LotFilter(ListFilter):
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
    def available_elsewhere(
        self,
        variant_ids: Collection[int],
        *,
        except_in: int,
        visible: frozenset[int] | None,
        today: date,
    ) -> Mapping[int, Mapping[str, Decimal]]:
        """By variant, what the other visible warehouses have available, by their code."""


class ReservationSort(Enum):
    EXPIRES_AT = "expires_at"
    OCCURRED_AT = "occurred_at"
    QUANTITY = "quantity"


@dataclass(frozen=True, kw_only=True)
class ReservationFilter(VisibleFilter):
    """`search` looks into the purpose; `is_open`: whether something of it is still promised."""

    variant_id: int | None = None
    warehouse_id: int | None = None
    is_open: bool | None = None
    expires_before: datetime | None = None


class ReservationRepository(ABC):
    """Keeps reservations; one changes only while its level is locked."""

    @abstractmethod
    def get(self, id: int, visible: frozenset[int] | None) -> Reservation:
        """The one with this id in a visible warehouse; raises NotFound."""

    @abstractmethod
    def search(self, filter: ReservationFilter, page: PageRequest) -> Page[Reservation]:
        """The ones that match, the newest first unless an order is asked for."""

    @abstractmethod
    def open_of(self, keys: Collection[LevelKey]) -> list[Reservation]:
        """The open ones of these levels, in one query; the levels are locked."""

    @abstractmethod
    def lapsed(self, at: datetime, limit: int) -> list[Reservation]:
        """Open ones whose time was over at `at`, in the order of their levels, at most so many."""

    @abstractmethod
    def add(self, reservations: Collection[Reservation]) -> None:
        """Store new ones in their order, and set their ids."""

    @abstractmethod
    def save(self, reservations: Collection[Reservation]) -> None:
        """Store what is still open of these, in one statement."""


class PeriodRepository(ABC):
    """Keeps the records of closing, the last of which counts. They never change."""

    @abstractmethod
    def hold(self) -> date | None:
        """Until when the books are closed, kept from being changed until the unit of work ends;
        others may hold it too. Taken before any other lock but that of the idempotency key."""

    @abstractmethod
    def hold_alone(self) -> date | None:
        """Like `hold`, once nobody else holds it, and keeping everybody from it."""

    @abstractmethod
    def add(self, closing: Closing) -> None:
        """Append a record and set its id."""

    @abstractmethod
    def search(self, page: PageRequest) -> Page[Closing]:
        """The records, the newest first."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A posting as it was recorded, with what is needed to undo it.

    `lots` are those of its entries, by id; `reversed_lines` what was undone of it before.
    """

    posting: Posting
    lots: Mapping[int, Lot]
    reversed_lines: frozenset[int]


class LedgerHistory(ABC):
    """What the ledger recorded before, asked while something is posted."""

    @abstractmethod
    def hold_posting(self, id: int) -> Recorded:
        """The posting, locked so that nobody undoes or resolves it meanwhile; raises NotFound.

        Taken before the levels, like all headers of documents.
        """

    @abstractmethod
    def live_receipt(self, supplier_id: int | None, reference: str) -> str | None:
        """The number of a receipt of this supplier's note of which not all is undone; None: there
        is none. Nobody else can post one with the note until the unit of work ends."""

    @abstractmethod
    def with_other_facts(self, keys: Collection[LevelKey]) -> frozenset[LevelKey]:
        """Those of these levels with entries of anything but openings and their reversals."""

    @abstractmethod
    def lowest_since(
        self, keys: Collection[LevelKey], since: datetime
    ) -> dict[LevelKey, tuple[Decimal, datetime]]:
        """By level, the least that was there as of any moment from `since` on, by `occurred_at`,
        and when; in one query, before the posting in hand is saved. The levels are locked."""


class Partners(ABC):
    """Who delivers and who buys; answered by the capability that keeps them."""

    @abstractmethod
    def hold_supplier(self, id: int) -> bool:
        """Whether there is a live supplier with this id, kept from being archived."""

    @abstractmethod
    def hold_customer(self, id: int) -> bool:
        """Whether there is a live customer with this id, kept from being archived."""


class Calendar(ABC):
    """The time and the company's day."""

    @abstractmethod
    def now(self) -> Now:
        """The time on the database's clock and the zone of the company."""


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
class LevelFilter(VisibleFilter):
    """`category_id` means the category and all below it; `below_alert`: at or below the reorder
    level, over the warehouses one may see or the one asked for.

    With `as_of` or `known_at` the answer sums the entries that had occurred, and had been
    recorded, by then (inclusive); it tells quantities on hand, reserved, and value only. The
    service has made times of dates before it asks the reader.
    """

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
    """Which entries of the ledger; times are inclusive."""

    variant_id: int | None = None
    warehouse_id: int | None = None
    location_id: int | None = None
    lot_id: int | None = None
    kind: Kind | None = None
    posting_id: int | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    visible: frozenset[int] | None = None


@dataclass(frozen=True, kw_only=True)
class PostingFilter:
    """Which postings; times are inclusive."""

    kind: Kind | None = None
    number: str | None = None
    reference: str | None = None
    warehouse_id: int | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
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
    def held_in_warehouses(self, ids: Collection[int]) -> dict[int, Decimal]:
        """How much of anything lies in each of these or is on its way there; absent: nothing."""

    @abstractmethod
    def held_in_locations(self, ids: Collection[int]) -> dict[int, Decimal]:
        """How much of anything lies in each of these locations; absent: nothing."""


@dataclass(frozen=True, kw_only=True)
class CardFilter:
    """Which stretch of a variant's card: in one warehouse, or over all that are visible.

    From and to are inclusive, by `occurred_at`; only what was recorded by `known_at` counts.
    """

    variant_id: int
    warehouse_id: int | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    known_at: datetime | None = None
    visible: frozenset[int] | None = None


class StockHistory(ABC):
    """Answers how stock came to be what it is; each in a few queries, whatever its length."""

    @abstractmethod
    def card(self, filter: CardFilter, cursor: CursorRequest, today: date) -> CardView:
        """The opening balance, the entries by `occurred_at`, `recorded_at` and id, the oldest
        first, each with the balances it led to, and the closing balance; raises Invalid for a
        cursor that is none of its own. What is available is judged by the lots of `today`."""

    @abstractmethod
    def trace(self, lot_id: int, visible: frozenset[int] | None) -> LotTrace:
        """From whom a lot came, where it is, and to whom it went."""

    @abstractmethod
    def level(self, key: LevelKey) -> Level | None:
        """A level with what lies in its bins, as it is now, not locked; None: never any."""
