"""What can be said against the lines of a draft before anybody looks at the stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sms_core.shared.errors import DomainError, Invalid, RuleBroken, Unknown, gathered
from sms_core.shared.numbers import QUANTITY_LIMIT, UNIT_COST_LIMIT, UNIT_COST_PLACES, exact
from sms_core.stock.entities import Location, LocationKind, Lot, Warehouse
from sms_core.stock.kinds import Kind, needs_reason
from sms_core.stock.levels import Goods
from sms_core.stock.postings import MAX_LINES, Draft, Incoming, Line, Outgoing

LotKey = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The live things that the lines of a draft refer to, held for the transaction."""

    goods: Mapping[int, Goods]
    warehouses: Mapping[int, Warehouse]
    locations: Mapping[int, Location]


@dataclass
class Problems:
    """All that is wrong with a draft, line by line, so that the clerk learns it at once."""

    by_line: dict[int, list[DomainError]] = field(default_factory=dict)

    def add(self, index: int, error: DomainError) -> None:
        """Note an error of this line."""
        self.by_line.setdefault(index, []).append(error)

    def sound(self, draft: Draft) -> list[tuple[int, Line]]:
        """The lines, with their places, that nothing is said against."""
        return [(n, line) for n, line in enumerate(draft.lines) if n not in self.by_line]

    def raise_all(self) -> None:
        """Raise them as one error, in the order of the lines, if there are any."""
        if self.by_line:
            raise gathered(error for _, errors in sorted(self.by_line.items()) for error in errors)


def see_that_well_formed(draft: Draft) -> None:
    """Raise for what concerns the draft as a whole: how many lines, and the reason."""
    if not draft.lines:
        raise Invalid("Give at least one line.", code="required", pointer="/lines")
    if len(draft.lines) > MAX_LINES:
        raise Invalid(
            f"A posting may have at most {MAX_LINES} lines.", code="too_many", pointer="/lines"
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
    if line.quantity <= 0:
        yield Invalid(
            "The quantity must be more than 0.", code="not_positive", pointer=f"/{at}/quantity"
        )
    goods = found.goods.get(line.variant_id)
    if goods is None:
        yield Unknown(f"There is no variant {line.variant_id}.", pointer=f"/{at}/variant_id")
    else:
        yield from _inexact(
            line.quantity, places=goods.places, limit=QUANTITY_LIMIT, field=f"{at}/quantity"
        )
    yield from _misplaced(at, line, found)
    if isinstance(line, Incoming):
        yield from _cost_errors(at, line)
        if goods:
            yield from _goods_errors(at, line, goods, kind)


def _inexact(value: Decimal, *, places: int, limit: Decimal, field: str) -> Iterator[DomainError]:
    try:
        exact(value, places=places, limit=limit, field=field)
    except DomainError as error:
        yield error


def _misplaced(at: str, line: Line, found: Found) -> Iterator[DomainError]:
    if line.location_id is None:
        return
    location = found.locations.get(line.location_id)
    warehouse = found.warehouses[line.warehouse_id]
    if location is None or location.warehouse_id != line.warehouse_id:
        yield Unknown(
            f"There is no location {line.location_id} in the warehouse {warehouse.code}.",
            pointer=f"/{at}/location_id",
        )
    elif location.kind is LocationKind.TRANSIT:
        yield RuleBroken(
            "Goods on their way can be neither put away nor taken.",
            code="in_transit",
            pointer=f"/{at}/location_id",
        )


def _cost_errors(at: str, line: Incoming) -> Iterator[DomainError]:
    if line.unit_cost is None:
        return
    if line.unit_cost < 0:
        yield Invalid(
            "The unit cost cannot be below 0.", code="negative", pointer=f"/{at}/unit_cost"
        )
    yield from _inexact(
        line.unit_cost, places=UNIT_COST_PLACES, limit=UNIT_COST_LIMIT, field=f"{at}/unit_cost"
    )


def _goods_errors(at: str, line: Incoming, goods: Goods, kind: Kind) -> Iterator[DomainError]:
    if kind is Kind.RECEIPT and not goods.is_active:
        yield RuleBroken(
            f"{goods.code} is not active any more: what is there may leave, none comes in.",
            code="inactive",
            pointer=f"/{at}/variant_id",
        )
    if goods.tracks_lots and line.lot is None:
        yield RuleBroken(
            f"{goods.code} is kept by lots: give the lot.",
            code="lot_required",
            pointer=f"/{at}/lot",
        )
    if line.lot is not None and not goods.tracks_lots:
        yield RuleBroken(
            f"{goods.code} is not kept by lots.", code="lot_not_tracked", pointer=f"/{at}/lot"
        )


def wanted_lots(draft: Draft, problems: Problems) -> dict[int, Lot]:
    """The lots that the sound lines name, by line; notes the codes that cannot be one."""
    wanted = {}
    for index, line in problems.sound(draft):
        coming = isinstance(line, Incoming)
        code = _lot_code(line)
        if code is None:
            continue
        expires_on = line.lot.expires_on if isinstance(line, Incoming) and line.lot else None
        try:
            wanted[index] = Lot(variant_id=line.variant_id, code=code, expires_on=expires_on)
        except DomainError as error:
            error.pointer = f"/lines/{index}/lot/code" if coming else f"/lines/{index}/lot_code"
            problems.add(index, error)
    return wanted


def _lot_code(line: Line) -> str | None:
    if isinstance(line, Outgoing):
        return line.lot_code
    return line.lot.code if line.lot else None


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
