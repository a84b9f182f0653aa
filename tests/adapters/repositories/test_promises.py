"""One suite for what the ledger needs beside itself: what the fakes promise, the database keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from sms_core.shared.errors import Invalid, NotFound
from sms_core.shared.paging import CursorRequest, Order, PageRequest
from sms_core.shared.ports import DryRun
from sms_core.stock.commands import ReceivedLine, ReceiveGoods, ReversePosting
from sms_core.stock.ledger_ports import (
    CardFilter,
    LedgerHistory,
    PeriodRepository,
    ReservationFilter,
    ReservationRepository,
    ReservationSort,
    StockHistory,
)
from sms_core.stock.levels import LevelKey
from sms_core.stock.lines import NamedLot
from sms_core.stock.periods import Closing
from sms_core.stock.ports import BinFilter, LevelFilter, LevelSort, StockReader
from sms_core.stock.promises import Reservation
from sms_core.stock.views import CardBalance, PostingView
from sms_django.gateways.dry_run import DjangoDryRun
from sms_django.repositories.ledger_history import DjangoLedgerHistory
from sms_django.repositories.partners import DjangoPartners
from sms_django.repositories.periods import DjangoPeriodRepository
from sms_django.repositories.reservations import DjangoReservationRepository
from sms_django.repositories.stock_history import DjangoStockHistory
from sms_django.repositories.stock_reader import DjangoStockReader
from tests.core.stock.conftest import actor
from tests.fakes.ledger import InMemoryPartners, InMemoryStockHistory
from tests.properties.django_world import DjangoWorld, Shop
from tests.properties.world import MemoryWorld

pytestmark = pytest.mark.django_db
D = Decimal
ALL = PageRequest()
HOUR = timedelta(hours=1)


@dataclass
class Make:
    """A small company with its ports, in memory or in the database."""

    world: Any
    reservations: ReservationRepository
    periods: PeriodRepository
    history: LedgerHistory
    cards: StockHistory
    reader: StockReader
    dry_run: DryRun

    @property
    def main(self) -> int:
        found: int = self.world.warehouses[0].id
        return found

    def receive(
        self, quantity: str, *, hours_ago: int = 0, side: int = 0, **order: Any
    ) -> PostingView:
        given = {
            name: order.pop(name) for name in ("lot", "location_id", "unit_cost") if name in order
        }
        variant = self.world.by_lot if "lot" in given else self.world.pieces
        line = ReceivedLine(variant_id=variant, quantity=D(quantity), **given)
        command = ReceiveGoods(
            warehouse_id=self.world.warehouses[side].id,
            lines=(line,),
            occurred_at=self.world.now() - HOUR * hours_ago if hours_ago else None,
            **order,
        )
        view: PostingView = self.world.stock.receive(command, by=actor())
        return view

    def reverse(self, posting: PostingView) -> PostingView:
        command = ReversePosting(posting_id=posting.id)
        view: PostingView = self.world.corrections.reverse(command, by=actor())
        return view

    def promise(self, quantity: str, purpose: str = "", **values: Any) -> Reservation:
        posting = self.receive(quantity)
        made = Reservation(
            variant_id=self.world.pieces,
            warehouse_id=values.pop("warehouse_id", self.main),
            quantity=D(quantity),
            open_quantity=values.pop("open_quantity", D(quantity)),
            purpose=purpose,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
            posting_id=posting.id,
            **values,
        )
        self.reservations.add([made])
        return made


@pytest.fixture(params=["memory", "django"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "memory":
        world = MemoryWorld()
        company = world.company
        yield Make(
            world,
            company.promises,
            company.periods,
            company.history,
            InMemoryStockHistory(company.reader),
            company.reader,
            company.dry_run,
        )
        return
    stored = DjangoWorld(Shop())
    yield Make(
        stored,
        DjangoReservationRepository(),
        DjangoPeriodRepository(),
        DjangoLedgerHistory(),
        DjangoStockHistory(),
        DjangoStockReader(),
        DjangoDryRun(),
    )
    stored.close()


# --- reservations ------------------------------------------------------------------------------
def test_a_reservation_is_kept_as_it_was_made(make: Make) -> None:
    made = make.promise("3", "Ada", expires_at=make.world.now() + HOUR, user_id=7, username="anna")
    stored = make.reservations.get(made.id, None)
    assert stored == made
    assert stored is not made
    assert make.reservations.get(made.id, frozenset({make.main})) == made
    for id, visible in ((made.id, frozenset({10**6})), (10**6, None)):
        with pytest.raises(NotFound):
            make.reservations.get(id, visible)


def test_what_is_used_of_it_is_saved(make: Make) -> None:
    one, other = make.promise("3"), make.promise("4")
    one.use(D(3), make.world.now())
    other.use(D(1), make.world.now())
    make.reservations.save([one, other])
    key = LevelKey(make.world.pieces, make.main)
    assert [(r.id, r.open_quantity) for r in make.reservations.open_of([key])] == [(other.id, 3)]
    elsewhere = LevelKey(make.world.pieces, make.world.warehouses[1].id)
    assert make.reservations.open_of([elsewhere, LevelKey(make.world.by_lot, make.main)]) == []


def test_several_get_their_ids_in_their_order(make: Make) -> None:
    first = make.promise("1")
    more = [Reservation(**{**vars(first), "id": 0, "purpose": f"{n}"}) for n in range(5)]
    make.reservations.add(more)
    assert [r.id for r in more] == sorted(r.id for r in more)
    assert [make.reservations.get(r.id, None).purpose for r in more] == ["0", "1", "2", "3", "4"]


def test_reservations_are_found_by_what_one_asks(make: Make) -> None:
    soon, later = make.world.now() + HOUR, make.world.now() + 5 * HOUR
    ada = make.promise("3", "Ada 100%", expires_at=later)
    bert = make.promise("1", "Bert", expires_at=soon, open_quantity=D(0))
    cora = make.promise("2", "cora")

    def found(*order: Order, size: int = 25, number: int = 1, **filter: Any) -> list[int]:
        page = PageRequest(number=number, size=size)
        return [
            r.id
            for r in make.reservations.search(ReservationFilter(order=order, **filter), page).items
        ]

    assert found() == [cora.id, bert.id, ada.id]
    assert found(search="ADA") == found(search="%") == [ada.id]
    assert found(is_open=True) == [cora.id, ada.id]
    assert found(is_open=False) == [bert.id]
    assert found(expires_before=later) == [bert.id]
    assert found(variant_id=make.world.by_lot) == found(visible=frozenset({10**6})) == []
    assert found(warehouse_id=make.main, size=1, number=2) == [bert.id]
    assert found(number=9) == []
    assert make.reservations.search(ReservationFilter(), PageRequest(number=9)).total == 3
    by_end, by_size = ReservationSort.EXPIRES_AT, ReservationSort.QUANTITY
    assert found(Order(by_end)) == [bert.id, ada.id, cora.id]
    assert found(Order(by_end, descending=True)) == [cora.id, ada.id, bert.id]
    assert found(Order(by_size)) == [bert.id, cora.id, ada.id]
    assert len(found(Order(ReservationSort.OCCURRED_AT))) == 3


def test_what_has_lapsed_is_found_in_the_order_of_its_level(make: Make) -> None:
    now = make.world.now()
    north = make.world.warehouses[1].id
    there = make.promise("1", expires_at=now + HOUR, warehouse_id=north)
    here = make.promise("1", expires_at=now + HOUR)
    make.promise("1", expires_at=now + 3 * HOUR)
    make.promise("1", expires_at=now + HOUR, open_quantity=D(0))
    make.promise("1")
    assert [r.id for r in make.reservations.lapsed(now + HOUR, 10)] == [here.id, there.id]
    assert [r.id for r in make.reservations.lapsed(now + HOUR, 1)] == [here.id]
    assert make.reservations.lapsed(now, 10) == []


# --- closing -----------------------------------------------------------------------------------
def test_the_last_closing_counts(make: Make) -> None:
    assert make.periods.hold() is None
    for month in (3, 2):
        closing = Closing(
            closed_until=date(2025, month, 1),
            recorded_at=make.world.now(),
            note=f"month {month}",
            user_id=7,
            username="anna",
        )
        make.periods.add(closing)
        assert closing.id
    assert make.periods.hold() == make.periods.hold_alone() == date(2025, 2, 1)
    page = make.periods.search(PageRequest(size=1))
    assert (page.total, page.items[0]) == (2, closing)
    assert make.periods.search(PageRequest(number=9)).items == []


# --- what was recorded before ------------------------------------------------------------------
def test_a_posting_is_held_with_its_lots_and_what_was_undone(make: Make) -> None:
    posting = make.receive("3", lot=NamedLot(code="A"))
    recorded = make.history.hold_posting(posting.id)
    (entry,) = recorded.posting.entries
    assert (entry.quantity, entry.line, recorded.posting.number) == (3, 1, posting.number)
    assert entry.level == LevelKey(make.world.by_lot, make.main)
    assert recorded.lots[entry.lot_id or 0].code == "A"
    assert recorded.reversed_lines == frozenset()
    undoing = make.reverse(posting)
    assert make.history.hold_posting(posting.id).reversed_lines == {1}
    again = make.history.hold_posting(undoing.id).posting
    assert (again.reverses, again.reverses_id) == (posting.number, posting.id)
    with pytest.raises(NotFound):
        make.history.hold_posting(10**9)


def test_a_note_counts_until_all_of_its_receipt_is_undone(make: Make) -> None:
    assert make.history.live_receipt(None, "DN-1") is None
    posting = make.receive("3", reference="DN-1")
    assert make.history.live_receipt(None, "DN-1") == posting.number
    assert make.history.live_receipt(5, "DN-1") is None
    assert make.history.live_receipt(None, "dn-1") is None
    make.reverse(posting)
    assert make.history.live_receipt(None, "DN-1") is None


def test_openings_and_their_reversals_are_no_other_facts(make: Make) -> None:
    from sms_core.stock.commands import OpenStock

    line = ReceivedLine(variant_id=make.world.pieces, quantity=D(3))
    order = OpenStock(warehouse_id=make.main, lines=(line,))
    make.reverse(make.world.stock.open(order, by=actor()))
    make.receive("1", side=1)
    here = LevelKey(make.world.pieces, make.main)
    there = LevelKey(make.world.pieces, make.world.warehouses[1].id)
    assert make.history.with_other_facts([here]) == frozenset()
    assert make.history.with_other_facts([here, there]) == {there}


def test_the_lowest_stock_since_a_moment(make: Make) -> None:
    first = make.receive("5", hours_ago=9)
    make.receive("4", hours_ago=3)
    take(make, "5", hours_ago=2)
    make.receive("7")
    key = LevelKey(make.world.pieces, make.main)
    now = make.world.now()

    def lowest(hours_ago: float) -> tuple[Decimal, datetime]:
        return make.history.lowest_since([key], now - HOUR * hours_ago)[key]

    assert lowest(20) == (0, now - HOUR * 20)
    assert lowest(9) == (4, now - HOUR * 2)
    assert lowest(1) == (4, now - HOUR)
    assert lowest(0) == (11, now)
    assert first.occurred_at == now - HOUR * 9


def take(make: Make, quantity: str, *, hours_ago: int) -> PostingView:
    from sms_core.stock.commands import IssuedLine, IssueGoods

    line = IssuedLine(variant_id=make.world.pieces, quantity=D(quantity))
    order = IssueGoods(
        warehouse_id=make.main,
        lines=(line,),
        reason_code="sample",
        occurred_at=make.world.now() - HOUR * hours_ago,
    )
    view: PostingView = make.world.stock.issue(order, by=actor())
    return view


# --- the past ----------------------------------------------------------------------------------
def test_what_there_was_then_is_the_sum_of_what_had_occurred_and_was_known(make: Make) -> None:
    make.receive("5", hours_ago=9, unit_cost=D(2))
    before = make.world.now()
    make.world.advance(60)
    make.receive("4", hours_ago=5, unit_cost=D(3))
    make.receive("2", lot=NamedLot(code="A"), location_id=make.world.shelves[0])
    now = make.world.now()

    def levels(**asked: Any) -> list[tuple[int, Decimal, Any]]:
        page = make.reader.levels(LevelFilter(**asked), ALL)
        assert page.total == len(page.items)
        return sorted((row.variant_id, row.on_hand, row.value) for row in page.items)

    pieces, by_lot = make.world.pieces, make.world.by_lot
    assert levels(as_of=now) == [(pieces, 9, 22), (by_lot, 2, 0)]
    assert levels(as_of=now, known_at=before) == [(pieces, 5, 10)]
    assert levels(as_of=now - HOUR * 7) == [(pieces, 5, 10)]
    assert levels(known_at=before) == [(pieces, 5, 10)]
    assert levels(as_of=now - HOUR * 20) == []
    assert levels(as_of=now, variant_id=by_lot) == [(by_lot, 2, 0)]
    assert levels(as_of=now, visible=frozenset({10**6})) == []
    assert levels(as_of=now, warehouse_id=make.world.warehouses[1].id) == []
    (row,) = make.reader.levels(LevelFilter(as_of=now, variant_id=pieces), ALL).items
    assert (row.available, row.in_transit, row.incoming) == (None, None, None)
    bins = make.reader.bins(BinFilter(as_of=now), ALL)
    assert sorted(
        (b.variant_id, b.location_id, b.lot_code or "", b.on_hand) for b in bins.items
    ) == [
        (pieces, make.world.warehouses[0].default_location_id, "", 9),
        (by_lot, make.world.shelves[0], "A", 2),
    ]
    assert make.reader.bins(BinFilter(as_of=now, location_id=make.world.shelves[0]), ALL).total == 1
    assert make.reader.bins(BinFilter(as_of=now, known_at=before), ALL).total == 1


def test_a_card_tells_each_step_in_the_order_of_what_happened(make: Make) -> None:
    late = make.receive("5", unit_cost=D(2))
    early = make.receive("4", hours_ago=5, unit_cost=D(3))
    undone = make.reverse(make.receive("1", unit_cost=D(1)))
    make.receive("9", side=1)
    now = make.world.now()
    filter = CardFilter(variant_id=make.world.pieces, warehouse_id=make.main)
    card = make.cards.card(filter, CursorRequest(), now.date())

    assert [row.entry.posting_id for row in card.rows][:2] == [early.id, late.id]
    assert [row.balance.on_hand for row in card.rows] == [4, 9, 10, 9]
    assert [row.balance.available for row in card.rows] == [4, 9, 10, 9]
    assert [row.balance.value for row in card.rows] == [12, 22, 23, 22]
    assert card.opening == CardBalance(on_hand=D(0), reserved=D(0), available=D(0), value=D(0))
    assert card.closing == card.rows[-1].balance
    assert [row.reversed_by_id for row in card.rows] == [None, None, undone.id, None]
    assert card.rows[-1].reverses_id == card.rows[-2].entry.posting_id
    assert card.next is None

    stretch = make.cards.card(filter, CursorRequest(limit=3), now.date())
    rest = make.cards.card(filter, CursorRequest(after=stretch.next, limit=3), now.date())
    assert [*stretch.rows, *rest.rows] == list(card.rows)
    assert (rest.closing, rest.next) == (card.closing, None)

    part = CardFilter(variant_id=make.world.pieces, warehouse_id=make.main, from_at=now - HOUR)
    shown = make.cards.card(part, CursorRequest(), now.date())
    assert (shown.opening.on_hand, len(shown.rows)) == (4, 3)
    past = CardFilter(variant_id=make.world.pieces, to_at=now - HOUR)
    assert make.cards.card(past, CursorRequest(), now.date()).closing.on_hand == 4
    both = CardFilter(variant_id=make.world.pieces)
    assert make.cards.card(both, CursorRequest(), now.date()).closing.on_hand == 18
    blind = CardFilter(variant_id=make.world.pieces, visible=frozenset({10**6}))
    assert make.cards.card(blind, CursorRequest(), now.date()).rows == ()


def test_a_lot_is_traced_from_where_it_came_to_where_it_lies(make: Make) -> None:
    posting = make.receive("5", lot=NamedLot(code="A"), reference="DN-1")
    entry = make.history.hold_posting(posting.id).posting.entries[0]
    trace = make.cards.trace(entry.lot_id or 0, None)
    (came,) = trace.came_from
    assert (came.posting_id, came.quantity, came.reference) == (posting.id, 5, "DN-1")
    assert [bin.on_hand for bin in trace.lies_in] == [5]
    assert (trace.lot_code, trace.went_to, trace.moved) == ("A", (), ())
    assert make.cards.trace(entry.lot_id or 0, frozenset({10**6})).came_from == ()


def test_a_level_is_read_with_its_bins(make: Make) -> None:
    make.receive("5")
    level = make.cards.level(LevelKey(make.world.pieces, make.main))
    assert level is not None
    assert (level.on_hand, [bin.on_hand for bin in level.bins]) == (5, [5])
    assert make.cards.level(LevelKey(make.world.by_lot, make.main)) is None


# --- trying ------------------------------------------------------------------------------------
def test_what_is_tried_leaves_nothing_behind(make: Make) -> None:
    before = len(make.world.books().postings)
    view = make.dry_run.run(lambda: make.receive("5"))
    assert view.levels[0].after is not None
    assert view.levels[0].after.on_hand == 5
    assert len(make.world.books().postings) == before


def test_a_refusal_comes_through_and_leaves_nothing_behind(make: Make) -> None:
    def refused() -> None:
        make.receive("5")
        raise Invalid("no")

    with pytest.raises(Invalid):
        make.dry_run.run(refused)
    assert make.world.books().postings == []
    make.receive("1")
    assert len(make.world.books().postings) == 1


# --- what only the database can get wrong --------------------------------------------------------
def test_a_cursor_of_another_list_is_refused() -> None:
    card = CardFilter(variant_id=1)
    for after in ((1,), ("a", "b", 3), ()):
        if after:
            with pytest.raises(Invalid):
                DjangoStockHistory().card(card, CursorRequest(after=after), date(2026, 1, 1))


def test_what_was_available_then_is_no_order() -> None:
    filter = LevelFilter(
        as_of=datetime(2026, 1, 1, tzinfo=UTC), order=(Order(LevelSort.AVAILABLE),)
    )
    with pytest.raises(Invalid):
        DjangoStockReader().levels(filter, ALL)


@pytest.mark.parametrize("sort", [sort for sort in LevelSort if sort is not LevelSort.AVAILABLE])
@pytest.mark.parametrize("descending", [False, True])
def test_the_past_can_be_sorted(sort: LevelSort, descending: bool) -> None:
    world = DjangoWorld(Shop())
    for quantity, side, cost in (("3", 0, 5), ("1", 1, 90)):
        line = ReceivedLine(variant_id=world.pieces, quantity=D(quantity), unit_cost=D(cost))
        order = ReceiveGoods(warehouse_id=world.warehouses[side].id, lines=(line,))
        world.stock.receive(order, by=actor())
    filter = LevelFilter(as_of=world.now(), order=(Order(sort, descending=descending),))
    found = [row.warehouse_code for row in DjangoStockReader().levels(filter, ALL).items]
    same = {LevelSort.VARIANT_CODE, LevelSort.PRODUCT_NAME, LevelSort.RESERVED}
    falling = {LevelSort.ON_HAND}
    expected = ["NORTH", "MAIN"] if sort in falling else ["MAIN", "NORTH"]
    assert found == (expected[::-1] if descending else expected) or sort in same
    world.close()


def test_nothing_of_a_dry_run_survives_outside_a_transaction_of_its_own() -> None:
    shop = Shop()
    with transaction.atomic():
        DjangoDryRun().run(lambda: shop.receive(shop.pieces, "5"))
        shop.receive(shop.pieces, "1")
    from sms_django import models

    assert models.Level.objects.get(variant_id=shop.pieces).on_hand == 1


@pytest.mark.parametrize("partners", [DjangoPartners(), InMemoryPartners()])
def test_partners_that_are_not_there_cannot_be_named(partners: Any) -> None:
    assert not partners.hold_supplier(1)
    assert not partners.hold_customer(1)
