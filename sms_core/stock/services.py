"""The use cases of stock: what comes in, what goes out, and what there is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Invalid, Unknown
from sms_core.shared.paging import CursorPage, CursorRequest, Page, PageRequest
from sms_core.shared.ports import UnitOfWork
from sms_core.stock.commands import IssueGoods, ReceiveGoods
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import ALLOWED, Counterpart, Kind
from sms_core.stock.ledger import Ledger
from sms_core.stock.ports import (
    COST_SORTS,
    BinFilter,
    EntryFilter,
    LevelFilter,
    PostingFilter,
    ReasonCodeRepository,
    StockReader,
)
from sms_core.stock.postings import Draft, Incoming, Outgoing
from sms_core.stock.views import BinView, EntryView, LevelView, PostingView, Scanned

SEES_COSTS = "cost.view"


@dataclass(frozen=True)
class StockService:
    """Receives and issues goods, and shows levels, bins and the ledger.

    All methods raise Forbidden when the actor lacks their permission. A warehouse that the actor
    may not see does not exist; costs are left out for those who may not see them.
    """

    uow: UnitOfWork
    ledger: Ledger
    reason_codes: ReasonCodeRepository
    reader: StockReader

    def receive(self, command: ReceiveGoods, *, by: Actor) -> PostingView:
        """Take goods from a supplier into stock, at their cost.

        Raises Unknown, Invalid and RuleBroken, for all lines at once.
        """
        self.authorise(command, by=by)
        lines = tuple(
            Incoming(
                variant_id=line.variant_id,
                warehouse_id=command.warehouse_id,
                quantity=line.quantity,
                counterpart=Counterpart.SUPPLIER,
                unit_cost=line.unit_cost,
                location_id=line.location_id,
                lot=line.lot,
            )
            for line in command.lines
        )
        draft = Draft(
            kind=Kind.RECEIPT, lines=lines, reference=command.reference, note=command.note
        )
        return self._post(draft, by)

    def issue(self, command: IssueGoods, *, by: Actor) -> PostingView:
        """Let goods leave; own use needs a reason.

        Raises Unknown, Invalid, RuleBroken and InsufficientStock, for all lines at once.
        """
        self.authorise(command, by=by)
        if command.counterpart not in ALLOWED[Kind.ISSUE]:
            raise Invalid(
                "Goods are issued for internal use or to a customer.", pointer="/counterpart"
            )
        lines = tuple(
            Outgoing(
                variant_id=line.variant_id,
                warehouse_id=command.warehouse_id,
                quantity=line.quantity,
                counterpart=command.counterpart,
                location_id=line.location_id,
                lot_code=line.lot_code,
            )
            for line in command.lines
        )
        with self.uow:
            draft = Draft(
                kind=Kind.ISSUE,
                lines=lines,
                reference=command.reference,
                note=command.note,
                reason=self._reason(command.reason_code),
            )
            return self._post(draft, by)

    def authorise(self, command: ReceiveGoods | IssueGoods, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        if isinstance(command, ReceiveGoods):
            by.require("stock.receive")
            if any(line.unit_cost is not None for line in command.lines):
                by.require(SEES_COSTS)
        else:
            by.require("stock.issue")
        if not by.sees(command.warehouse_id):
            raise Unknown(f"There is no warehouse {command.warehouse_id}.", pointer="/warehouse_id")

    def scan(self, texts: Collection[str], *, by: Actor) -> dict[str, Scanned]:
        """The variants that codes and barcodes stand for, as typed or read by a scanner."""
        by.require("stock.view")
        return self.reader.scan(texts)

    def places(self, warehouse_id: int, codes: Collection[str], *, by: Actor) -> dict[str, int]:
        """The locations of a warehouse by their codes; nothing for one the actor may not see."""
        by.require("stock.view")
        return self.reader.places(warehouse_id, codes) if by.sees(warehouse_id) else {}

    def levels(self, filter: LevelFilter, page: PageRequest, *, by: Actor) -> Page[LevelView]:
        """How much there is of everything, by variant and warehouse."""
        by.require("stock.view")
        may_see_costs = by.may(SEES_COSTS)
        if not may_see_costs and any(order.by in COST_SORTS for order in filter.order):
            raise Invalid("You cannot sort by what you may not see.", pointer="/ordering")
        found = self.reader.levels(replace(filter, visible=by.warehouse_ids), page)
        return found if may_see_costs else found.map(LevelView.without_costs)

    def bins(self, filter: BinFilter, page: PageRequest, *, by: Actor) -> Page[BinView]:
        """Where everything lies, by variant, location and lot."""
        by.require("stock.view")
        return self.reader.bins(replace(filter, visible=by.warehouse_ids), page)

    def entries(
        self, filter: EntryFilter, cursor: CursorRequest, *, by: Actor
    ) -> CursorPage[EntryView]:
        """The ledger, newest first."""
        by.require("stock.view")
        found = self.reader.entries(replace(filter, visible=by.warehouse_ids), cursor)
        if by.may(SEES_COSTS):
            return found
        return CursorPage([entry.without_costs() for entry in found.items], found.next)

    def postings(
        self, filter: PostingFilter, cursor: CursorRequest, *, by: Actor
    ) -> CursorPage[PostingView]:
        """The postings, newest first, without their entries."""
        by.require("stock.view")
        return self.reader.postings(replace(filter, visible=by.warehouse_ids), cursor)

    def posting(self, id: int, *, by: Actor) -> PostingView:
        """One posting with its entries in the warehouses the actor sees; raises NotFound."""
        by.require("stock.view")
        return self._shown(id, by)

    def _post(self, draft: Draft, by: Actor) -> PostingView:
        with self.uow:
            posting = self.ledger.post(draft, by=by)
            return self._shown(posting.id, by)

    def _shown(self, id: int, by: Actor) -> PostingView:
        view = self.reader.posting(id, by.warehouse_ids)
        return view if by.may(SEES_COSTS) else view.without_costs()

    def _reason(self, code: str | None) -> ReasonCode | None:
        if not code:
            return None
        reason = self.reason_codes.hold_by_code(code)
        if reason is None:
            raise Unknown(f"There is no reason {code}.", pointer="/reason_code")
        return reason
