"""The one way to change stock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, Unknown
from sms_core.stock.attempt import Attempt, header
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
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger_ports import (
    Backorders,
    LedgerHistory,
    Outlook,
    Partners,
    PeriodRepository,
    ReservationRepository,
    Waiting,
)
from sms_core.stock.lines import Counted, Incoming, Line, Mirror, Moving, Numbered
from sms_core.stock.moments import BACKDATES, day_of
from sms_core.stock.ports import (
    LedgerRepository,
    LocationRepository,
    LotRepository,
    WarehouseRepository,
)
from sms_core.stock.postings import Draft, Posted
from sms_core.stock.promises import Promises


@dataclass(frozen=True)
class Books:
    """Until when the books are closed, kept so until the unit of work ends."""

    closed_until: date | None


@dataclass(frozen=True)
class Ledger:
    """Turns drafts into postings, whole or not at all.

    It runs inside the unit of work of a use case that has asked for the actor's rights. The order
    of its locks is the same on every path and is never reversed: the period, headers of documents
    (by whoever calls), partners, variants, warehouses, locations, lots, levels.
    """

    periods: PeriodRepository
    history: LedgerHistory
    partners: Partners
    warehouses: WarehouseRepository
    locations: LocationRepository
    lots: LotRepository
    repository: LedgerRepository
    reservations: ReservationRepository
    backorders: Backorders
    waiting: Waiting
    outlook: Outlook

    def hold_books(self) -> Books:
        """Keep the books from being closed; called by those who then lock documents."""
        return Books(self.periods.hold())

    def hold(self, drafts: Collection[Draft]) -> None:
        """Lock all that drafts need which are to be posted one after the other; the books are
        held. What is wrong with them is said when they are posted."""
        lines = [line for draft in drafts for line in draft.lines]
        for draft in drafts:
            self._note_before(draft)
        found = self._hold(lines)
        for draft in drafts:
            problems = Problems()
            check_lines(draft, found, problems)
            self._lots(draft, problems)
        self.repository.lock({key for line in lines for key in line.keys})

    def post(self, draft: Draft, *, by: Actor, books: Books | None = None) -> Posted:
        """Record the draft; raises one error that carries all that is wrong with its lines.
        `books`: if they are held already.

        Among them Unknown, RuleBroken, InsufficientStock and other Conflicts, each pointing at
        its line. Raises Forbidden where the day or the value takes a right of its own.
        """
        posted = self.claim(draft, by=by, books=books)
        if posted is None:
            raise Conflict("This changes nothing: the stock is so already.", code="no_change")
        return posted

    def claim(self, draft: Draft, *, by: Actor, books: Books | None = None) -> Posted | None:
        """Like `post`, but None when there is nothing to record: nothing of the claims can be
        promised now."""
        if draft.despite_count:
            by.require(BACKDATES)
        see_that_well_formed(draft)
        books = books or self.hold_books()
        problems = Problems()
        self._check_header(draft, problems)
        found = self._hold(draft.lines)
        check_lines(draft, found, problems)
        lots = self._lots(draft, problems)
        lines = problems.sound(draft)
        if not lines:
            problems.raise_all()
        attempt = self._attempt(draft, lines, found, lots, problems, books.closed_until, by)
        posted = attempt.post()
        if freed := attempt.freed:
            self.waiting.freed(freed)
        return posted

    def _check_header(self, draft: Draft, problems: Problems) -> None:
        if draft.reverses:
            return
        supplier_id, customer_id = draft.supplier_id, draft.customer_id
        if supplier_id is not None and not self.partners.hold_supplier(supplier_id):
            raise Unknown(f"There is no supplier {supplier_id}.", pointer="/supplier_id")
        if customer_id is not None and not self.partners.hold_customer(customer_id):
            raise Unknown(f"There is no customer {customer_id}.", pointer="/customer_id")
        if number := self._note_before(draft):
            problems.note(
                Conflict(
                    f"The note {draft.reference} was entered before, as {number}. If this is "
                    "another delivery with the same reference, say so (same_reference).",
                    code="duplicate_reference",
                    pointer="/reference",
                )
            )

    def _note_before(self, draft: Draft) -> str | None:
        """The number of the receipt under which the note of this one was entered before."""
        if draft.kind is not Kind.RECEIPT or not draft.reference or draft.same_reference:
            return None
        return self.history.live_receipt(draft.supplier_id, draft.reference)

    def _hold(self, lines: Collection[Line]) -> Found:
        goods = self.repository.hold_goods({line.variant_id for line in lines})
        targets = {line.to_warehouse_id for line in lines if isinstance(line, Moving)}
        wanted = {line.warehouse_id for line in lines}
        warehouses = self.warehouses.hold(wanted | targets)
        for missing in sorted((wanted | targets) - set(warehouses)):
            field = "warehouse_id" if missing in wanted else "to_warehouse_id"
            raise Unknown(f"There is no warehouse {missing}.", pointer=f"/{field}")
        named = {getattr(line, "location_id", None) for line in lines}
        named |= {line.to_location_id for line in lines if isinstance(line, Moving)}
        own = {warehouse.default_location_id for warehouse in warehouses.values()}
        own |= {warehouse.quarantine_location_id for warehouse in warehouses.values()}
        own |= {warehouse.transit_location_id for warehouse in warehouses.values()}
        locations = self.locations.hold(own | {id for id in named if id is not None})
        return Found(goods=goods, warehouses=warehouses, locations=locations)

    def _lots(self, draft: Draft, problems: Problems) -> dict[int, Lot]:
        """The stored lots that lines name, by line; deliveries bring new ones."""
        wanted = wanted_lots(draft, problems)
        coming: list[Lot] = []
        going: list[Lot] = []
        for index, lot in wanted.items():
            brings = isinstance(draft.lines[index], Incoming | Counted)
            (coming if brings else going).append(lot)
        stored: dict[LotKey, Lot] = {}
        if coming:
            stored |= self.lots.obtain(coming)
        if going:
            stored |= self.lots.find({lot.key for lot in going})
        check_lots(wanted, stored, problems)
        found = {n: stored[lot.key] for n, lot in wanted.items() if lot.key in stored}
        for index, line in enumerate(draft.lines):
            if isinstance(line, Mirror) and line.lot_id is not None:
                found[index] = draft.lots[line.lot_id]
        return found

    def _attempt(
        self,
        draft: Draft,
        lines: list[Numbered],
        found: Found,
        lots: Mapping[int, Lot],
        problems: Problems,
        closed_until: date | None,
        by: Actor,
    ) -> Attempt:
        levels = self.repository.lock({key for _, line in lines for key in line.keys})
        costless = _costless(lines)
        last_costs = self.repository.last_costs(costless) if costless else {}
        promised = [level.key for level in levels.values() if level.reserved]
        promises = Promises(self.reservations.open_of(promised) if promised else [])
        stamp = self.repository.stamp(draft.kind)
        posting = header(draft, stamp, levels.values(), closed_until, by)
        return Attempt(
            repository=self.repository,
            reservations=self.reservations,
            history=self.history,
            backorders=self.backorders,
            outlook=self.outlook,
            draft=draft,
            posting=posting,
            stamp=stamp,
            today=day_of(posting.recorded_at, stamp.zone),
            lines=lines,
            found=found,
            lots=lots,
            levels=levels,
            last_costs=last_costs,
            promises=promises,
            problems=problems,
            by=by,
        )


def _costless(lines: Iterable[Numbered]) -> set[int]:
    """The variants of which a line brings goods without naming a cost. Their level may have an
    average now and be emptied by the same posting, so all of them are looked up."""
    return {
        line.variant_id
        for _, line in lines
        if isinstance(line, Incoming | Counted)
        and line.unit_cost is None
        and getattr(line, "value", None) is None
    }
