"""What becomes of an order when one of its postings is undone."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from dataclasses import dataclass
from decimal import Decimal

from sms_core.selling.amounts import ZERO
from sms_core.selling.drafts import claims
from sms_core.selling.history import event
from sms_core.selling.orders import SalesOrder
from sms_core.selling.ports import SalesOrderRepository
from sms_core.shared.documents import DocumentRef, Journal
from sms_core.shared.entities import Actor
from sms_core.shared.ports import Clock
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Documents
from sms_core.stock.kinds import Counterpart
from sms_core.stock.ledger import Books
from sms_core.stock.postings import Posting


@dataclass(frozen=True)
class SalesDocuments(Documents):
    """Goods of an undone shipment are reserved again for an order that still waits for them; if
    it is over, they come back for everybody."""

    repository: SalesOrderRepository
    journal: Journal
    clock: Clock
    desk: PostingDesk

    def lock(self, document: DocumentRef) -> None:
        self.repository.get_for_update(document.id)

    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        order = self.repository.get_for_update(document.id)
        order.see_that_returns_were_sent()
        order.settle()
        self.repository.save(order)
        numbers = [reversal.number]
        plan = claims(order, _came_back(order, reversal), out_of_turn=True)
        posting = self.desk.claim(plan.draft, by, books) if plan else None
        if posting:
            numbers.append(posting.number)
        self.journal.write(document, event("reverse", self.clock.now(), by, numbers))


def _came_back(order: SalesOrder, reversal: Posting) -> dict[int, Decimal]:
    """How much of what came back each line still waits for."""
    back: dict[int, Decimal] = {}
    for entry in reversal.entries:
        if entry.document_line and entry.counterpart is Counterpart.CUSTOMER and entry.quantity > 0:
            back[entry.document_line] = back.get(entry.document_line, ZERO) + entry.quantity
    return {
        line.id: min(back[line.id], line.backordered) for line in order.lines if line.id in back
    }
