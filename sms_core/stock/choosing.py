"""What each line takes, decided before anything is entered, from the opening balances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sms_core.shared.errors import DomainError
from sms_core.stock.checks import Found, Problems
from sms_core.stock.entities import Lot
from sms_core.stock.kinds import FACTS, Kind
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.lines import Mirror, Moving, Numbered, Outgoing, Promise, Release
from sms_core.stock.mirrors import wish_for
from sms_core.stock.picking import Pick, Picking, Wish
from sms_core.stock.promises import Promises, unkept


@dataclass(kw_only=True)
class Choice:
    """What the lines of a posting take; `short` are those that cannot be served."""

    picks: dict[int, list[Pick]] = field(default_factory=dict)
    short: list[tuple[Wish, Level]] = field(default_factory=list)
    asked: dict[LevelKey, Decimal] = field(default_factory=dict)
    unkept: dict[LevelKey, Decimal] = field(default_factory=dict)


@dataclass(kw_only=True)
class Choosing:
    """Chooses for all lines at once, level by level; the levels are locked and stay as they are."""

    kind: Kind
    found: Found
    lots: Mapping[int, Lot]
    levels: Mapping[LevelKey, Level]
    promises: Promises
    today: date
    problems: Problems

    def choose(self, lines: Sequence[Numbered]) -> Choice:
        """What each line takes. Lines with a mistake about reservations become problems."""
        choice = Choice()
        by_level: dict[LevelKey, list[Numbered]] = {}
        for index, line in lines:
            by_level.setdefault(line.key, []).append((index, line))
        for key, numbered in by_level.items():
            self._choose(self.levels[key], numbered, choice)
        return choice

    def _choose(self, level: Level, lines: Sequence[Numbered], choice: Choice) -> None:
        default = self.found.warehouses[level.key.warehouse_id].default_location_id
        picking = Picking(level, default, self.today, self._promised(level, lines))
        promised = [
            Wish(index=index, quantity=line.quantity)
            for index, line in lines
            if isinstance(line, Promise)
        ]
        choice.short += [(wish, level) for wish in promised if not picking.promise(wish)]
        wishes = [wish for numbered in lines if (wish := self._wish(*numbered))]
        choice.asked[level.key] = sum((wish.quantity for wish in promised + wishes), ZERO)
        picks = picking.serve(wishes)
        choice.picks |= picks
        choice.short += [
            (wish, level)
            for wish in wishes
            if sum((pick.quantity for pick in picks[wish.index]), ZERO) < wish.quantity
        ]
        if self.kind in FACTS:
            taken = [pick for chosen in picks.values() for pick in chosen]
            broken = unkept(level, taken, self.today)
            choice.unkept |= {level.key: broken} if broken else {}

    def _promised(self, level: Level, lines: Sequence[Numbered]) -> Decimal:
        """How much of the level is promised to others than those for whom the lines are."""
        if self.kind in FACTS:
            return ZERO
        return level.reserved - sum((self._own(index, line) for index, line in lines), ZERO)

    def _own(self, index: int, line: object) -> Decimal:
        if not isinstance(line, Outgoing | Release) or line.reservation_id is None:
            return ZERO
        try:
            reservation = self.promises.get(line.reservation_id, line.key)
            if line.quantity is not None and line.quantity > reservation.open_quantity:
                raise reservation.exceeded()
        except DomainError as error:
            error.pointer = f"/lines/{index}/quantity"
            self.problems.add(index, error)
            return ZERO
        return ZERO if isinstance(line, Release) else line.quantity

    def _wish(self, index: int, line: object) -> Wish | None:
        lot = self.lots.get(index)
        lot_id = lot.id if lot else None
        if isinstance(line, Mirror):
            return wish_for(index, line) if line.quantity < 0 else None
        if isinstance(line, Moving):
            target = line.place_in(self.found.warehouses[line.to_warehouse_id])
            return Wish(
                index=index,
                quantity=line.quantity,
                location_id=line.location_id,
                lot_id=lot_id,
                not_from=target,
            )
        if isinstance(line, Outgoing):
            place = line.place_in(self.found.warehouses[line.warehouse_id])
            return Wish(index=index, quantity=line.quantity, location_id=place, lot_id=lot_id)
        return None
