"""The queue of those who wait for goods: who is before whom, and how it is served."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sms_core.company.ports import CompanyRepository
from sms_core.selling.amounts import ZERO
from sms_core.selling.drafts import claims
from sms_core.selling.history import event
from sms_core.selling.orders import SalesOrder
from sms_core.selling.ports import SalesOrderRepository
from sms_core.shared.documents import DocumentRef, Journal
from sms_core.shared.entities import Actor
from sms_core.shared.errors import NotFound
from sms_core.shared.ports import Clock, UnitOfWork
from sms_core.stock.desk import PostingDesk
from sms_core.stock.ledger_ports import Backorders
from sms_core.stock.levels import LevelKey
from sms_core.stock.views import PostingView


@dataclass(frozen=True)
class SalesQueue(Backorders):
    """Tells the ledger what is owed to orders that wait longer than another."""

    orders: SalesOrderRepository

    def ahead(
        self, document: DocumentRef, keys: Collection[LevelKey]
    ) -> Mapping[LevelKey, Decimal]:
        owed: dict[LevelKey, Decimal] = {}
        for backorder in self.orders.backorders(keys, before=document.id):
            owed[backorder.key] = owed.get(backorder.key, ZERO) + backorder.quantity
        return owed


@dataclass(frozen=True)
class QueueService:
    """Promises goods that came in, or that others gave back, to those who wait for them."""

    uow: UnitOfWork
    clock: Clock
    orders: SalesOrderRepository
    journal: Journal
    desk: PostingDesk
    companies: CompanyRepository

    def serve(self, keys: Collection[LevelKey], *, by: Actor) -> int:
        """Serve who waits for goods of these levels, in the order of the queue; returns how many
        got some. Each order is served in a unit of work of its own, so that nobody waits long.

        Nothing is done where the company wants to do it by hand. Raises Forbidden.
        """
        by.require("sales_order.confirm")
        waiting = self.orders.backorders(keys)
        if not waiting or not self.companies.get().serves_backorders:
            return 0
        wanted: dict[int, set[LevelKey]] = {}
        for backorder in waiting:
            wanted.setdefault(backorder.order_id, set()).add(backorder.key)
        empty: set[LevelKey] = set()
        served = 0
        for order_id, levels in wanted.items():
            if levels - empty:
                got, short = self._serve(order_id, levels - empty, by)
                empty |= short
                served += got
        return served

    def _serve(
        self, order_id: int, keys: Collection[LevelKey], by: Actor
    ) -> tuple[bool, set[LevelKey]]:
        """Whether the order got something, and the levels that have nothing left for others."""
        with self.uow:
            books = self.desk.hold_books()
            try:
                order = self.orders.get_for_update(order_id)
            except NotFound:
                return False, set()
            lines = [line for line in order.lines if order.key(line) in keys]
            wanted = {line.id: line.backordered for line in lines}
            plan = claims(order, wanted)
            if plan is None:
                return False, set()
            posting = self.desk.claim(plan.draft, by, books)
            if posting:
                self.journal.write(
                    order.ref, event("allocate", self.clock.now(), by, [posting.number])
                )
            return posting is not None, _short(order, wanted, posting)


def _short(
    order: SalesOrder, wanted: Mapping[int, Decimal], posting: PostingView | None
) -> set[LevelKey]:
    """The levels that had less than the order wants."""
    left: dict[LevelKey, Decimal] = {}
    for line in order.lines:
        key = order.key(line)
        left[key] = left.get(key, ZERO) + wanted.get(line.id, ZERO)
    for entry in posting.entries if posting else ():
        left[LevelKey(entry.variant_id, entry.warehouse_id)] -= entry.reserved
    return {key for key, missing in left.items() if missing > 0}
