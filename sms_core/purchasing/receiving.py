"""The use cases of purchase orders that move goods: receive, and send back."""

# No postponed annotations here: see services.

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sms_core.company.ports import CompanyRepository
from sms_core.purchasing.commands import (
    DeliveredLine,
    GoodsSentBack,
    ReceiveOrder,
    ReturnOrder,
)
from sms_core.purchasing.deliveries import (
    Booked,
    Delivery,
    OverReceived,
    all_open,
    line_named,
    see_that_not_too_much,
    see_that_sound,
    sent_back,
    stock_units,
)
from sms_core.purchasing.order_services import PurchaseOrderKeeping
from sms_core.purchasing.ordering import expect_countable
from sms_core.purchasing.orders import MAX_LINES, PurchaseLine, PurchaseOrder
from sms_core.purchasing.ports import Ware
from sms_core.purchasing.services import shown
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Invalid, RuleBroken, Unknown, gathered, within
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Settled
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger import Books
from sms_core.stock.postings import Draft
from sms_core.stock.views import PostingView

OVER_RECEIVES = "purchase_order.over_receive"


@dataclass(frozen=True)
class PurchaseOrderService(PurchaseOrderKeeping):
    """Purchase orders, from the draft to the last delivery and what goes back."""

    desk: PostingDesk
    companies: CompanyRepository

    def receive(self, command: ReceiveOrder, *, by: Actor) -> Settled[PurchaseOrder]:
        """Take in goods of it, whole or in part.

        Raises NotFound, Stale, WrongState, Unknown, Invalid, RuleBroken, OverReceived without the
        right to take in more than was ordered, and all that the ledger refuses.
        """
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self._for_act(command.id, command.version, "receive", by)
            wanted = all_open(order) if command.lines is None else command.lines
            _see_that_some(wanted)
            reasons = self._reasons(wanted)
            lines, wares = self._delivered(order, wanted, by)
            delivery = self._delivery(order, wanted, lines, wares, reasons, by)
            postings = self._post_delivery(command, delivery, by, books)
            return self._settled(order, "receive", command.note, postings, by)

    def send_back(self, command: ReturnOrder, *, by: Actor) -> Settled[PurchaseOrder]:
        """Send received goods back to the supplier, a posting for each reason.

        Raises NotFound, Stale, WrongState, Unknown, Invalid, RuleBroken without a reason, Conflict
        for more than came, and all that the ledger refuses.
        """
        self.authorise(command, by=by)
        with self.uow:
            books = self.desk.hold_books()
            order = self._for_act(command.id, command.version, "return", by)
            _see_that_some(command.lines)
            reasons = self._reasons(command.lines)
            wares = self.book.see_that_live(order)
            parcels = _parcels(order, command.lines, wares)
            drafts = [
                Draft(
                    kind=Kind.SUPPLIER_RETURN,
                    lines=tuple(booked.lines),
                    reference=command.reference,
                    note=command.note,
                    reason=reasons[code],
                    occurred_at=command.occurred_at,
                    despite_count=command.despite_count,
                    supplier_id=order.supplier_id,
                    document=order.ref,
                )
                for code, booked in parcels.items()
            ]
            if len(drafts) > 1:
                self.desk.hold(drafts)
            postings = []
            for draft, booked in zip(drafts, parcels.values(), strict=True):
                with booked.pointing():
                    postings.append(self.desk.post(draft, by, books))
            return self._settled(order, "return", command.note, postings, by)

    def _delivered(
        self, order: PurchaseOrder, wanted: Sequence[DeliveredLine], by: Actor
    ) -> tuple[list[PurchaseLine], dict[int, Ware]]:
        """The line of the order for each one delivered, a new one for what was not ordered."""
        ordered = {line.variant_id for line in order.lines}
        extra = {want.variant_id for want in wanted if want.variant_id} - ordered
        unordered = self.book.unordered(order, extra) if extra else {}
        known = len(order.lines)
        lines: list[PurchaseLine] = []
        errors: list[DomainError] = []
        for index, want in enumerate(wanted):
            try:
                with within(f"/lines/{index}"):
                    see_that_sound(want)
                    lines.append(_line_of(order, want, unordered, by))
            except DomainError as error:
                errors.append(error)
        if errors:
            raise gathered(errors)
        if len(order.lines) > known:
            self.repository.save(order)  # so that new lines have ids for the ledger to name
        return lines, self.book.see_that_live(order)

    def _delivery(
        self,
        order: PurchaseOrder,
        wanted: Sequence[DeliveredLine],
        lines: Sequence[PurchaseLine],
        wares: Mapping[int, Ware],
        reasons: Mapping[str, ReasonCode],
        by: Actor,
    ) -> Delivery:
        delivery = Delivery(order=order, reasons=reasons)
        percent = None if by.may(OVER_RECEIVES) else self.companies.get().over_receipt_percent
        errors: list[DomainError] = []
        for index, (line, want) in enumerate(zip(lines, wanted, strict=True)):
            try:
                with within(f"/lines/{index}"):
                    parts = _counted(line, want, wares[line.variant_id])
                    delivery.take_in(index, line, want, *parts)
                    if percent is not None and want.quantity:
                        see_that_not_too_much(line, percent)
            except DomainError as error:
                errors.append(error)
        if errors:
            raise gathered(errors)
        return delivery

    def _post_delivery(
        self, command: ReceiveOrder, delivery: Delivery, by: Actor, books: Books
    ) -> list[PostingView]:
        order, postings = delivery.order, []
        if delivery.lines:
            draft = Draft(
                kind=Kind.RECEIPT,
                lines=tuple(delivery.lines),
                reference=command.reference,
                note=command.note,
                occurred_at=command.occurred_at,
                despite_count=command.despite_count,
                supplier_id=order.supplier_id,
                same_reference=command.same_reference,
                document=order.ref,
            )
            with delivery.pointing():
                postings.append(self.desk.post(draft, by, books))
        else:
            self._moment(command.occurred_at)
        if delivery.rejections:
            id = postings[0].id if postings else None
            self.repository.reject(
                [
                    replace(one, posting_id=id, posting_line=id and (one.posting_line or 1))
                    for one in delivery.rejections
                ]
            )
        return postings

    def _reasons(self, wanted: Sequence[DeliveredLine | GoodsSentBack]) -> dict[str, ReasonCode]:
        """The reasons that lines name, held; raises Unknown at the first line that does."""
        found: dict[str, ReasonCode] = {}
        for index, line in enumerate(wanted):
            code = line.reason_code
            if code and code not in found:
                with within(f"/lines/{index}"):
                    reason = self.desk.reason(code)
                if reason is not None:
                    found[code] = reason
        return found

    def _settled(
        self,
        order: PurchaseOrder,
        act: str,
        note: str,
        postings: Sequence[PostingView],
        by: Actor,
    ) -> Settled[PurchaseOrder]:
        """Save the state that follows, and show the order as it is now."""
        order.settle()
        self.repository.save(order)
        numbers = [posting.number for posting in postings]
        self.note(act, order, by=by, note=note, postings=numbers)
        document = shown(self.repository.get(order.id), by)
        return Settled(document=document, postings=tuple(postings))


def _see_that_some(lines: Collection[object]) -> None:
    if not lines:
        raise Invalid("Give at least one line.", code="required", pointer="/lines")
    if len(lines) > MAX_LINES:
        raise Invalid(f"Give at most {MAX_LINES} lines.", code="too_many", pointer="/lines")


def _line_of(
    order: PurchaseOrder, want: DeliveredLine, unordered: Mapping[int, PurchaseLine], by: Actor
) -> PurchaseLine:
    """The line that was delivered; one for goods that were not ordered joins the order."""
    if want.line_id is not None:
        return line_named(order, want.line_id)
    variant_id = want.variant_id or 0
    there = [line for line in order.lines if line.variant_id == variant_id]
    if there:
        return next((line for line in there if line.open_stock), there[-1])
    if variant_id not in unordered:
        raise Unknown(f"There is no variant {variant_id}.", pointer="/variant_id")
    if not by.may(OVER_RECEIVES):
        raise OverReceived(
            f"This is not on {order.number}. Taking it in needs the permission {OVER_RECEIVES}.",
            pointer="/variant_id",
        )
    order.change(lines=[*order.lines, unordered[variant_id]])
    return unordered[variant_id]


def _counted(line: PurchaseLine, want: DeliveredLine, ware: Ware) -> tuple[Decimal, Decimal]:
    """What was accepted and what was rejected, in stock units; raises RuleBroken."""
    counted = []
    for name in ("quantity", "rejected_quantity"):
        quantity = stock_units(getattr(want, name), line, in_stock_units=want.in_stock_units)
        expect_countable(quantity, ware, name)
        counted.append(quantity)
    return counted[0], counted[1]


def _parcels(
    order: PurchaseOrder, wanted: Sequence[GoodsSentBack], wares: Mapping[int, Ware]
) -> dict[str, Booked]:
    """What goes back, by reason, in the order in which the reasons are named."""
    parcels: dict[str, Booked] = {}
    errors: list[DomainError] = []
    for index, want in enumerate(wanted):
        try:
            with within(f"/lines/{index}"):
                line = line_named(order, want.line_id)
                if not want.reason_code:
                    raise RuleBroken(
                        "Give a reason.", code="reason_required", pointer="/reason_code"
                    )
                quantity = stock_units(want.quantity, line, in_stock_units=want.in_stock_units)
                expect_countable(quantity, wares[line.variant_id], "quantity")
                booked = parcels.setdefault(want.reason_code, Booked())
                sent_back(booked, index, order, line, want)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise gathered(errors)
    return parcels
