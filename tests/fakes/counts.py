"""In-memory double of the sheets of stock counts."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count as numbers
from typing import Any

from sms_core.shared.documents import DocumentType
from sms_core.shared.paging import Page, PageRequest
from sms_core.stock.count_ports import CountFilter, CountRepository, CountSort
from sms_core.stock.counts import (
    BinKey,
    CountEntry,
    CountLine,
    CountScope,
    CountState,
    StockCount,
)
from sms_core.stock.entities import LocationKind
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.levels import ZERO, CountedBin, Level, LevelKey
from tests.fakes.base import InMemoryMasterDataRepository
from tests.fakes.ledger import InMemoryLedgerHistory
from tests.fakes.stock import InMemoryLedgerRepository, _same, _sees


@dataclass
class InMemoryCountRepository(
    InMemoryMasterDataRepository[StockCount, CountFilter], CountRepository
):
    """Keeps the lines apart from their counts; `categories` says in which ones a variant is."""

    entity = StockCount
    sort_keys = {
        CountSort.NUMBER: lambda count: count.number,
        CountSort.STATE: lambda count: count.state.value,
        CountSort.CREATED_AT: lambda count: count.created_at,
        CountSort.UPDATED_AT: lambda count: count.updated_at,
    }
    default_sort = staticmethod(lambda count: -count.id)

    ledger: InMemoryLedgerRepository = field(kw_only=True)
    categories: dict[int, set[int]] = field(default_factory=dict)
    lines_by_id: dict[int, tuple[int, bool, CountLine]] = field(default_factory=dict)
    said: dict[int, CountEntry] = field(default_factory=dict)
    line_ids: Any = field(default_factory=lambda: numbers(1))

    def searched(self, count: StockCount) -> tuple[str, ...]:
        return (count.number, count.notes)

    def matches(self, count: StockCount, filter: CountFilter) -> bool:
        return (
            _sees(filter.visible, count.warehouse_id)
            and _same(filter.number, count.number)
            and filter.warehouse_id in {None, count.warehouse_id}
            and filter.state in {None, count.state}
        )

    def get(self, id: int) -> StockCount:
        count = self.header(id)
        lines = self.lines(id)
        if not count.is_blind:
            for line in lines:
                if line.is_counted:
                    line.variance, line.variance_value = self._variance(count, line)
            values = [line.variance_value for line in lines if line.variance_value is not None]
            count.variance_value = sum((abs(value) for value in values), ZERO)
        return replace(count, lines=tuple(lines))

    def header(self, id: int) -> StockCount:
        return self._tallied(super().get(id))

    def get_for_update(self, id: int) -> StockCount:
        return super().get(id)

    def search(self, filter: CountFilter, page: PageRequest) -> Page[StockCount]:
        return super().search(filter, page).map(self._tallied)

    def bins(self, warehouse_id: int, scope: CountScope, limit: int) -> list[CountLine]:
        found = []
        for key, level in self.ledger.levels.items():
            if key.warehouse_id != warehouse_id or key.in_transit or not self._wants(key, scope):
                continue
            for bin in level.bins:
                place = bin.location
                named = not scope.location_ids or place.id in scope.location_ids
                if bin.on_hand and named and place.kind is not LocationKind.TRANSIT:
                    lot = bin.lot
                    line = CountLine(
                        variant_id=key.variant_id,
                        location_id=place.id,
                        lot_code=lot.code if lot else None,
                        expires_on=lot.expires_on if lot else None,
                    )
                    code = self.ledger.goods[key.variant_id].code
                    found.append(((place.code, code, line.bin[2]), line))
        return [line for _, line in sorted(found, key=lambda item: item[0])][:limit]

    def lines(
        self, count_id: int, *, variant_ids: Collection[int] | None = None
    ) -> list[CountLine]:
        return [
            deepcopy(line)
            for _, (of, _, line) in sorted(self.lines_by_id.items())
            if of == count_id and (variant_ids is None or line.variant_id in variant_ids)
        ]

    def add_lines(self, count_id: int, lines: Collection[CountLine]) -> dict[BinKey, str]:
        taken = {
            line.bin: self.stored[of].number
            for of, is_open, line in self.lines_by_id.values()
            if is_open
        }
        for line in lines:
            if line.bin not in taken:
                line.id = next(self.line_ids)
                self.lines_by_id[line.id] = (count_id, True, deepcopy(line))
        return {line.bin: taken[line.bin] for line in lines if line.bin in taken}

    def save_lines(self, lines: Collection[CountLine], entries: Collection[CountEntry]) -> None:
        for line in lines:
            of, is_open, _ = self.lines_by_id[line.id]
            self.lines_by_id[line.id] = (of, is_open, deepcopy(line))
        for entry in entries:
            self.said[len(self.said) + 1] = entry

    def counters(self, count_id: int) -> frozenset[int | None]:
        return frozenset(e.user_id for e in self._said(count_id) if e.quantity is not None)

    def entries(self, count_id: int, page: PageRequest) -> Page[CountEntry]:
        found = self._said(count_id)[::-1]
        return Page(found[page.offset : page.offset + page.size], len(found), page)

    def _said(self, count_id: int) -> list[CountEntry]:
        ids = {line.id for line in self.lines(count_id)}
        return [entry for entry in self.said.values() if entry.line_id in ids]

    def free_bins(self, count_id: int) -> None:
        for id, (of, is_open, line) in list(self.lines_by_id.items()):
            self.lines_by_id[id] = (of, is_open and of != count_id, line)

    def _tallied(self, count: StockCount) -> StockCount:
        lines = self.lines(count.id)
        counted = [line for line in lines if line.is_counted]
        return replace(count, line_count=len(lines), counted_count=len(counted))

    def _wants(self, key: LevelKey, scope: CountScope) -> bool:
        within = self.categories.get(key.variant_id, set())
        return (not scope.variant_ids or key.variant_id in scope.variant_ids) and (
            scope.category_id is None or scope.category_id in within
        )

    def _variance(self, count: StockCount, line: CountLine) -> tuple[Decimal, Decimal]:
        if count.state is CountState.POSTED:
            return self._posted(count, line)
        assert line.counted_quantity is not None
        assert line.counted_at is not None
        key = LevelKey(line.variant_id, count.warehouse_id)
        level = self.ledger.levels.get(key, Level(key=key))
        lot_key = (line.variant_id, line.bin[2])
        lot = self.ledger.lots.find([lot_key]).get(lot_key)
        lot_id = lot.id if lot else None
        there = sum(
            (
                bin.on_hand
                for bin in level.bins
                if (bin.location.id, bin.lot_id) == (line.location_id, lot_id)
            ),
            ZERO,
        )
        bin_then = CountedBin(
            key=key, location_id=line.location_id, lot_id=lot_id, counted_at=line.counted_at
        )
        moved = InMemoryLedgerHistory(self.ledger).moved_since([bin_then])[0]
        variance = line.counted_quantity - (there - moved)
        cost = level.average_cost or level.last_cost
        if cost is None:
            cost = self.ledger.goods[line.variant_id].cost or ZERO
        return variance, round(variance * cost, 4)

    def _posted(self, count: StockCount, line: CountLine) -> tuple[Decimal, Decimal]:
        variance = value = ZERO
        for posting, entry in self.ledger.facts():
            document = posting.document
            if (
                document is not None
                and (document.type, document.id) == (DocumentType.STOCK_COUNT, count.id)
                and posting.kind is Kind.COUNT
                and entry.document_line == line.id
                and entry.counterpart is Counterpart.ADJUSTMENT
            ):
                variance += entry.quantity
                value += entry.value
        return variance, value
