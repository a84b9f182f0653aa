"""One suite for the sheets of stock counts: what the fake promises, the database keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.container import container
from sms_core.shared.errors import NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_core.stock.count_ports import CountFilter, CountRepository, CountSort
from sms_core.stock.counts import CountEntry, CountLine, CountScope, CountState, StockCount
from sms_core.stock.ledger_ports import LedgerHistory
from sms_core.stock.levels import CountedBin, LevelKey
from sms_core.stock.lines import NamedLot
from sms_core.stock.ports import LedgerRepository
from sms_django import models
from tests.adapters.shop import Shop
from tests.core.stock import conftest as core
from tests.core.stock.counting import CountingCompany

pytestmark = pytest.mark.django_db
ALL = PageRequest()
D = Decimal


@dataclass
class World:
    """Where something is counted, of one make: the sheets, the ledger, some goods."""

    counts: CountRepository
    ledger: LedgerRepository
    history: LedgerHistory
    chai: int
    tea: int
    cheese: int
    main: Any
    place: Callable[[str], int]
    receive: Callable[..., Any]
    issue: Callable[..., Any]
    category_id: int

    def count(self, number: str = "SC-1", **values: Any) -> StockCount:
        count = StockCount(warehouse_id=self.main.id, number=number, **values)
        self.counts.add(count)
        return count

    def sheet(self, number: str = "SC-1", **scope: Any) -> StockCount:
        """An open count of what there is."""
        count = self.count(number, state=CountState.COUNTING)
        bins = self.counts.bins(self.main.id, CountScope(**scope), 100)
        assert self.counts.add_lines(count.id, bins) == {}
        return count

    def now(self) -> datetime:
        return self.ledger.stamp(core.Kind.COUNT).at

    def bin(self, variant_id: int, at: datetime, lot_id: int | None = None) -> CountedBin:
        return CountedBin(
            key=LevelKey(variant_id, self.main.id),
            location_id=self.main.default_location_id,
            lot_id=lot_id,
            counted_at=at,
        )


def fakes() -> World:
    company = CountingCompany()
    company.counts.categories = {core.CHAI: {1}}
    return World(
        company.counts,
        company.repository,
        company.history,
        core.CHAI,
        core.TEA,
        core.CHEESE,
        company.main,
        company.place,
        company.receive,
        company.issue,
        1,
    )


def database() -> World:
    shop = Shop()
    food = models.Category.objects.create(
        code="drinks", code_key="drinks", name="D", name_key="d", parent=shop.category
    )
    return World(
        container().get(CountRepository),  # type: ignore[type-abstract]
        container().get(LedgerRepository),  # type: ignore[type-abstract]
        container().get(LedgerHistory),  # type: ignore[type-abstract]
        shop.variant("CHAI", category=food),
        shop.variant("TEA"),
        shop.variant("CHEESE", places=3, tracks_lots=True),
        shop.main,
        shop.place,
        shop.receive,
        shop.issue,
        food.pk,
    )


@pytest.fixture(params=[fakes, database], ids=["fakes", "django"])
def world(request: pytest.FixtureRequest) -> World:
    made: World = request.param()
    return made


def said(line: CountLine, quantity: str | None, user_id: int | None = None) -> CountEntry:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return CountEntry(
        line_id=line.id,
        quantity=None if quantity is None else D(quantity),
        is_added=False,
        counted_at=at,
        recorded_at=at,
        user_id=user_id,
        username="anna",
    )


def take_down(world: World, count: StockCount, variant_id: int, quantity: str) -> CountLine:
    (line,) = world.counts.lines(count.id, variant_ids=[variant_id])
    line.counted_quantity, line.counted_at, line.counted_by = D(quantity), world.now(), "anna"
    world.counts.save_lines([line], [said(line, quantity)])
    return line


def test_a_count_comes_back_as_it_was_stored(world: World) -> None:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    place = world.place("A1")
    scope = CountScope(
        location_ids=(place,), category_id=world.category_id, variant_ids=(world.chai, world.tea)
    )
    count = world.count(scope=scope, notes="All", state=CountState.TO_APPROVE)
    count.started_at = count.approved_at = at
    count.approved_by = "bertha"
    world.counts.save(count)
    for found in (world.counts.get_for_update(count.id), world.counts.header(count.id)):
        assert found == count
        assert found.version == 2
    stale = world.counts.get(count.id)
    world.counts.save(count)
    with pytest.raises(Stale):
        world.counts.save(stale)
    for read in (world.counts.get, world.counts.header, world.counts.get_for_update):
        with pytest.raises(NotFound):
            read(count.id + 999)


def test_counts_are_found_by_warehouse_state_number_and_text(world: World) -> None:
    first = world.count("SC-1", notes="Drinks")
    second = world.count("SC-2", state=CountState.POSTED)
    main = frozenset({world.main.id})
    for filter, found in (
        (CountFilter(), {first.id, second.id}),
        (CountFilter(visible=main), {first.id, second.id}),
        (CountFilter(visible=frozenset()), set()),
        (CountFilter(warehouse_id=world.main.id + 99), set()),
        (CountFilter(state=CountState.POSTED), {second.id}),
        (CountFilter(number="sc-1"), {first.id}),
        (CountFilter(search="drink"), {first.id}),
        (CountFilter(deleted=True), set()),
    ):
        assert {count.id for count in world.counts.search(filter, ALL).items} == found, filter
    for sort in CountSort:
        order = (Order(sort, descending=True),)
        assert world.counts.search(CountFilter(order=order), ALL).total == 2
    by_number = CountFilter(order=(Order(CountSort.NUMBER),))
    assert [c.number for c in world.counts.search(by_number, ALL).items] == ["SC-1", "SC-2"]


def test_bins_with_something_in_them_are_listed_as_one_walks_by(world: World) -> None:
    shelf = world.place("A1")
    lot = NamedLot(code="L1", expires_on=date(2031, 5, 31))
    world.receive(world.tea, "5", unit_cost="4")
    world.receive(world.chai, "2", unit_cost="2")
    world.receive(world.chai, "1", unit_cost="2", location_id=shelf)
    world.receive(world.cheese, "1", unit_cost="8", lot=lot)
    world.receive(world.cheese, "1", unit_cost="8", lot=NamedLot(code="K1"))
    main = world.main.default_location_id
    bins = world.counts.bins(world.main.id, CountScope(), 100)
    assert [(b.variant_id, b.location_id, b.lot_code, b.expires_on) for b in bins] == [
        (world.chai, shelf, None, None),
        (world.chai, main, None, None),
        (world.cheese, main, "K1", None),
        (world.cheese, main, "L1", date(2031, 5, 31)),
        (world.tea, main, None, None),
    ]
    world.issue(world.tea, "5")

    def within(**scope: Any) -> list[tuple[int, int]]:
        found = world.counts.bins(world.main.id, CountScope(**scope), 100)
        return [(bin.variant_id, bin.location_id) for bin in found]

    assert within(variant_ids=(world.tea, world.chai)) == [(world.chai, shelf), (world.chai, main)]
    assert within(location_ids=(shelf,)) == [(world.chai, shelf)]
    assert within(category_id=world.category_id) == [(world.chai, shelf), (world.chai, main)]
    assert within(location_ids=(shelf,), variant_ids=(world.cheese,)) == []
    assert len(world.counts.bins(world.main.id, CountScope(), 2)) == 2
    assert world.counts.bins(world.main.id + 99, CountScope(), 2) == []


def test_lines_keep_their_order_and_what_was_counted(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    world.receive(world.chai, "2", unit_cost="2")
    count = world.sheet()
    take_down(world, count, world.tea, "4.5")
    extra = CountLine(variant_id=world.cheese, location_id=world.place("Z"), lot_code="New")
    assert world.counts.add_lines(count.id, [extra]) == {}
    lines = world.counts.lines(count.id)
    assert [line.variant_id for line in lines] == [world.chai, world.tea, world.cheese]
    assert (lines[1].counted_quantity, lines[1].counted_by) == (D("4.5"), "anna")
    assert (lines[2].id, lines[2].lot_code) == (extra.id, "New")
    header = world.counts.header(count.id)
    assert (header.line_count, header.counted_count, header.lines) == (3, 1, ())
    (row,) = world.counts.search(CountFilter(), ALL).items
    assert (row.line_count, row.counted_count, row.lines) == (3, 1, ())
    assert world.counts.get(count.id).lines == tuple(lines)


def test_a_bin_is_on_the_sheet_of_one_open_count(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    world.receive(world.chai, "2", unit_cost="2")
    first = world.sheet("SC-1", variant_ids=(world.tea,))
    second = world.count("SC-2", state=CountState.COUNTING)
    bins = world.counts.bins(world.main.id, CountScope(), 100)
    taken = world.counts.add_lines(second.id, bins)
    main = world.main.default_location_id
    assert taken == {(world.tea, main, ""): "SC-1"}
    assert [line.variant_id for line in world.counts.lines(second.id)] == [world.chai]
    world.counts.free_bins(first.id)
    again = world.counts.bins(world.main.id, CountScope(variant_ids=(world.tea,)), 100)
    assert world.counts.add_lines(second.id, again) == {}


def test_lots_are_the_same_whatever_their_case(world: World) -> None:
    first = world.count("SC-1", state=CountState.COUNTING)
    second = world.count("SC-2", state=CountState.COUNTING)
    main = world.main.default_location_id
    world.counts.add_lines(
        first.id, [CountLine(variant_id=world.cheese, location_id=main, lot_code="Straße")]
    )
    other = CountLine(variant_id=world.cheese, location_id=main, lot_code="STRASSE")
    assert world.counts.add_lines(second.id, [other]) == {(world.cheese, main, "strasse"): "SC-1"}


def test_all_that_was_entered_stays(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    count = world.sheet()
    (line,) = world.counts.lines(count.id)
    first, second = said(line, "4"), said(line, None)
    world.counts.save_lines([line], [first])
    world.counts.save_lines([line], [second])
    kept = world.counts.entries(count.id, ALL)
    assert (kept.items, kept.total) == ([second, first], 2)
    older = world.counts.entries(count.id, PageRequest(number=2, size=1))
    assert (older.items, older.total) == ([first], 2)
    assert world.counts.counters(count.id) == frozenset({None})
    assert world.counts.entries(count.id + 99, ALL).total == 0


def test_whoever_only_had_a_line_counted_again_has_not_counted(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    count = world.sheet()
    (line,) = world.counts.lines(count.id)
    world.counts.save_lines([line], [said(line, None)])
    assert world.counts.counters(count.id) == frozenset()


def test_differences_are_those_of_the_moment_of_counting(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    world.receive(world.chai, "2", unit_cost="2")
    count = world.sheet()
    take_down(world, count, world.tea, "4")
    blind = world.counts.get(count.id)
    assert all(line.variance is None for line in blind.lines)
    blind.state = CountState.TO_APPROVE
    world.counts.save(blind)
    shown = world.counts.get(count.id)
    values = [(line.variance, line.variance_value) for line in shown.lines]
    assert values == [(None, None), (D(-1), D(-4))]
    assert shown.variance_value == D(4)


def test_what_nobody_knew_of_is_all_difference(world: World) -> None:
    count = world.count(state=CountState.TO_APPROVE)
    main = world.main.default_location_id
    line = CountLine(variant_id=world.cheese, location_id=main, lot_code="New")
    world.counts.add_lines(count.id, [line])
    take_down(world, count, world.cheese, "1.5")
    (shown,) = world.counts.get(count.id).lines
    assert shown.variance == D("1.5")


def test_the_ledger_tells_what_moved_since(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    world.receive(world.cheese, "2", unit_cost="8", lot=NamedLot(code="L1"))
    now = world.now()
    before = now - timedelta(days=1)
    bins = [
        world.bin(world.tea, before),
        world.bin(world.tea, now + timedelta(seconds=1)),
        world.bin(world.chai, before),
        world.bin(world.cheese, before),
    ]
    assert world.history.moved_since(bins) == [D(5), D(0), D(0), D(0)]
    assert world.history.moved_since([]) == []


def test_bins_remember_the_last_time_they_were_counted(world: World) -> None:
    world.receive(world.tea, "5", unit_cost="4")
    at = world.now()
    earlier = at - timedelta(hours=1)
    key = LevelKey(world.tea, world.main.id)
    world.ledger.lock([key, LevelKey(world.chai, world.main.id)])
    world.ledger.mark_counted([world.bin(world.tea, at), world.bin(world.chai, earlier)])
    world.ledger.mark_counted([world.bin(world.tea, earlier)])
    assert world.history.counted_after([key], earlier) == [world.bin(world.tea, at)]
    assert world.history.counted_after([key], at) == []
    other = LevelKey(world.chai, world.main.id)
    assert world.history.counted_after([other], earlier) == []
    found = world.history.counted_after([other], earlier - timedelta(seconds=1))
    assert found == [world.bin(world.chai, earlier)]
