"""The use cases of what is sold."""

# No postponed annotations here: see shared.services.

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sms_core.selling.commands import (
    AllocateSalesOrder,
    CancelSalesOrder,
    ChangeSalesOrder,
    CloseSalesOrder,
    ConfirmSalesOrder,
    CreateSalesOrder,
    OrderAct,
    ReopenSalesOrder,
    ReturnSalesOrder,
    SellNow,
    ShipSalesOrder,
    WantedLine,
)
from sms_core.selling.drafts import Plan, backorders, claims, releases
from sms_core.selling.gathering import Gathering
from sms_core.selling.history import changes
from sms_core.selling.ordering import SalesBook
from sms_core.selling.orders import SalesOrder, SalesState, Shipment
from sms_core.selling.parcels import returns, see_that_all_is_reserved, shipment
from sms_core.selling.ports import SalesOrderFilter, SalesOrderRepository
from sms_core.selling.rights import authorise
from sms_core.shared.document_services import DocumentService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict
from sms_core.shared.text import tidy_optional
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Settled
from sms_core.stock.ledger import Books
from sms_core.stock.picking import InsufficientStock
from sms_core.stock.views import PostingView


@dataclass(frozen=True)
class SalesOrderService(DocumentService[SalesOrder, SalesOrderFilter]):
    """Sells the goods of a warehouse: promises them, sends them, takes them back.

    All methods raise Forbidden when the actor lacks their permission; those that name an order
    NotFound, Stale, and WrongState where its state does not allow it.
    """

    resource = "sales_order"
    entity = SalesOrder

    repository: SalesOrderRepository
    book: SalesBook
    desk: PostingDesk

    def authorise(self, command: object, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        authorise(command, by)

    def sell(self, command: SellNow, *, by: Actor) -> Settled[SalesOrder]:
        """Draft a sale, confirm it and, if asked to, send all of it: all of that or nothing.

        Raises Unknown, Invalid, RuleBroken, and InsufficientStock where not all is there.
        """
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self.draft(command.order, by=by)
            done = self._confirm(order, ConfirmSalesOrder(id=order.id), books, by)
            if not command.ship:
                return done
            see_that_all_is_reserved(done.document)
            sent = self._ship(done.document, ShipSalesOrder(id=order.id), books, by)
            return Settled(document=sent.document, postings=(*done.postings, *sent.postings))

    def confirm(self, command: ConfirmSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Fix prices and names, and promise the customer what is there; the rest waits in the
        queue. Raises Unknown, Conflict, RuleBroken for what is not sold any more."""
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            return self._confirm(self._locked(command, "confirm", by), command, books, by)

    def allocate(self, command: AllocateSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Reserve what an order waits for, as far as those before it in the queue leave some;
        raises Conflict when there is nothing to reserve."""
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self._locked(command, "allocate", by)
            plan = claims(order, backorders(order), command, out_of_turn=command.out_of_turn)
            if plan is None:
                raise Conflict(
                    f"{order.number} waits for nothing: all of it is reserved or shipped.",
                    code="not_backordered",
                )
            posting = self._claim(plan, books, by)
            if posting is None:
                raise InsufficientStock(
                    f"Nothing that {order.number} waits for is available beyond what is owed to "
                    "the orders before it."
                )
            self.repository.save(order)
            return self._done("allocate", order, [posting], command, by)

    def ship(self, command: ShipSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Send what is reserved, all of it or the given lines; raises Unknown, Invalid, and
        Conflict where less is reserved."""
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            return self._ship(self._locked(command, "ship", by), command, books, by)

    def take_back(self, command: ReturnSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Take goods back from the customer, at what they were worth when they were sent; raises
        Unknown, Invalid, RuleBroken, and Conflict where less was sent."""
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self._locked(command, "return", by)
            plans = returns(order, command, self._reasons(command))
            if len(plans) > 1:
                self.desk.hold([plan.draft for plan in plans])
            postings = [self._post(plan, books, by) for plan in plans]
            self.repository.save(order)
            return self._done("return", order, postings, command, by)

    def close(self, command: CloseSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Send nothing more of it; what is reserved is free again."""
        return self._leave(command, "close", SalesState.CLOSED, by)

    def cancel(self, command: CancelSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Call the sale off while nothing was sent; what is reserved is free again."""
        return self._leave(command, "cancel", SalesState.CANCELLED, by)

    def reopen(self, command: ReopenSalesOrder, *, by: Actor) -> Settled[SalesOrder]:
        """Make it a draft again while nothing was sent; what is reserved is free again."""
        return self._leave(command, "reopen", SalesState.DRAFT, by)

    def change(self, command: Any, *, by: Actor) -> Any:
        """Change a draft, or amend what was agreed: less is released, more is claimed.

        Raises Unknown, Invalid, RuleBroken, and Conflict for what is fixed or was sent.
        """
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self._locked(command, "change", by)
            if order.confirmed_at is None:
                return self._rewrite(order, command, by)
            by.require("sales_order.confirm")
            return self._amend(order, command, books, by)

    def check(self, entity: SalesOrder, *, by: Actor) -> None:
        if entity.id:
            self.book.see_that_live(entity, by=by)

    def drafted(self, command: CreateSalesOrder, *, by: Actor) -> SalesOrder:
        return self.book.written(command, self.clock.now(), by=by)

    def copy_of(self, document: SalesOrder) -> CreateSalesOrder:
        return CreateSalesOrder(
            warehouse_id=document.warehouse_id,
            customer_id=document.customer_id,
            priority=document.priority,
            ship_to=document.ship_to,
            notes=document.notes,
            lines=tuple(
                WantedLine(variant_id=line.variant_id, quantity=line.quantity, **vars(line.terms))
                for line in document.lines
            ),
        )

    def is_seen(self, document: SalesOrder, *, by: Actor) -> bool:
        return by.sees(document.warehouse_id)

    def _locked(self, command: Any, act: str, by: Actor) -> SalesOrder:
        order = self.repository.get_for_update(command.id)
        self.guard([order], by=by)
        order.expect_version(command.version)
        order.see_that_may(act)
        return order

    def _confirm(
        self, order: SalesOrder, act: OrderAct, books: Books, by: Actor
    ) -> Settled[SalesOrder]:
        order.confirm(self.clock.now())
        self.book.agree(order, by=by)
        order.check()
        # Saved first: the queue is asked who is before it.
        self.repository.save(order)
        posting = self._claim(claims(order, backorders(order), act), books, by)
        return self._done("confirm", order, [posting] if posting else [], act, by)

    def _ship(
        self, order: SalesOrder, act: ShipSalesOrder, books: Books, by: Actor
    ) -> Settled[SalesOrder]:
        carrier = tidy_optional(act.carrier, "carrier")
        tracking = tidy_optional(act.tracking, "tracking")
        posting = self._post(shipment(order, act), books, by)
        order = self.repository.get_for_update(order.id)
        order.settle()
        self.repository.save(order)
        sent = Shipment(
            posting_id=posting.id, number=posting.number, carrier=carrier, tracking=tracking
        )
        self.repository.sent(order, sent)
        return self._done("ship", order, [posting], act, by)

    def _leave(
        self, command: OrderAct, act: str, state: SalesState, by: Actor
    ) -> Settled[SalesOrder]:
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self._locked(command, act, by)
            plan = releases(order, order.promised(), command)
            order.leave(state)
            self.repository.save(order)
            postings = [self._post(plan, books, by)] if plan else []
            return self._done(act, order, postings, command, by)

    def _rewrite(
        self, order: SalesOrder, command: ChangeSalesOrder, by: Actor
    ) -> Settled[SalesOrder]:
        before = deepcopy(order)
        values = command.values()
        wanted = values.pop("lines", None)
        values["ordered_at"] = values.get("ordered_at") or order.ordered_at
        order.change(**values)
        self.book.write(order, wanted, by=by)
        self.repository.save(order)
        self.note("change", order, by=by, changes=changes(before, order))
        return Settled(document=order)

    def _amend(
        self, order: SalesOrder, command: ChangeSalesOrder, books: Books, by: Actor
    ) -> Settled[SalesOrder]:
        before = deepcopy(order)
        values = command.values()
        wanted = values.pop("lines", None)
        values["ordered_at"] = values.get("ordered_at") or order.ordered_at
        order.see_that_parties_stay(values)
        order.change(**values)
        had = {line.id: line.quantity for line in order.lines}
        freed = [] if wanted is None else order.amend(self.book.lines(order, wanted))
        order.settle()
        order.check()
        self.repository.save(order)
        more = {
            line.id: line.backordered for line in order.lines if line.quantity > had.get(line.id, 0)
        }
        postings = self._both(releases(order, freed), claims(order, more), books, by)
        return self._done("change", order, postings, None, by, before)

    def _both(
        self, less: Plan | None, more: Plan | None, books: Books, by: Actor
    ) -> list[PostingView]:
        if less and more:
            self.desk.hold([less.draft, more.draft])
        released = self._post(less, books, by) if less else None
        claimed = self._claim(more, books, by)
        return [posting for posting in (released, claimed) if posting]

    def _post(self, plan: Plan, books: Books, by: Actor) -> PostingView:
        with plan.pointing():
            return self.desk.post(plan.draft, by, books)

    def _claim(self, plan: Plan | None, books: Books, by: Actor) -> PostingView | None:
        if plan is None:
            return None
        with plan.pointing():
            return self.desk.claim(plan.draft, by, books)

    def _reasons(self, command: ReturnSalesOrder) -> dict[str | None, Any]:
        found: dict[str | None, Any] = {}
        problems = Gathering()
        for index, line in enumerate(command.lines):
            with problems.at(index):
                if line.reason_code not in found:
                    found[line.reason_code] = self.desk.reason(line.reason_code)
        problems.raise_all()
        return found

    def _done(
        self,
        act: str,
        order: SalesOrder,
        postings: Iterable[PostingView],
        said: OrderAct | None,
        by: Actor,
        before: SalesOrder | None = None,
    ) -> Settled[SalesOrder]:
        """Write down what was done, and show the order as it is now."""
        made = tuple(postings)
        self.note(
            act,
            order,
            by=by,
            note=said.note if said else "",
            changes=changes(before, order) if before else None,
            postings=[posting.number for posting in made],
        )
        return Settled(document=self.repository.get(order.id), postings=made)
