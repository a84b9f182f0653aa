"""The use cases of stock: what comes, goes, moves, spoils and turns up, and what there is."""

# No postponed annotations here: see posting_services.

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Invalid
from sms_core.shared.paging import CursorPage, CursorRequest, Page, PageRequest
from sms_core.stock.commands import (
    AdjustStock,
    IssueGoods,
    OpenStock,
    ReceiveGoods,
    ReturnToSupplier,
    ScrapGoods,
    TakeBackGoods,
    TransferStock,
)
from sms_core.stock.drafts import SEES_COSTS, TRANSFER_POINTERS, repointed
from sms_core.stock.ledger_ports import (
    Calendar,
)
from sms_core.stock.ports import (
    COST_SORTS,
    BinFilter,
    EntryFilter,
    LevelFilter,
    PostingFilter,
)
from sms_core.stock.posting_services import PostingService
from sms_core.stock.views import BinView, EntryView, LevelView, PostingView, Scanned

L = TypeVar("L", bound=LevelFilter)
P = TypeVar("P", EntryFilter, PostingFilter)


@dataclass(frozen=True)
class StockService(PostingService):
    """What happens to goods without a document, and what there is: levels, bins, the ledger.

    All methods raise Forbidden when the actor lacks their permission; those that change stock
    raise Unknown, Invalid, RuleBroken and Conflicts (InsufficientStock among them) for all lines
    at once. A warehouse that the actor may not see does not exist; costs are left out for those
    who may not see them.
    """

    calendar: Calendar

    def receive(self, command: ReceiveGoods, *, by: Actor) -> PostingView:
        """Take goods from a supplier into stock, at their cost."""
        return self._record(command, by)

    def open(self, command: OpenStock, *, by: Actor) -> PostingView:
        """Enter what was there before the first entry of its level."""
        return self._record(command, by)

    def issue(self, command: IssueGoods, *, by: Actor) -> PostingView:
        """Let goods leave; own use needs a reason."""
        return self._record(command, by)

    def adjust(self, command: AdjustStock, *, by: Actor) -> PostingView:
        """Make the books say what there is; needs a reason."""
        return self._record(command, by)

    def scrap(self, command: ScrapGoods, *, by: Actor) -> PostingView:
        """Throw goods away; needs a reason."""
        return self._record(command, by)

    def transfer(self, command: TransferStock, *, by: Actor) -> PostingView:
        """Move goods to another place; those that go to another warehouse carry their value."""
        with repointed(TRANSFER_POINTERS):
            return self._record(command, by)

    def return_to_supplier(self, command: ReturnToSupplier, *, by: Actor) -> PostingView:
        """Send goods back to a supplier, at what they are worth."""
        return self._record(command, by)

    def take_back(self, command: TakeBackGoods, *, by: Actor) -> PostingView:
        """Take goods back from a customer."""
        return self._record(command, by)

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
        found = self.reader.levels(self._timed(filter, by), page)
        return found if may_see_costs else found.map(LevelView.without_costs)

    def bins(self, filter: BinFilter, page: PageRequest, *, by: Actor) -> Page[BinView]:
        """Where everything lies, by variant, location and lot."""
        by.require("stock.view")
        return self.reader.bins(self._timed(filter, by), page)

    def entries(
        self, filter: EntryFilter, cursor: CursorRequest, *, by: Actor
    ) -> CursorPage[EntryView]:
        """The ledger, newest first."""
        by.require("stock.view")
        found = self.reader.entries(self._between(filter, by), cursor)
        if by.may(SEES_COSTS):
            return found
        return CursorPage([entry.without_costs() for entry in found.items], found.next)

    def postings(
        self, filter: PostingFilter, cursor: CursorRequest, *, by: Actor
    ) -> CursorPage[PostingView]:
        """The postings, newest first, without their entries."""
        by.require("stock.view")
        return self.reader.postings(self._between(filter, by), cursor)

    def posting(self, id: int, *, by: Actor) -> PostingView:
        """One posting with its entries in the warehouses the actor sees; raises NotFound."""
        by.require("stock.view")
        view = self.reader.posting(id, by.warehouse_ids)
        return view if by.may(SEES_COSTS) else view.without_costs()

    def _timed(self, filter: L, by: Actor) -> L:
        """The filter limited to what the actor sees, with the ends of days as times."""
        filter = replace(filter, visible=by.warehouse_ids)
        if filter.as_of is None and filter.known_at is None:
            return filter
        if filter.below_alert is not None:
            raise Invalid(
                "What was available is not known of the past: ask for reorder levels as of now.",
                pointer="/below_alert",
            )
        now = self.calendar.now()
        return replace(
            filter,
            as_of=None if filter.as_of is None else now.end_of(filter.as_of),
            known_at=None if filter.known_at is None else now.end_of(filter.known_at),
        )

    def _between(self, filter: P, by: Actor) -> P:
        """The filter limited to what the actor sees, with the ends of days as times."""
        first, last = filter.occurred_from, filter.occurred_to
        filter = replace(filter, visible=by.warehouse_ids)
        if first is None and last is None:
            return filter
        now = self.calendar.now()
        return replace(
            filter,
            occurred_from=None if first is None else now.start_of(first),
            occurred_to=None if last is None else now.end_of(last),
        )
