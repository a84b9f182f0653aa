"""What becomes of a purchase order when one of its postings is undone."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from dataclasses import dataclass

from sms_core.purchasing.ports import PurchaseOrderRepository
from sms_core.shared.documents import DocumentRef, Event, Journal
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict
from sms_core.shared.ports import Clock
from sms_core.stock.documents import Documents
from sms_core.stock.ledger import Books
from sms_core.stock.postings import Posting


@dataclass(frozen=True)
class PurchaseDocuments(Documents):
    """Brings orders back to the state that is left; a closed order stays closed."""

    clock: Clock
    repository: PurchaseOrderRepository
    journal: Journal

    def lock(self, document: DocumentRef) -> None:
        self.repository.get_for_update(document.id)

    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        order = self.repository.get_for_update(document.id)
        for line in order.lines:
            if line.progress.returned > line.progress.came:
                raise Conflict(
                    f"More of line {line.id} of {order.number} was sent back than would be left: "
                    "undo the return first.",
                    code="built_upon",
                )
        order.settle()
        self.repository.save(order)
        event = Event.of(
            "reverse",
            by=by,
            at=self.clock.now(),
            note=reversal.note,
            postings=(reversal.number,),
        )
        self.journal.write(document, event)
