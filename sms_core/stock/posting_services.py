"""What all use cases that change stock without a document share."""

# No postponed annotations here: subclasses in other modules inherit these fields, and whoever
# wires a service resolves the types of its constructor in the subclass's module.

from dataclasses import dataclass

from sms_core.shared.entities import Actor
from sms_core.shared.ports import UnitOfWork
from sms_core.stock import drafts
from sms_core.stock.commands import Movement
from sms_core.stock.desk import PostingDesk
from sms_core.stock.ports import StockReader
from sms_core.stock.views import PostingView


@dataclass(frozen=True)
class PostingService:
    """Makes drafts of orders and hands them in."""

    uow: UnitOfWork
    desk: PostingDesk

    @property
    def reader(self) -> StockReader:
        """Where stock is looked up."""
        return self.desk.reader

    def authorise(self, command: object, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        drafts.authorise(command, by)

    def _record(self, command: Movement, by: Actor) -> PostingView:
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            reason = self.desk.reason(getattr(command, "reason_code", None))
            return self.desk.post(drafts.draft_of(command, reason), by, books)
