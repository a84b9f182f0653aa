"""What the lists of stock show, and to whom."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sms_core.shared.errors import Forbidden, Invalid, NotFound
from sms_core.shared.paging import CursorRequest, Order, PageRequest
from sms_core.stock.ports import BinFilter, EntryFilter, LevelFilter, LevelSort, PostingFilter
from tests.core.stock.conftest import CHAI, TEA, Company, actor


@pytest.fixture
def stocked(company: Company) -> Company:
    company.receive(CHAI, "4", unit_cost="2")
    company.receive(TEA, "1", unit_cost="3", warehouse_id=company.open_warehouse("NORTH").id)
    return company


def test_levels_show_what_there_is(stocked: Company) -> None:
    page = stocked.stock.levels(LevelFilter(), PageRequest(), by=actor())
    assert [(v.variant_code, v.warehouse_code, v.on_hand, v.value) for v in page.items] == [
        ("CHAI", "MAIN", 4, Decimal(8)),
        ("TEA", "NORTH", 1, Decimal(3)),
    ]
    assert {(v.in_transit, v.on_order, v.incoming, v.backordered) for v in page.items} == {
        (0, 0, 0, 0)
    }


def test_costs_are_hidden_from_those_who_may_not_see_them(stocked: Company) -> None:
    clerk = actor("cost.view")
    level = stocked.stock.levels(LevelFilter(), PageRequest(), by=clerk).items[0]
    entry = stocked.stock.entries(EntryFilter(), CursorRequest(), by=clerk).items[0]
    posted = stocked.stock.posting(1, by=clerk).entries[0]
    assert (level.value, level.unit_cost) == (None, None)
    for shown in (entry, posted):
        assert (shown.value, shown.unit_cost, shown.value_after) == (None, None, None)
    by_value = LevelFilter(order=(Order(LevelSort.VALUE),))
    with pytest.raises(Invalid):
        stocked.stock.levels(by_value, PageRequest(), by=clerk)
    assert stocked.stock.levels(by_value, PageRequest(), by=actor()).total == 2


def test_lists_are_limited_to_the_warehouses_one_sees(stocked: Company) -> None:
    clerk = actor(warehouse_ids=frozenset({stocked.main.id}))
    stock = stocked.stock
    assert stock.levels(LevelFilter(), PageRequest(), by=clerk).total == 1
    assert stock.bins(BinFilter(), PageRequest(), by=clerk).total == 1
    assert len(stock.entries(EntryFilter(), CursorRequest(), by=clerk).items) == 1
    assert [p.id for p in stock.postings(PostingFilter(), CursorRequest(), by=clerk).items] == [1]
    assert stock.posting(1, by=clerk).number == "REC-2026-000001"
    with pytest.raises(NotFound):
        stock.posting(2, by=clerk)


def test_the_lists_ask_for_the_right_to_look_at_stock(company: Company) -> None:
    stranger, stock = actor("stock.view"), company.stock
    for look in (
        lambda: stock.levels(LevelFilter(), PageRequest(), by=stranger),
        lambda: stock.bins(BinFilter(), PageRequest(), by=stranger),
        lambda: stock.entries(EntryFilter(), CursorRequest(), by=stranger),
        lambda: stock.postings(PostingFilter(), CursorRequest(), by=stranger),
        lambda: stock.posting(1, by=stranger),
        lambda: stock.scan(["CHAI"], by=stranger),
        lambda: stock.places(company.main.id, ["MAIN"], by=stranger),
    ):
        with pytest.raises(Forbidden):
            look()


def test_codes_are_read_as_they_are_typed(company: Company) -> None:
    found = company.stock.scan(["chai", "nothing"], by=actor())
    assert {text: scanned.variant_id for text, scanned in found.items()} == {"chai": CHAI}


def test_places_are_found_by_their_code_in_a_warehouse_one_sees(company: Company) -> None:
    main = company.main
    assert company.stock.places(main.id, ["main", "x"], by=actor()) == {
        "main": main.default_location_id
    }
    stranger = actor(warehouse_ids=frozenset())
    assert company.stock.places(main.id, ["main"], by=stranger) == {}
