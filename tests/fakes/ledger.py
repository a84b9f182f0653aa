"""In-memory doubles of what the ledger remembers: promises, closings, and what happened before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar

from sms_core.shared.documents import DocumentRef
from sms_core.shared.entities import Actor
from sms_core.shared.errors import NotFound
from sms_core.shared.paging import CursorRequest, Page, PageRequest
from sms_core.shared.ports import Clock, DryRun
from sms_core.shared.text import fold
from sms_core.stock.documents import Documents
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.ledger import Books
from sms_core.stock.ledger_ports import (
    Backorders,
    Calendar,
    CardFilter,
    LedgerHistory,
    Partners,
    PeriodRepository,
    Recorded,
    ReservationFilter,
    ReservationRepository,
    ReservationSort,
    StockHistory,
    Waiting,
)
from sms_core.stock.levels import ZERO, CountedBin, Level, LevelKey
from sms_core.stock.moments import Now
from sms_core.stock.periods import Closing
from sms_core.stock.ports import (
    BinFilter,
)
from sms_core.stock.postings import Entry, Posting
from sms_core.stock.promises import Reservation
from sms_core.stock.views import CardBalance, CardRow, CardView, LotTrace, TraceRow
from tests.fakes.stock import InMemoryLedgerRepository, InMemoryStockReader, _of_document, _sees

T = TypeVar("T")


@dataclass
class InMemoryReservationRepository(ReservationRepository):
    stored: dict[int, Reservation] = field(default_factory=dict)

    def get(self, id: int, visible: frozenset[int] | None) -> Reservation:
        found = self.stored.get(id)
        if found is None or not _sees(visible, found.warehouse_id):
            raise NotFound(f"There is no reservation {id}.")
        return deepcopy(found)

    def search(self, filter: ReservationFilter, page: PageRequest) -> Page[Reservation]:
        found = [r for r in reversed(self.stored.values()) if self._matches(r, filter)]
        keys: dict[Any, Callable[[Reservation], Any]] = {
            ReservationSort.EXPIRES_AT: lambda r: r.expires_at or datetime.max.replace(tzinfo=UTC),
            ReservationSort.OCCURRED_AT: lambda r: r.occurred_at,
            ReservationSort.QUANTITY: lambda r: r.quantity,
        }
        for order in reversed(filter.order):
            found.sort(key=keys[order.by], reverse=order.descending)
        items = found[page.offset : page.offset + page.size]
        return Page(deepcopy(items), len(found), page)

    def _matches(self, reservation: Reservation, filter: ReservationFilter) -> bool:
        before, expires_at = filter.expires_before, reservation.expires_at
        return (
            _sees(filter.visible, reservation.warehouse_id)
            and fold(filter.search) in fold(reservation.purpose)
            and filter.variant_id in {None, reservation.variant_id}
            and filter.warehouse_id in {None, reservation.warehouse_id}
            and _of_document(filter, reservation.document)
            and filter.is_open in {None, reservation.open_quantity > 0}
            and (before is None or (expires_at is not None and expires_at < before))
        )

    def open_of(self, keys: Collection[LevelKey]) -> list[Reservation]:
        return deepcopy([r for r in self.stored.values() if r.key in set(keys) and r.open_quantity])

    def lapsed(self, at: datetime, limit: int) -> list[Reservation]:
        found = [r for r in self.stored.values() if r.has_lapsed(at)]
        return deepcopy(sorted(found, key=lambda r: (r.key, r.id))[:limit])

    def add(self, reservations: Collection[Reservation]) -> None:
        for reservation in reservations:
            reservation.id = len(self.stored) + 1
            self.stored[reservation.id] = deepcopy(reservation)

    def save(self, reservations: Collection[Reservation]) -> None:
        for reservation in reservations:
            self.stored[reservation.id] = deepcopy(reservation)


@dataclass
class InMemoryPeriodRepository(PeriodRepository):
    stored: dict[int, Closing] = field(default_factory=dict)

    def hold(self) -> date | None:
        return self.stored[len(self.stored)].closed_until if self.stored else None

    def hold_alone(self) -> date | None:
        return self.hold()

    def add(self, closing: Closing) -> None:
        closing.id = len(self.stored) + 1
        self.stored[closing.id] = deepcopy(closing)

    def search(self, page: PageRequest) -> Page[Closing]:
        found = list(reversed(self.stored.values()))
        items = found[page.offset : page.offset + page.size]
        return Page(deepcopy(items), len(found), page)


@dataclass
class InMemoryPartners(Partners):
    suppliers: set[int] = field(default_factory=set)
    customers: set[int] = field(default_factory=set)

    def hold_supplier(self, id: int) -> bool:
        return id in self.suppliers

    def hold_customer(self, id: int) -> bool:
        return id in self.customers


@dataclass
class InMemoryBackorders(Backorders):
    """What the test says is owed to others, whichever document asks."""

    owed: dict[LevelKey, Decimal] = field(default_factory=dict)

    def ahead(
        self, document: DocumentRef, keys: Collection[LevelKey]
    ) -> Mapping[LevelKey, Decimal]:
        return {key: self.owed[key] for key in keys if key in self.owed}


@dataclass
class RecordingWaiting(Waiting):
    """Remembers of what more became available, call by call."""

    told: list[frozenset[LevelKey]] = field(default_factory=list)

    def freed(self, keys: Collection[LevelKey]) -> None:
        self.told.append(frozenset(keys))


@dataclass
class RecordingDocuments(Documents):
    """Remembers which documents were locked, and which reversals they were told of."""

    locked: list[DocumentRef] = field(default_factory=list)
    told: list[tuple[DocumentRef, Posting]] = field(default_factory=list)

    def lock(self, document: DocumentRef) -> None:
        self.locked.append(document)

    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        self.told.append((document, reversal))


@dataclass
class FixedCalendar(Calendar):
    clock: Clock
    zone: tzinfo = UTC

    def now(self) -> Now:
        return Now(self.clock.now(), self.zone)


@dataclass
class InMemoryLedgerHistory(LedgerHistory):
    """Looks back into the ledger beside it."""

    ledger: InMemoryLedgerRepository

    def hold_posting(self, id: int) -> Recorded:
        posting = self.ledger.postings.get(id)
        if posting is None:
            raise NotFound(f"There is no posting {id}.")
        lots = {entry.lot_id for entry in posting.entries if entry.lot_id}
        return deepcopy(
            Recorded(
                posting=posting,
                lots={id: self.ledger.lots.stored[id] for id in lots},
                reversed_lines=frozenset(self.ledger.reversed_lines(id)),
            )
        )

    def live_receipt(self, supplier_id: int | None, reference: str) -> str | None:
        for posting in self.ledger.postings.values():
            same = (posting.supplier_id, posting.reference) == (supplier_id, reference)
            lines = {entry.line for entry in posting.entries}
            live = lines - self.ledger.reversed_lines(posting.id)
            if posting.kind is Kind.RECEIPT and same and live:
                return posting.number
        return None

    def with_other_facts(self, keys: Collection[LevelKey]) -> frozenset[LevelKey]:
        return frozenset(
            entry.level
            for posting, entry in self.ledger.facts()
            if entry.level in set(keys) and not self._is_opening(posting)
        )

    def _is_opening(self, posting: Posting) -> bool:
        undone = self.ledger.postings.get(posting.reverses_id or 0)
        return Kind.OPENING in {posting.kind, undone.kind if undone else None}

    def lowest_since(
        self, keys: Collection[LevelKey], since: datetime
    ) -> dict[LevelKey, tuple[Decimal, datetime]]:
        lowest = {}
        for key in keys:
            changes = [
                (p.occurred_at, e.quantity) for p, e in self.ledger.facts() if e.level == key
            ]
            moments = {since} | {at for at, _ in changes if at > since}
            then = [(sum((q for at, q in changes if at <= t), ZERO), t) for t in moments]
            lowest[key] = min(then)
        return lowest

    def moved_since(self, bins: Sequence[CountedBin]) -> list[Decimal]:
        return [
            sum(
                (
                    entry.quantity
                    for posting, entry in self.ledger.facts()
                    if (entry.level, entry.location_id, entry.lot_id)
                    == (bin.key, bin.location_id, bin.lot_id)
                    and posting.occurred_at > bin.counted_at
                ),
                ZERO,
            )
            for bin in bins
        ]

    def counted_after(self, keys: Collection[LevelKey], at: datetime) -> list[CountedBin]:
        return [
            CountedBin(key=key, location_id=location_id, lot_id=lot_id, counted_at=counted_at)
            for (key, location_id, lot_id), counted_at in self.ledger.counted.items()
            if key in set(keys) and counted_at > at
        ]


@dataclass
class InMemoryStockHistory(StockHistory):
    """Reads the ledger beside it from its beginning, every time."""

    reader: InMemoryStockReader

    @property
    def ledger(self) -> InMemoryLedgerRepository:
        return self.reader.ledger

    def card(self, filter: CardFilter, cursor: CursorRequest, today: date) -> CardView:
        facts = sorted(self._facts(filter), key=lambda fact: fact[0])
        running, opening, rows = _NOTHING, _NOTHING, []
        for key, posting, entry in facts:
            running = self._after(running, entry, today)
            if filter.from_at is not None and posting.occurred_at < filter.from_at:
                opening = running
            else:
                rows.append((key, self._row(key[2], posting, entry, running)))
        left = [row for row in rows if cursor.after is None or row[0] > cursor.after]
        page = left[: cursor.limit]
        return CardView(
            opening=opening,
            rows=tuple(row for _, row in page),
            closing=running,
            next=page[-1][0] if len(left) > len(page) else None,
        )

    def _facts(self, filter: CardFilter) -> list[tuple[tuple[Any, ...], Posting, Entry]]:
        found = []
        for posting in self.ledger.postings.values():
            for number, entry in enumerate(posting.entries, start=1):
                key = (posting.occurred_at, posting.recorded_at, posting.id * 10_000 + number)
                level = entry.level
                if (
                    level.variant_id == filter.variant_id
                    and not level.in_transit
                    and filter.warehouse_id in {None, level.warehouse_id}
                    and _sees(filter.visible, level.warehouse_id)
                    and (filter.to_at is None or posting.occurred_at <= filter.to_at)
                    and (filter.known_at is None or posting.recorded_at <= filter.known_at)
                ):
                    found.append((key, posting, entry))
        return found

    def _after(self, before: CardBalance, entry: Entry, today: date) -> CardBalance:
        level = Level(key=entry.level)
        fit = ZERO
        if entry.location_id:
            place = self.ledger.locations.stored[entry.location_id]
            lot = self.ledger.lots.stored[entry.lot_id] if entry.lot_id else None
            fit = entry.quantity if level.bin_at(place, lot).is_usable(today) else ZERO
        assert before.value is not None
        return CardBalance(
            on_hand=before.on_hand + entry.quantity,
            reserved=before.reserved + entry.reserved,
            available=before.available + fit - entry.reserved,
            value=before.value + entry.value,
        )

    def _row(self, id: int, posting: Posting, entry: Entry, after: CardBalance) -> CardRow:
        view = self.reader.posting(posting.id, None)
        undone_by = [
            other.id
            for other in self.ledger.postings.values()
            if other.reverses_id == posting.id and entry.line in {e.line for e in other.entries}
        ]
        return CardRow(
            entry=next(shown for shown in view.entries if shown.id == id),
            balance=after,
            posting_number=posting.number,
            reference=posting.reference,
            note=posting.note,
            reason_code=view.reason_code,
            username=posting.username,
            reverses_id=posting.reverses_id,
            reversed_by_id=undone_by[0] if undone_by else None,
            document=posting.document,
        )

    def trace(self, lot_id: int, visible: frozenset[int] | None) -> LotTrace:
        rows = [
            self._trace_row(posting, entry)
            for posting, entry in self.ledger.facts()
            if entry.lot_id == lot_id and _sees(visible, entry.level.warehouse_id)
        ]
        rows.sort(key=lambda row: row.occurred_at)
        outside = [row for row in rows if row.counterpart != Counterpart.STOCK.value]
        lot = self.ledger.lots.stored[lot_id]
        lies_in = self.reader.bins(BinFilter(lot_id=lot_id, visible=visible), PageRequest(size=500))
        return LotTrace(
            lot_id=lot_id,
            variant_id=lot.variant_id,
            lot_code=lot.code,
            came_from=tuple(row for row in outside if row.quantity > 0),
            lies_in=tuple(lies_in.items),
            went_to=tuple(row for row in outside if row.quantity < 0),
            moved=tuple(row for row in rows if row.counterpart == Counterpart.STOCK.value),
        )

    def _trace_row(self, posting: Posting, entry: Entry) -> TraceRow:
        warehouse_id = entry.level.warehouse_id
        return TraceRow(
            posting_id=posting.id,
            posting_number=posting.number,
            kind=posting.kind.value,
            counterpart=entry.counterpart.value,
            occurred_at=posting.occurred_at,
            warehouse_id=warehouse_id,
            warehouse_code=self.ledger.warehouses.stored[warehouse_id].code,
            location_code=self.ledger.locations.stored[entry.location_id or 0].code,
            quantity=entry.quantity,
            reference=posting.reference,
            supplier_id=posting.supplier_id,
            customer_id=posting.customer_id,
        )

    def level(self, key: LevelKey) -> Level | None:
        return self.ledger.lock([key])[key] if key in self.ledger.levels else None


_NOTHING = CardBalance(on_hand=ZERO, reserved=ZERO, available=ZERO, value=ZERO)


@dataclass
class StockUnitOfWork(AbstractContextManager[None]):
    """Puts everything that stock keeps back to where it was when its block raises.

    What the ledger stores is replaced, never changed in place, so that remembering which objects
    there were is enough.
    """

    keepers: tuple[Any, ...]
    NAMES = ("stored", "levels", "postings", "counted", "lines_by_id", "said")

    def __post_init__(self) -> None:
        self._before: list[list[tuple[Any, str, dict[Any, Any]]]] = []

    def __enter__(self) -> None:
        self._before.append(
            [
                (keeper, name, dict(getattr(keeper, name)))
                for keeper in self.keepers
                for name in self.NAMES
                if isinstance(getattr(keeper, name, None), dict)
            ]
        )

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        before = self._before.pop()
        if kind is not None:
            for keeper, name, stored in before:
                setattr(keeper, name, stored)


class _Undo(Exception):
    pass


@dataclass
class RollingBackDryRun(DryRun):
    """Runs a use case in a unit of work that it always leaves by an exception."""

    uow: StockUnitOfWork

    def run(self, use_case: Callable[[], T]) -> T:
        try:
            with self.uow:
                answer = use_case()
                raise _Undo
        except _Undo:
            return answer
