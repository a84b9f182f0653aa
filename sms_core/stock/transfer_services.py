"""The use cases of stock transfers: draft, send, book in, settle what did not arrive."""

# No postponed annotations here: see posting_services.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sms_core.shared.document_lines import matched
from sms_core.shared.document_services import DocumentService
from sms_core.shared.documents import DocumentRef, Event, Journal
from sms_core.shared.entities import Actor, Change
from sms_core.shared.errors import (
    Forbidden,
    Invalid,
    RuleBroken,
    Unknown,
)
from sms_core.shared.ports import Clock
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Documents, Settled
from sms_core.stock.drafts import repointed
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger import Books
from sms_core.stock.levels import Goods
from sms_core.stock.lines import Line
from sms_core.stock.ports import LedgerRepository, WarehouseRepository
from sms_core.stock.postings import Draft, Posting
from sms_core.stock.transfer_commands import (
    CancelTransfer,
    CloseTransfer,
    CreateTransfer,
    DispatchTransfer,
    OfTransfer,
    ReceiveTransfer,
    TransferredLine,
)
from sms_core.stock.transfer_lines import arriving, leaving, put_back, said_of, written_off
from sms_core.stock.transfer_ports import TransferFilter, TransferRepository
from sms_core.stock.transfers import (
    StockTransfer,
    TransferLine,
    TransferState,
    in_words,
)
from sms_core.stock.views import PostingView

_SENDER: Final = {r"/lines/\d+/location_id": "/from_location_id"}
_RECEIVER: Final = {r"(/lines/\d+)/to_location_id": r"\1/location_id"}


@dataclass(frozen=True)
class TransferService(DocumentService[StockTransfer, TransferFilter]):
    """Moves goods from one warehouse to another in two steps; what was sent and has not arrived
    stays in transit until somebody says what became of it.

    A transfer exists for those who see either end. All methods raise Forbidden when the actor
    lacks their permission, or does not see the warehouse where it must be done; those that change
    the state raise Stale, and WrongState naming what is allowed.
    """

    resource = "stock_transfer"
    entity = StockTransfer

    repository: TransferRepository
    warehouses: WarehouseRepository
    goods: LedgerRepository
    desk: PostingDesk

    def authorise(self, command: object, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        right = _RIGHTS.get(type(command))
        if right is None:
            raise Forbidden("Nobody may order this.")
        by.require(right)
        if isinstance(command, CloseTransfer) and command.reason_code is not None:
            by.require("stock.adjust")

    def change(self, command: Change, *, by: Actor) -> StockTransfer:
        """Change a draft; raises NotFound, Stale, WrongState, Invalid, Unknown, RuleBroken."""
        by.require("stock_transfer.change")
        with self.uow:
            transfer = self._locked(command, "change", by)
            self._see_that_works_in(transfer.from_warehouse_id, transfer.to_warehouse_id, by=by)
            before = self._in_words(transfer)
            values = command.values()
            if "lines" in values:
                values["lines"] = _changed(transfer.lines, values["lines"])
            transfer.change(**values)
            self.check(transfer, by=by)
            self.repository.save(transfer)
            after = self._in_words(transfer)
            changes = {f: (before[f], after[f]) for f in before if before[f] != after[f]}
            self.note("change", transfer, by=by, changes=changes)
        return transfer

    def dispatch(self, command: DispatchTransfer, *, by: Actor) -> Settled[StockTransfer]:
        """Send everything on its way; raises what posting does, all lines at once."""
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            transfer = self._locked(command, "dispatch", by)
            self._see_that_works_in(transfer.from_warehouse_id, by=by)
            if not transfer.lines:
                raise RuleBroken("There is nothing to send.", code="no_lines", pointer="/lines")
            lines = leaving(transfer, command.from_location_id)
            draft = self._draft(Kind.DISPATCH, transfer, lines, command)
            with repointed(_SENDER):
                posting = self.desk.post(draft, by, books)
            return self._settled("dispatch", transfer, command, by, posting)

    def receive(self, command: ReceiveTransfer, *, by: Actor) -> Settled[StockTransfer]:
        """Book in what arrived, all that is on its way unless lines say otherwise.

        Raises Unknown, Invalid, and Conflict for more than is on its way, saying the way out.
        """
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            transfer = self._locked(command, "receive", by)
            self._see_that_works_in(transfer.to_warehouse_id, by=by)
            numbered = arriving(transfer, command.lines, self._code_of)
            lines = [line for _, line in numbered]
            draft = self._draft(Kind.ARRIVAL, transfer, lines, command)
            with said_of([index for index, _ in numbered]), repointed(_RECEIVER):
                posting = self.desk.post(draft, by, books)
            return self._settled("receive", transfer, command, by, posting)

    def close(self, command: CloseTransfer, *, by: Actor) -> Settled[StockTransfer]:
        """Write off what has not arrived, for a reason, or put it back where it came from.

        Raises Invalid unless exactly one of both is said, and what posting does.
        """
        self.authorise(command, by=by)
        if (command.reason_code is None) == (command.found_at is None):
            raise Invalid(
                "Say either why it is written off, or that it was found at the source.",
                code="one_of",
                pointer="/reason_code",
            )
        with self.uow:
            books = self.desk.hold_books()
            transfer = self._locked(command, "close", by)
            self._see_that_works_in(transfer.to_warehouse_id, by=by)
            is_lost = command.found_at is None
            if not is_lost:
                self._see_that_works_in(transfer.from_warehouse_id, by=by)
            lines = written_off(transfer) if is_lost else put_back(transfer)
            kind = Kind.ADJUSTMENT if is_lost else Kind.TRANSFER
            draft = self._draft(kind, transfer, lines, command)
            draft = replace(draft, reason=self.desk.reason(command.reason_code))
            posting = self.desk.post(draft, by, books)
            return self._settled("close", transfer, command, by, posting)

    def cancel(self, command: CancelTransfer, *, by: Actor) -> Settled[StockTransfer]:
        """Give a draft up; raises WrongState for what was sent."""
        self.authorise(command, by=by)
        with self.uow:
            transfer = self._locked(command, "cancel", by)
            self._see_that_works_in(transfer.from_warehouse_id, by=by)
            transfer.state = TransferState.CANCELLED
            self.repository.save(transfer)
            self.note("cancel", transfer, by=by, note=command.note)
        return Settled(document=transfer)

    def is_seen(self, document: StockTransfer, *, by: Actor) -> bool:
        return by.sees(document.from_warehouse_id) or by.sees(document.to_warehouse_id)

    def drafted(self, command: CreateTransfer, *, by: Actor) -> StockTransfer:
        return StockTransfer(**{**vars(command), "lines": _changed([], command.lines)})

    def copy_of(self, document: StockTransfer) -> CreateTransfer:
        lines = (
            TransferredLine(
                variant_id=line.variant_id, quantity=line.quantity, lot_code=line.lot_code
            )
            for line in document.lines
        )
        return CreateTransfer(
            from_warehouse_id=document.from_warehouse_id,
            to_warehouse_id=document.to_warehouse_id,
            notes=document.notes,
            lines=tuple(lines),
        )

    def check(self, transfer: StockTransfer, *, by: Actor) -> None:
        ends = {f: getattr(transfer, f) for f in ("from_warehouse_id", "to_warehouse_id")}
        goods = self._goods(transfer.lines)
        live = self.warehouses.hold(ends.values())
        for field, id in ends.items():
            if id not in live or not by.sees(id):
                raise Unknown(f"There is no warehouse {id}.", pointer=f"/{field}")
        transfer.check_lines(goods)

    def _goods(self, lines: Sequence[TransferLine]) -> dict[int, Goods]:
        return self.goods.hold_goods({line.variant_id for line in lines}) if lines else {}

    def _code_of(self, line: TransferLine) -> str:
        goods = self._goods([line]).get(line.variant_id)
        return goods.code if goods else f"variant {line.variant_id}"

    def _in_words(self, transfer: StockTransfer) -> dict[str, str]:
        """What the history tells of, as texts by field."""
        codes = self.warehouses.hold([transfer.from_warehouse_id, transfer.to_warehouse_id])
        ends = {
            name: codes[id].code if id in codes else str(id)
            for name, id in (
                ("from_warehouse_id", transfer.from_warehouse_id),
                ("to_warehouse_id", transfer.to_warehouse_id),
            )
        }
        lines = in_words(transfer.lines, self._goods(transfer.lines))
        return {**ends, "notes": transfer.notes, "lines": lines}

    def _locked(self, command: OfTransfer | Change, act: str, by: Actor) -> StockTransfer:
        transfer = self.repository.get_for_update(command.id)
        self.guard([transfer], by=by)
        transfer.expect_version(command.version)
        transfer.see_that_may(act)
        return transfer

    def _see_that_works_in(self, *warehouse_ids: int, by: Actor) -> None:
        """Raise Forbidden unless the actor sees these ends of a transfer."""
        if not all(by.sees(id) for id in warehouse_ids):
            raise Forbidden("Somebody who sees the warehouse at the other end must do this.")

    def _draft(
        self, kind: Kind, transfer: StockTransfer, lines: Sequence[Line], command: OfTransfer
    ) -> Draft:
        return Draft(
            kind=kind,
            lines=tuple(lines),
            note=command.note,
            occurred_at=command.occurred_at,
            despite_count=command.despite_count,
            document=transfer.ref,
            not_before=transfer.dispatched_at,
        )

    def _settled(
        self,
        act: str,
        transfer: StockTransfer,
        command: OfTransfer,
        by: Actor,
        posting: PostingView,
    ) -> Settled[StockTransfer]:
        """The transfer in the state that the posting led to."""
        moved = self.repository.get(transfer.id)
        moved.settle()
        self.repository.save(moved)
        self.note(act, moved, by=by, note=command.note, postings=[posting.number])
        return Settled(document=moved, postings=(posting,))


_RIGHTS: Final[Mapping[type[Any], str]] = {
    DispatchTransfer: "stock_transfer.dispatch",
    CancelTransfer: "stock_transfer.dispatch",
    ReceiveTransfer: "stock_transfer.receive",
    CloseTransfer: "stock_transfer.receive",
}


@dataclass(frozen=True)
class TransferDocuments(Documents):
    """Brings transfers to the right state when one of their postings is undone."""

    repository: TransferRepository
    journal: Journal
    clock: Clock

    def lock(self, document: DocumentRef) -> None:
        self.repository.get_for_update(document.id)

    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        transfer = self.repository.get_for_update(document.id)
        transfer.see_that_consistent()
        transfer.settle()
        self.repository.save(transfer)
        event = Event.of("reverse", by=by, at=self.clock.now(), postings=(reversal.number,))
        self.journal.write(document, event)


def _changed(
    lines: Sequence[TransferLine], wanted: Sequence[TransferredLine]
) -> list[TransferLine]:
    """The lines as they shall be: those that are wanted, in their order."""
    return [
        TransferLine(
            id=line.id if line else 0,
            variant_id=want.variant_id,
            quantity=want.quantity,
            lot_code=want.lot_code,
        )
        for line, want in matched(lines, wanted)
    ]
