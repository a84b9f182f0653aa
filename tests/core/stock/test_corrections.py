"""Undoing postings and saying what goods are worth: quantities, values, and what forbids it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.errors import Conflict, Forbidden, Invalid, NotFound
from sms_core.stock.commands import (
    CorrectCost,
    CorrectPosting,
    IssuedLine,
    ReceivedLine,
    ReceiveGoods,
    ReleaseReservation,
    RevalueLevel,
    ReversePosting,
    ShipReservation,
    SpreadBy,
)
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot
from sms_core.stock.views import PostingView
from tests.core.stock.conftest import CHAI, CHEESE, TEA, Company, actor
from tests.core.stock.test_movements import refused, returned


def lines(*quantities: str, **line: Any) -> tuple[ReceivedLine, ...]:
    return tuple(ReceivedLine(variant_id=CHAI, quantity=Decimal(q), **line) for q in quantities)


def revalue(company: Company, unit_cost: str, **order: Any) -> PostingView:
    command = RevalueLevel(
        variant_id=CHAI, warehouse_id=company.main.id, unit_cost=Decimal(unit_cost), **order
    )
    return company.corrections.revalue(command, by=actor())


def correct_cost(
    company: Company, receipt: PostingView, amount: str, by: SpreadBy = SpreadBy.VALUE
) -> PostingView:
    command = CorrectCost(receipt_posting_id=receipt.id, amount=Decimal(amount), spread_by=by)
    return company.corrections.correct_cost(command, by=actor())


def test_a_reversal_mirrors_quantity_and_value_and_is_linked(company: Company) -> None:
    receipt = company.receive(CHAI, "10", unit_cost="2")

    undone = company.reverse(receipt)

    entry = undone.entries[0]
    assert (undone.kind, undone.reverses_id) == ("reversal", receipt.id)
    assert (entry.quantity, entry.value, entry.counterpart) == (-10, -20, "supplier")
    assert company.stock.posting(receipt.id, by=actor()).reversed_lines == (1,)


def test_value_that_cannot_leave_is_entered_as_a_difference_first(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="1")
    second = company.receive(CHAI, "10", unit_cost="9")
    company.issue(CHAI, "10")

    undone = company.reverse(second)

    assert [(e.quantity, e.value, e.counterpart) for e in undone.entries] == [
        (0, 40, "cost_difference"),
        (-10, -90, "supplier"),
    ]
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (0, 0)


def test_an_empty_level_keeps_no_value_after_a_reversal(company: Company) -> None:
    first = company.receive(CHAI, "10", unit_cost="1")
    company.receive(CHAI, "10", unit_cost="9")
    company.issue(CHAI, "10")

    undone = company.reverse(first)

    assert [e.value for e in undone.entries] == [-40, -10]
    assert company.level(CHAI).value == 0


def test_each_line_is_undone_at_most_once(company: Company) -> None:
    receipt = company.receive_lines(*lines("1", "2", "3"))

    company.reverse(receipt, lines=(2,))
    error = refused("already_reversed", company.reverse, receipt, lines=(1, 2))
    assert error.pointer == "/lines/1"
    rest = company.reverse(receipt)
    assert [e.quantity for e in rest.entries] == [-3, -1]
    refused("already_reversed", company.reverse, receipt)


@pytest.mark.parametrize("chosen", [(4,), (0,), ()])
def test_lines_that_do_not_exist_cannot_be_undone(
    company: Company, chosen: tuple[int, ...]
) -> None:
    receipt = company.receive_lines(*lines("1", "2", "3"))

    with pytest.raises(Invalid):
        company.reverse(receipt, lines=chosen)


def test_reversals_and_promises_cannot_be_undone(company: Company) -> None:
    undone = company.reverse(company.receive(CHAI, "1"))
    company.receive(CHAI, "1")
    id = company.reserve(CHAI, "1")
    reserved = company.repository.postings[max(company.repository.postings)]
    released = company.reservations.release(ReleaseReservation(reservation_id=id), by=actor())

    for posting_id in (undone.id, reserved.id, released.id):
        command = ReversePosting(posting_id=posting_id)
        refused("not_reversible", company.corrections.reverse, command, by=actor())


def test_goods_that_are_gone_cannot_leave_again(company: Company) -> None:
    receipt = company.receive(CHAI, "10")
    company.issue(CHAI, "1")

    error = refused("insufficient_stock", company.reverse, receipt)

    assert isinstance(error, Conflict)
    assert error.pointer == "/lines"


def test_goods_that_were_put_elsewhere_can_still_be_undone(company: Company) -> None:
    shelf = company.place("SHELF")
    receipt = company.receive(CHEESE, "10", unit_cost="2", lot=NamedLot(code="A"))
    company.receive(CHEESE, "10", unit_cost="2", lot=NamedLot(code="B"))
    company.move(CHEESE, "4", to=company.main.id, to_location_id=shelf, lot="A")

    undone = company.reverse(receipt)

    assert {e.lot_code for e in undone.entries} == {"A"}
    assert [(e.quantity, e.value) for e in undone.entries] == [(-6, -12), (-4, -8)]


def test_a_reversal_that_leaves_less_than_is_promised_says_for_whom(company: Company) -> None:
    receipt = company.receive(CHAI, "10")
    company.reserve(CHAI, "3", purpose="Ada")

    error = refused("reserved", company.reverse, receipt)
    assert "3 for Ada" in error.detail
    company.reverse(receipt, release_reserved=True)
    assert company.level(CHAI).reserved == 0


def test_undoing_an_issue_brings_goods_back_at_the_value_they_left_with(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="1")
    issued = company.issue(CHAI, "5")
    company.receive(CHAI, "5", unit_cost="7")

    company.reverse(issued)

    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (15, 45)


def test_undoing_a_shipment_does_not_promise_the_goods_again(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "4")
    shipped = company.reservations.ship(ShipReservation(reservation_id=id), by=actor())

    company.reverse(shipped)

    assert (company.level(CHAI).on_hand, company.level(CHAI).reserved) == (10, 0)


def test_undoing_a_transfer_moves_goods_and_value_back(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "10", unit_cost="2")
    moved = company.move(CHAI, "4", to=north.id)

    company.reverse(moved)

    assert company.level(CHAI).value == 20
    assert company.level(CHAI, north.id).on_hand == 0


def test_goods_that_came_back_for_scrap_can_be_undone_though_they_are_gone(
    company: Company,
) -> None:
    scrapped = returned(company, Disposition.SCRAP)

    undone = company.reverse(scrapped)

    assert [e.quantity for e in undone.entries] == [2, -2]
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (0, 0)


def test_undoing_what_released_a_promise_does_not_promise_again(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "10")
    scrapped = company.scrap(CHAI, "4", release_reserved=True)

    company.reverse(scrapped)

    assert (company.level(CHAI).on_hand, company.level(CHAI).reserved) == (10, 6)


def test_a_reversal_is_not_earlier_than_what_it_undoes(company: Company) -> None:
    receipt = company.receive(CHAI, "10")
    before = receipt.occurred_at - timedelta(minutes=1)
    company.clock.advance(hours=1)

    refused("before_origin", company.reverse, receipt, occurred_at=before)
    assert company.reverse(receipt, occurred_at=receipt.occurred_at).occurred_at == (
        receipt.occurred_at
    )


def test_what_changed_stock_out_of_sight_is_undone_by_who_sees_it(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "10")
    moved = company.move(CHAI, "4", to=north.id)

    refused(
        "not_all_visible",
        company.reverse,
        moved,
        by=actor(warehouse_ids=frozenset({north.id})),
    )
    with pytest.raises(NotFound):
        company.reverse(moved, by=actor(warehouse_ids=frozenset()))
    with pytest.raises(Forbidden):
        company.reverse(moved, by=actor("stock.reverse"))


def test_a_correction_undoes_and_enters_anew_together(company: Company) -> None:
    receipt = company.receive(CHAI, "10", unit_cost="2")
    right = ReceiveGoods(warehouse_id=company.main.id, lines=lines("12", unit_cost=Decimal(3)))
    order = CorrectPosting(reverse=ReversePosting(posting_id=receipt.id), instead=right)

    undone, instead = company.corrections.correct(order, by=actor())

    assert (undone.reverses_id, instead.kind) == (receipt.id, "receipt")
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (12, 36)


def test_a_correction_that_cannot_be_entered_undoes_nothing(company: Company) -> None:
    receipt = company.receive(CHAI, "10", unit_cost="2")
    wrong = ReceiveGoods(warehouse_id=company.main.id, lines=lines("0.5"))
    order = CorrectPosting(reverse=ReversePosting(posting_id=receipt.id), instead=wrong)

    refused("too_fine", company.corrections.correct, order, by=actor())

    assert company.level(CHAI).on_hand == 10
    assert company.stock.posting(receipt.id, by=actor()).reversed_lines == ()


def test_a_correction_takes_both_rights(company: Company) -> None:
    receipt = company.receive(CHAI, "10")
    right = ReceiveGoods(warehouse_id=company.main.id, lines=lines("12"))
    order = CorrectPosting(reverse=ReversePosting(posting_id=receipt.id), instead=right)

    for lacking in ("stock.reverse", "stock.receive"):
        with pytest.raises(Forbidden):
            company.corrections.correct(order, by=actor(lacking))


def test_a_level_gets_a_new_unit_cost(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")

    view = revalue(company, "2.5")

    assert [(e.quantity, e.value, e.counterpart) for e in view.entries] == [
        (0, 5, "cost_difference")
    ]
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (10, 25)
    refused("no_change", revalue, company, "2.5")


def test_an_empty_level_cannot_be_revalued(company: Company) -> None:
    refused("nothing_there", revalue, company, "2.5")


@pytest.mark.parametrize(("cost", "code"), [("-1", "negative"), ("0.0000001", "too_fine")])
def test_a_new_unit_cost_must_be_one(company: Company, cost: str, code: str) -> None:
    company.receive(CHAI, "10")

    assert refused(code, revalue, company, cost).pointer == "/unit_cost"


def test_costs_are_revalued_only_by_who_sees_them(company: Company) -> None:
    company.receive(CHAI, "10")
    command = RevalueLevel(variant_id=CHAI, warehouse_id=company.main.id, unit_cost=Decimal(1))

    for lacking in ("cost.view", "stock.revalue"):
        with pytest.raises(Forbidden):
            company.corrections.revalue(command, by=actor(lacking))


def test_an_invoice_that_differs_changes_the_value_of_what_is_still_there(
    company: Company,
) -> None:
    receipt = company.receive(CHAI, "10", unit_cost="2")
    company.issue(CHAI, "4")

    view = correct_cost(company, receipt, "5")

    assert [(e.value, e.counterpart) for e in view.entries] == [
        (5, "supplier"),
        (-2, "cost_difference"),
    ]
    assert company.level(CHAI).value == 15


def test_more_on_hand_than_was_received_takes_the_whole_amount(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    receipt = company.receive(CHAI, "10", unit_cost="2")

    correct_cost(company, receipt, "5")

    assert company.level(CHAI).value == 45


def test_a_credit_does_not_take_more_than_the_stock_is_worth(company: Company) -> None:
    receipt = company.receive(CHAI, "10", unit_cost="2")
    revalue(company, "0.1")

    view = correct_cost(company, receipt, "-5")

    assert [e.value for e in view.entries] == [-5, 4]
    assert company.level(CHAI).value == 0


def test_the_cost_of_goods_that_are_gone_is_all_difference(company: Company) -> None:
    receipt = company.receive(CHAI, "10", unit_cost="2")
    company.issue(CHAI, "10")

    view = correct_cost(company, receipt, "5")

    assert [e.value for e in view.entries] == [5, -5]
    company.reverse(view)
    assert company.level(CHAI).value == 0


@pytest.mark.parametrize(
    ("spread_by", "chai", "tea"),
    [(SpreadBy.VALUE, "5.0003", "4.9997"), (SpreadBy.QUANTITY, "4", "6")],
)
def test_an_amount_is_spread_by_value_or_quantity(
    company: Company, spread_by: SpreadBy, chai: str, tea: str
) -> None:
    receipt = company.receive_lines(
        ReceivedLine(variant_id=CHAI, quantity=Decimal(1), unit_cost=Decimal(0)),
        ReceivedLine(variant_id=CHAI, quantity=Decimal(5), unit_cost=Decimal(1)),
        ReceivedLine(variant_id=TEA, quantity=Decimal(9), unit_cost=Decimal("0.5555")),
    )
    before = {id: company.level(id).value for id in (CHAI, TEA)}

    correct_cost(company, receipt, "10", spread_by)

    added = [company.level(id).value - before[id] for id in (CHAI, TEA)]
    assert added == [Decimal(chai), Decimal(tea)]


def test_gifts_have_no_value_to_spread_by(company: Company) -> None:
    receipt = company.receive(CHAI, "5", unit_cost="0")

    refused("no_value", correct_cost, company, receipt, "5")
    correct_cost(company, receipt, "5", SpreadBy.QUANTITY)
    assert company.level(CHAI).value == 5


def test_only_a_live_receipt_has_a_cost_to_correct(company: Company) -> None:
    receipt = company.receive(CHAI, "5")
    issued = company.issue(CHAI, "1")
    company.reverse(issued)
    company.reverse(receipt)

    refused("not_a_receipt", correct_cost, company, issued, "5")
    refused("already_reversed", correct_cost, company, receipt, "5")
    assert refused("not_zero", correct_cost, company, receipt, "0").pointer == "/amount"


def test_a_unit_never_becomes_worth_more_than_can_be_kept(company: Company) -> None:
    receipt = company.receive(CHAI, "1", unit_cost="5")

    refused("too_large", correct_cost, company, receipt, "2000000000")


def test_much_value_is_changed_only_by_who_may(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    company.repository.large_value = Decimal(10)
    command = RevalueLevel(variant_id=CHAI, warehouse_id=company.main.id, unit_cost=Decimal(9))

    with pytest.raises(Forbidden):
        company.corrections.revalue(command, by=actor("stock.adjust_large"))
    assert company.level(CHAI).value == 20


def test_goods_of_an_archived_variant_stay_undone(company: Company) -> None:
    company.receive(CHAI, "1")
    issued = company.issue_lines(IssuedLine(variant_id=CHAI, quantity=Decimal(1)))
    del company.repository.goods[CHAI]

    with pytest.raises(Conflict, match="restore it first"):
        company.reverse(issued)


def test_what_moved_in_a_warehouse_archived_since_is_undone_once_it_is_restored(
    company: Company,
) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "5", warehouse_id=north.id)
    line = IssuedLine(variant_id=CHAI, quantity=Decimal(5))
    issued = company.issue_lines(line, warehouse_id=north.id)
    company.warehouse_service.delete(north.id, by=actor())

    with pytest.raises(Conflict) as refusal:
        company.reverse(issued)
    assert (refusal.value.code, str(north.id) in refusal.value.detail) == ("archived", True)

    company.warehouse_service.restore(north.id, by=actor())
    assert company.reverse(issued).kind == "reversal"
