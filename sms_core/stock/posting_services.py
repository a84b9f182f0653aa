"""What all use cases that change stock share."""

# No postponed annotations here: subclasses in other modules inherit these fields, and whoever
# wires a service resolves the types of its constructor in the subclass's module.

from dataclasses import dataclass, replace

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Unknown
from sms_core.shared.ports import UnitOfWork
from sms_core.stock import drafts
from sms_core.stock.commands import Movement
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.entities import ReasonCode
from sms_core.stock.ledger import Books, Ledger
from sms_core.stock.ports import ReasonCodeRepository, StockReader
from sms_core.stock.postings import Draft, Posted
from sms_core.stock.views import PostingView


@dataclass(frozen=True)
class PostingService:
    """Posts drafts and shows what became of them.

    A warehouse that the actor may not see does not exist; costs are left out for those who may
    not see them.
    """

    uow: UnitOfWork
    ledger: Ledger
    reason_codes: ReasonCodeRepository
    reader: StockReader

    def authorise(self, command: object, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        drafts.authorise(command, by)

    def _record(self, command: Movement, by: Actor) -> PostingView:
        self.authorise(command, by=by)
        with self.uow:
            books = self.ledger.hold_books()
            reason = self._reason(getattr(command, "reason_code", None))
            return self._post(drafts.draft_of(command, reason), by, books)

    def _post(self, draft: Draft, by: Actor, books: Books | None = None) -> PostingView:
        return self._shown(self.ledger.post(draft, by=by, books=books), by)

    def _shown(self, posted: Posted, by: Actor) -> PostingView:
        view = replace(
            self.reader.posting(posted.posting.id, by.warehouse_ids),
            levels=posted.levels,
            reservation_ids=posted.reservation_ids,
        )
        return view if by.may(SEES_COSTS) else view.without_costs()

    def _reason(self, code: str | None) -> ReasonCode | None:
        if not code:
            return None
        reason = self.reason_codes.hold_by_code(code)
        if reason is None:
            raise Unknown(f"There is no reason {code}.", pointer="/reason_code")
        return reason
