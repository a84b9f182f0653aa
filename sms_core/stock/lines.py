"""What the lines of a posting can ask for, each kind of wish a class of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sms_core.stock.entities import Warehouse
from sms_core.stock.kinds import Counterpart, Disposition
from sms_core.stock.levels import LevelKey


@dataclass(frozen=True, kw_only=True)
class NamedLot:
    """A lot as a delivery names it; it is made if the variant has none of this code."""

    code: str
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A line is about a level: a variant in a warehouse.

    `document_line` is the id of the line it carries out, if the draft belongs to a document.
    """

    variant_id: int
    warehouse_id: int
    document_line: int | None = None

    @property
    def key(self) -> LevelKey:
        """The level that the line is about, and where goods leave if it moves them."""
        return LevelKey(self.variant_id, self.warehouse_id)

    @property
    def keys(self) -> tuple[LevelKey, ...]:
        """All levels that the line changes."""
        return (self.key,)


@dataclass(frozen=True, kw_only=True)
class _Placed(_Line):
    """A line about goods in a place. `expected_on_hand` is what its author believes to be there:
    in the location if it names one, else in the whole level."""

    location_id: int | None = None
    expected_on_hand: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Incoming(_Placed):
    """A line that brings goods: to a location, else the warehouse's default one.

    Goods that come back unfit go to the quarantine, or straight on to scrap. `value`, if it is
    given, is what they are worth in all, whatever the unit cost.
    """

    quantity: Decimal
    counterpart: Counterpart
    unit_cost: Decimal | None = None
    value: Decimal | None = None
    lot: NamedLot | None = None
    disposition: Disposition = Disposition.STOCK

    def place_in(self, warehouse: Warehouse) -> int:
        """The location to which the goods go."""
        if self.disposition is Disposition.QUARANTINE:
            return warehouse.quarantine_location_id
        return self.location_id or warehouse.default_location_id


@dataclass(frozen=True, kw_only=True)
class Outgoing(_Placed):
    """A line that takes goods: from a location or lot if named, else by the rules of picking.

    With `reservation_id` they are those promised there; `from_transit`: those on their way to the
    warehouse.
    """

    quantity: Decimal
    counterpart: Counterpart
    lot_code: str | None = None
    reservation_id: int | None = None
    disposition: Disposition = Disposition.STOCK
    from_transit: bool = False

    @property
    def key(self) -> LevelKey:
        return LevelKey(self.variant_id, self.warehouse_id, self.from_transit)

    def place_in(self, warehouse: Warehouse) -> int | None:
        """The location from which the goods must come; None: that is open."""
        if self.disposition is Disposition.QUARANTINE:
            return warehouse.quarantine_location_id
        return self.location_id


@dataclass(frozen=True, kw_only=True)
class Moving(_Placed):
    """A line that takes goods from one place to another, in one step.

    `to_transit` only sends them on their way to that warehouse, `from_transit` takes those on
    their way to `warehouse_id`.
    """

    quantity: Decimal
    to_warehouse_id: int
    to_location_id: int | None = None
    lot_code: str | None = None
    counterpart: Counterpart = Counterpart.STOCK
    from_transit: bool = False
    to_transit: bool = False

    @property
    def key(self) -> LevelKey:
        return LevelKey(self.variant_id, self.warehouse_id, self.from_transit)

    @property
    def target(self) -> LevelKey:
        """The level at which the goods arrive."""
        return LevelKey(self.variant_id, self.to_warehouse_id, self.to_transit)

    def place_in(self, warehouse: Warehouse) -> int:
        """The location in the target's warehouse to which the goods go."""
        if self.to_transit:
            return warehouse.transit_location_id
        return self.to_location_id or warehouse.default_location_id

    @property
    def keys(self) -> tuple[LevelKey, ...]:
        return (self.key, self.target)

    @property
    def stays(self) -> bool:
        """Whether the goods stay in their level."""
        return self.key == self.target


@dataclass(frozen=True, kw_only=True)
class Counted(_Placed):
    """A line that says how much there really is: of the lot, in the location, if it names them.

    With `counted_at` it says how much there was then; what moved since has moved.
    """

    counted_quantity: Decimal
    counted_at: datetime | None = None
    unit_cost: Decimal | None = None
    lot: NamedLot | None = None
    counterpart: Counterpart = Counterpart.ADJUSTMENT

    def correction(self, there: Decimal) -> Incoming | Outgoing | None:
        """What must come or go so that what is there becomes what was counted."""
        difference = self.counted_quantity - there
        if difference > 0:
            return Incoming(
                variant_id=self.variant_id,
                warehouse_id=self.warehouse_id,
                location_id=self.location_id,
                quantity=difference,
                counterpart=self.counterpart,
                unit_cost=self.unit_cost,
                lot=self.lot,
                document_line=self.document_line,
            )
        if difference < 0:
            return Outgoing(
                variant_id=self.variant_id,
                warehouse_id=self.warehouse_id,
                location_id=self.location_id,
                quantity=-difference,
                counterpart=self.counterpart,
                lot_code=self.lot.code if self.lot else None,
                document_line=self.document_line,
            )
        return None


@dataclass(frozen=True, kw_only=True)
class Promise(_Line):
    """A line that promises available goods to somebody, perhaps for a time only."""

    quantity: Decimal
    purpose: str = ""
    expires_at: datetime | None = None
    counterpart: Counterpart = Counterpart.NONE


@dataclass(frozen=True, kw_only=True)
class Claim(_Line):
    """A line that promises to a document as much of a quantity as is available beyond what is
    owed to those before it in the queue; `out_of_turn`: beyond nothing."""

    quantity: Decimal
    purpose: str = ""
    out_of_turn: bool = False
    counterpart: Counterpart = Counterpart.NONE

    def granted(self, quantity: Decimal) -> Promise:
        """The promise of so much of it."""
        return Promise(
            variant_id=self.variant_id,
            warehouse_id=self.warehouse_id,
            document_line=self.document_line,
            quantity=quantity,
            purpose=self.purpose,
        )


@dataclass(frozen=True, kw_only=True)
class Release(_Line):
    """A line that takes a promise back, or a part of it."""

    reservation_id: int
    quantity: Decimal | None = None
    counterpart: Counterpart = Counterpart.NONE


@dataclass(frozen=True, kw_only=True)
class NewCost(_Line):
    """A line that says what a unit of a level is worth from now on."""

    unit_cost: Decimal
    counterpart: Counterpart = Counterpart.COST_DIFFERENCE


@dataclass(frozen=True, kw_only=True)
class CostCorrection(_Line):
    """A line that adds to what `received` goods have cost. Only the goods that are still there
    can become worth more; the rest of the amount is a cost difference."""

    amount: Decimal
    received: Decimal
    counterpart: Counterpart = Counterpart.SUPPLIER


@dataclass(frozen=True, kw_only=True)
class Mirror(_Line):
    """A line that undoes an entry: its goods and value go back, in the lot and, where they still
    are, the place of then. `number` is the line it had."""

    number: int
    in_transit: bool = False
    quantity: Decimal
    value: Decimal
    location_id: int | None
    lot_id: int | None
    unit_cost: Decimal
    counterpart: Counterpart

    @property
    def key(self) -> LevelKey:
        return LevelKey(self.variant_id, self.warehouse_id, self.in_transit)


Line = (
    Incoming
    | Outgoing
    | Moving
    | Counted
    | Promise
    | Claim
    | Release
    | NewCost
    | CostCorrection
    | Mirror
)
Numbered = tuple[int, Line]
