"""What people do with the sheet of a count, while the count is locked."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, DomainError, Invalid, Unknown, gathered
from sms_core.stock.count_commands import EnteredLine
from sms_core.stock.count_ports import CountRepository
from sms_core.stock.count_sheet import Said, Sheet, entry, lot_named, understood
from sms_core.stock.counts import (
    MAX_ENTERED,
    MAX_SHEET,
    BinKey,
    CountLine,
    Entered,
    StockCount,
)
from sms_core.stock.entities import Lot
from sms_core.stock.levels import ZERO, Goods
from sms_core.stock.ports import (
    LedgerRepository,
    LocationRepository,
    LotRepository,
    StockReader,
    WarehouseRepository,
)


@dataclass(frozen=True)
class Counting:
    """Puts bins on sheets, takes down what is found in them, and has them counted again.

    It runs inside the unit of work of a use case that has asked for the actor's rights.
    """

    repository: CountRepository
    ledger: LedgerRepository
    reader: StockReader
    warehouses: WarehouseRepository
    locations: LocationRepository
    lots: LotRepository

    def hand_out(self, count: StockCount, sheet: Sequence[CountLine]) -> None:
        """Put these bins on the sheet; raises Conflict for those that another count counts."""
        self.ledger.hold_goods({line.variant_id for line in sheet})
        self.warehouses.hold([count.warehouse_id])
        self.locations.hold({line.location_id for line in sheet})
        self._add(count, sheet, {})

    def take_down(
        self, count: StockCount, lines: Sequence[EnteredLine], now: datetime, by: Actor
    ) -> list[CountLine]:
        """Enter what was found and return the lines that it is about; raises one error with all
        that is wrong."""
        if len(lines) > MAX_ENTERED:
            raise Invalid(
                f"At most {MAX_ENTERED} lines are entered at once.",
                code="max_length",
                pointer="/lines",
            )
        if not lines:
            return []
        said = understood(lines, self.reader.scan({line.barcode for line in lines if line.barcode}))
        sheet = self._sheet(count, said, now, by)
        sheet.take_down(said)
        self._add(count, sheet.found, sheet.first_said)
        self.repository.save_lines(list(sheet.touched.values()), sheet.entries())
        return list(sheet.touched.values())

    def zero_rest(self, count: StockCount, now: datetime, by: Actor) -> list[CountLine]:
        """Say that nothing is in the bins that nobody counted, and return their lines."""
        rest = [line for line in self.repository.lines(count.id) if not line.is_counted]
        for line in rest:
            line.say(ZERO, at=now, by=by)
        nothing = Entered(quantity=ZERO)
        self.repository.save_lines(rest, [entry(line, nothing, now, now, by) for line in rest])
        return rest

    def clear(self, count: StockCount, ids: Collection[int], now: datetime, by: Actor) -> None:
        """Have these lines counted again; raises Unknown."""
        if not ids:
            raise Invalid("Give at least one line.", code="required", pointer="/line_ids")
        there = {line.id: line for line in self.repository.lines(count.id)}
        for id in ids:
            if id not in there:
                raise Unknown(f"There is no line {id} on this sheet.", pointer="/line_ids")
        lines = [there[id] for id in dict.fromkeys(ids)]
        for line in lines:
            line.clear()
        self.repository.save_lines(lines, [entry(line, Entered(), now, now, by) for line in lines])

    def _sheet(self, count: StockCount, said: Sequence[Said], now: datetime, by: Actor) -> Sheet:
        """All that must be known of what is said, looked up and held at once."""
        variants = {one.variant_id for one in said}
        goods = self.ledger.hold_goods(variants)
        warehouse = self.warehouses.hold([count.warehouse_id])[count.warehouse_id]
        named = {one.line.location_id for one in said if one.line.location_id is not None}
        return Sheet(
            count=count,
            warehouse=warehouse,
            goods=goods,
            locations=self.locations.hold(named | {warehouse.default_location_id}),
            lots=self._known_lots(said, goods),
            lines=self.repository.lines(count.id, variant_ids=variants),
            now=now,
            by=by,
        )

    def _known_lots(
        self, said: Sequence[Said], goods: Mapping[int, Goods]
    ) -> dict[tuple[int, str], Lot]:
        keys = set()
        for one in said:
            if one.line.lot is not None and one.variant_id in goods:
                try:
                    keys.add(lot_named(one.variant_id, one.line.lot).key)
                except Invalid:
                    continue  # said of the line when it is taken down
        return self.lots.find(keys) if keys else {}

    def _add(
        self, count: StockCount, lines: Sequence[CountLine], said: Mapping[BinKey, int]
    ) -> None:
        """Put bins on the sheet; `said`: which line of the request brought each."""
        if not lines:
            return
        there = self.repository.header(count.id).line_count
        if there + len(lines) > MAX_SHEET:
            raise Conflict(
                f"A count has at most {MAX_SHEET} bins: count the rest in another one.",
                code="too_many",
            )
        taken = self.repository.add_lines(count.id, lines)
        if not taken:
            return
        if not said:
            names = ", ".join(sorted(set(taken.values())))
            raise Conflict(
                f"{len(taken)} of the bins are being counted in {names} already.",
                code="in_other_count",
                pointer="/scope",
            )
        raise gathered(_in_other(said[bin], number) for bin, number in taken.items())


def _in_other(index: int, number: str) -> DomainError:
    return Conflict(
        f"This bin is being counted in {number} already.",
        code="in_other_count",
        pointer=f"/lines/{index}",
    )
