"""What the ledger needs from the outside beside itself: promises, closings, the past."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.paging import CursorRequest, Order, Page, PageRequest
from sms_core.stock.entities import Lot
from sms_core.stock.levels import CountedBin, Level, LevelKey
from sms_core.stock.moments import Now
from sms_core.stock.periods import Closing
from sms_core.stock.postings import Posting
from sms_core.stock.promises import Reservation
from sms_core.stock.views import CardView, LotTrace, OpenOrder


class ReservationSort(Enum):
    EXPIRES_AT = "expires_at"
    OCCURRED_AT = "occurred_at"
    QUANTITY = "quantity"


@dataclass(frozen=True, kw_only=True)
class ReservationFilter:
    """`search` looks into the purpose; `is_open`: whether something of it is still promised."""

    search: str = ""
    order: tuple[Order, ...] = ()
    visible: frozenset[int] | None = None
    variant_id: int | None = None
    warehouse_id: int | None = None
    is_open: bool | None = None
    expires_before: datetime | None = None
    document_type: DocumentType | None = None
    document_id: int | None = None


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

    @abstractmethod
    def moved_since(self, bins: Sequence[CountedBin]) -> list[Decimal]:
        """What came into each of these bins less what left them, by `occurred_at`, after they
        were counted; in their order, in one query."""

    @abstractmethod
    def counted_after(self, keys: Collection[LevelKey], at: datetime) -> list[CountedBin]:
        """The bins of these levels of which a count was posted that looked at them after `at`."""


class Partners(ABC):
    """Who delivers and who buys; answered by the capability that keeps them."""

    @abstractmethod
    def hold_supplier(self, id: int) -> bool:
        """Whether there is a live supplier with this id, kept from being archived."""

    @abstractmethod
    def hold_customer(self, id: int) -> bool:
        """Whether there is a live customer with this id, kept from being archived."""


class Backorders(ABC):
    """What is owed to orders that wait for goods; answered by the capability that keeps them."""

    @abstractmethod
    def ahead(
        self, document: DocumentRef, keys: Collection[LevelKey]
    ) -> Mapping[LevelKey, Decimal]:
        """How much of each of these levels is owed to those before the document in the queue;
        absent: nothing. The levels are locked."""


class Outlook(ABC):
    """What open orders will bring and take; answered by the capabilities that keep them."""

    @abstractmethod
    def coming(
        self, variant_ids: Collection[int], visible: frozenset[int] | None
    ) -> Mapping[int, Sequence[OpenOrder]]:
        """By variant, what suppliers owe visible warehouses, the first expected first."""

    @abstractmethod
    def orders(
        self, variant_id: int, warehouse_id: int | None, visible: frozenset[int] | None, limit: int
    ) -> list[OpenOrder]:
        """At most so many lines of open purchase orders and as many of sales orders for a variant
        in the visible warehouses, or in one of them; the first due first."""


class Waiting(ABC):
    """Those who wait for goods."""

    @abstractmethod
    def freed(self, keys: Collection[LevelKey]) -> None:
        """More of these levels is available than before, once the unit of work is done."""


class Calendar(ABC):
    """The time and the company's day."""

    @abstractmethod
    def now(self) -> Now:
        """The time on the database's clock and the zone of the company."""


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
