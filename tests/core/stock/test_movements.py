"""Openings, adjustments, scrap, transfers and returns: what each does to quantity and value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.errors import Conflict, DomainError, Forbidden, Invalid, RuleBroken, Unknown
from sms_core.stock.commands import (
    AdjustedLine,
    IssuedLine,
    MovedLine,
    OpenStock,
    ReceivedLine,
    ReceiveGoods,
    ReturnToSupplier,
    SentBackLine,
    TakeBackGoods,
    TakenBackLine,
    TransferStock,
)
from sms_core.stock.entities import LocationKind
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot
from sms_core.stock.views import PostingView
from tests.core.stock.conftest import CHAI, CHEESE, TEA, Company, actor


def refused(code: str, call: Any, *args: Any, **kwargs: Any) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        call(*args, **kwargs)
    assert refusal.value.code == code, refusal.value.detail
    return refusal.value


def opened(company: Company, *lines: ReceivedLine) -> PostingView:
    return company.stock.open(OpenStock(warehouse_id=company.main.id, lines=lines), by=actor())


def counted(company: Company, variant_id: int, quantity: str, **line: Any) -> PostingView:
    return company.adjust(
        AdjustedLine(variant_id=variant_id, counted_quantity=Decimal(quantity), **line)
    )


def test_an_opening_balance_brings_quantity_and_value(company: Company) -> None:
    view = opened(company, ReceivedLine(variant_id=CHAI, quantity=Decimal(5), unit_cost=Decimal(3)))

    assert (view.kind, view.entries[0].counterpart) == ("opening", "opening")
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (5, 15)


def test_an_opening_balance_comes_before_all_else_of_its_level(company: Company) -> None:
    company.receive(CHAI, "1")

    error = refused(
        "not_first", opened, company, ReceivedLine(variant_id=CHAI, quantity=Decimal(5))
    )

    assert isinstance(error, Conflict)
    assert error.pointer == "/lines/0/variant_id"
    assert company.level(CHAI).on_hand == 1


def test_an_opening_balance_may_be_entered_again_once_it_was_undone(company: Company) -> None:
    line = ReceivedLine(variant_id=CHAI, quantity=Decimal(5))
    wrong = opened(company, line)
    refused("not_first", opened, company, line)
    company.reverse(wrong)

    opened(company, ReceivedLine(variant_id=CHAI, quantity=Decimal(7)))

    assert company.level(CHAI).on_hand == 7


def test_what_was_emptied_by_other_facts_cannot_be_opened_again(company: Company) -> None:
    company.receive(CHAI, "5")
    company.issue(CHAI, "5")

    refused("not_first", opened, company, ReceivedLine(variant_id=CHAI, quantity=Decimal(5)))


def test_an_adjustment_says_how_much_more_or_less_there_is(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    company.adjust(AdjustedLine(variant_id=CHAI, quantity=Decimal(-4)))
    company.adjust(AdjustedLine(variant_id=CHAI, quantity=Decimal(2)))

    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (8, 16)


def test_an_adjustment_needs_a_reason(company: Company) -> None:
    company.receive(CHAI, "10")

    line = AdjustedLine(variant_id=CHAI, quantity=Decimal(-4))

    refused("reason_required", company.adjust, line, reason_code=None)


@pytest.mark.parametrize(
    "numbers",
    [{}, {"quantity": Decimal(1), "counted_quantity": Decimal(1)}, {"quantity": Decimal(0)}],
)
def test_an_adjustment_is_either_a_difference_or_a_count(
    company: Company, numbers: dict[str, Decimal]
) -> None:
    with pytest.raises(Invalid) as refusal:
        company.adjust(AdjustedLine(variant_id=CHAI, **numbers))

    assert refusal.value.pointer == "/lines/0/quantity"


def test_what_was_counted_sets_the_whole_level(company: Company) -> None:
    company.receive(CHAI, "10")
    counted(company, CHAI, "7")
    assert company.level(CHAI).on_hand == 7
    counted(company, CHAI, "12")
    assert company.level(CHAI).on_hand == 12


def test_what_was_counted_sets_the_place_it_names(company: Company) -> None:
    shelf = company.place("SHELF")
    company.receive(CHAI, "10")
    company.receive(CHAI, "5", location_id=shelf)

    counted(company, CHAI, "3", location_id=shelf)

    bins = {bin.location.id: bin.on_hand for bin in company.level(CHAI).bins}
    assert bins == {company.main.default_location_id: 10, shelf: 3}


def test_what_was_counted_sets_the_lot_it_names(company: Company) -> None:
    company.receive(CHEESE, "4", lot=NamedLot(code="A"))
    company.receive(CHEESE, "6", lot=NamedLot(code="B"))

    counted(company, CHEESE, "1", lot_code="a")

    bins = {bin.lot.code: bin.on_hand for bin in company.level(CHEESE).bins if bin.lot}
    assert bins == {"A": 1, "B": 6}


def test_more_than_was_known_of_goods_kept_by_lots_needs_the_lot(company: Company) -> None:
    error = refused("lot_required", counted, company, CHEESE, "4")

    assert error.pointer == "/lines/0/lot_code"


def test_a_count_that_finds_what_was_known_is_no_posting(company: Company) -> None:
    company.receive(CHAI, "10")

    refused("no_change", counted, company, CHAI, "10")


def test_a_count_is_never_below_nothing(company: Company) -> None:
    refused("negative", counted, company, CHAI, "-1")


def test_what_leaves_by_adjustment_names_no_cost(company: Company) -> None:
    company.receive(CHAI, "10")
    line = AdjustedLine(variant_id=CHAI, quantity=Decimal(-1), unit_cost=Decimal(1))

    refused("not_allowed", company.adjust, line)


def test_scrap_leaves_at_what_it_is_worth(company: Company) -> None:
    company.receive(CHAI, "4", unit_cost="2.5")

    view = company.scrap(CHAI, "1")

    assert (view.entries[0].counterpart, view.entries[0].value) == ("scrap", Decimal("-2.5"))


def test_scrap_needs_a_reason(company: Company) -> None:
    company.receive(CHAI, "4")

    refused("reason_required", company.scrap, CHAI, "1", reason_code=None)


def test_goods_moved_within_a_warehouse_keep_their_value(company: Company) -> None:
    shelf = company.place("SHELF")
    company.receive(CHAI, "10", unit_cost="2")

    view = company.move(CHAI, "4", to=company.main.id, to_location_id=shelf)

    assert [(e.quantity, e.value, e.counterpart) for e in view.entries] == [
        (-4, 0, "stock"),
        (4, 0, "stock"),
    ]
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (10, 20)


def test_goods_moved_to_another_warehouse_carry_their_value_and_lot(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHEESE, "10", unit_cost="2", lot=NamedLot(code="A"))

    view = company.move(CHEESE, "4", to=north.id)

    assert [(e.quantity, e.value, e.lot_code) for e in view.entries] == [
        (-4, -8, "A"),
        (4, 8, "A"),
    ]
    assert company.level(CHEESE, north.id).value == 8


def test_the_last_goods_carry_all_the_value_away(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "3", unit_cost="0.3333")
    company.move(CHAI, "2", to=north.id)
    company.move(CHAI, "1", to=north.id)

    assert company.level(CHAI).value == 0
    assert company.level(CHAI, north.id).value == Decimal("0.9999")


@pytest.mark.parametrize("named", [{}, {"same": True}])
def test_goods_cannot_move_to_where_they_are(company: Company, named: dict[str, bool]) -> None:
    company.receive(CHAI, "3")
    place = company.main.default_location_id
    places = {"from_location_id": place, "to_location_id": place} if named else {}

    error = refused("same_place", company.move, CHAI, "1", to=company.main.id, **places)

    assert isinstance(error, RuleBroken)
    assert error.pointer == "/to_location_id"


def test_a_move_within_a_warehouse_does_not_take_what_is_there_already(company: Company) -> None:
    shelf = company.place("SHELF")
    company.receive(CHAI, "3", location_id=shelf)
    company.receive(CHAI, "2")

    company.move(CHAI, "2", to=company.main.id, to_location_id=shelf)
    refused("insufficient_stock", company.move, CHAI, "1", to=company.main.id, to_location_id=shelf)


def test_goods_moved_to_quarantine_are_there_but_not_available(company: Company) -> None:
    company.receive(CHAI, "5")
    quarantine = company.main.quarantine_location_id
    company.move(CHAI, "2", to=company.main.id, to_location_id=quarantine)

    level = company.level(CHAI)
    assert (level.on_hand, level.available(company.clock.now().date())) == (5, 3)
    company.move(
        CHAI,
        "2",
        to=company.main.id,
        from_location_id=quarantine,
        to_location_id=company.main.default_location_id,
    )
    assert company.level(CHAI).available(company.clock.now().date()) == 5


def test_a_transfer_needs_both_ends_to_be_seen(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "5")
    order = TransferStock(
        from_warehouse_id=company.main.id,
        to_warehouse_id=north.id,
        lines=(MovedLine(variant_id=CHAI, quantity=Decimal(1)),),
    )
    with pytest.raises(Unknown) as refusal:
        company.stock.transfer(order, by=actor(warehouse_ids=frozenset({company.main.id})))

    assert refusal.value.pointer == "/to_warehouse_id"


def test_a_posting_over_two_warehouses_shows_ones_own_entries_only(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "5")
    moved = company.move(CHAI, "2", to=north.id)

    seen = company.stock.posting(moved.id, by=actor(warehouse_ids=frozenset({north.id})))

    assert [entry.quantity for entry in seen.entries] == [2]


def test_pointers_of_a_transfer_name_its_own_fields(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "5")

    error = refused("unknown", company.move, CHAI, "1", to=north.id, from_location_id=999)
    assert error.pointer == "/from_location_id"
    error = refused("unknown", company.move, CHAI, "1", to=999)
    assert error.pointer == "/to_warehouse_id"


def returned(company: Company, disposition: Disposition, **line: Any) -> PostingView:
    taken = TakenBackLine(
        variant_id=CHAI, quantity=Decimal(2), unit_cost=Decimal(3), disposition=disposition, **line
    )
    return company.stock.take_back(
        TakeBackGoods(warehouse_id=company.main.id, lines=(taken,)), by=actor()
    )


def test_what_a_customer_sends_back_goes_into_stock(company: Company) -> None:
    view = returned(company, Disposition.STOCK)

    assert (view.kind, view.entries[0].counterpart) == ("customer_return", "customer")
    assert company.level(CHAI).value == 6


def test_what_comes_back_unfit_waits_in_quarantine(company: Company) -> None:
    view = returned(company, Disposition.QUARANTINE)

    assert view.entries[0].location_id == company.main.quarantine_location_id
    refused("two_places", returned, company, Disposition.QUARANTINE, location_id=1)


def test_what_comes_back_broken_goes_straight_to_scrap(company: Company) -> None:
    view = returned(company, Disposition.SCRAP)

    assert [(e.quantity, e.counterpart) for e in view.entries] == [(2, "customer"), (-2, "scrap")]
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (0, 0)


def test_goods_go_back_to_a_supplier_from_stock_or_quarantine(company: Company) -> None:
    company.receive(CHAI, "5", unit_cost="2")
    quarantine = company.main.quarantine_location_id
    company.receive(CHAI, "3", unit_cost="2", location_id=quarantine)

    def send(disposition: Disposition) -> PostingView:
        line = SentBackLine(variant_id=CHAI, quantity=Decimal(3), disposition=disposition)
        return company.stock.return_to_supplier(
            ReturnToSupplier(warehouse_id=company.main.id, lines=(line,)), by=actor()
        )

    assert send(Disposition.QUARANTINE).entries[0].location_id == quarantine
    assert send(Disposition.STOCK).entries[0].counterpart == "supplier"
    refused("not_allowed", send, Disposition.SCRAP)


def test_what_is_expected_of_the_level_or_place_is_compared(company: Company) -> None:
    shelf = company.place("SHELF")
    company.receive(CHAI, "10")
    company.receive(CHAI, "5", location_id=shelf)

    company.issue(CHAI, "1", expected_on_hand=Decimal(15))
    company.issue(CHAI, "1", location_id=shelf, expected_on_hand=Decimal(5))
    error = refused("stale", company.issue, CHAI, "1", expected_on_hand=Decimal(15))

    assert isinstance(error, Conflict)
    assert "13 on hand" in error.detail
    assert error.pointer == "/lines/0/expected_on_hand"
    refused("stale", company.receive, CHAI, "1", expected_on_hand=Decimal(0))


def test_all_lines_are_compared_with_what_was_there_before_the_posting(company: Company) -> None:
    company.receive(CHAI, "10")
    line = IssuedLine(variant_id=CHAI, quantity=Decimal(1), expected_on_hand=Decimal(10))

    assert company.issue_lines(line, line).entry_count == 2


def note(company: Company, **order: Any) -> PostingView:
    line = ReceivedLine(variant_id=TEA, quantity=Decimal(1))
    order = {"reference": "DN-1", **order}
    return company.stock.receive(
        ReceiveGoods(warehouse_id=company.main.id, lines=(line,), **order), by=actor()
    )


def test_the_same_delivery_note_is_not_received_twice(company: Company) -> None:
    company.partners.suppliers |= {4, 5}
    first = note(company, supplier_id=4)

    error = refused("duplicate_reference", note, company, supplier_id=4)

    assert error.pointer == "/reference"
    assert first.number in error.detail
    note(company, supplier_id=5)
    note(company, supplier_id=4, same_reference=True)


def test_a_delivery_note_may_be_received_again_once_it_was_undone(company: Company) -> None:
    company.reverse(note(company))

    note(company)
    refused("duplicate_reference", note, company)


def test_receipts_without_a_reference_are_never_the_same(company: Company) -> None:
    note(company, reference="")
    note(company, reference="")


def test_a_supplier_must_exist(company: Company) -> None:
    error = refused("unknown", note, company, supplier_id=4)

    assert error.pointer == "/supplier_id"


def test_correcting_much_takes_a_right_of_its_own(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="10")
    company.repository.large_value = Decimal(50)
    company.adjust(
        AdjustedLine(variant_id=CHAI, quantity=Decimal(-5)), by=actor("stock.adjust_large")
    )

    lines = [
        AdjustedLine(variant_id=CHAI, quantity=Decimal(-5)),
        AdjustedLine(variant_id=CHAI, quantity=Decimal(1)),
    ]
    with pytest.raises(Forbidden):
        company.adjust(*lines, by=actor("stock.adjust_large"))
    company.adjust(*lines)


@pytest.mark.parametrize(
    ("right", "order"),
    [
        ("stock.adjust", AdjustedLine(variant_id=CHAI, quantity=Decimal(1))),
        ("cost.view", AdjustedLine(variant_id=CHAI, quantity=Decimal(1), unit_cost=Decimal(1))),
    ],
)
def test_who_may_not_cannot_adjust(company: Company, right: str, order: AdjustedLine) -> None:
    with pytest.raises(Forbidden):
        company.adjust(order, by=actor(right))


def test_costs_are_hidden_from_who_may_not_see_them(company: Company) -> None:
    company.receive(CHAI, "4", unit_cost="2")

    view = company.adjust(
        AdjustedLine(variant_id=CHAI, quantity=Decimal(-1)), by=actor("cost.view")
    )

    assert (view.entries[0].value, view.levels[0].before.value) == (None, None)
    assert view.levels[0].after
    assert view.levels[0].after.value is None


def test_a_place_in_quarantine_is_not_storage(company: Company) -> None:
    place = company.place("Q2", LocationKind.QUARANTINE)
    company.receive(CHAI, "4", location_id=place)

    refused("insufficient_stock", company.scrap, CHAI, "1")
