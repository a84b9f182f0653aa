"""What a count tells the ledger, and what the ledger's refusals mean on the sheet."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sms_core.company.ports import CompanyRepository
from sms_core.shared.documents import DocumentRef, Event, Journal
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError
from sms_core.stock.count_commands import PostCount
from sms_core.stock.count_ports import CountRepository
from sms_core.stock.counts import DEFAULT_REASON, StockCount
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Documents
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.ledger import Books
from sms_core.stock.levels import ZERO
from sms_core.stock.postings import Draft, Posted, Posting
from sms_core.stock.views import PostingView

_LINE = re.compile(r"^/lines/(\d+)/\w+$")


@dataclass(frozen=True)
class CountPosting:
    """Posts counts, in the unit of work of a use case that has asked for the actor's rights."""

    repository: CountRepository
    desk: PostingDesk
    companies: CompanyRepository

    def hold_books(self) -> Books:
        """Keep the books from being closed; taken before the count is locked."""
        return self.desk.hold_books()

    def post(
        self, count: StockCount, command: PostCount, by: Actor, books: Books
    ) -> tuple[PostingView, ...]:
        """Tell the ledger what was counted; nothing if the books say the same.

        Raises Conflict where somebody must approve it first, and for lines that cannot be.
        """
        sheet = self.repository.lines(count.id)
        counted = [index for index, line in enumerate(sheet) if line.is_counted]
        count.see_that_counted(len(counted))
        draft = Draft(
            kind=Kind.COUNT,
            lines=tuple(sheet[index].as_posted(count.warehouse_id) for index in counted),
            note=command.note,
            reason=self._reason(command),
            release_reserved=command.release_reserved,
            document=count.ref,
        )
        with _on_the_sheet(counted):
            posted = self.desk.ledger.claim(draft, by=by, books=books)
        if posted is None:
            return ()
        self._see_that_agreed(count, posted, by)
        return (self.desk.summary(draft, posted, by),)

    def _reason(self, command: PostCount) -> ReasonCode | None:
        if command.reason_code:
            return self.desk.reason(command.reason_code)
        # The owner may have archived it: a count needs no reason.
        return self.desk.reason_codes.hold_by_code(DEFAULT_REASON)

    def _see_that_agreed(self, count: StockCount, posted: Posted, by: Actor) -> None:
        value = sum(
            (
                abs(entry.value)
                for entry in posted.posting.entries
                if entry.counterpart is Counterpart.ADJUSTMENT
            ),
            ZERO,
        )
        threshold = self.companies.get().count_approval_value
        count.see_that_agreed(value, threshold, tells=by.may(SEES_COSTS))


@contextmanager
def _on_the_sheet(shown: Sequence[int]) -> Iterator[None]:
    """Let refusals point to the line of the sheet; only the counted ones are posted."""
    try:
        yield
    except DomainError as refusal:
        for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
            if match := _LINE.match(error.pointer):
                error.pointer = f"/lines/{shown[int(match[1])]}/counted_quantity"
        raise


@dataclass(frozen=True)
class CountDocuments(Documents):
    """What a count has to say when its posting is undone: it was posted all the same, and the
    bins were counted when they were."""

    repository: CountRepository
    journal: Journal

    def lock(self, document: DocumentRef) -> None:
        self.repository.get_for_update(document.id)

    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        event = Event(
            act="reverse",
            at=reversal.recorded_at,
            user_id=by.user_id,
            username=by.username,
            request_id=by.request_id,
            note=reversal.note,
            postings=(reversal.number,),
        )
        self.journal.write(document, event)
