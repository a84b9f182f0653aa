"""How the lines of a draft become entries: from where, at what value, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext

from sms_core.shared.errors import DomainError, RuleBroken
from sms_core.shared.numbers import MONEY_PLACES, PRECISION, VALUE_LIMIT, rounded
from sms_core.stock.chain import next_hash
from sms_core.stock.checks import Found, Problems
from sms_core.stock.entities import Lot
from sms_core.stock.kinds import CostSource, Effect, Kind, allows
from sms_core.stock.levels import ZERO, Bin, Level, LevelKey
from sms_core.stock.picking import Pick, Picking, Wish
from sms_core.stock.postings import Entry, Incoming, Line, Outgoing, Posting

Numbered = tuple[int, Line]


@dataclass(kw_only=True)
class Booking:
    """One posting being entered into the levels it touches, all of them locked.

    What cannot be served is kept in `short`, what breaks a limit goes to `problems`; either
    means that nothing of it may be saved.
    """

    posting: Posting
    found: Found
    lots: Mapping[int, Lot]
    levels: Mapping[LevelKey, Level]
    last_costs: Mapping[int, Decimal]
    today: date
    problems: Problems
    short: list[tuple[Wish, Level]] = field(default_factory=list)

    def enter(self, lines: Sequence[Numbered]) -> None:
        """Choose what all lines take from the opening balances, then enter them one by one.

        Where something is short nothing is entered: the refusal tells the opening balances.
        """
        picks = self._choose(lines)
        if self.short:
            return
        for index, line in lines:
            try:
                if isinstance(line, Incoming):
                    self._bring(index, line)
                else:
                    self._take(index, line, picks[index])
            except DomainError as error:
                error.pointer = f"/lines/{index}/quantity"
                self.problems.add(index, error)

    def _choose(self, lines: Iterable[Numbered]) -> dict[int, list[Pick]]:
        wishes: dict[LevelKey, list[Wish]] = {}
        for index, line in lines:
            if isinstance(line, Outgoing):
                wish = Wish(
                    index=index,
                    quantity=line.quantity,
                    location_id=line.location_id,
                    lot_id=self._lot_id(index),
                )
                wishes.setdefault(key_of(line), []).append(wish)
        chosen: dict[int, list[Pick]] = {}
        for key, asked in wishes.items():
            level = self.levels[key]
            default = self.found.warehouses[key.warehouse_id].default_location_id
            chosen |= Picking(level, default, self.today).serve(asked)
            self.short += [
                (wish, level)
                for wish in asked
                if sum((pick.quantity for pick in chosen[wish.index]), ZERO) < wish.quantity
            ]
        return chosen

    def _bring(self, index: int, line: Incoming) -> None:
        level = self.levels[key_of(line)]
        warehouse = self.found.warehouses[line.warehouse_id]
        place = self.found.locations[line.location_id or warehouse.default_location_id]
        cost, source = self._cost(level, line)
        value = _value(line.quantity, cost)
        bin = level.bin_at(place, self.lots.get(index))
        self._enter(index, line, bin, line.quantity, value=value, cost=cost, source=source)
        # A gift says nothing about what the goods will cost next time.
        if source is CostSource.GIVEN and cost and self.posting.kind is Kind.RECEIPT:
            level.last_cost, level.last_cost_at = cost, self.posting.recorded_at

    def _take(self, index: int, line: Outgoing, picks: Iterable[Pick]) -> None:
        level = self.levels[key_of(line)]
        for pick in picks:
            cost = level.average_cost or ZERO
            value = -level.leaving(pick.quantity)
            self._enter(index, line, pick.bin, -pick.quantity, value=value, cost=cost)

    def _cost(self, level: Level, line: Incoming) -> tuple[Decimal, CostSource]:
        if line.unit_cost is not None:
            return line.unit_cost, CostSource.GIVEN
        average = level.average_cost
        if average is not None:
            return average, CostSource.AVERAGE
        if line.variant_id in self.last_costs:
            return self.last_costs[line.variant_id], CostSource.LAST_RECEIPT
        reference = self.found.goods[line.variant_id].cost
        return (ZERO, CostSource.NONE) if reference is None else (reference, CostSource.REFERENCE)

    def _enter(
        self,
        index: int,
        line: Line,
        bin: Bin,
        quantity: Decimal,
        *,
        value: Decimal,
        cost: Decimal,
        source: CostSource | None = None,
    ) -> None:
        effect = Effect.of(quantity=quantity, reserved=ZERO)
        if not allows(self.posting.kind, line.counterpart, effect):
            raise RuleBroken(f"No {self.posting.kind.value} moves goods so.", code="not_allowed")
        level = self.levels[key_of(line)]
        entry = Entry(
            line=index + 1,
            level=level.key,
            seq=level.move(bin, quantity, value),
            location_id=bin.location.id,
            lot_id=bin.lot.id if bin.lot else None,
            quantity=quantity,
            value=value,
            counterpart=line.counterpart,
            unit_cost=cost,
            cost_source=source,
            bin_on_hand_after=bin.on_hand,
            on_hand_after=level.on_hand,
            reserved_after=level.reserved,
            value_after=level.value,
        )
        level.last_hash = next_hash(level.last_hash, self.posting, entry)
        level.last_recorded_at = self.posting.recorded_at
        self.posting.entries.append(replace(entry, hash=level.last_hash))

    def _lot_id(self, index: int) -> int | None:
        lot = self.lots.get(index)
        return lot.id if lot else None


def key_of(line: Line) -> LevelKey:
    """The level that the line is about."""
    return LevelKey(line.variant_id, line.warehouse_id)


def _value(quantity: Decimal, unit_cost: Decimal) -> Decimal:
    with localcontext(prec=PRECISION):
        value = rounded(quantity * unit_cost, MONEY_PLACES)
    if value >= VALUE_LIMIT:
        raise RuleBroken("Quantity times unit cost is too large.", code="too_large")
    return value
