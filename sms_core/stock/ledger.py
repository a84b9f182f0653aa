"""The one way to change stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Unknown
from sms_core.stock.booking import Booking, Numbered, key_of
from sms_core.stock.checks import (
    Found,
    LotKey,
    Problems,
    check_lines,
    check_lots,
    see_that_well_formed,
    wanted_lots,
)
from sms_core.stock.entities import Lot
from sms_core.stock.kinds import PREFIXES
from sms_core.stock.levels import ZERO, Level
from sms_core.stock.picking import shortage
from sms_core.stock.ports import (
    LedgerRepository,
    LocationRepository,
    LotRepository,
    Stamp,
    WarehouseRepository,
)
from sms_core.stock.postings import Draft, Incoming, Posting


@dataclass(frozen=True)
class Ledger:
    """Turns drafts into postings, whole or not at all.

    It runs inside the unit of work of a use case that has asked for the actor's rights. The order
    of its locks is the same on every path and is never reversed: variants, warehouses, locations,
    lots, levels. Whoever needs other locks takes them before.
    """

    warehouses: WarehouseRepository
    locations: LocationRepository
    lots: LotRepository
    repository: LedgerRepository

    def post(self, draft: Draft, *, by: Actor) -> Posting:
        """Record the draft; raises one error that carries all that is wrong with its lines.

        Among them Unknown, RuleBroken and InsufficientStock, each pointing at its line.
        """
        see_that_well_formed(draft)
        problems = Problems()
        found = self._hold(draft)
        check_lines(draft, found, problems)
        lots = self._lots(draft, problems)
        lines = problems.sound(draft)
        if not lines:
            problems.raise_all()
        booking = self._book(draft, lines, found, lots, problems, by)
        self._explain_shortages(booking, lines, by)
        problems.raise_all()
        self.repository.save(booking.posting, booking.levels.values())
        return booking.posting

    def _hold(self, draft: Draft) -> Found:
        goods = self.repository.hold_goods({line.variant_id for line in draft.lines})
        wanted = {line.warehouse_id for line in draft.lines}
        warehouses = self.warehouses.hold(wanted)
        for missing in sorted(wanted - set(warehouses)):
            raise Unknown(f"There is no warehouse {missing}.", pointer="/warehouse_id")
        named = {line.location_id for line in draft.lines if line.location_id is not None}
        defaults = {warehouse.default_location_id for warehouse in warehouses.values()}
        locations = self.locations.hold(named | defaults)
        return Found(goods=goods, warehouses=warehouses, locations=locations)

    def _lots(self, draft: Draft, problems: Problems) -> dict[int, Lot]:
        """The stored lots that lines name, by line; deliveries bring new ones."""
        wanted = wanted_lots(draft, problems)
        coming = [lot for n, lot in wanted.items() if isinstance(draft.lines[n], Incoming)]
        going = [lot for n, lot in wanted.items() if not isinstance(draft.lines[n], Incoming)]
        stored: dict[LotKey, Lot] = {}
        if coming:
            stored |= self.lots.obtain(coming)
        if going:
            stored |= self.lots.find({lot.key for lot in going})
        check_lots(wanted, stored, problems)
        return {n: stored[lot.key] for n, lot in wanted.items() if lot.key in stored}

    def _book(
        self,
        draft: Draft,
        lines: list[Numbered],
        found: Found,
        lots: Mapping[int, Lot],
        problems: Problems,
        by: Actor,
    ) -> Booking:
        levels = self.repository.lock({key_of(line) for _, line in lines})
        last_costs = self._last_costs(lines, levels.values())
        stamp = self.repository.stamp(draft.kind)
        posting = _header(draft, stamp, levels.values(), by)
        booking = Booking(
            posting=posting,
            found=found,
            lots=lots,
            levels=levels,
            last_costs=last_costs,
            today=posting.recorded_at.astimezone(stamp.zone).date(),
            problems=problems,
        )
        booking.enter(lines)
        return booking

    def _last_costs(
        self, lines: Iterable[Numbered], levels: Iterable[Level]
    ) -> Mapping[int, Decimal]:
        """Asked for only where a delivery names no cost and the level has no average."""
        empty = {level.key for level in levels if not level.on_hand}
        wanted = {
            line.variant_id
            for _, line in lines
            if isinstance(line, Incoming) and line.unit_cost is None and key_of(line) in empty
        }
        return self.repository.last_costs(wanted) if wanted else {}

    def _explain_shortages(self, booking: Booking, lines: list[Numbered], by: Actor) -> None:
        by_warehouse: dict[int, set[int]] = {}
        for _, level in booking.short:
            by_warehouse.setdefault(level.key.warehouse_id, set()).add(level.key.variant_id)
        asked: dict[object, Decimal] = {}
        for _, line in lines:
            asked[key_of(line)] = asked.get(key_of(line), ZERO) + line.quantity
        elsewhere = {
            warehouse_id: self._elsewhere(variants, warehouse_id, booking.today, by)
            for warehouse_id, variants in by_warehouse.items()
        }
        for wish, level in booking.short:
            variant_id, warehouse_id = level.key.variant_id, level.key.warehouse_id
            error = shortage(
                wish,
                level=level,
                goods=booking.found.goods[variant_id],
                warehouse=booking.found.warehouses[warehouse_id].code,
                asked=asked[level.key],
                today=booking.today,
                elsewhere=elsewhere[warehouse_id].get(variant_id, {}),
            )
            booking.problems.add(wish.index, error)

    def _elsewhere(
        self, variant_ids: set[int], warehouse_id: int, today: date, by: Actor
    ) -> Mapping[int, Mapping[str, Decimal]]:
        return self.repository.available_elsewhere(
            variant_ids, except_in=warehouse_id, visible=by.warehouse_ids, today=today
        )


def _header(draft: Draft, stamp: Stamp, levels: Iterable[Level], by: Actor) -> Posting:
    """The posting without its entries. Its clock never runs behind that of a level it touches."""
    last = (level.last_recorded_at for level in levels if level.last_recorded_at)
    recorded_at = max([stamp.at, *last])
    year = recorded_at.astimezone(stamp.zone).year
    return Posting(
        kind=draft.kind,
        number=f"{PREFIXES[draft.kind]}-{year}-{stamp.serial:06d}",
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        user_id=by.user_id,
        username=by.username,
        request_id=by.request_id,
        reference=draft.reference,
        note=draft.note,
        reason_code_id=draft.reason.id if draft.reason else None,
    )
