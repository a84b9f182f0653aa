"""How much of a variant a warehouse holds, where it lies, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext

from sms_core.shared.errors import RuleBroken
from sms_core.shared.numbers import (
    MONEY_PLACES,
    PRECISION,
    QUANTITY_LIMIT,
    UNIT_COST_LIMIT,
    UNIT_COST_PLACES,
    VALUE_LIMIT,
    rounded,
)
from sms_core.stock.entities import Location, LocationKind, Lot

ZERO = Decimal(0)


@dataclass(frozen=True, order=True)
class LevelKey:
    """What makes a level: goods on their way to a warehouse are a level apart.

    The order of the fields is the order in which levels are locked, everywhere.
    """

    variant_id: int
    warehouse_id: int
    in_transit: bool = False


@dataclass(frozen=True, kw_only=True)
class CountedBin:
    """A place and lot of a level, and when somebody last counted what lies there."""

    key: LevelKey
    location_id: int
    lot_id: int | None
    counted_at: datetime


@dataclass(kw_only=True)
class Bin:
    """How much of a level lies in one location, of one lot."""

    location: Location
    lot: Lot | None = None
    on_hand: Decimal = ZERO

    def is_usable(self, on: date) -> bool:
        """Whether what lies here counts as available."""
        in_storage = self.location.kind is LocationKind.STORAGE
        return in_storage and (self.lot is None or self.lot.is_usable(on))

    @property
    def lot_id(self) -> int | None:
        """The id of its lot, if it has one."""
        return self.lot.id if self.lot else None

    def matches(self, location_id: int | None, lot_id: int | None) -> bool:
        """Whether it is in this place and of this lot; None: any."""
        return location_id in {None, self.location.id} and lot_id in {None, self.lot_id}


@dataclass(kw_only=True)
class Level:
    """The stock of one variant in one warehouse; its entries are numbered, valued and chained.

    `version` counts its entries. Value is a moving average in the order of recording.
    """

    key: LevelKey
    id: int = 0
    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    value: Decimal = ZERO
    version: int = 0
    last_hash: str = ""
    last_recorded_at: datetime | None = None
    last_cost: Decimal | None = None
    last_cost_at: datetime | None = None
    bins: list[Bin] = field(default_factory=list)

    def usable(self, on: date) -> Decimal:
        """What lies in storage, of lots that are neither expired nor blocked."""
        return sum((bin.on_hand for bin in self.bins if bin.is_usable(on)), ZERO)

    def available(self, on: date) -> Decimal:
        """What may leave without anybody naming its place or lot; below 0 when what was
        promised is not fit to be sent any more."""
        return self.usable(on) - self.reserved

    def held(self, *, location_id: int | None, lot_id: int | None) -> Decimal:
        """What lies in this place, of this lot; None: any."""
        return sum((bin.on_hand for bin in self.bins if bin.matches(location_id, lot_id)), ZERO)

    @property
    def average_cost(self) -> Decimal | None:
        """What one unit is worth; None while there is none."""
        if not self.on_hand:
            return None
        with localcontext(prec=PRECISION):
            return rounded(self.value / self.on_hand, UNIT_COST_PLACES)

    def leaving(self, quantity: Decimal) -> Decimal:
        """The value that leaves with `quantity`: its share, and all of it with the last."""
        if quantity == self.on_hand:
            return self.value
        with localcontext(prec=PRECISION):
            return rounded(self.value * quantity / self.on_hand, MONEY_PLACES)

    def bin_at(self, location: Location, lot: Lot | None) -> Bin:
        """The bin for this place and lot, a new empty one if nothing ever lay there."""
        lot_id = lot.id if lot else None
        for bin in self.bins:
            if (bin.location.id, bin.lot_id) == (location.id, lot_id):
                return bin
        self.bins.append(Bin(location=location, lot=lot))
        return self.bins[-1]

    def change(
        self,
        *,
        bin: Bin | None = None,
        quantity: Decimal = ZERO,
        reserved: Decimal = ZERO,
        value: Decimal = ZERO,
    ) -> int:
        """Change goods, promises and value; returns the number of the change. Raises RuleBroken.

        What must be true of the level once all of a posting is entered, `see_that_sound` says.
        """
        if bin:
            bin.on_hand += quantity
        self.on_hand += quantity
        self.reserved += reserved
        self.value += value
        self.version += 1
        if self.on_hand >= QUANTITY_LIMIT or abs(self.value) >= VALUE_LIMIT:
            raise RuleBroken("The stock would become too large.", code="too_large")
        return self.version

    def see_that_sound(self) -> None:
        """Raise RuleBroken where something is below 0, promised twice or outlived by its value."""
        if any(bin.on_hand < 0 for bin in self.bins) or not 0 <= self.reserved <= self.on_hand:
            raise RuleBroken("Stock cannot fall below what is there and promised.")
        if self.value < 0 or (self.value and not self.on_hand):
            raise RuleBroken("The value of stock cannot outlive it.")
        if (self.average_cost or ZERO) >= UNIT_COST_LIMIT:
            raise RuleBroken("A unit would become worth too much.", code="too_large")


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What the ledger must know of a variant: how it is counted, and a cost to fall back on."""

    id: int
    code: str
    places: int
    tracks_lots: bool = False
    is_active: bool = True
    cost: Decimal | None = None
