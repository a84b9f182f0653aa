"""What can be said against the lines of a draft before anybody looks at the stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Invalid,
    RuleBroken,
    Unknown,
    gathered,
)
from sms_core.shared.numbers import (
    MONEY_PLACES,
    QUANTITY_LIMIT,
    UNIT_COST_LIMIT,
    UNIT_COST_PLACES,
    VALUE_LIMIT,
    exact,
)
from sms_core.stock.entities import Location, LocationKind, Lot, Warehouse
from sms_core.stock.kinds import Disposition, Kind, needs_reason
from sms_core.stock.levels import Goods, Level, LevelKey
from sms_core.stock.lines import (
    Claim,
    CostCorrection,
    Counted,
    Incoming,
    Line,
    Mirror,
    Moving,
    NamedLot,
    Numbered,
    Outgoing,
    Promise,
    Release,
)
from sms_core.stock.picking import plain
from sms_core.stock.postings import MAX_COUNTED, MAX_LINES, Draft

LotKey = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The live things that the lines of a draft refer to, held for the transaction."""

    goods: Mapping[int, Goods]
    warehouses: Mapping[int, Warehouse]
    locations: Mapping[int, Location]


@dataclass
class Problems:
    """All that is wrong with a draft, line by line, so that the clerk learns it at once.

    `state` goes with the refusal: what whoever previews wants to see beside it.
    """

    by_line: dict[int, list[DomainError]] = field(default_factory=dict)
    state: Any = None

    def add(self, index: int, error: DomainError) -> None:
        """Note an error of this line."""
        self.by_line.setdefault(index, []).append(error)

    def note(self, error: DomainError) -> None:
        """Note an error of the whole, before those of the lines."""
        self.add(-1, error)

    def sound(self, draft: Draft) -> list[tuple[int, Line]]:
        """The lines, with their places, that nothing is said against."""
        return [(n, line) for n, line in enumerate(draft.lines) if n not in self.by_line]

    def raise_all(self) -> None:
        """Raise them as one error, in the order of the lines, if there are any."""
        if self.by_line:
            found = [error for _, errors in sorted(self.by_line.items()) for error in errors]
            refusal = gathered(found)
            refusal.state = self.state
            raise refusal


def see_that_well_formed(draft: Draft) -> None:
    """Raise for what concerns the draft as a whole: how many lines, and the reason."""
    if not draft.lines:
        raise Invalid("Give at least one line.", code="required", pointer="/lines")
    # The lines of a document may become several, one for each lot.
    may_be_many = draft.document is not None or draft.kind is Kind.COUNT
    most = MAX_COUNTED if may_be_many else MAX_LINES
    # What was entered can be undone at once, however much it was.
    if len(draft.lines) > most and draft.reverses is None:
        raise Invalid(
            f"A posting may have at most {most} lines.", code="too_many", pointer="/lines"
        )
    if draft.reason:
        draft.reason.see_that_offered_for(draft.kind)
    elif any(needs_reason(draft.kind, line.counterpart) for line in draft.lines):
        raise RuleBroken("Give a reason.", code="reason_required", pointer="/reason_code")


def check_lines(draft: Draft, found: Found, problems: Problems) -> None:
    """Note what is wrong with each line by itself and with what it refers to."""
    for index, line in enumerate(draft.lines):
        for error in _errors(index, line, draft.kind, found):
            problems.add(index, error)


def _errors(index: int, line: Line, kind: Kind, found: Found) -> Iterator[DomainError]:
    at = f"lines/{index}"
    goods = found.goods.get(line.variant_id)
    if goods is None and isinstance(line, Mirror):
        yield Conflict(f"The variant of line {line.number} is archived: restore it first.")
    elif goods is None:
        yield Unknown(f"There is no variant {line.variant_id}.", pointer=f"/{at}/variant_id")
    yield from _number_errors(at, line, kind, goods)
    if isinstance(line, Incoming | Outgoing | Moving | Counted):
        yield from _misplaced(f"{at}/location_id", line.location_id, line.warehouse_id, found)
    if isinstance(line, Moving):
        yield from _unmoved(at, line, found)
    if isinstance(line, Incoming | Outgoing):
        yield from _twice_placed(at, line)
    if isinstance(line, Incoming) and goods:
        yield from goods_errors(at, line, goods, kind)


def _number_errors(at: str, line: Line, kind: Kind, goods: Goods | None) -> Iterator[DomainError]:
    cost = getattr(line, "unit_cost", None)
    if cost is not None and not isinstance(line, Mirror):
        yield from _negative(cost, f"{at}/unit_cost")
        yield from _inexact(
            cost, places=UNIT_COST_PLACES, limit=UNIT_COST_LIMIT, field=f"{at}/unit_cost"
        )
    if isinstance(line, Incoming) and line.value is not None:
        yield from _negative(line.value, f"{at}/value")
        yield from _inexact(line.value, places=MONEY_PLACES, limit=VALUE_LIMIT, field=f"{at}/value")
    if isinstance(line, CostCorrection):
        yield from _inexact(line.amount, places=MONEY_PLACES, limit=VALUE_LIMIT, field="amount")
    quantity: Decimal | None
    if isinstance(line, Counted):
        field, quantity = f"{at}/counted_quantity", line.counted_quantity
        yield from _negative(line.counted_quantity, field)
    elif isinstance(line, Incoming | Outgoing | Moving | Promise | Claim | Release):
        field, quantity = f"{at}/quantity", line.quantity
        yield from _not_positive(quantity, kind, field)
    else:
        return
    if goods and quantity is not None:
        yield from _inexact(quantity, places=goods.places, limit=QUANTITY_LIMIT, field=field)


def _not_positive(quantity: Decimal | None, kind: Kind, field: str) -> Iterator[DomainError]:
    if quantity is not None and quantity <= 0:
        least = "not be 0" if kind is Kind.ADJUSTMENT else "be more than 0"
        yield Invalid(f"The quantity must {least}.", code="not_positive", pointer=f"/{field}")


def _negative(value: Decimal, field: str) -> Iterator[DomainError]:
    if value < 0:
        words = field.rsplit("/", 1)[-1].replace("_", " ")
        yield Invalid(f"The {words} cannot be below 0.", code="negative", pointer=f"/{field}")


def _inexact(value: Decimal, *, places: int, limit: Decimal, field: str) -> Iterator[DomainError]:
    try:
        exact(value, places=places, limit=limit, field=field)
    except DomainError as error:
        yield error


def _misplaced(
    field: str, location_id: int | None, warehouse_id: int, found: Found
) -> Iterator[DomainError]:
    if location_id is None:
        return
    location = found.locations.get(location_id)
    warehouse = found.warehouses[warehouse_id]
    if location is None or location.warehouse_id != warehouse_id:
        yield Unknown(
            f"There is no location {location_id} in the warehouse {warehouse.code}.",
            pointer=f"/{field}",
        )
    elif location.kind is LocationKind.TRANSIT:
        yield RuleBroken(
            "Goods on their way can be neither put away nor taken.",
            code="in_transit",
            pointer=f"/{field}",
        )


def _twice_placed(at: str, line: Incoming | Outgoing) -> Iterator[DomainError]:
    if line.disposition is Disposition.QUARANTINE and line.location_id is not None:
        yield RuleBroken(
            "Name either a location or the quarantine.",
            code="two_places",
            pointer=f"/{at}/location_id",
        )


def _unmoved(at: str, line: Moving, found: Found) -> Iterator[DomainError]:
    field = f"{at}/to_location_id"
    yield from _misplaced(field, line.to_location_id, line.to_warehouse_id, found)
    default = found.warehouses[line.to_warehouse_id].default_location_id
    unsaid = line.location_id is None and line.to_location_id is None
    if line.stays and (unsaid or (line.to_location_id or default) == line.location_id):
        yield RuleBroken(
            "Goods must go to another place than the one they are in.",
            code="same_place",
            pointer=f"/{field}",
        )


def goods_errors(at: str, line: Incoming, goods: Goods, kind: Kind) -> Iterator[DomainError]:
    if kind is Kind.RECEIPT and not goods.is_active:
        yield RuleBroken(
            f"{goods.code} is not active any more: what is there may leave, none comes in.",
            code="inactive",
            pointer=f"/{at}/variant_id",
        )
    lot_at = f"/{at}/{_lot_field(line, kind).removesuffix('/code')}"
    if goods.tracks_lots and line.lot is None:
        yield RuleBroken(
            f"{goods.code} is kept by lots: give the lot.", code="lot_required", pointer=lot_at
        )
    if line.lot is not None and not goods.tracks_lots:
        yield RuleBroken(
            f"{goods.code} is not kept by lots.", code="lot_not_tracked", pointer=lot_at
        )


def wanted_lots(draft: Draft, problems: Problems) -> dict[int, Lot]:
    """The lots that the sound lines name, by line; notes the codes that cannot be one."""
    wanted = {}
    for index, line in problems.sound(draft):
        named = named_lot(line)
        if named is None:
            continue
        try:
            wanted[index] = Lot(
                variant_id=line.variant_id, code=named.code, expires_on=named.expires_on
            )
        except DomainError as error:
            error.pointer = f"/lines/{index}/{_lot_field(line, draft.kind)}"
            problems.add(index, error)
    return wanted


def named_lot(line: Line) -> NamedLot | None:
    """The lot that the line names, if it names one."""
    if isinstance(line, Incoming | Counted):
        return line.lot
    code = line.lot_code if isinstance(line, Outgoing | Moving) else None
    return None if code is None else NamedLot(code=code)


def _lot_field(line: Line, kind: Kind) -> str:
    """Only deliveries say more of a lot than its code."""
    return "lot/code" if isinstance(line, Incoming) and kind is not Kind.ADJUSTMENT else "lot_code"


def check_balances(
    lines: Sequence[Numbered], levels: Mapping[LevelKey, Level], problems: Problems
) -> None:
    """Note the lines whose author believes something else to be there than there is."""
    for index, line in lines:
        expected = getattr(line, "expected_on_hand", None)
        if expected is None or not isinstance(line, Incoming | Outgoing | Moving | Counted):
            continue
        there = levels[line.key].held(location_id=line.location_id, lot_id=None)
        if there != expected:
            problems.add(
                index,
                Conflict(
                    f"There are {plain(there)} on hand, not {plain(expected)}.",
                    code="stale",
                    pointer=f"/lines/{index}/expected_on_hand",
                ),
            )


def check_lots(wanted: Mapping[int, Lot], stored: Mapping[LotKey, Lot], problems: Problems) -> None:
    """Note lots that goods should leave from but do not exist, and dates that contradict."""
    for index, lot in wanted.items():
        known = stored.get(lot.key)
        if known is None:
            problems.add(
                index,
                Unknown(f"There is no lot {lot.code} of it.", pointer=f"/lines/{index}/lot_code"),
            )
        elif lot.expires_on not in {None, known.expires_on}:
            until = known.expires_on or "no date"
            problems.add(
                index,
                RuleBroken(
                    f"The lot {known.code} is known with {until} as its expiry, not "
                    f"{lot.expires_on}. Correct the lot, or this line.",
                    code="lot_differs",
                    pointer=f"/lines/{index}/lot/expires_on",
                ),
            )
