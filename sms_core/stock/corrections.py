"""The use cases that correct what was entered: undoing it, and saying what it really cost."""

# No postponed annotations here: see posting_services.

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, Invalid, NotFound, Unknown
from sms_core.stock import drafts
from sms_core.stock.commands import (
    CorrectCost,
    CorrectPosting,
    RevalueLevel,
    ReversePosting,
    SpreadBy,
)
from sms_core.stock.costs import spread
from sms_core.stock.documents import Documents
from sms_core.stock.drafts import LEVEL_POINTERS, WHOLE_POINTERS, repointed
from sms_core.stock.kinds import IRREVERSIBLE, Kind
from sms_core.stock.ledger import Books
from sms_core.stock.ledger_ports import (
    LedgerHistory,
    Recorded,
)
from sms_core.stock.levels import ZERO
from sms_core.stock.lines import CostCorrection, NewCost
from sms_core.stock.mirrors import mirrors
from sms_core.stock.posting_services import PostingService
from sms_core.stock.postings import Draft, Entry, Posting
from sms_core.stock.views import PostingView


@dataclass(frozen=True)
class CorrectionService(PostingService):
    """Undoes postings and changes what goods are worth. Nothing that was entered ever changes.

    All methods raise Forbidden when the actor lacks their permission.
    """

    history: LedgerHistory
    documents: Documents

    def reverse(self, command: ReversePosting, *, by: Actor) -> PostingView:
        """Undo a posting or some of its lines, each at most once.

        Raises NotFound, Unknown, InsufficientStock where goods must leave that are not there, and
        Conflict for what is reserved, undone before or cannot be undone at all.
        """
        self.authorise(command, by=by)
        with self.uow, repointed(WHOLE_POINTERS):
            books = self.desk.hold_books()
            reversal = self._reversal(command, by)
            with _still_kept():
                posted = self.desk.ledger.post(reversal, by=by, books=books)
            self._tell(posted.posting, books, by)
            return self.desk.show(posted, by)

    def correct(self, command: CorrectPosting, *, by: Actor) -> tuple[PostingView, PostingView]:
        """Undo lines of a posting and enter others in their stead, both or neither.

        Raises what undoing raises, and what entering raises.
        """
        by.require("stock.reverse")
        self.authorise(command.reverse, by=by)
        self.authorise(command.instead, by=by)
        with self.uow:
            books = self.desk.hold_books()
            with repointed(WHOLE_POINTERS):
                reversal = self._reversal(command.reverse, by)
            reason = self.desk.reason(getattr(command.instead, "reason_code", None))
            instead = drafts.draft_of(command.instead, reason)
            self.desk.hold([reversal, instead])
            with repointed(WHOLE_POINTERS), _still_kept():
                posted = self.desk.ledger.post(reversal, by=by, books=books)
            undone = self.desk.show(posted, by)
            entered = self.desk.post(instead, by, books)
            # What is entered instead goes first: it is a fact.
            self._tell(posted.posting, books, by)
            return undone, entered

    def revalue(self, command: RevalueLevel, *, by: Actor) -> PostingView:
        """Say what a unit of a level is worth from now on; raises Conflict if it is empty."""
        self.authorise(command, by=by)
        line = NewCost(
            variant_id=command.variant_id,
            warehouse_id=command.warehouse_id,
            unit_cost=command.unit_cost,
        )
        with repointed(LEVEL_POINTERS):
            draft = Draft(
                kind=Kind.REVALUATION,
                lines=(line,),
                reference=command.reference,
                note=command.note,
                occurred_at=command.occurred_at,
            )
            with self.uow:
                return self.desk.post(draft, by)

    def correct_cost(self, command: CorrectCost, *, by: Actor) -> PostingView:
        """Spread what a receipt cost more, or less, over the goods it brought.

        Raises Unknown, and Conflict for what is no receipt or undone.
        """
        self.authorise(command, by=by)
        if not command.amount:
            raise Invalid("The amount must not be 0.", code="not_zero", pointer="/amount")
        with self.uow, repointed(WHOLE_POINTERS):
            books = self.desk.hold_books()
            recorded = self._named(command.receipt_posting_id, by)
            if recorded.posting.kind is not Kind.RECEIPT:
                raise Conflict(
                    "Only what a receipt cost can be corrected.",
                    code="not_a_receipt",
                    pointer="/receipt_posting_id",
                )
            draft = Draft(
                kind=Kind.REVALUATION,
                lines=tuple(_shares(_live(recorded, None), command)),
                reference=command.reference,
                note=command.note or f"Cost of {recorded.posting.number}",
                occurred_at=command.occurred_at,
                not_before=recorded.posting.occurred_at,
            )
            return self.desk.post(draft, by, books)

    def _reversal(self, command: ReversePosting, by: Actor) -> Draft:
        recorded = self._recorded(command.posting_id, by)
        posting = recorded.posting
        if posting.kind in IRREVERSIBLE:
            raise Conflict(
                f"{posting.number} cannot be undone: it is a {posting.kind.value}.",
                code="not_reversible",
            )
        if posting.document:
            self.documents.lock(posting.document)
        return Draft(
            kind=Kind.REVERSAL,
            lines=tuple(mirrors(_live(recorded, command.lines))),
            note=command.note,
            occurred_at=command.occurred_at,
            supplier_id=posting.supplier_id,
            customer_id=posting.customer_id,
            release_reserved=command.release_reserved,
            despite_count=command.despite_count,
            reverses=posting,
            not_before=posting.occurred_at,
            lots=recorded.lots,
            document=posting.document,
        )

    def _tell(self, reversal: Posting, books: Books, by: Actor) -> None:
        """Let the document of what was undone know."""
        if reversal.document:
            self.documents.reversed(reversal.document, reversal, books, by)

    def _named(self, id: int, by: Actor) -> Recorded:
        """The receipt that an order names; raises Unknown and Conflict."""
        try:
            return self._recorded(id, by)
        except NotFound as missing:
            raise Unknown(missing.detail, pointer="/receipt_posting_id") from None
        except Conflict as refusal:
            refusal.pointer = "/receipt_posting_id"
            raise

    def _recorded(self, id: int, by: Actor) -> Recorded:
        """The posting, if the actor sees all that it changed; raises NotFound and Conflict."""
        recorded = self.history.hold_posting(id)
        warehouses = {entry.level.warehouse_id for entry in recorded.posting.entries}
        seen = {id for id in warehouses if by.sees(id)}
        if not seen:
            raise NotFound(f"There is no posting {id}.")
        if seen != warehouses:
            raise Conflict(
                "It changed stock in warehouses that you do not see: somebody who does must "
                "correct it.",
                code="not_all_visible",
            )
        return recorded


@contextmanager
def _still_kept() -> Iterator[None]:
    """Goods and places of a posting were known once: what is unknown now was archived."""
    try:
        yield
    except Unknown as gone:
        raise Conflict(
            f"{gone.detail} It was archived after the posting: restore it first.", code="archived"
        ) from gone


def _live(recorded: Recorded, lines: Sequence[int] | None) -> list[Entry]:
    """The entries of the chosen lines, all that are left by default; raises Unknown, Conflict."""
    entries = recorded.posting.entries
    numbers = {entry.line for entry in entries}
    for index, number in enumerate(lines or ()):
        if number not in numbers:
            raise Invalid(
                f"{recorded.posting.number} has no line {number}.",
                code="unknown",
                pointer=f"/lines/{index}",
            )
        if number in recorded.reversed_lines:
            raise Conflict(
                f"Line {number} of {recorded.posting.number} is undone already.",
                code="already_reversed",
                pointer=f"/lines/{index}",
            )
    if lines is not None and not lines:
        raise Invalid("Give at least one line.", code="required", pointer="/lines")
    left = (numbers if lines is None else set(lines)) - recorded.reversed_lines
    if not left:
        raise Conflict(f"{recorded.posting.number} is undone already.", code="already_reversed")
    return [entry for entry in entries if entry.line in left]


def _shares(entries: Sequence[Entry], command: CorrectCost) -> list[CostCorrection]:
    """The amount by level, in proportion to what the receipt brought."""
    by_value = command.spread_by is SpreadBy.VALUE
    goods = {entry.level: ZERO for entry in entries}
    weights = dict(goods)
    for entry in entries:
        goods[entry.level] += entry.quantity
        weights[entry.level] += entry.value if by_value else entry.quantity
    if not any(weights.values()):
        raise Conflict(
            "The goods were received at no value: spread the amount by quantity.",
            code="no_value",
            pointer="/spread_by",
        )
    parts = spread(command.amount, list(weights.values()))
    return [
        CostCorrection(
            variant_id=key.variant_id,
            warehouse_id=key.warehouse_id,
            amount=part,
            received=goods[key],
        )
        for key, part in zip(goods, parts, strict=True)
        if part
    ]
