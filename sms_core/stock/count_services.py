"""The use cases of stock counts: hand out the sheet, enter what is found, agree to it, post it."""

# No postponed annotations here: see shared.services.

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from sms_core.catalogue.ports import CategoryRepository, VariantRepository
from sms_core.shared.document_services import DocumentService
from sms_core.shared.documents import Event
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden, Invalid, Unknown
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.services import held
from sms_core.stock.count_commands import (
    ApproveCount,
    CancelCount,
    ChangeCount,
    CreateCount,
    EnterCounts,
    OfCount,
    PostCount,
    RecountLines,
    StartCount,
)
from sms_core.stock.count_ports import CountFilter, CountRepository
from sms_core.stock.count_posting import CountPosting
from sms_core.stock.counting import Counting
from sms_core.stock.counts import MAX_SHEET, CountEntry, CountState, StockCount
from sms_core.stock.documents import Settled
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.entities import LocationKind
from sms_core.stock.ledger_ports import Calendar
from sms_core.stock.ports import LocationRepository, WarehouseRepository

RIGHTS: Final[Mapping[type[Any], str]] = {
    StartCount: "stock_count.change",
    EnterCounts: "stock_count.enter",
    RecountLines: "stock_count.approve",
    ApproveCount: "stock_count.approve",
    PostCount: "stock_count.post",
    CancelCount: "stock_count.change",
}


@dataclass(frozen=True)
class CountService(DocumentService[StockCount, CountFilter]):
    """Counts what there is while selling goes on: what was found is compared with what the books
    say of the moment of counting, and the difference is added to what they say at posting.

    All methods raise Forbidden when the actor lacks their permission, NotFound for a count of a
    warehouse that he does not see, WrongState where the state forbids it, and Stale.
    """

    resource: ClassVar[str] = "stock_count"
    entity: ClassVar[type[Any]] = StockCount

    repository: CountRepository
    counting: Counting
    posting: CountPosting
    calendar: Calendar
    warehouses: WarehouseRepository
    locations: LocationRepository
    categories: CategoryRepository
    variants: VariantRepository

    def get(self, id: int, *, by: Actor) -> StockCount:
        """The live one with its sheet; raises NotFound."""
        return _for(super().get(id, by=by), by)

    def change(self, command: ChangeCount, *, by: Actor) -> StockCount:  # type: ignore[override]
        """Change a draft; raises Invalid and Unknown."""
        by.require("stock_count.change")
        with self.uow:
            count = self.repository.get_for_update(command.id)
            self.guard([count], by=by)
            count.expect_version(command.version)
            count.see_that_may("change")
            count.change(**command.values())
            self.check(count, by=by)
            self.repository.save(count)
            self.note("change", count, by=by)
        return count

    def authorise(self, command: object, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        right = RIGHTS.get(type(command))
        if right is None:
            raise Forbidden("Nobody may order this.")
        by.require(right)

    def start(self, command: StartCount, *, by: Actor) -> Settled[StockCount]:
        """Hand out the sheet: a line for each bin with something in it.

        Raises RuleBroken if those are too many, and Conflict for what another count counts.
        """
        self.authorise(command, by=by)
        with self.uow:
            count = self._held(command, "start", by)
            now = self.calendar.now().at
            sheet = self.repository.bins(count.warehouse_id, count.scope, MAX_SHEET + 1)
            count.start(now, sheet)
            self.counting.hand_out(count, sheet)
            return self._noted("start", count, command, by)

    def enter(self, command: EnterCounts, *, by: Actor) -> Settled[StockCount]:
        """Take down what was found; the answer has the lines that were touched.

        Raises Unknown, Invalid and RuleBroken for all lines at once, and Conflict for a bin that
        another count counts.
        """
        self.authorise(command, by=by)
        if not (command.lines or command.zero_rest or command.done):
            raise Invalid("Give at least one line.", code="required", pointer="/lines")
        with self.uow:
            count = self._held(command, "enter", by)
            now = self.calendar.now().at
            lines = self.counting.take_down(count, command.lines, now, by)
            if command.zero_rest:
                lines += self.counting.zero_rest(count, now, by)
            if command.done:
                self._see_that_counted(count)
                count.hand_in()
                self.repository.save(count)
            if command.zero_rest or command.done:
                self.note("enter", count, by=by, note=command.note)
            entered = self.repository.header(count.id)
            return Settled(document=replace(entered, lines=tuple(lines)))

    def recount(self, command: RecountLines, *, by: Actor) -> Settled[StockCount]:
        """Have some lines counted again; raises Unknown."""
        self.authorise(command, by=by)
        with self.uow:
            count = self._held(command, "recount", by)
            self.counting.clear(count, command.line_ids, self.calendar.now().at, by)
            count.recount()
            return self._noted("recount", count, command, by)

    def approve(self, command: ApproveCount, *, by: Actor) -> Settled[StockCount]:
        """Agree to what others counted; raises Forbidden to whoever counted some of it."""
        self.authorise(command, by=by)
        with self.uow:
            count = self._held(command, "approve", by)
            self._see_that_counted(count)
            counters = self.repository.counters(count.id)
            count.approve(counters, at=self.calendar.now().at, by=by)
            return self._noted("approve", count, command, by)

    def post(self, command: PostCount, *, by: Actor) -> Settled[StockCount]:
        """Make the books say what was counted.

        Raises Conflict where somebody must approve it first, InsufficientStock for the lines that
        would leave less than nothing, and Conflict for what is reserved.
        """
        self.authorise(command, by=by)
        with self.uow:
            books = self.posting.hold_books()
            count = self._held(command, "post", by)
            views = self.posting.post(count, command, by, books)
            count.close(CountState.POSTED)
            self.repository.free_bins(count.id)
            numbers = [view.number for view in views]
            return replace(self._noted("post", count, command, by, numbers), postings=views)

    def cancel(self, command: CancelCount, *, by: Actor) -> Settled[StockCount]:
        """Give the count up; nothing changes."""
        self.authorise(command, by=by)
        with self.uow:
            count = self._held(command, "cancel", by)
            count.close(CountState.CANCELLED)
            self.repository.free_bins(count.id)
            return self._noted("cancel", count, command, by)

    def entries(self, id: int, page: PageRequest, *, by: Actor) -> Page[CountEntry]:
        """Who entered what, the newest first, a page at a time; raises NotFound."""
        return self.repository.entries(self._seen(id, by).id, page)

    def history(self, id: int, *, by: Actor) -> list[Event]:
        """What was done with the count, the oldest first; raises NotFound."""
        return self.journal.of(self._seen(id, by).ref)

    def is_seen(self, document: StockCount, *, by: Actor) -> bool:
        return by.sees(document.warehouse_id)

    def copy_of(self, document: StockCount) -> CreateCount:
        return CreateCount(
            warehouse_id=document.warehouse_id, scope=document.scope, notes=document.notes
        )

    def check(self, entity: StockCount, *, by: Actor) -> None:
        """What is to be counted must be there: the warehouse, its locations, the goods."""
        if not by.sees(entity.warehouse_id):
            raise Unknown(f"There is no warehouse {entity.warehouse_id}.", pointer="/warehouse_id")
        scope = entity.scope
        if scope.variant_ids:
            _see_that_all(scope.variant_ids, self.variants.hold(scope.variant_ids), "variant")
        held(self.warehouses, entity.warehouse_id, field="warehouse_id")
        if scope.category_id is not None and not self.categories.hold([scope.category_id]):
            raise Unknown(
                f"There is no category {scope.category_id}.", pointer="/scope/category_id"
            )
        if scope.location_ids:
            places = self.locations.hold(scope.location_ids)
            there = {
                id
                for id, place in places.items()
                if place.warehouse_id == entity.warehouse_id
                and place.kind is not LocationKind.TRANSIT
            }
            _see_that_all(scope.location_ids, there, "location")

    def _seen(self, id: int, by: Actor) -> StockCount:
        """The count without its sheet, for what does not ask for it."""
        by.require("stock_count.view")
        count = self.repository.header(id)
        self.guard([count], by=by)
        return count

    def _held(self, command: OfCount, act: str, by: Actor) -> StockCount:
        """The count, locked, if the act may be done with it."""
        count = self.repository.get_for_update(command.id)
        self.guard([count], by=by)
        count.expect_version(command.version)
        count.see_that_may(act)
        return count

    def _noted(
        self,
        act: str,
        count: StockCount,
        command: OfCount,
        by: Actor,
        postings: Sequence[str] = (),
    ) -> Settled[StockCount]:
        self.repository.save(count)
        self.note(act, count, by=by, note=command.note, postings=postings)
        return Settled(document=_for(self.repository.get(count.id), by))

    def _see_that_counted(self, count: StockCount) -> None:
        count.see_that_counted(self.repository.header(count.id).counted_count)


def _for(count: StockCount, by: Actor) -> StockCount:
    """The count as the actor may see it."""
    return count if by.may(SEES_COSTS) else count.without_costs()


def _see_that_all(ids: Collection[int], there: Collection[int], kind: str) -> None:
    for id in sorted(set(ids) - set(there)):
        raise Unknown(f"There is no {kind} {id} here.", pointer=f"/scope/{kind}_ids")
