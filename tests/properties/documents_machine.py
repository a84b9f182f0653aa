"""Random lives of documents, each checked after every step against what was ordered alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sms_core.purchasing.commands import (
    CancelOrder,
    ChangePurchaseOrder,
    CloseOrder,
    CreatePurchaseOrder,
    DeliveredLine,
    GoodsSentBack,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
    ReopenOrder,
    ReturnOrder,
)
from sms_core.selling.commands import (
    AllocateSalesOrder,
    CancelSalesOrder,
    ChangeSalesOrder,
    CloseSalesOrder,
    ConfirmSalesOrder,
    CreateSalesOrder,
    ReopenSalesOrder,
    ReturnedLine,
    ReturnSalesOrder,
    ShippedLine,
    ShipSalesOrder,
    WantedLine,
)
from sms_core.shared.documents import DocumentType
from sms_core.shared.errors import DomainError
from sms_core.stock.commands import (
    AdjustedLine,
    AdjustStock,
    ReceivedLine,
    ReceiveGoods,
    ReleaseReservation,
    ReversePosting,
)
from sms_core.stock.count_commands import (
    CancelCount,
    CreateCount,
    EnterCounts,
    EnteredLine,
    PostCount,
    StartCount,
)
from sms_core.stock.kinds import Disposition
from sms_core.stock.levels import LevelKey
from sms_core.stock.lines import NamedLot
from sms_core.stock.transfer_commands import (
    ArrivedLine,
    CancelTransfer,
    CloseTransfer,
    CreateTransfer,
    DispatchTransfer,
    FoundAt,
    ReceiveTransfer,
    TransferredLine,
)
from tests.properties.documents_model import (
    COUNT,
    PURCHASE,
    SALE,
    TRANSFER,
    Line,
    Paper,
    backordered,
    granted,
)
from tests.properties.documents_world import OWNER, World
from tests.properties.promises import Books, broken

T = TypeVar("T")
ZERO = Decimal(0)
WHICH = st.integers(1, 63)
QUANTITIES = st.integers(1, 12).map(Decimal)
GOODS = st.sampled_from([False, False, True])
SIDES = st.sampled_from([0, 0, 0, 1])
LOTS = st.sampled_from(["A", "B"])
SHARES = st.sampled_from(["one", "half", "all", "all", "too much"])
FEW = st.lists(st.tuples(GOODS, st.integers(1, 4).map(Decimal)), min_size=1, max_size=2)
RARELY = st.sampled_from([False, False, False, True])
WISHES = st.lists(st.tuples(GOODS, QUANTITIES), min_size=1, max_size=3)
TOPICS = st.sampled_from(
    [*["sales"] * 4, *["purchases"] * 3, *["transfers"] * 3, "counts", "counts", "stock", "stock"]
    + ["afterwards"] * 2
)
OVER = {"received", "shipped", "posted", "closed", "cancelled"}
Effect = tuple[Line, str, Decimal]


@dataclass(frozen=True, repr=False)
class Step:
    """Something that can be done while `may` says so, with what is drawn for it."""

    may: Callable[[DocumentsMachine], bool]
    do: Callable[..., None]
    choices: Mapping[str, st.SearchStrategy[Any]]

    def __repr__(self) -> str:
        return self.do.__name__


STEPS: dict[str, list[Step]] = defaultdict(list)


def step(topic: str, *acts: str, may: Callable[[Any], bool] | None = None, **choices: Any) -> Any:
    """Register a method as a step in the life of these documents, for those in whose state one of
    the acts may be done."""

    def has_some(machine: DocumentsMachine) -> bool:
        return any(paper.may(act) for paper in getattr(machine, topic) for act in acts)

    def registered(method: Callable[..., None]) -> Callable[..., None]:
        STEPS[topic].append(Step(may or has_some, method, choices))
        return method

    return registered


def few(papers: str) -> Callable[[Any], bool]:
    """Whether not many of these documents are open, so that much happens to each."""
    return lambda machine: sum(paper.state not in OVER for paper in getattr(machine, papers)) < 3


def always(machine: object) -> bool:
    """For what can be tried at any time."""
    return True


def share_of(most: Decimal, share: str) -> Decimal:
    """So much of what is possible, or more; at least one."""
    parts = {"one": Decimal(1), "half": most // 2, "all": most, "too much": most + 1}
    return max(parts[share], Decimal(1))


class DocumentsMachine(RuleBasedStateMachine):
    """Subclasses say in which world the programs run."""

    make_world: ClassVar[Callable[[], World]]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make_world()
        self.purchases: list[Paper] = []
        self.sales: list[Paper] = []
        self.transfers: list[Paper] = []
        self.counts: list[Paper] = []
        # What each posting that is not undone did to lines.
        self.effects: dict[int, list[Effect]] = {}
        self.turn = 0
        self.read: Books | None = None

    # What there is

    def variant(self, by_lot: bool) -> int:
        return self.world.by_lot if by_lot else self.world.pieces

    def lot(self, variant_id: int, code: str) -> NamedLot | None:
        return NamedLot(code=code) if variant_id == self.world.by_lot else None

    def available(self) -> dict[LevelKey, Decimal]:
        today = self.world.now().date()
        return {level.key: level.available(today) for level in self.books().levels}

    def books(self) -> Books:
        """All that is kept, read once until something is done."""
        if self.read is None:
            self.read = self.world.books()
        return self.read

    def reserved(self) -> dict[int, Decimal]:
        """What is promised for each line of a sale, from the reservations alone."""
        found: dict[int, Decimal] = defaultdict(Decimal)
        for one in self.books().reservations:
            if one.document and one.document.type is DocumentType.SALES_ORDER:
                assert one.document_line is not None
                found[one.document_line] += one.open_quantity
        return found

    @staticmethod
    def one_of(papers: list[Paper], which: int, act: str) -> Paper:
        """A document with which this may be done; now and then any."""
        fit = [paper for paper in papers if paper.may(act)]
        papers = papers if which % 8 == 0 else fit
        assume(papers)
        return papers[which // 8 % len(papers)]

    # How orders are given

    def attempt(self, order: Callable[[], T], *refusals: str) -> T | None:
        self.world.clock.advance(minutes=1)
        self.read = None
        try:
            return order()
        except DomainError as refusal:
            if {error.code for error in refusal.errors} <= set(refusals):
                return None
            raise

    def act(self, paper: Paper, act: str, order: Callable[[], T], *refusals: str) -> T | None:
        """Do something with a document; it is refused for its state if and only if it must be."""
        if paper.may(act):
            return self.attempt(order, *refusals)
        assert self.attempt(order, "document_state") is None, f"{act} while {paper.state}"
        return None

    def effect(self, postings: Iterable[Any], *effects: Effect) -> None:
        """The first of these postings did this to lines."""
        done = [posting for posting in postings if posting.kind not in {"reservation", "release"}]
        if not effects:
            return
        (posting,) = done
        self.effects[posting.id] = list(effects)
        for line, name, quantity in effects:
            line.moved[name] += quantity

    # Lives go on

    @rule(topic=TOPICS, data=st.data())
    def live(self, topic: str, data: st.DataObject) -> None:
        """The one rule: of many, hypothesis would leave most out of each program, and a life
        takes many different steps."""
        fit = [step for step in STEPS[topic] if step.may(self)]
        assume(fit)
        chosen = data.draw(st.sampled_from(fit), label="step")
        choices = {name: data.draw(of, label=name) for name, of in chosen.choices.items()}
        chosen.do(self, **choices)

    # What happens without documents

    @initialize(by_lot=st.booleans())
    def stock_up(self, by_lot: bool) -> None:
        self.receive(by_lot=by_lot, side=0, quantity=Decimal(20), cost=7, lot="A")

    @step(
        "stock",
        may=always,
        by_lot=GOODS,
        side=SIDES,
        quantity=QUANTITIES,
        cost=st.integers(0, 99),
        lot=LOTS,
    )
    def receive(self, by_lot: bool, side: int, quantity: Decimal, cost: int, lot: str) -> None:
        variant_id = self.variant(by_lot)
        line = ReceivedLine(
            variant_id=variant_id,
            quantity=quantity,
            unit_cost=Decimal(cost) / 7 // Decimal("0.000001") * Decimal("0.000001"),
            lot=self.lot(variant_id, lot),
        )
        order = ReceiveGoods(warehouse_id=self.world.warehouse_ids[side], lines=(line,))
        assert self.attempt(lambda: self.world.stock.receive(order, by=OWNER))

    @step(
        "stock",
        may=always,
        by_lot=GOODS,
        side=SIDES,
        there=QUANTITIES,
        lot=LOTS,
        release=st.booleans(),
    )
    def correct(self, by_lot: bool, side: int, there: Decimal, lot: str, release: bool) -> None:
        line = AdjustedLine(
            variant_id=self.variant(by_lot),
            counted_quantity=there,
            lot_code=lot if by_lot else None,
            location_id=self.world.storages[side],
        )
        order = AdjustStock(
            warehouse_id=self.world.warehouse_ids[side],
            lines=(line,),
            reason_code="lost",
            release_reserved=release,
        )
        refusals = ("no_change",) if release else ("no_change", "reserved")
        self.attempt(lambda: self.world.stock.adjust(order, by=OWNER), *refusals)

    @step("stock", may=always, which=WHICH)
    def release(self, which: int) -> None:
        open_ones = [r for r in self.books().reservations if r.open_quantity]
        assume(open_ones)
        order = ReleaseReservation(reservation_id=open_ones[which % len(open_ones)].id)
        assert self.attempt(lambda: self.world.reservations.release(order, by=OWNER))

    # Buying

    @step(
        "purchases",
        may=few("purchases"),
        wishes=WISHES,
        side=SIDES,
        pack=st.sampled_from([1, 1, 6]),
        cost=st.integers(1, 500),
        draft=RARELY,
    )
    def buy(self, wishes: list[Any], side: int, pack: int, cost: int, draft: bool) -> None:
        command = CreatePurchaseOrder(
            supplier_id=self.world.supplier_id,
            warehouse_id=self.world.warehouse_ids[side],
            lines=tuple(
                OrderedLine(
                    variant_id=self.variant(by_lot),
                    quantity=quantity,
                    pack_size=Decimal(pack),
                    unit_cost=Decimal(cost) / 100,
                    discount_percent=Decimal("12.5"),
                )
                for by_lot, quantity in wishes
            ),
        )
        order = self.attempt(lambda: self.world.purchases.create(command, by=OWNER))
        assert order
        lines = [
            Line(line.id, line.variant_id, line.quantity * pack, Decimal(pack))
            for line in order.lines
        ]
        self.purchases.append(Paper(order.id, PURCHASE, order.warehouse_id, lines=lines))
        if not draft:
            self.decide_on(self.purchases[-1], "place")

    @step(
        "purchases",
        "place",
        "reopen",
        "cancel",
        "close",
        which=WHICH,
        act=st.sampled_from(["place", "place", "reopen", "cancel", "close"]),
    )
    def decide_on_purchase(self, which: int, act: str) -> None:
        self.decide_on(self.one_of(self.purchases, which, act), act)

    def decide_on(self, paper: Paper, act: str) -> None:
        commands: dict[str, Any] = {
            "place": (PlaceOrder, "open"),
            "reopen": (ReopenOrder, "draft"),
            "cancel": (CancelOrder, "cancelled"),
            "close": (CloseOrder, "closed"),
        }
        command, state = commands[act]
        use_case = getattr(self.world.purchases, act)
        if self.act(paper, act, lambda: use_case(command(id=paper.id), by=OWNER)):
            paper.said = state

    @step(
        "purchases",
        "receive",
        which=WHICH,
        line=WHICH,
        share=SHARES,
        rejected=st.sampled_from([0, 0, 2]),
        lot=LOTS,
    )
    def take_in(self, which: int, line: int, share: str, rejected: int, lot: str) -> None:
        paper = self.one_of(self.purchases, which, "receive")
        of = paper.lines[line % len(paper.lines)]
        missing = of.ordered - of.moved["came"] + of.moved["kept"]
        packs = share_of(missing // of.pack, share)
        delivered = DeliveredLine(
            line_id=of.id,
            quantity=packs,
            rejected_quantity=Decimal(rejected),
            keep_rejected=bool(rejected),
            reason_code="faulty" if rejected else None,
            lot=self.lot(of.variant_id, lot),
        )
        command = ReceiveOrder(id=paper.id, lines=(delivered,))
        use_case = self.world.purchases.receive
        settled = self.act(paper, "receive", lambda: use_case(command, by=OWNER))
        if settled:
            kept = rejected * of.pack
            self.effect(settled.postings, (of, "came", packs * of.pack + kept), (of, "kept", kept))

    @step("purchases", "receive", which=WHICH)
    def take_in_all(self, which: int) -> None:
        paper = self.one_of(self.purchases, which, "receive")
        missing = [
            (line, "came", line.ordered - line.moved["came"] + line.moved["kept"])
            for line in paper.lines
            if line.ordered > line.moved["came"] - line.moved["kept"]
        ]
        command = ReceiveOrder(id=paper.id)
        use_case = self.world.purchases.receive
        settled = self.act(
            paper, "receive", lambda: use_case(command, by=OWNER), "lot_required", "required"
        )
        if settled:
            self.effect(settled.postings, *missing)

    @step("purchases", "return", which=WHICH, line=WHICH, share=SHARES)
    def send_back(self, which: int, line: int, share: str) -> None:
        paper = self.one_of(self.purchases, which, "return")
        of = paper.lines[line % len(paper.lines)]
        quantity = share_of(of.moved["came"] - of.moved["sent back"], share)
        goods = GoodsSentBack(
            line_id=of.id, quantity=quantity, reason_code="faulty", in_stock_units=True
        )
        command = ReturnOrder(id=paper.id, lines=(goods,))
        use_case = self.world.purchases.send_back
        too_much = quantity > of.moved["came"] - of.moved["sent back"]
        refusals = ("over_returned",) if too_much else ("insufficient_stock",)
        settled = self.act(paper, "return", lambda: use_case(command, by=OWNER), *refusals)
        if settled:
            assert not too_much
            self.effect(settled.postings, (of, "sent back", quantity))

    @step("purchases", "change", which=WHICH, line=WHICH, packs=QUANTITIES)
    def amend_purchase(self, which: int, line: int, packs: Decimal) -> None:
        paper = self.one_of(self.purchases, which, "change")
        of = paper.lines[line % len(paper.lines)]
        wanted = tuple(
            OrderedLine(
                id=one.id,
                variant_id=one.variant_id,
                quantity=packs if one is of else one.ordered / one.pack,
            )
            for one in paper.lines
        )
        command = ChangePurchaseOrder(id=paper.id, lines=wanted)
        use_case = self.world.purchases.change
        too_little = packs * of.pack < min(of.ordered, of.moved["came"] - of.moved["kept"])
        refusals = ("below_received",) if too_little else ()
        changed = self.act(paper, "change", lambda: use_case(command, by=OWNER), *refusals)
        if changed:
            assert not too_little
            of.ordered = packs * of.pack

    # Selling

    @step(
        "sales",
        may=few("sales"),
        wishes=WISHES,
        side=SIDES,
        priority=st.sampled_from([0, 0, 5]),
        draft=RARELY,
    )
    def sell(self, wishes: list[Any], side: int, priority: int, draft: bool) -> None:
        command = CreateSalesOrder(
            warehouse_id=self.world.warehouse_ids[side],
            customer_id=self.world.customer_id,
            priority=priority,
            lines=tuple(
                WantedLine(variant_id=self.variant(by_lot), quantity=quantity)
                for by_lot, quantity in wishes
            ),
        )
        order = self.attempt(lambda: self.world.sales.create(command, by=OWNER))
        assert order
        lines = [Line(line.id, line.variant_id, line.quantity) for line in order.lines]
        self.sales.append(Paper(order.id, SALE, order.warehouse_id, lines=lines, priority=priority))
        if not draft:
            self.agree(self.sales[-1])

    @step("sales", "confirm", which=WHICH)
    def confirm(self, which: int) -> None:
        self.agree(self.one_of(self.sales, which, "confirm"))

    def agree(self, paper: Paper) -> None:
        before, reserved = self.available(), self.reserved()
        command = ConfirmSalesOrder(id=paper.id)
        use_case = self.world.sales.confirm
        if self.act(paper, "confirm", lambda: use_case(command, by=OWNER)):
            self.turn += 1
            paper.said, paper.turn = "open", self.turn
            wanted = granted(paper, self.sales, before, reserved)
            now = self.reserved()
            assert {line.id: now[line.id] for line in paper.lines} == wanted

    @step("sales", "allocate", which=WHICH, out_of_turn=st.booleans())
    def allocate(self, which: int, out_of_turn: bool) -> None:
        paper = self.one_of(self.sales, which, "allocate")
        before, reserved = self.available(), self.reserved()
        others = [] if out_of_turn else self.sales
        wanted = granted(paper, others, before, reserved)
        lacks = any(backordered(paper, line, reserved) for line in paper.lines)
        command = AllocateSalesOrder(id=paper.id, out_of_turn=out_of_turn)
        use_case = self.world.sales.allocate
        refusal = "insufficient_stock" if lacks else "not_backordered"
        done = self.act(paper, "allocate", lambda: use_case(command, by=OWNER), refusal)
        if paper.may("allocate"):
            assert (done is not None) == any(wanted.values())
        if done:
            now = self.reserved()
            assert {id: now[id] - reserved[id] for id in wanted} == wanted

    @step("sales", "ship", which=WHICH, line=WHICH, share=SHARES)
    def ship(self, which: int, line: int, share: str) -> None:
        paper = self.one_of(self.sales, which, "ship")
        of = paper.lines[line % len(paper.lines)]
        quantity = share_of(self.reserved()[of.id], share)
        possible = quantity <= self.reserved()[of.id]
        command = ShipSalesOrder(
            id=paper.id, lines=(ShippedLine(line_id=of.id, quantity=quantity),)
        )
        use_case = self.world.sales.ship
        refusals = ("insufficient_stock",) if possible else ("not_reserved",)
        settled = self.act(paper, "ship", lambda: use_case(command, by=OWNER), *refusals)
        if paper.may("ship"):
            assert possible or settled is None
        if settled:
            self.effect(settled.postings, (of, "shipped", quantity))

    @step("sales", "ship", which=WHICH)
    def ship_all(self, which: int) -> None:
        paper = self.one_of(self.sales, which, "ship")
        reserved = self.reserved()
        parts = [(line, "shipped", reserved[line.id]) for line in paper.lines if reserved[line.id]]
        command = ShipSalesOrder(id=paper.id)
        use_case = self.world.sales.ship
        refusal = "insufficient_stock" if parts else "not_reserved"
        settled = self.act(paper, "ship", lambda: use_case(command, by=OWNER), refusal)
        if settled:
            self.effect(settled.postings, *parts)

    @step(
        "sales",
        "return",
        which=WHICH,
        line=WHICH,
        share=SHARES,
        to=st.sampled_from(Disposition),
        lot=LOTS,
    )
    def take_back(self, which: int, line: int, share: str, to: Disposition, lot: str) -> None:
        paper = self.one_of(self.sales, which, "return")
        of = paper.lines[line % len(paper.lines)]
        quantity = share_of(of.moved["shipped"] - of.moved["returned"], share)
        back = ReturnedLine(
            line_id=of.id,
            quantity=quantity,
            reason_code="wrong-item",
            disposition=to,
            lot=self.lot(of.variant_id, lot),
        )
        command = ReturnSalesOrder(id=paper.id, lines=(back,))
        use_case = self.world.sales.take_back
        too_much = quantity > of.moved["shipped"] - of.moved["returned"]
        refusals = ("over_returned",) if too_much else ()
        settled = self.act(paper, "return", lambda: use_case(command, by=OWNER), *refusals)
        if settled:
            self.effect(settled.postings, (of, "returned", quantity))

    @step(
        "sales",
        "close",
        "cancel",
        "reopen",
        which=WHICH,
        act=st.sampled_from(["close", "cancel", "reopen"]),
    )
    def end_sale(self, which: int, act: str) -> None:
        paper = self.one_of(self.sales, which, act)
        commands: dict[str, Any] = {
            "close": (CloseSalesOrder, "closed"),
            "cancel": (CancelSalesOrder, "cancelled"),
            "reopen": (ReopenSalesOrder, "draft"),
        }
        command, state = commands[act]
        use_case = getattr(self.world.sales, act)
        if self.act(paper, act, lambda: use_case(command(id=paper.id), by=OWNER)):
            paper.said = state

    @step(
        "sales",
        "change",
        which=WHICH,
        line=WHICH,
        quantity=QUANTITIES,
        priority=st.sampled_from([0, 5]),
    )
    def amend_sale(self, which: int, line: int, quantity: Decimal, priority: int) -> None:
        paper = self.one_of(self.sales, which, "change")
        of = paper.lines[line % len(paper.lines)]
        wanted = tuple(
            WantedLine(
                id=one.id,
                variant_id=one.variant_id,
                quantity=quantity if one is of else one.ordered,
            )
            for one in paper.lines
        )
        command = ChangeSalesOrder(id=paper.id, lines=wanted, priority=priority)
        use_case = self.world.sales.change
        too_little = quantity < of.moved["shipped"]
        refusals = ("below_shipped",) if too_little else ()
        if self.act(paper, "change", lambda: use_case(command, by=OWNER), *refusals):
            assert not too_little
            of.ordered, paper.priority = quantity, priority

    # Moving

    @step("transfers", may=few("transfers"), wishes=FEW, side=SIDES, draft=RARELY)
    def move(self, wishes: list[Any], side: int, draft: bool) -> None:
        command = CreateTransfer(
            from_warehouse_id=self.world.warehouse_ids[side],
            to_warehouse_id=self.world.warehouse_ids[1 - side],
            lines=tuple(
                TransferredLine(variant_id=self.variant(by_lot), quantity=quantity)
                for by_lot, quantity in wishes
            ),
        )
        transfer = self.attempt(lambda: self.world.transfers.create(command, by=OWNER))
        assert transfer
        lines = [Line(line.id, line.variant_id, line.quantity) for line in transfer.lines]
        self.transfers.append(
            Paper(transfer.id, TRANSFER, transfer.from_warehouse_id, said="open", lines=lines)
        )
        if not draft:
            self.send(self.transfers[-1])

    @step("transfers", "dispatch", which=WHICH)
    def dispatch(self, which: int) -> None:
        self.send(self.one_of(self.transfers, which, "dispatch"))

    def send(self, paper: Paper) -> None:
        command = DispatchTransfer(id=paper.id)
        use_case = self.world.transfers.dispatch
        settled = self.act(
            paper, "dispatch", lambda: use_case(command, by=OWNER), "insufficient_stock"
        )
        if settled:
            self.effect(settled.postings, *((line, "sent", line.ordered) for line in paper.lines))

    @step("transfers", "receive", which=WHICH, line=WHICH, share=SHARES)
    def arrive(self, which: int, line: int, share: str) -> None:
        paper = self.one_of(self.transfers, which, "receive")
        of = paper.lines[line % len(paper.lines)]
        quantity = share_of(self.on_the_way(of), share)
        command = ReceiveTransfer(
            id=paper.id, lines=(ArrivedLine(line_id=of.id, quantity=quantity),)
        )
        use_case = self.world.transfers.receive
        too_much = quantity > self.on_the_way(of)
        refusals = ("more_than_dispatched",) if too_much else ()
        settled = self.act(paper, "receive", lambda: use_case(command, by=OWNER), *refusals)
        if settled:
            self.effect(settled.postings, (of, "arrived", quantity))

    @step("transfers", "receive", which=WHICH)
    def arrive_all(self, which: int) -> None:
        paper = self.one_of(self.transfers, which, "receive")
        parts = [(line, "arrived", self.on_the_way(line)) for line in paper.lines]
        command = ReceiveTransfer(id=paper.id)
        use_case = self.world.transfers.receive
        settled = self.act(paper, "receive", lambda: use_case(command, by=OWNER))
        if settled:
            self.effect(settled.postings, *parts)

    @step("transfers", "close", which=WHICH, lost=st.booleans())
    def settle_transfer(self, which: int, lost: bool) -> None:
        paper = self.one_of(self.transfers, which, "close")
        parts = [(line, "settled", self.on_the_way(line)) for line in paper.lines]
        said: dict[str, Any] = {"reason_code": "lost"} if lost else {"found_at": FoundAt.SOURCE}
        command = CloseTransfer(id=paper.id, **said)
        use_case = self.world.transfers.close
        settled = self.act(paper, "close", lambda: use_case(command, by=OWNER))
        if settled:
            self.effect(settled.postings, *parts)

    @step("transfers", "cancel", which=WHICH)
    def cancel_transfer(self, which: int) -> None:
        paper = self.one_of(self.transfers, which, "cancel")
        command = CancelTransfer(id=paper.id)
        use_case = self.world.transfers.cancel
        if self.act(paper, "cancel", lambda: use_case(command, by=OWNER)):
            paper.said = "cancelled"

    @staticmethod
    def on_the_way(line: Line) -> Decimal:
        return line.moved["sent"] - line.moved["arrived"] - line.moved["settled"]

    # Counting

    @step("counts", may=few("counts"), side=SIDES, draft=RARELY)
    def count(self, side: int, draft: bool) -> None:
        command = CreateCount(warehouse_id=self.world.warehouse_ids[side])
        count = self.attempt(lambda: self.world.counts.create(command, by=OWNER))
        assert count
        self.counts.append(Paper(count.id, COUNT, count.warehouse_id))
        if not draft:
            self.hand_out(self.counts[-1])

    @step("counts", "start", which=WHICH)
    def start_count(self, which: int) -> None:
        self.hand_out(self.one_of(self.counts, which, "start"))

    def hand_out(self, paper: Paper) -> None:
        command = StartCount(id=paper.id)
        use_case = self.world.counts.start
        if self.act(paper, "start", lambda: use_case(command, by=OWNER), "in_other_count"):
            paper.said = "counting"

    @step("counts", "enter", which=WHICH, by_lot=GOODS, lot=LOTS, there=st.integers(0, 9))
    def enter(self, which: int, by_lot: bool, lot: str, there: int) -> None:
        paper = self.one_of(self.counts, which, "enter")
        variant_id = self.variant(by_lot)
        place = self.world.storages[self.world.warehouse_ids.index(paper.warehouse_id)]
        line = EnteredLine(
            variant_id=variant_id,
            location_id=place,
            lot=self.lot(variant_id, lot),
            quantity=Decimal(there),
        )
        command = EnterCounts(id=paper.id, lines=(line,))
        use_case = self.world.counts.enter
        settled = self.act(paper, "enter", lambda: use_case(command, by=OWNER), "in_other_count")
        if settled:
            # What the books say there is of it now: whatever moves later comes on top.
            code = lot if by_lot else None
            found = Line(0, variant_id, Decimal(there) - self.lies(variant_id, place, code))
            found.moved["place"], found.moved[f"lot {code}"] = Decimal(place), Decimal(1)
            paper.lines = [
                one
                for one in paper.lines
                if (one.variant_id, *sorted(one.moved)) != (variant_id, *sorted(found.moved))
            ]
            paper.lines.append(found)

    def lies(self, variant_id: int, place: int, lot: str | None) -> Decimal:
        return sum(
            (
                bin.on_hand
                for level in self.books().levels
                if level.key.variant_id == variant_id
                for bin in level.bins
                if bin.location.id == place and (bin.lot.code if bin.lot else None) == lot
            ),
            ZERO,
        )

    @step("counts", "post", which=WHICH, release=st.booleans())
    def post_count(self, which: int, release: bool) -> None:
        paper = self.one_of(self.counts, which, "post")
        assume(paper.lines or which % 4 == 0)
        expected = []
        for line in paper.lines:
            lot = None if "lot None" in line.moved else sorted(line.moved)[0][4:]
            place = int(line.moved["place"])
            there = self.lies(line.variant_id, place, lot)
            expected.append(((line.variant_id, place, lot), there + line.ordered))
        command = PostCount(id=paper.id, release_reserved=release)
        use_case = self.world.counts.post
        refusals = {"insufficient_stock", "nothing_counted"} | (
            {"reserved"} - {release and "reserved"}
        )
        done = self.act(paper, "post", lambda: use_case(command, by=OWNER), *refusals)
        if done:
            paper.said = "posted"
            assert [(bin, self.lies(*bin)) for bin, _ in expected] == expected

    @step("counts", "cancel", which=WHICH)
    def cancel_count(self, which: int) -> None:
        paper = self.one_of(self.counts, which, "cancel")
        command = CancelCount(id=paper.id)
        use_case = self.world.counts.cancel
        if self.act(paper, "cancel", lambda: use_case(command, by=OWNER)):
            paper.said = "cancelled"

    # Undoing, and serving the queue

    @step("afterwards", may=lambda self: bool(self.effects), which=WHICH, release=st.booleans())
    def undo(self, which: int, release: bool) -> None:
        posting_id = sorted(self.effects)[which % len(self.effects)]
        effects = self.effects[posting_id]
        command = ReversePosting(posting_id=posting_id, release_reserved=release)
        refusals = {"insufficient_stock", "reserved"} - ({"reserved"} if release else set())
        if any(self.is_built_upon(*effect) for effect in effects):
            refusals |= {"built_upon", "returned"}
        reverse = self.world.corrections.reverse
        done = self.attempt(lambda: reverse(command, by=OWNER), *refusals)
        if done:
            assert not any(self.is_built_upon(*effect) for effect in effects)
            for line, name, quantity in self.effects.pop(posting_id):
                line.moved[name] -= quantity

    @staticmethod
    def is_built_upon(line: Line, name: str, quantity: Decimal) -> bool:
        """Whether less would be left than went on from there."""
        rest = {
            "came": ("sent back",),
            "shipped": ("returned",),
            "sent": ("arrived", "settled"),
        }.get(name, ())
        further = sum((line.moved[other] for other in rest), ZERO)
        return bool(rest) and line.moved[name] - quantity < further

    @step("afterwards", may=always)
    def serve(self) -> None:
        """After the queue was served nobody waits for what is available."""
        self.world.serve()
        self.read = None
        available, reserved = self.available(), self.reserved()
        for paper in self.sales:
            for line in paper.lines:
                if backordered(paper, line, reserved):
                    assert available.get(paper.key(line), ZERO) <= 0, (paper, line)

    # What must be true after each step

    @invariant()
    def the_promises_of_the_ledger_hold(self) -> None:
        assert broken(self.books()) == []

    @invariant()
    def purchases_are_as_far_as_they_came(self) -> None:
        for paper in self.purchases:
            order = self.world.purchases.get(paper.id, by=OWNER)
            assert order.state.value == paper.state
            told = [
                (line.id, line.progress.came, line.progress.kept, line.progress.returned)
                for line in order.lines
            ]
            assert told == [
                (line.id, line.moved["came"], line.moved["kept"], line.moved["sent back"])
                for line in paper.lines
            ]

    @invariant()
    def sales_are_as_far_as_they_went(self) -> None:
        reserved = self.reserved()
        for paper in self.sales:
            order = self.world.sales.get(paper.id, by=OWNER)
            assert order.state.value == paper.state
            told = [
                (
                    line.id,
                    line.progress.shipped,
                    line.progress.returned,
                    line.progress.reserved,
                    line.backordered,
                )
                for line in order.lines
            ]
            assert told == [
                (
                    line.id,
                    line.moved["shipped"],
                    line.moved["returned"],
                    reserved[line.id],
                    backordered(paper, line, reserved),
                )
                for line in paper.lines
            ]
            for line in paper.lines:
                waiting = paper.state in {"confirmed", "partially_shipped"}
                most = line.ordered - line.moved["shipped"] if waiting else ZERO
                assert reserved[line.id] <= max(most, ZERO)

    @invariant()
    def transfers_are_where_their_goods_are(self) -> None:
        for paper in self.transfers:
            transfer = self.world.transfers.get(paper.id, by=OWNER)
            assert transfer.state.value == paper.state
            told = [
                (line.dispatched_quantity, line.received_quantity, line.in_transit_quantity)
                for line in transfer.lines
            ]
            assert told == [
                (line.moved["sent"], line.moved["arrived"], self.on_the_way(line))
                for line in paper.lines
            ]

    @invariant()
    def all_that_is_in_transit_is_of_a_transfer(self) -> None:
        in_transit: dict[int, Decimal] = defaultdict(Decimal)
        for level in self.books().levels:
            if level.key.in_transit:
                in_transit[level.key.variant_id] += level.on_hand
        for paper in self.transfers:
            for line in paper.lines:
                in_transit[line.variant_id] -= self.on_the_way(line)
        assert not any(in_transit.values())

    @invariant()
    def counts_are_in_their_state(self) -> None:
        for paper in self.counts:
            count = self.world.counts.get(paper.id, by=OWNER)
            assert count.state.value == paper.state

    def teardown(self) -> None:
        self.world.close()
