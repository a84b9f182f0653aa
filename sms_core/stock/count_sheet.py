"""Taking down what people found, line by line, on the sheet of a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Invalid, RuleBroken, Unknown, gathered, within
from sms_core.stock.count_commands import EnteredLine
from sms_core.stock.counts import BinKey, CountEntry, CountLine, Entered, StockCount
from sms_core.stock.entities import Location, LocationKind, Lot, Warehouse
from sms_core.stock.levels import ZERO, Goods
from sms_core.stock.lines import NamedLot
from sms_core.stock.moments import TOLERANCE
from sms_core.stock.views import Scanned


@dataclass(frozen=True, kw_only=True)
class Said:
    """A line as it was sent, with what its barcode stands for; `index` says which one."""

    index: int
    line: EnteredLine
    variant_id: int
    what: Entered


@dataclass(kw_only=True)
class Sheet:
    """The lines of a count that somebody enters something into; the count is locked.

    `lines` are those of the variants that are named. What is found elsewhere is added to them.
    """

    count: StockCount
    warehouse: Warehouse
    goods: Mapping[int, Goods]
    locations: Mapping[int, Location]
    lots: Mapping[tuple[int, str], Lot]
    lines: list[CountLine]
    now: datetime
    by: Actor
    touched: dict[BinKey, CountLine] = field(default_factory=dict)
    taken: list[tuple[CountLine, Entered, datetime]] = field(default_factory=list)
    first_said: dict[BinKey, int] = field(default_factory=dict)

    def take_down(self, said: Sequence[Said]) -> None:
        """Enter all of it; raises one error with all that is wrong."""
        there = {line.bin: line for line in self.lines}
        errors: list[DomainError] = []
        for one in said:
            try:
                with within(f"/lines/{one.index}"):
                    self._enter(one, there)
            except DomainError as error:
                errors.append(error)
        if errors:
            raise gathered(errors)

    @property
    def found(self) -> list[CountLine]:
        """The lines that were not on the sheet."""
        return [line for line in self.touched.values() if not line.id]

    def entries(self) -> list[CountEntry]:
        """How the lines came to say what they say; all of them are stored."""
        return [entry(line, what, at, self.now, self.by) for line, what, at in self.taken]

    def _enter(self, said: Said, there: dict[BinKey, CountLine]) -> None:
        goods = self.goods.get(said.variant_id)
        if goods is None:
            raise Unknown(f"There is no variant {said.variant_id}.", pointer="/variant_id")
        lot = self._lot(said.line, goods)
        line = CountLine(
            variant_id=goods.id,
            location_id=self._place(said, lot, there),
            lot_code=lot.code if lot else None,
            expires_on=lot.expires_on if lot else None,
        )
        line = there.get(line.bin, line)
        at = self.count.counted_at(said.line.counted_at, now=self.now, latest=self.now + TOLERANCE)
        line.count(said.what, goods, at=at, by=self.by)
        there[line.bin] = self.touched[line.bin] = line
        self.first_said.setdefault(line.bin, said.index)
        self.taken.append((line, said.what, at))

    def _lot(self, line: EnteredLine, goods: Goods) -> Lot | None:
        if line.lot is None:
            if goods.tracks_lots:
                raise RuleBroken(
                    f"{goods.code} is kept by lots: give the lot.",
                    code="lot_required",
                    pointer="/lot",
                )
            return None
        if not goods.tracks_lots:
            raise RuleBroken(
                f"{goods.code} is not kept by lots.", code="lot_not_tracked", pointer="/lot"
            )
        lot = lot_named(goods.id, line.lot)
        known = self.lots.get(lot.key, lot)
        if lot.expires_on not in {None, known.expires_on}:
            raise RuleBroken(
                f"The lot {known.code} is known with {known.expires_on or 'no date'} as its "
                f"expiry, not {lot.expires_on}. Correct the lot, or this line.",
                code="lot_differs",
                pointer="/lot/expires_on",
            )
        return known

    def _place(self, said: Said, lot: Lot | None, there: Mapping[BinKey, CountLine]) -> int:
        """Where it was found: as said, or the only place of it on the sheet, or by default."""
        if said.line.location_id is not None:
            return self._named_place(said.line.location_id)
        key = lot.key[1] if lot else ""
        places = {bin[1] for bin in there if (bin[0], bin[2]) == (said.variant_id, key)}
        if len(places) > 1:
            raise RuleBroken(
                "It lies in several places: say in which one this was found.",
                code="location_required",
                pointer="/location_id",
            )
        return next(iter(places), self.warehouse.default_location_id)

    def _named_place(self, id: int) -> int:
        place = self.locations.get(id)
        if place is None or place.warehouse_id != self.warehouse.id:
            raise Unknown(
                f"There is no location {id} in the warehouse {self.warehouse.code}.",
                pointer="/location_id",
            )
        if place.kind is LocationKind.TRANSIT:
            raise RuleBroken(
                "Goods on their way cannot be counted.",
                code="in_transit",
                pointer="/location_id",
            )
        return id


def lot_named(variant_id: int, lot: NamedLot) -> Lot:
    """The lot with this code; raises Invalid for a code that cannot be one."""
    with within("/lot"):
        return Lot(variant_id=variant_id, code=lot.code, expires_on=lot.expires_on)


def understood(lines: Sequence[EnteredLine], scanned: Mapping[str, Scanned]) -> list[Said]:
    """What the lines say, barcodes looked up; raises one error with all that is wrong."""
    said: list[Said] = []
    errors: list[DomainError] = []
    for index, line in enumerate(lines):
        try:
            with within(f"/lines/{index}"):
                said.append(_understood(index, line, scanned))
        except DomainError as error:
            errors.append(error)
    if errors:
        raise gathered(errors)
    return said


def _understood(index: int, line: EnteredLine, scanned: Mapping[str, Scanned]) -> Said:
    if (line.variant_id is None) == (line.barcode is None):
        raise Invalid("Give either the variant or a barcode.", code="one_of", pointer="/variant_id")
    what = Entered(quantity=line.quantity, add=line.add)
    if line.barcode is not None and what == Entered():
        what = Entered(add=Decimal(1))
    if (what.quantity is None) == (what.add is None):
        raise Invalid(
            "Give either how much there is, or how much more.", code="one_of", pointer="/quantity"
        )
    _see_that_countable(what)
    if line.variant_id is not None:
        return Said(index=index, line=line, variant_id=line.variant_id, what=what)
    found = scanned.get(line.barcode or "")
    if found is None:
        raise Unknown(f"Nothing has the barcode {line.barcode}.", pointer="/barcode")
    each = found.quantity or Decimal(1)
    what = replace(
        what,
        quantity=None if what.quantity is None else what.quantity * each,
        add=None if what.add is None else what.add * each,
    )
    return Said(index=index, line=line, variant_id=found.variant_id, what=what)


def _see_that_countable(what: Entered) -> None:
    if what.quantity is not None and what.quantity < 0:
        raise Invalid("The quantity cannot be below 0.", code="negative", pointer="/quantity")
    if what.add == ZERO:
        raise Invalid("Adding 0 says nothing.", code="not_zero", pointer="/add")


def entry(
    line: CountLine, what: Entered, counted_at: datetime, now: datetime, by: Actor
) -> CountEntry:
    """What is kept of somebody saying this of the line."""
    return CountEntry(
        line_id=line.id,
        quantity=what.quantity if what.add is None else what.add,
        is_added=what.add is not None,
        counted_at=counted_at,
        recorded_at=now,
        user_id=by.user_id,
        username=by.username,
    )
