"""Two clerks do the same to one document at once: one effect, a clear refusal, no deadlock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from sms_core.access.permissions import ALL_CODES
from sms_core.purchasing.commands import (
    ChangePurchaseOrder,
    CloseOrder,
    CreatePurchaseOrder,
    CreateSupplier,
    DeliveredLine,
    GoodsSentBack,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
    ReturnOrder,
)
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierService
from sms_core.selling.commands import (
    AllocateSalesOrder,
    CancelSalesOrder,
    ChangeSalesOrder,
    ConfirmSalesOrder,
    CreateSalesOrder,
    ReturnedLine,
    ReturnSalesOrder,
    ShippedLine,
    ShipSalesOrder,
    WantedLine,
)
from sms_core.selling.services import SalesOrderService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, DomainError, Stale
from sms_core.stock.commands import ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.count_commands import (
    CreateCount,
    EnterCounts,
    EnteredLine,
    PostCount,
    StartCount,
)
from sms_core.stock.count_services import CountService
from sms_core.stock.transfer_commands import (
    CancelTransfer,
    CreateTransfer,
    DispatchTransfer,
    ReceiveTransfer,
    TransferredLine,
)
from sms_core.stock.transfer_services import TransferService
from sms_django import models
from sms_django.repositories.audit import DjangoLedgerAudit
from tests.adapters.repositories.test_ledger_concurrency import at_once, deadlocks, unexpected
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
ROUNDS = 4
# Nobody here may take in more than was ordered.
CLERK = Actor(
    user_id=None,
    username="clerk",
    permissions=frozenset(ALL_CODES) - {"purchase_order.over_receive"},
    request_id="test",
)


@pytest.fixture(autouse=True)
def _no_deadlock_and_a_clean_ledger() -> Iterator[None]:
    before = deadlocks()
    yield
    assert deadlocks() == before
    found = DjangoLedgerAudit().findings(lambda done, total: None)
    assert [str(finding) for finding in found] == []


class Office(Shop):
    """Two clerks, the goods they share, and short ways to the services of documents."""

    def __init__(self, *, serves: bool = True) -> None:
        super().__init__()
        models.Company.objects.update(serves_backorders=serves)
        self.chai = self.variant("CHAI")
        self.tea = self.variant("TEA")
        self.north = self.open_warehouse("NORTH")
        supplier = CreateSupplier(code="ACME", name="Acme")
        self.acme = self.service(SupplierService).create(supplier, by=SYSTEM).id
        self.purchases: PurchaseOrderService = self.service(PurchaseOrderService)
        self.sales: SalesOrderService = self.service(SalesOrderService)
        self.transfers: TransferService = self.service(TransferService)
        self.counts: CountService = self.service(CountService)
        self.corrections: CorrectionService = self.service(CorrectionService)

    def placed(self, quantity: int = 10) -> Any:
        line = OrderedLine(variant_id=self.chai, quantity=D(quantity), unit_cost=D(2))
        command = CreatePurchaseOrder(
            supplier_id=self.acme, warehouse_id=self.main.id, lines=(line,)
        )
        order = self.purchases.create(command, by=CLERK)
        return self.purchases.place(PlaceOrder(id=order.id), by=CLERK).document

    def confirmed(self, *quantities: int, variants: tuple[int, ...] = ()) -> Any:
        ids = variants or (self.chai,) * len(quantities)
        lines = tuple(
            WantedLine(variant_id=id, quantity=D(quantity), unit_price=D(3))
            for id, quantity in zip(ids, quantities, strict=True)
        )
        order = self.sales.create(
            CreateSalesOrder(warehouse_id=self.main.id, lines=lines), by=CLERK
        )
        return self.confirm(order.id)

    def confirm(self, id: int) -> Any:
        return self.sales.confirm(ConfirmSalesOrder(id=id), by=CLERK).document

    def sale(self, id: int) -> Any:
        return self.sales.get(id, by=CLERK)

    def level(self, variant_id: int | None = None) -> Any:
        return models.Level.objects.get(
            variant_id=variant_id or self.chai, warehouse_id=self.main.id, in_transit=False
        )


@pytest.fixture
def office() -> Office:
    return Office()


def in_turn(*tasks: Callable[[], Any]) -> tuple[list[Any], list[DomainError]]:
    """What succeeded of these and what was refused, when all are tried at the same moment."""
    outcomes = at_once(*tasks)
    assert unexpected(outcomes, DomainError) == []
    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    return [outcome for outcome in outcomes if not isinstance(outcome, DomainError)], refused


def one_wins(*tasks: Callable[[], Any], codes: set[str]) -> Any:
    """What the one that succeeded answered; all others were told that it conflicts."""
    (done,), refused = in_turn(*tasks)
    assert all(isinstance(refusal, Conflict) for refusal in refused)
    assert {refusal.code for refusal in refused} <= codes, refused
    return done


def test_the_same_order_is_received_once(office: Office) -> None:
    for turn in range(1, ROUNDS + 1):
        order = office.placed()
        command = ReceiveOrder(id=order.id)

        one_wins(
            *[lambda c=command: office.purchases.receive(c, by=CLERK)] * 2,
            codes={"document_state"},
        )

        assert office.level().on_hand == 10 * turn
        assert office.purchases.get(order.id, by=CLERK).state.value == "received"


def test_two_halves_too_large_are_not_both_received(office: Office) -> None:
    for turn in range(1, ROUNDS + 1):
        order = office.placed()
        delivered = DeliveredLine(line_id=order.lines[0].id, quantity=D(6))
        command = ReceiveOrder(id=order.id, lines=(delivered,))

        one_wins(
            *[lambda c=command: office.purchases.receive(c, by=CLERK)] * 2,
            codes={"over_received"},
        )

        assert office.level().on_hand == 6 * turn


def test_an_order_is_closed_or_received_first(office: Office) -> None:
    for _ in range(ROUNDS):
        order = office.placed()
        done, refused = in_turn(
            lambda id=order.id: office.purchases.receive(ReceiveOrder(id=id), by=CLERK),
            lambda id=order.id: office.purchases.close(CloseOrder(id=id), by=CLERK),
        )
        came = office.purchases.get(order.id, by=CLERK).lines[0].progress.came
        assert office.purchases.get(order.id, by=CLERK).state.value == "closed"
        assert (came, len(done)) in {(10, 2), (0, 1)}
        assert [refusal.code for refusal in refused] == ["document_state"] * (2 - len(done))


def test_an_order_is_not_made_smaller_than_what_comes_at_the_same_moment(office: Office) -> None:
    for _ in range(ROUNDS):
        order = office.placed()
        line = order.lines[0]
        less = OrderedLine(id=line.id, variant_id=office.chai, quantity=D(4))
        _, refused = in_turn(
            lambda id=order.id: office.purchases.receive(ReceiveOrder(id=id), by=CLERK),
            lambda id=order.id, less=less: office.purchases.change(
                ChangePurchaseOrder(id=id, lines=(less,)), by=CLERK
            ),
        )
        now = office.purchases.get(order.id, by=CLERK)
        found = (now.lines[0].quantity, now.lines[0].progress.came, now.state.value)
        assert found in {(10, 10, "received"), (4, 4, "received")}
        assert {refusal.code for refusal in refused} <= {"document_state", "below_received"}


def test_what_is_undone_is_not_sent_back_at_the_same_moment(office: Office) -> None:
    for _ in range(ROUNDS):
        order = office.placed()
        settled = office.purchases.receive(ReceiveOrder(id=order.id), by=CLERK)
        undo = ReversePosting(posting_id=settled.postings[0].id)
        back = GoodsSentBack(line_id=order.lines[0].id, quantity=D(10), reason_code="defective")
        one_wins(
            lambda undo=undo: office.corrections.reverse(undo, by=CLERK),
            lambda id=order.id, back=back: office.purchases.send_back(
                ReturnOrder(id=id, lines=(back,)), by=CLERK
            ),
            codes={"document_state", "insufficient_stock", "over_returned", "built_upon"},
        )
        assert office.level().on_hand == 0


def test_the_same_order_is_shipped_once(office: Office) -> None:
    for _ in range(ROUNDS):
        office.receive(office.chai, "10", unit_cost="2")
        order = office.confirmed(10)
        command = ShipSalesOrder(id=order.id)

        one_wins(
            *[lambda c=command: office.sales.ship(c, by=CLERK)] * 2,
            codes={"document_state"},
        )

        assert (office.level().on_hand, office.level().reserved) == (0, 0)


def test_two_parcels_too_large_are_not_both_sent(office: Office) -> None:
    for _ in range(ROUNDS):
        office.receive(office.chai, "10", unit_cost="2")
        order = office.confirmed(10)
        parcel = ShippedLine(line_id=order.lines[0].id, quantity=D(6))
        command = ShipSalesOrder(id=order.id, lines=(parcel,))

        one_wins(*[lambda c=command: office.sales.ship(c, by=CLERK)] * 2, codes={"not_reserved"})

        assert office.sale(order.id).lines[0].progress.shipped == 6
        office.sales.ship(ShipSalesOrder(id=order.id), by=CLERK)


def test_an_order_is_cancelled_or_shipped(office: Office) -> None:
    for _ in range(ROUNDS):
        office.receive(office.chai, "10", unit_cost="2")
        order = office.confirmed(10)
        one_wins(
            lambda id=order.id: office.sales.ship(ShipSalesOrder(id=id), by=CLERK),
            lambda id=order.id: office.sales.cancel(CancelSalesOrder(id=id), by=CLERK),
            codes={"document_state"},
        )
        now, level = office.sale(order.id), office.level()
        assert level.reserved == 0
        if now.state.value == "cancelled":
            assert now.lines[0].progress.shipped == 0
            office.issue(office.chai, "10")
        else:
            assert (now.state.value, level.on_hand) == ("shipped", 0)


def test_amending_and_allocating_end_as_if_one_came_after_the_other() -> None:
    office = Office(serves=False)
    for _ in range(ROUNDS):
        office.receive(office.chai, "4", unit_cost="2")
        order = office.confirmed(10)
        office.receive(office.chai, "6", unit_cost="2")
        less = WantedLine(id=order.lines[0].id, quantity=D(4))

        _, refused = in_turn(
            lambda id=order.id: office.sales.allocate(AllocateSalesOrder(id=id), by=CLERK),
            lambda id=order.id, less=less: office.sales.change(
                ChangeSalesOrder(id=id, lines=(less,)), by=CLERK
            ),
        )

        assert [refusal.code for refusal in refused] in ([], ["not_backordered"])
        (line,) = office.sale(order.id).lines
        assert (line.quantity, line.progress.reserved, line.backordered) == (4, 4, 0)
        assert (office.level().on_hand, office.level().reserved) == (10, 4)
        office.sales.ship(ShipSalesOrder(id=order.id), by=CLERK)
        office.issue(office.chai, "6")


def test_of_two_who_amend_what_they_saw_one_is_told_that_it_changed() -> None:
    office = Office(serves=False)
    for _ in range(ROUNDS):
        office.receive(office.chai, "4", unit_cost="2")
        order = office.confirmed(10)
        office.receive(office.chai, "6", unit_cost="2")
        less = WantedLine(id=order.lines[0].id, quantity=D(7))
        allocate = AllocateSalesOrder(id=order.id, version=order.version)
        amend = ChangeSalesOrder(id=order.id, version=order.version, lines=(less,))

        (_,), (refusal,) = in_turn(
            lambda c=allocate: office.sales.allocate(c, by=CLERK),
            lambda c=amend: office.sales.change(c, by=CLERK),
        )

        assert isinstance(refusal, Stale)
        office.sales.cancel(CancelSalesOrder(id=order.id), by=CLERK)
        office.issue(office.chai, "10")


def test_two_orders_share_the_last_goods(office: Office) -> None:
    for _ in range(ROUNDS):
        office.receive(office.chai, "10", unit_cost="2")
        lines = (WantedLine(variant_id=office.chai, quantity=D(8), unit_price=D(3)),)
        command = CreateSalesOrder(warehouse_id=office.main.id, lines=lines)
        ids = [office.sales.create(command, by=CLERK).id for _ in range(2)]

        done, refused = in_turn(*[lambda id=id: office.confirm(id) for id in ids])

        assert (len(done), refused) == (2, [])
        orders = [office.sale(id) for id in ids]
        assert sorted(order.lines[0].progress.reserved for order in orders) == [2, 8]
        for order in orders:
            office.sales.ship(ShipSalesOrder(id=order.id), by=CLERK)
            if not order.lines[0].backordered:
                continue
            office.sales.change(
                ChangeSalesOrder(
                    id=order.id, lines=(WantedLine(id=order.lines[0].id, quantity=D(2)),)
                ),
                by=CLERK,
            )


def test_goods_that_come_at_once_are_all_given_to_those_who_wait(office: Office) -> None:
    first = office.confirmed(5, 3, variants=(office.chai, office.tea))
    second = office.confirmed(4, 6, variants=(office.tea, office.chai))

    def bring(variant_id: int) -> Callable[[], Any]:
        return lambda: office.receive(variant_id, "1", unit_cost="2")

    outcomes = at_once(*[bring(id) for _ in range(5) for id in (office.chai, office.tea)])

    assert unexpected(outcomes) == []
    reserved = {
        (order.id, line.variant_id): line.progress.reserved
        for order in (office.sale(first.id), office.sale(second.id))
        for line in order.lines
    }
    assert reserved == {
        (first.id, office.chai): 5,
        (first.id, office.tea): 3,
        (second.id, office.tea): 2,
        (second.id, office.chai): 0,
    }


def test_selling_buying_and_taking_back_at_once_never_deadlock(office: Office) -> None:
    for id in (office.chai, office.tea):
        office.receive(id, "50", unit_cost="2")

    def sell(*variants: int) -> Callable[[], None]:
        def work() -> None:
            for _ in range(5):
                order = office.confirmed(4, 4, variants=variants)
                if any(line.progress.reserved for line in order.lines):
                    order = office.sales.ship(ShipSalesOrder(id=order.id), by=CLERK).document
                    line = next(line for line in order.lines if line.progress.shipped)
                    back = ReturnedLine(line_id=line.id, quantity=D(2), reason_code="wrong-item")
                    office.sales.take_back(ReturnSalesOrder(id=order.id, lines=(back,)), by=CLERK)

        return work

    def buy() -> None:
        for _ in range(5):
            office.purchases.receive(ReceiveOrder(id=office.placed(3).id), by=CLERK)

    chai, tea = office.chai, office.tea
    outcomes = at_once(sell(chai, tea), sell(tea, chai), buy, buy)

    assert unexpected(outcomes, Conflict) == []
    shipped = -sum(
        entry.quantity
        for entry in models.Entry.objects.filter(level__variant_id=chai, counterpart="customer")
    )
    assert office.level().on_hand == 50 + 2 * 5 * 3 - shipped


def test_the_same_count_is_posted_once(office: Office) -> None:
    for turn in range(ROUNDS):
        if not turn:
            office.receive(office.chai, "10", unit_cost="2")
        count = office.counts.create(CreateCount(warehouse_id=office.main.id), by=CLERK)
        office.counts.start(StartCount(id=count.id), by=CLERK)
        found = EnteredLine(variant_id=office.chai, quantity=D(20 + turn))
        office.counts.enter(EnterCounts(id=count.id, lines=(found,)), by=CLERK)
        command = PostCount(id=count.id)

        one_wins(
            *[lambda c=command: office.counts.post(c, by=CLERK)] * 2,
            codes={"document_state"},
        )

        assert office.level().on_hand == 20 + turn
        assert models.Posting.objects.filter(kind="count").count() == turn + 1


def test_what_is_sold_while_a_count_is_posted_is_not_counted_twice(office: Office) -> None:
    office.receive(office.chai, "10", unit_cost="2")
    for _ in range(ROUNDS):
        there = office.level().on_hand
        count = office.counts.create(CreateCount(warehouse_id=office.main.id), by=CLERK)
        office.counts.start(StartCount(id=count.id), by=CLERK)
        found = EnteredLine(variant_id=office.chai, quantity=there + 5)
        office.counts.enter(EnterCounts(id=count.id, lines=(found,)), by=CLERK)

        done, refused = in_turn(
            lambda id=count.id: office.counts.post(PostCount(id=id), by=CLERK),
            lambda: office.issue(office.chai, "1"),
        )

        assert (len(done), refused) == (2, [])
        assert office.level().on_hand == there + 4


def test_the_same_transfer_is_sent_and_arrives_once(office: Office) -> None:
    for turn in range(1, ROUNDS + 1):
        office.receive(office.chai, "10", unit_cost="2")
        line = TransferredLine(variant_id=office.chai, quantity=D(5))
        command = CreateTransfer(
            from_warehouse_id=office.main.id, to_warehouse_id=office.north.id, lines=(line,)
        )
        id = office.transfers.create(command, by=CLERK).id
        send = lambda id=id: office.transfers.dispatch(DispatchTransfer(id=id), by=CLERK)  # noqa: E731
        one_wins(send, send, codes={"document_state"})
        assert office.level().on_hand == 5 * turn
        take = lambda id=id: office.transfers.receive(ReceiveTransfer(id=id), by=CLERK)  # noqa: E731
        one_wins(take, take, codes={"document_state"})
        there = models.Level.objects.get(
            variant_id=office.chai, warehouse_id=office.north.id, in_transit=False
        )
        assert there.on_hand == 5 * turn


def test_a_transfer_is_sent_or_cancelled(office: Office) -> None:
    office.receive(office.chai, "50", unit_cost="2")
    for _ in range(ROUNDS):
        line = TransferredLine(variant_id=office.chai, quantity=D(5))
        command = CreateTransfer(
            from_warehouse_id=office.main.id, to_warehouse_id=office.north.id, lines=(line,)
        )
        id = office.transfers.create(command, by=CLERK).id
        before = office.level().on_hand
        one_wins(
            lambda id=id: office.transfers.dispatch(DispatchTransfer(id=id), by=CLERK),
            lambda id=id: office.transfers.cancel(CancelTransfer(id=id), by=CLERK),
            codes={"document_state"},
        )
        state = office.transfers.get(id, by=CLERK).state.value
        assert (state, before - office.level().on_hand) in {("in_transit", 5), ("cancelled", 0)}
