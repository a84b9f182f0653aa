"""The desk at which use cases hand in drafts and are shown what became of them."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from collections.abc import Collection
from dataclasses import dataclass, replace

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Unknown
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.entities import ReasonCode
from sms_core.stock.ledger import Books, Ledger
from sms_core.stock.ports import ReasonCodeRepository, StockReader
from sms_core.stock.postings import Draft, Posted
from sms_core.stock.views import PostingView


@dataclass(frozen=True)
class PostingDesk:
    """Posts drafts in the unit of work of a use case that has asked for the actor's rights.

    A warehouse that the actor may not see does not exist; costs are left out for those who may
    not see them.
    """

    ledger: Ledger
    reason_codes: ReasonCodeRepository
    reader: StockReader

    def hold_books(self) -> Books:
        """Keep the books from being closed; taken before documents are locked."""
        return self.ledger.hold_books()

    def hold(self, drafts: Collection[Draft]) -> None:
        """Lock all that drafts need which are to be posted one after the other."""
        self.ledger.hold(drafts)

    def post(self, draft: Draft, by: Actor, books: Books | None = None) -> PostingView:
        """Record the draft; raises one error that carries all that is wrong with its lines."""
        return self.show(self.ledger.post(draft, by=by, books=books), by)

    def claim(self, draft: Draft, by: Actor, books: Books | None = None) -> PostingView | None:
        """Promise what may be promised of the claims of the draft; None: nothing."""
        posted = self.ledger.claim(draft, by=by, books=books)
        return None if posted is None else self.show(posted, by)

    def show(self, posted: Posted, by: Actor) -> PostingView:
        """The posting as the actor may see it."""
        view = replace(
            self.reader.posting(posted.posting.id, by.warehouse_ids),
            levels=tuple(each for each in posted.levels if by.sees(each.key.warehouse_id)),
            reservation_ids=posted.reservation_ids,
        )
        return view if by.may(SEES_COSTS) else view.without_costs()

    def summary(self, draft: Draft, posted: Posted, by: Actor) -> PostingView:
        """The posting without its entries, of which a count has thousands; reads nothing."""
        posting = posted.posting
        view = PostingView(
            id=posting.id,
            number=posting.number,
            kind=posting.kind.value,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
            user_id=posting.user_id,
            username=posting.username,
            request_id=posting.request_id,
            reference=posting.reference,
            note=posting.note,
            reason_code=draft.reason.code if draft.reason else None,
            supplier_id=posting.supplier_id,
            customer_id=posting.customer_id,
            reverses_id=posting.reverses_id,
            document=posting.document,
            entry_count=len(posting.entries),
            levels=posted.levels,
            reservation_ids=posted.reservation_ids,
        )
        return view if by.may(SEES_COSTS) else view.without_costs()

    def reason(self, code: str | None) -> ReasonCode | None:
        """The live reason with this code, kept from being archived; raises Unknown."""
        if not code:
            return None
        reason = self.reason_codes.hold_by_code(code)
        if reason is None:
            raise Unknown(f"There is no reason {code}.", pointer="/reason_code")
        return reason
