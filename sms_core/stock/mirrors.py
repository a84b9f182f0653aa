"""Undoing entries: their goods and values go back where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from decimal import Decimal, localcontext

from sms_core.shared.numbers import MONEY_PLACES, PRECISION, rounded
from sms_core.stock.checks import Found
from sms_core.stock.entities import Location, Lot
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.lines import Mirror, Numbered
from sms_core.stock.picking import Pick, Wish
from sms_core.stock.postings import Entry


def mirrors(entries: Sequence[Entry]) -> list[Mirror]:
    """The lines that undo these entries, the last one first.

    What a posting released stays released, and what left with its promise comes back without.
    """
    return [
        Mirror(
            variant_id=entry.level.variant_id,
            warehouse_id=entry.level.warehouse_id,
            document_line=entry.document_line,
            number=entry.line,
            in_transit=entry.level.in_transit,
            quantity=-entry.quantity,
            value=-entry.value,
            location_id=entry.location_id,
            lot_id=entry.lot_id,
            unit_cost=entry.unit_cost,
            counterpart=entry.counterpart,
        )
        for entry in reversed(entries)
        if entry.quantity or entry.value
    ]


def difference(level: Level, lines: Sequence[Mirror]) -> Decimal:
    """The value that must be entered first so that the value of these lines can leave the level.

    Meanwhile goods may have left at another value than theirs: without it the value would fall
    below 0, or an empty level keep some.
    """
    on_hand = level.on_hand + sum((line.quantity for line in lines), ZERO)
    value = level.value + sum((line.value for line in lines), ZERO)
    return -value if value < 0 or not on_hand else ZERO


def place_of(line: Mirror, found: Found) -> Location:
    """Where the goods go back to: their place of then, or the default one if that is archived."""
    warehouse = found.warehouses[line.warehouse_id]
    place = found.locations.get(line.location_id or 0)
    own = warehouse.transit_location_id if line.in_transit else warehouse.default_location_id
    return place or found.locations[own]


def with_arrivals(
    levels: Mapping[LevelKey, Level],
    lines: Sequence[Numbered],
    found: Found,
    lots: Mapping[int, Lot],
) -> Mapping[LevelKey, Level]:
    """The levels as they would be if what comes back were there; the levels stay as they are.

    What a posting brought in and took out again may be undone although nothing of it is left.
    """
    coming = [(n, line) for n, line in lines if isinstance(line, Mirror) and line.quantity > 0]
    if not coming:
        return levels
    imagined = {key: deepcopy(level) for key, level in levels.items()}
    for index, line in coming:
        level = imagined[line.key]
        level.bin_at(place_of(line, found), lots.get(index)).on_hand += line.quantity
        level.on_hand += line.quantity
    return imagined


def wish_for(index: int, line: Mirror) -> Wish:
    """The goods that must leave again: those of the lot, first from where they were put."""
    return Wish(
        index=index, quantity=-line.quantity, lot_id=line.lot_id, first_from=line.location_id
    )


def values_of(line: Mirror, picks: Sequence[Pick]) -> list[Decimal]:
    """The value of a line, shared between the bins from which its goods leave."""
    values, left = [], line.value
    for pick in picks[:-1]:
        with localcontext(prec=PRECISION):
            part = rounded(line.value * pick.quantity / -line.quantity, MONEY_PLACES)
        values.append(part)
        left -= part
    return [*values, left]
