"""In-memory doubles of the stock's ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from itertools import count
from typing import Any

from sms_core.catalogue.products import scan_key
from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.errors import Conflict, NotFound
from sms_core.shared.paging import CursorPage, CursorRequest, Page, PageRequest
from sms_core.shared.ports import Clock
from sms_core.shared.text import fold
from sms_core.stock.documents import Moved
from sms_core.stock.entities import Location, Lot, ReasonCode, Warehouse
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import ZERO, CountedBin, Goods, Level, LevelKey
from sms_core.stock.ports import (
    BinFilter,
    EntryFilter,
    LedgerRepository,
    LevelFilter,
    LocationFilter,
    LocationRepository,
    LocationSort,
    LotFilter,
    LotRepository,
    LotSort,
    PostingFilter,
    ReasonCodeFilter,
    ReasonCodeRepository,
    ReasonCodeSort,
    Stamp,
    StockReader,
    WarehouseFilter,
    WarehouseRepository,
    WarehouseSort,
)
from sms_core.stock.postings import Entry, Posting
from sms_core.stock.views import BinView, EntryView, LevelView, PostingView, Scanned
from tests.fakes.base import FixedClock, InMemoryMasterDataRepository, InMemoryRepository
from tests.fakes.outlook import InMemoryOutlook


def _sees(visible: frozenset[int] | None, warehouse_id: int) -> bool:
    return visible is None or warehouse_id in visible


def _same(wanted: str | None, actual: str) -> bool:
    return wanted is None or fold(wanted) == fold(actual)


def _of_document(filter: Any, document: DocumentRef | None) -> bool:
    """Whether the document is one of those that the filter asks for."""
    return filter.document_type in {None, document and document.type} and filter.document_id in {
        None,
        document and document.id,
    }


@dataclass
class InMemoryWarehouseRepository(
    InMemoryMasterDataRepository[Warehouse, WarehouseFilter], WarehouseRepository
):
    entity = Warehouse
    unique = {"code": lambda warehouse: fold(warehouse.code)}
    sort_keys = {
        WarehouseSort.CODE: lambda warehouse: fold(warehouse.code),
        WarehouseSort.NAME: lambda warehouse: fold(warehouse.name),
        WarehouseSort.CREATED_AT: lambda warehouse: warehouse.created_at,
        WarehouseSort.UPDATED_AT: lambda warehouse: warehouse.updated_at,
    }
    default_sort = sort_keys[WarehouseSort.CODE]

    def searched(self, warehouse: Warehouse) -> tuple[str, ...]:
        return (warehouse.code, warehouse.name, warehouse.address)

    def matches(self, warehouse: Warehouse, filter: WarehouseFilter) -> bool:
        return (
            _sees(filter.visible, warehouse.id)
            and _same(filter.code, warehouse.code)
            and _same(filter.name, warehouse.name)
        )

    def furnish(self, warehouse: Warehouse) -> None:
        self.stored[warehouse.id] = deepcopy(warehouse)


@dataclass
class InMemoryLocationRepository(
    InMemoryMasterDataRepository[Location, LocationFilter], LocationRepository
):
    entity = Location
    unique = {"code": lambda location: (location.warehouse_id, fold(location.code))}
    sort_keys = {
        LocationSort.CODE: lambda location: fold(location.code),
        LocationSort.NAME: lambda location: fold(location.name),
        LocationSort.CREATED_AT: lambda location: location.created_at,
        LocationSort.UPDATED_AT: lambda location: location.updated_at,
    }
    default_sort = sort_keys[LocationSort.CODE]

    def searched(self, location: Location) -> tuple[str, ...]:
        return (location.code, location.name)

    def matches(self, location: Location, filter: LocationFilter) -> bool:
        return (
            _sees(filter.visible, location.warehouse_id)
            and filter.warehouse_id in {None, location.warehouse_id}
            and filter.kind in {None, location.kind}
            and _same(filter.code, location.code)
            and _same(filter.name, location.name)
        )

    def archive_with(self, warehouse_ids: Collection[int], at: datetime) -> None:
        self.archive(
            [id for id, place in self.visible().items() if place.warehouse_id in warehouse_ids], at
        )

    def restore_with(self, warehouse_id: int, archived_at: datetime) -> None:
        for location in self.stored.values():
            if location.warehouse_id == warehouse_id and location.deleted_at == archived_at:
                location.restore()
                location.version += 1
                location.updated_at = self.clock.now()


@dataclass
class InMemoryLotRepository(InMemoryRepository[Lot], LotRepository):
    entity = Lot
    unique = {"code": lambda lot: lot.key}

    def search(self, filter: LotFilter, page: PageRequest) -> Page[Lot]:
        found = [lot for lot in self.stored.values() if self._matches(lot, filter)]
        last = filter.order[-1].descending if filter.order else False
        found.sort(key=lambda lot: lot.id, reverse=last)
        keys: dict[Any, Callable[[Lot], Any]] = {
            LotSort.CODE: lambda lot: fold(lot.code),
            LotSort.EXPIRES_ON: lambda lot: lot.expires_on or date.max,
            LotSort.CREATED_AT: lambda lot: lot.created_at,
        }
        for order in reversed(filter.order):
            found.sort(key=keys[order.by], reverse=order.descending)
        if not filter.order:
            found.sort(key=keys[LotSort.CODE])
        items = found[page.offset : page.offset + page.size]
        return Page(deepcopy(items), len(found), page)

    def _matches(self, lot: Lot, filter: LotFilter) -> bool:
        before = filter.expires_before
        return (
            fold(filter.search) in fold(lot.code)
            and filter.variant_id in {None, lot.variant_id}
            and _same(filter.code, lot.code)
            and filter.is_blocked in {None, lot.is_blocked}
            and (before is None or (lot.expires_on is not None and lot.expires_on < before))
        )

    def find(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
        return {lot.key: deepcopy(lot) for lot in self.stored.values() if lot.key in set(keys)}

    def obtain(self, lots: Collection[Lot]) -> dict[tuple[int, str], Lot]:
        for lot in sorted(lots, key=lambda lot: lot.key):
            if not self.find([lot.key]):
                self.add(deepcopy(lot))
        return self.find([lot.key for lot in lots])


@dataclass
class InMemoryReasonCodeRepository(
    InMemoryMasterDataRepository[ReasonCode, ReasonCodeFilter], ReasonCodeRepository
):
    entity = ReasonCode
    unique = {"code": lambda reason: fold(reason.code)}
    sort_keys = {
        ReasonCodeSort.CODE: lambda reason: fold(reason.code),
        ReasonCodeSort.LABEL: lambda reason: fold(reason.label),
        ReasonCodeSort.CREATED_AT: lambda reason: reason.created_at,
        ReasonCodeSort.UPDATED_AT: lambda reason: reason.updated_at,
    }
    default_sort = sort_keys[ReasonCodeSort.CODE]

    def searched(self, reason: ReasonCode) -> tuple[str, ...]:
        return (reason.code, reason.label)

    def matches(self, reason: ReasonCode, filter: ReasonCodeFilter) -> bool:
        return (
            (filter.kind is None or not reason.kinds or filter.kind in reason.kinds)
            and _same(filter.code, reason.code)
            and _same(filter.label, reason.label)
        )

    def delivered(self) -> set[str]:
        return {r.delivered_as for r in self.stored.values() if r.delivered_as}

    def hold_by_code(self, code: str) -> ReasonCode | None:
        found = (r for r in self.visible().values() if fold(r.code) == fold(code))
        return deepcopy(next(found, None))


@dataclass
class InMemoryLedgerRepository(LedgerRepository):
    """Keeps levels and postings; the test says which variants exist, in `goods`."""

    warehouses: InMemoryWarehouseRepository
    locations: InMemoryLocationRepository
    lots: InMemoryLotRepository
    clock: Clock = field(default_factory=FixedClock)
    goods: dict[int, Goods] = field(default_factory=dict)
    levels: dict[LevelKey, Level] = field(default_factory=dict)
    postings: dict[int, Posting] = field(default_factory=dict)
    serials: dict[Kind, Iterator[int]] = field(default_factory=dict)
    counted: dict[tuple[LevelKey, int, int | None], datetime] = field(default_factory=dict)
    zone: tzinfo = UTC
    large_value: Decimal | None = None

    def hold_goods(self, variant_ids: Collection[int]) -> dict[int, Goods]:
        return {id: goods for id, goods in self.goods.items() if id in set(variant_ids)}

    def lock(self, keys: Collection[LevelKey]) -> dict[LevelKey, Level]:
        locked = {}
        for key in sorted(keys):
            stored = self.levels.setdefault(key, Level(key=key, id=len(self.levels) + 1))
            locked[key] = level = deepcopy(stored)
            for bin in level.bins:
                bin.location = self.locations.stored[bin.location.id]
                bin.lot = self.lots.stored[bin.lot.id] if bin.lot else None
            level.bins = [bin for bin in level.bins if bin.on_hand]
        return deepcopy(locked)

    def last_costs(self, variant_ids: Collection[int]) -> dict[int, Decimal]:
        known = [
            (level.last_cost_at, level.key.variant_id, level.last_cost)
            for level in self.levels.values()
            if level.last_cost_at and level.last_cost is not None
        ]
        known.sort(key=lambda cost: cost[0])
        return {variant_id: cost for _, variant_id, cost in known if variant_id in variant_ids}

    def stamp(self, kind: Kind) -> Stamp:
        serial = next(self.serials.setdefault(kind, count(1)))
        return Stamp(
            at=self.clock.now(), zone=self.zone, serial=serial, large_value=self.large_value
        )

    def save(self, posting: Posting, levels: Collection[Level]) -> None:
        changes = Counter(entry.level for entry in posting.entries)
        for level in levels:
            if self.levels[level.key].version + changes[level.key] != level.version:
                raise Conflict("The stock was changed by someone else meanwhile.")
            self.levels[level.key] = deepcopy(level)
        posting.id = len(self.postings) + 1
        self.postings[posting.id] = deepcopy(posting)

    def mark_counted(self, bins: Collection[CountedBin]) -> None:
        for bin in bins:
            place = (bin.key, bin.location_id, bin.lot_id)
            before = self.counted.get(place, bin.counted_at)
            self.counted[place] = max(before, bin.counted_at)

    def reversed_lines(self, posting_id: int) -> set[int]:
        return {
            entry.line
            for posting in self.postings.values()
            if posting.reverses_id == posting_id
            for entry in posting.entries
        }

    def moved(self, type: DocumentType, line_ids: Collection[int]) -> list[Moved]:
        """What these lines of documents of this type moved, by line, kind, counterpart, place."""
        sums: dict[tuple[Any, ...], tuple[Decimal, Decimal]] = {}
        for posting, entry in self.facts():
            ours = posting.document and posting.document.type is type
            if ours and entry.document_line in set(line_ids) and (entry.quantity or entry.value):
                undone = self.postings.get(posting.reverses_id or 0)
                kind = undone.kind if undone else posting.kind
                key = (entry.document_line, kind, entry.counterpart, entry.level.in_transit)
                quantity, value = sums.get(key, (ZERO, ZERO))
                sums[key] = (quantity + entry.quantity, value + entry.value)
        return [
            Moved(
                document_line=line,
                kind=kind,
                counterpart=counterpart,
                in_transit=in_transit,
                quantity=quantity,
                value=value,
            )
            for (line, kind, counterpart, in_transit), (quantity, value) in sums.items()
        ]

    def facts(
        self, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Iterator[tuple[Posting, Entry]]:
        """Every entry with its posting, as they had occurred and been recorded by then."""
        for posting in self.postings.values():
            if as_of is not None and posting.occurred_at > as_of:
                continue
            if known_at is None or posting.recorded_at <= known_at:
                yield from ((posting, entry) for entry in posting.entries)

    def available_elsewhere(
        self,
        variant_ids: Collection[int],
        *,
        except_in: int,
        visible: frozenset[int] | None,
        today: date,
    ) -> Mapping[int, Mapping[str, Decimal]]:
        found: dict[int, dict[str, Decimal]] = {}
        for key, level in sorted(self.levels.items()):
            there = self.warehouses.visible().get(key.warehouse_id)
            if key.variant_id not in variant_ids or key.in_transit or there is None:
                continue
            if key.warehouse_id != except_in and _sees(visible, key.warehouse_id):
                available = level.available(today)
                if available > 0:
                    found.setdefault(key.variant_id, {})[there.code] = available
        return {
            variant_id: dict(sorted(by_code.items(), key=lambda item: (-item[1], item[0])))
            for variant_id, by_code in found.items()
        }


@dataclass
class InMemoryStockReader(StockReader):
    """Reads what the ledger beside it keeps, and what the outlook tells of open orders; products
    are called by their variant's code."""

    ledger: InMemoryLedgerRepository
    reason_codes: InMemoryReasonCodeRepository
    barcodes: dict[str, Scanned] = field(default_factory=dict)
    outlook: InMemoryOutlook = field(default_factory=InMemoryOutlook)

    def levels(self, filter: LevelFilter, page: PageRequest) -> Page[LevelView]:
        if filter.as_of is not None or filter.known_at is not None:
            return self._levels_as_of(filter, page)
        found = [
            self._level_view(level)
            for key, level in sorted(self.ledger.levels.items())
            if not key.in_transit
            and _sees(filter.visible, key.warehouse_id)
            and filter.warehouse_id in {None, key.warehouse_id}
            and filter.variant_id in {None, key.variant_id}
        ]
        return Page(found[page.offset : page.offset + page.size], len(found), page)

    def _levels_as_of(self, filter: LevelFilter, page: PageRequest) -> Page[LevelView]:
        sums: dict[LevelKey, list[Decimal]] = {}
        for _, entry in self.ledger.facts(_time(filter.as_of), _time(filter.known_at)):
            total = sums.setdefault(entry.level, [ZERO, ZERO, ZERO])
            changes = (entry.quantity, entry.reserved, entry.value)
            sums[entry.level] = [a + b for a, b in zip(total, changes, strict=True)]
        found = []
        for key, (on_hand, reserved, value) in sorted(sums.items()):
            if (
                not key.in_transit
                and _sees(filter.visible, key.warehouse_id)
                and filter.warehouse_id in {None, key.warehouse_id}
                and filter.variant_id in {None, key.variant_id}
            ):
                then = Level(key=key, on_hand=on_hand, reserved=reserved, value=value)
                view = self._level_view(then)
                unknown = dict.fromkeys(
                    ("available", "in_transit", "on_order", "incoming", "backordered")
                )
                found.append(replace(view, **unknown))
        return Page(found[page.offset : page.offset + page.size], len(found), page)

    def _level_view(self, level: Level) -> LevelView:
        key = level.key
        transit = self.ledger.levels.get(replace(key, in_transit=True))
        goods = self.ledger.goods[key.variant_id]
        in_transit = transit.on_hand if transit else ZERO
        on_order, backordered, expected_at = self.outlook.of(key.variant_id, key.warehouse_id)
        return LevelView(
            variant_id=key.variant_id,
            variant_code=goods.code,
            product_id=key.variant_id,
            product_name=goods.code,
            warehouse_id=key.warehouse_id,
            warehouse_code=self.ledger.warehouses.stored[key.warehouse_id].code,
            on_hand=level.on_hand,
            reserved=level.reserved,
            available=level.available(self.ledger.clock.now().date()),
            in_transit=in_transit,
            on_order=on_order,
            incoming=in_transit + on_order,
            backordered=backordered,
            expected_at=expected_at,
            unit_cost=level.average_cost,
            value=level.value,
        )

    def bins(self, filter: BinFilter, page: PageRequest) -> Page[BinView]:
        today = self.ledger.clock.now().date()
        found = [
            BinView(
                variant_id=key.variant_id,
                variant_code=self.ledger.goods[key.variant_id].code,
                product_id=key.variant_id,
                product_name=self.ledger.goods[key.variant_id].code,
                warehouse_id=key.warehouse_id,
                warehouse_code=self.ledger.warehouses.stored[key.warehouse_id].code,
                location_id=bin.location.id,
                location_code=bin.location.code,
                location_kind=bin.location.kind.value,
                lot_id=bin.lot.id if bin.lot else None,
                lot_code=bin.lot.code if bin.lot else None,
                expires_on=bin.lot.expires_on if bin.lot else None,
                on_hand=bin.on_hand,
                usable=bin.is_usable(today),
            )
            for key, level in sorted(self._levels_with_bins(filter).items())
            if _sees(filter.visible, key.warehouse_id)
            and filter.variant_id in {None, key.variant_id}
            for bin in sorted(level.bins, key=lambda bin: bin.location.code)
            if filter.location_id in {None, bin.location.id} and filter.lot_id in {None, bin.lot_id}
        ]
        return Page(found[page.offset : page.offset + page.size], len(found), page)

    def _levels_with_bins(self, filter: BinFilter) -> dict[LevelKey, Level]:
        if filter.as_of is None and filter.known_at is None:
            return self.ledger.lock(self.ledger.levels)
        levels: dict[LevelKey, Level] = {}
        for _, entry in self.ledger.facts(_time(filter.as_of), _time(filter.known_at)):
            if entry.location_id:
                level = levels.setdefault(entry.level, Level(key=entry.level))
                place = self.ledger.locations.stored[entry.location_id]
                lot = self.ledger.lots.stored[entry.lot_id] if entry.lot_id else None
                level.bin_at(place, lot).on_hand += entry.quantity
        for level in levels.values():
            level.bins = [bin for bin in level.bins if bin.on_hand]
        return levels

    def entries(self, filter: EntryFilter, cursor: CursorRequest) -> CursorPage[EntryView]:
        found = [
            view
            for posting in self.ledger.postings.values()
            for view in self._entry_views(posting, filter.visible)
            if filter.variant_id in {None, view.variant_id}
            and filter.warehouse_id in {None, view.warehouse_id}
            and filter.posting_id in {None, view.posting_id}
            and filter.location_id in {None, view.location_id}
            and filter.kind in {None, posting.kind}
            and _happened_between(posting, filter)
        ]
        return _stretch(sorted(found, key=lambda view: -view.id), cursor)

    def postings(self, filter: PostingFilter, cursor: CursorRequest) -> CursorPage[PostingView]:
        found = []
        for posting in reversed(self.ledger.postings.values()):
            view = self._posting_view(posting, filter.visible)
            wanted = (
                filter.kind in {None, posting.kind}
                and filter.number in {None, posting.number}
                and filter.reference in {None, posting.reference}
                and filter.supplier_id in {None, posting.supplier_id}
                and filter.customer_id in {None, posting.customer_id}
                and _of_document(filter, posting.document)
                and _happened_between(posting, filter)
            )
            if view.entries and wanted:
                found.append(replace(view, entries=()))
        return _stretch(found, cursor)

    def posting(self, id: int, visible: frozenset[int] | None) -> PostingView:
        posting = self.ledger.postings.get(id)
        view = self._posting_view(posting, visible) if posting else None
        if view is None or not view.entries:
            raise NotFound(f"There is no posting {id}.")
        return view

    def scan(self, texts: Collection[str]) -> dict[str, Scanned]:
        return {text: self.barcodes[text] for text in texts if text in self.barcodes} | {
            text: Scanned(goods.id, None)
            for text in texts
            for goods in self.ledger.goods.values()
            if scan_key(goods.code) == scan_key(text)
        }

    def places(self, warehouse_id: int, codes: Collection[str]) -> dict[str, int]:
        return {
            code: place.id
            for code in codes
            for place in self.ledger.locations.visible().values()
            if place.warehouse_id == warehouse_id and fold(place.code) == fold(code)
        }

    def held_in_warehouses(self, ids: Collection[int]) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        for key, level in self.ledger.levels.items():
            if key.warehouse_id in ids and level.on_hand:
                found[key.warehouse_id] = found.get(key.warehouse_id, ZERO) + level.on_hand
        return found

    def held_in_locations(self, ids: Collection[int]) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        for level in self.ledger.levels.values():
            for bin in level.bins:
                if bin.location.id in ids and bin.on_hand:
                    found[bin.location.id] = found.get(bin.location.id, ZERO) + bin.on_hand
        return found

    def _posting_view(self, posting: Posting, visible: frozenset[int] | None) -> PostingView:
        entries = self._entry_views(posting, visible)
        reason = self.reason_codes.stored.get(posting.reason_code_id or 0)
        return PostingView(
            id=posting.id,
            number=posting.number,
            kind=posting.kind.value,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
            user_id=posting.user_id,
            username=posting.username,
            request_id=posting.request_id,
            reference=posting.reference,
            note=posting.note,
            reason_code=reason.code if reason else None,
            supplier_id=posting.supplier_id,
            customer_id=posting.customer_id,
            reverses_id=posting.reverses_id,
            reversed_lines=tuple(sorted(self.ledger.reversed_lines(posting.id))),
            document=posting.document,
            entry_count=len(entries),
            entries=entries,
        )

    def _entry_views(
        self, posting: Posting, visible: frozenset[int] | None
    ) -> tuple[EntryView, ...]:
        return tuple(
            self._entry_view(posting, number, entry)
            for number, entry in enumerate(posting.entries, start=1)
            if _sees(visible, entry.level.warehouse_id)
        )

    def _entry_view(self, posting: Posting, number: int, entry: Entry) -> EntryView:
        return EntryView(
            id=posting.id * 10_000 + number,
            posting_id=posting.id,
            line=entry.line,
            kind=posting.kind.value,
            variant_id=entry.level.variant_id,
            variant_code=self.ledger.goods[entry.level.variant_id].code,
            warehouse_id=entry.level.warehouse_id,
            location_id=entry.location_id,
            lot_code=self.ledger.lots.stored[entry.lot_id].code if entry.lot_id else None,
            seq=entry.seq,
            quantity=entry.quantity,
            reserved=entry.reserved,
            value=entry.value,
            unit_cost=entry.unit_cost,
            cost_source=entry.cost_source.value if entry.cost_source else None,
            on_hand_after=entry.on_hand_after,
            reserved_after=entry.reserved_after,
            value_after=entry.value_after,
            counterpart=entry.counterpart.value,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
            hash=entry.hash,
        )


def _happened_between(posting: Posting, filter: EntryFilter | PostingFilter) -> bool:
    first, last = filter.occurred_from, filter.occurred_to
    after = first is None or posting.occurred_at >= first
    return after and (last is None or posting.occurred_at <= last)


def _stretch(found: list[Any], cursor: CursorRequest) -> CursorPage[Any]:
    older = [view for view in found if cursor.after is None or view.id < cursor.after[0]]
    items = older[: cursor.limit]
    return CursorPage(items, (items[-1].id,) if len(older) > len(items) else None)


def _time(moment: date | datetime | None) -> datetime | None:
    assert moment is None or isinstance(moment, datetime)
    return moment
