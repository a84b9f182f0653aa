"""Random programs of orders, against a model so simple that it can be seen to be right.

The model knows how much of each level there must be from what was ordered alone, and which bins
hold it from what the answers say. It foretells every refusal for lack of stock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError
from sms_core.shared.paging import PageRequest
from sms_core.stock.commands import (
    AdjustedLine,
    AdjustStock,
    ChangeLot,
    ClosePeriod,
    CorrectCost,
    CorrectPosting,
    IssuedLine,
    IssueGoods,
    MovedLine,
    OpenStock,
    ReceivedLine,
    ReceiveGoods,
    ReleaseReservation,
    ReserveStock,
    ReturnToSupplier,
    RevalueLevel,
    ReversePosting,
    ScrapGoods,
    SentBackLine,
    ShipReservation,
    SpreadBy,
    TakeBackGoods,
    TakenBackLine,
    TransferStock,
)
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot
from sms_core.stock.ports import LotFilter
from sms_core.stock.previews import preview
from sms_core.stock.views import PostingView
from tests.core.stock.conftest import actor
from tests.properties.promises import broken
from tests.properties.world import World

T = TypeVar("T")
CENTS = st.integers(0, 9999).map(lambda n: Decimal(n) / 100)
QUANTITIES = st.integers(1, 12).map(Decimal)
SIDES = st.integers(0, 1)
GOODS = st.booleans()
LOTS = st.sampled_from(["A", "B"])
HOURS = st.sampled_from([0, 0, 0, 1, 30])
ZERO = Decimal(0)


class StockMachine(RuleBasedStateMachine):
    """Subclasses say in which world the programs run."""

    make_world: ClassVar[Callable[[], World]]
    by: ClassVar[Actor] = actor()

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make_world()
        self.on_hand: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
        self.bins: dict[tuple[int, int, int, str | None], Decimal] = defaultdict(Decimal)
        self.blocked: set[str] = set()
        self.posted: list[int] = []

    # What the model says

    def variant(self, by_lot: bool) -> int:
        return self.world.by_lot if by_lot else self.world.pieces

    def warehouse(self, side: int) -> int:
        return self.world.warehouses[side].id

    def usable(self, variant: int, side: int) -> Decimal:
        storage = {self.world.warehouses[side].default_location_id, self.world.shelves[side]}
        return sum(
            (
                quantity
                for (of, _, place, lot), quantity in self.bins.items()
                if of == variant and place in storage and lot not in self.blocked
            ),
            ZERO,
        )

    def promised(self, variant: int, side: int, *, lapsed: bool = False) -> Decimal:
        now = self.world.now()
        return sum(
            (
                r.open_quantity
                for r in self.world.books().reservations
                if (r.variant_id, r.warehouse_id) == (variant, self.warehouse(side))
                and (lapsed or not r.has_lapsed(now))
            ),
            ZERO,
        )

    def available(self, variant: int, side: int) -> Decimal:
        return self.usable(variant, side) - self.promised(variant, side)

    # How orders are given

    def attempt(self, order: Callable[[], T], *refusals: str) -> T | None:
        try:
            return order()
        except DomainError as refusal:
            if {error.code for error in refusal.errors} <= set(refusals):
                return None
            raise

    def post(
        self, order: Callable[[], PostingView], *refusals: str, changes: Any = ()
    ) -> PostingView | None:
        """Give the order; when it is posted, the levels change as the model says."""
        view = self.attempt(order, *refusals)
        if view:
            self.learn(view)
            for variant, side, quantity in changes:
                self.on_hand[variant, self.warehouse(side)] += quantity
        return view

    def learn(self, view: PostingView) -> None:
        self.posted.append(view.id)
        for entry in view.entries:
            if entry.location_id is not None:
                place = (entry.variant_id, entry.warehouse_id, entry.location_id, entry.lot_code)
                self.bins[place] += entry.quantity

    def expect(self, view: object, possible: bool) -> None:
        assert (view is not None) == possible, f"foretold {possible}"

    def ago(self, hours: int) -> Any:
        return self.world.now() - timedelta(hours=hours) if hours else None

    def received(self, by_lot: bool, quantity: Decimal, cost: Decimal, lot: str) -> Any:
        return {
            "variant_id": self.variant(by_lot),
            "quantity": quantity,
            "unit_cost": cost,
            "lot": NamedLot(code=lot) if by_lot else None,
        }

    # The rules

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, cost=CENTS, lot=LOTS, hours=HOURS)
    def receive(
        self, by_lot: bool, side: int, quantity: Decimal, cost: Decimal, lot: str, hours: int
    ) -> None:
        line = ReceivedLine(**self.received(by_lot, quantity, cost, lot))
        order = ReceiveGoods(
            warehouse_id=self.warehouse(side), lines=(line,), occurred_at=self.ago(hours)
        )
        view = self.post(
            lambda: self.world.stock.receive(order, by=self.by),
            "period_closed",
            changes=[(line.variant_id, side, quantity)],
        )
        assert view is not None or hours

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, cost=CENTS, lot=LOTS)
    def open(self, by_lot: bool, side: int, quantity: Decimal, cost: Decimal, lot: str) -> None:
        line = ReceivedLine(**self.received(by_lot, quantity, cost, lot))
        order = OpenStock(warehouse_id=self.warehouse(side), lines=(line,))
        self.post(
            lambda: self.world.stock.open(order, by=self.by),
            "not_first",
            changes=[(line.variant_id, side, quantity)],
        )

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, again=st.booleans())
    def issue(self, by_lot: bool, side: int, quantity: Decimal, again: bool) -> None:
        variant = self.variant(by_lot)
        possible = quantity * (1 + again) <= self.available(variant, side)
        line = IssuedLine(variant_id=variant, quantity=quantity)
        order = IssueGoods(
            warehouse_id=self.warehouse(side), lines=(line,) * (1 + again), reason_code="sample"
        )
        view = self.post(
            lambda: self.world.stock.issue(order, by=self.by),
            "insufficient_stock",
            changes=[(variant, side, -quantity * (1 + again))],
        )
        self.expect(view, possible)

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, hours=st.integers(1, 60))
    def issue_late(self, by_lot: bool, side: int, quantity: Decimal, hours: int) -> None:
        variant = self.variant(by_lot)
        line = IssuedLine(variant_id=variant, quantity=quantity)
        order = IssueGoods(
            warehouse_id=self.warehouse(side),
            lines=(line,),
            reason_code="sample",
            occurred_at=self.ago(hours),
        )
        self.post(
            lambda: self.world.stock.issue(order, by=self.by),
            "insufficient_stock",
            "short_at",
            "period_closed",
            changes=[(variant, side, -quantity)],
        )

    @rule(by_lot=GOODS, side=SIDES, counted=st.integers(0, 15).map(Decimal), release=GOODS)
    def count_a_level(self, by_lot: bool, side: int, counted: Decimal, release: bool) -> None:
        variant = self.variant(by_lot)
        there = self.on_hand[variant, self.warehouse(side)]
        line = AdjustedLine(variant_id=variant, counted_quantity=counted, expected_on_hand=there)
        order = AdjustStock(
            warehouse_id=self.warehouse(side),
            lines=(line,),
            reason_code="lost",
            release_reserved=release,
        )
        self.post(
            lambda: self.world.stock.adjust(order, by=self.by),
            *("no_change", "lot_required", "insufficient_stock"),
            *(() if release else ("reserved",)),
            changes=[(variant, side, counted - there)],
        )

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, lot=LOTS)
    def find(self, by_lot: bool, side: int, quantity: Decimal, lot: str) -> None:
        variant = self.variant(by_lot)
        line = AdjustedLine(variant_id=variant, quantity=quantity, lot_code=lot if by_lot else None)
        order = AdjustStock(warehouse_id=self.warehouse(side), lines=(line,), reason_code="lost")
        view = self.post(
            lambda: self.world.stock.adjust(order, by=self.by), changes=[(variant, side, quantity)]
        )
        self.expect(view, True)

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, release=GOODS)
    def scrap(self, by_lot: bool, side: int, quantity: Decimal, release: bool) -> None:
        variant = self.variant(by_lot)
        there = quantity <= self.usable(variant, side)
        kept = quantity <= self.available(variant, side)
        line = IssuedLine(variant_id=variant, quantity=quantity)
        order = ScrapGoods(
            warehouse_id=self.warehouse(side),
            lines=(line,),
            reason_code="damaged",
            release_reserved=release,
        )
        view = self.post(
            lambda: self.world.stock.scrap(order, by=self.by),
            "insufficient_stock",
            "reserved",
            changes=[(variant, side, -quantity)],
        )
        if kept or release or not there:
            self.expect(view, there)

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES)
    def transfer(self, by_lot: bool, side: int, quantity: Decimal) -> None:
        variant = self.variant(by_lot)
        possible = quantity <= self.available(variant, side)
        order = TransferStock(
            from_warehouse_id=self.warehouse(side),
            to_warehouse_id=self.warehouse(1 - side),
            lines=(MovedLine(variant_id=variant, quantity=quantity),),
        )
        view = self.post(
            lambda: self.world.stock.transfer(order, by=self.by),
            "insufficient_stock",
            changes=[(variant, side, -quantity), (variant, 1 - side, quantity)],
        )
        self.expect(view, possible)

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, quarantine=GOODS)
    def move_within(self, by_lot: bool, side: int, quantity: Decimal, quarantine: bool) -> None:
        house = self.world.warehouses[side]
        order = TransferStock(
            from_warehouse_id=house.id,
            to_warehouse_id=house.id,
            from_location_id=house.default_location_id,
            to_location_id=house.quarantine_location_id if quarantine else self.world.shelves[side],
            lines=(MovedLine(variant_id=self.variant(by_lot), quantity=quantity),),
        )
        self.post(lambda: self.world.stock.transfer(order, by=self.by), "insufficient_stock")

    @rule(
        by_lot=GOODS,
        side=SIDES,
        quantity=QUANTITIES,
        lot=LOTS,
        disposition=st.sampled_from(Disposition),
    )
    def take_back(
        self, by_lot: bool, side: int, quantity: Decimal, lot: str, disposition: Disposition
    ) -> None:
        given = self.received(by_lot, quantity, Decimal(1), lot) | {"unit_cost": None}
        line = TakenBackLine(disposition=disposition, **given)
        order = TakeBackGoods(warehouse_id=self.warehouse(side), lines=(line,))
        kept = ZERO if disposition is Disposition.SCRAP else quantity
        view = self.post(
            lambda: self.world.stock.take_back(order, by=self.by),
            changes=[(line.variant_id, side, kept)],
        )
        self.expect(view, True)

    @rule(side=SIDES, quantity=QUANTITIES, quarantine=GOODS)
    def send_back(self, side: int, quantity: Decimal, quarantine: bool) -> None:
        disposition = Disposition.QUARANTINE if quarantine else Disposition.STOCK
        line = SentBackLine(
            variant_id=self.world.pieces, quantity=quantity, disposition=disposition
        )
        order = ReturnToSupplier(warehouse_id=self.warehouse(side), lines=(line,))
        self.post(
            lambda: self.world.stock.return_to_supplier(order, by=self.by),
            "insufficient_stock",
            changes=[(self.world.pieces, side, -quantity)],
        )

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES, minutes=st.sampled_from([None, 30, 300]))
    def reserve(self, by_lot: bool, side: int, quantity: Decimal, minutes: int | None) -> None:
        variant = self.variant(by_lot)
        possible = quantity <= self.available(variant, side)
        order = ReserveStock(
            variant_id=variant,
            warehouse_id=self.warehouse(side),
            quantity=quantity,
            expires_at=self.world.now() + timedelta(minutes=minutes) if minutes else None,
        )
        view = self.post(
            lambda: self.world.reservations.reserve(order, by=self.by), "insufficient_stock"
        )
        self.expect(view, possible)

    @rule(pick=st.integers(0, 50), part=st.booleans(), ship=GOODS)
    def resolve(self, pick: int, part: bool, ship: bool) -> None:
        known = self.world.books().reservations
        assume(known)
        chosen = known[pick % len(known)]
        quantity = min(Decimal(1), chosen.open_quantity) if part else chosen.open_quantity
        asked = {"reservation_id": chosen.id, "quantity": Decimal(1) if part else None}
        side = 0 if chosen.warehouse_id == self.warehouse(0) else 1
        refusals = ("not_open", "over_reserved", "insufficient_stock")
        if ship:
            self.post(
                lambda: self.world.reservations.ship(ShipReservation(**asked), by=self.by),
                *refusals,
                changes=[(chosen.variant_id, side, -quantity)],
            )
            return
        view = self.post(
            lambda: self.world.reservations.release(ReleaseReservation(**asked), by=self.by),
            *refusals[:2],
        )
        self.expect(view, chosen.open_quantity > 0)

    @precondition(lambda self: self.posted)
    @rule(pick=st.integers(0, 200), release=GOODS, again=GOODS)
    def reverse(self, pick: int, release: bool, again: bool) -> None:
        id = self.posted[pick % len(self.posted)]
        command = ReversePosting(posting_id=id, release_reserved=release)
        refusals = ("not_reversible", "already_reversed", "insufficient_stock", "reserved")
        if again:
            line = ReceivedLine(**self.received(False, Decimal(2), Decimal(3), "A"))
            instead = ReceiveGoods(warehouse_id=self.warehouse(0), lines=(line,))
            order = CorrectPosting(reverse=command, instead=instead)
            both = self.attempt(
                lambda: self.world.corrections.correct(order, by=self.by), *refusals
            )
            views = both or ()
        else:
            view = self.attempt(
                lambda: self.world.corrections.reverse(command, by=self.by), *refusals
            )
            views = (view,) if view else ()
        for view in views:
            self.learn(view)
            for entry in view.entries:
                self.on_hand[entry.variant_id, entry.warehouse_id] += entry.quantity

    @rule(by_lot=GOODS, side=SIDES, cost=CENTS)
    def revalue(self, by_lot: bool, side: int, cost: Decimal) -> None:
        order = RevalueLevel(
            variant_id=self.variant(by_lot), warehouse_id=self.warehouse(side), unit_cost=cost
        )
        self.post(
            lambda: self.world.corrections.revalue(order, by=self.by), "nothing_there", "no_change"
        )

    @precondition(lambda self: self.posted)
    @rule(pick=st.integers(0, 200), cents=st.integers(-9999, 9999), value=GOODS)
    def correct_cost(self, pick: int, cents: int, value: bool) -> None:
        assume(cents)
        order = CorrectCost(
            receipt_posting_id=self.posted[pick % len(self.posted)],
            amount=Decimal(cents) / 100,
            spread_by=SpreadBy.VALUE if value else SpreadBy.QUANTITY,
        )
        self.post(
            lambda: self.world.corrections.correct_cost(order, by=self.by),
            *("not_a_receipt", "already_reversed", "no_value"),
        )

    @rule(minutes=st.integers(1, 600))
    def let_time_pass(self, minutes: int) -> None:
        self.world.advance(minutes)

    @rule()
    def release_expired(self) -> None:
        self.world.reservations.release_expired(by=self.by)
        for variant in (self.world.pieces, self.world.by_lot):
            for side in (0, 1):
                assert self.promised(variant, side) == self.promised(variant, side, lapsed=True)

    @rule(days=st.integers(1, 3), note=st.sampled_from(["", "It came late"]))
    def close(self, days: int, note: str) -> None:
        day = self.world.now().date() - timedelta(days=days)
        command = ClosePeriod(closed_until=day, note=note)
        self.attempt(lambda: self.world.closing.close(command, by=self.by), "no_change", "required")

    @rule(lot=LOTS)
    def block_or_unblock_a_lot(self, lot: str) -> None:
        found = self.world.lots.search(LotFilter(code=lot), PageRequest(), by=self.by).items
        for one in found:
            command = ChangeLot(id=one.id, is_blocked=not one.is_blocked)
            self.world.lots.change(command, by=self.by)
            (self.blocked.discard if one.is_blocked else self.blocked.add)(one.code)

    @rule(by_lot=GOODS, side=SIDES, quantity=QUANTITIES)
    def preview_an_issue(self, by_lot: bool, side: int, quantity: Decimal) -> None:
        variant = self.variant(by_lot)
        before = self.world.books()
        possible = quantity <= self.available(variant, side)
        line = IssuedLine(variant_id=variant, quantity=quantity)
        order = IssueGoods(warehouse_id=self.warehouse(side), lines=(line,), reason_code="sample")
        seen = preview(
            self.world.dry_run, lambda: self.world.stock.issue(order, by=self.by), by=self.by
        )
        assert seen.ok == possible
        there = self.on_hand[variant, self.warehouse(side)]
        assert [change.before.on_hand for change in seen.levels] == [there]
        if seen.ok and seen.levels[0].after:
            assert seen.levels[0].after.on_hand == there - quantity
        assert len(self.world.books().postings) == len(before.postings)

    # What must hold after every step

    @invariant()
    def the_promises_are_kept(self) -> None:
        books = self.world.books()
        assert broken(books) == []
        kept = {(lv.key.variant_id, lv.key.warehouse_id): lv.on_hand for lv in books.levels}
        assert {k: q for k, q in kept.items() if q} == {k: q for k, q in self.on_hand.items() if q}
