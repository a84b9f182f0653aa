"""What a count does to the stock: the difference of then, added to what there is now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from sms_core.shared.errors import Conflict, DomainError, Forbidden, Unknown
from sms_core.stock.commands import IssuedLine, ReceivedLine, ReceiveGoods, ReversePosting
from sms_core.stock.counts import CountState, StockCount
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import LevelKey
from sms_core.stock.lines import NamedLot
from sms_core.stock.postings import Posting
from tests.core.stock.conftest import CHAI, CHEESE, TEA, actor
from tests.core.stock.counting import CountingCompany, counter, found, more


@pytest.fixture
def company() -> CountingCompany:
    company = CountingCompany()
    company.receive(CHAI, "10", unit_cost="2")
    company.receive(TEA, "5", unit_cost="4")
    return company


def counted(company: CountingCompany, *lines: object) -> StockCount:
    count = company.started()
    company.enter(count, *lines)  # type: ignore[arg-type]
    return count


def last(company: CountingCompany) -> Posting:
    return company.repository.postings[len(company.repository.postings)]


def on_hand(company: CountingCompany, variant_id: int) -> Decimal:
    return company.level(variant_id).on_hand


def test_the_difference_is_posted(company: CountingCompany) -> None:
    count = counted(company, found(CHAI, "9"), found(TEA, "7"))
    settled = company.post(count)
    assert settled.document.state is CountState.POSTED
    assert (on_hand(company, CHAI), on_hand(company, TEA)) == (9, 7)
    posting = last(company)
    assert (posting.kind, posting.number) == (Kind.COUNT, settled.postings[0].number)
    assert posting.document == count.ref
    assert posting.occurred_at == company.clock.now()
    lines = {line.variant_id: line.id for line in settled.document.lines}
    assert [(e.quantity, e.value, e.document_line) for e in posting.entries] == [
        (-1, -2, lines[CHAI]),
        (2, 8, lines[TEA]),
    ]
    reason = company.reason_codes.hold_by_code("count-difference")
    assert reason
    assert posting.reason_code_id == reason.id


def test_what_was_not_counted_stays_as_it_is(company: CountingCompany) -> None:
    company.post(counted(company, found(CHAI, "9")))
    assert on_hand(company, TEA) == Decimal(5)
    assert [entry.level.variant_id for entry in last(company).entries] == [CHAI]


def test_selling_goes_on_while_people_count(company: CountingCompany) -> None:
    count = counted(company, found(CHAI, "9"))
    company.clock.advance(minutes=1)
    company.issue(CHAI, "3")
    company.receive(CHAI, "5", unit_cost="2")
    company.post(count)
    assert on_hand(company, CHAI) == Decimal(11)
    assert last(company).entries[0].quantity == Decimal(-1)


def test_what_was_sold_before_counting_and_entered_after_it_is_no_difference(
    company: CountingCompany,
) -> None:
    company.clock.advance(hours=1)
    sold_at = company.clock.now() - timedelta(minutes=30)
    count = counted(company, found(CHAI, "7"))
    line = IssuedLine(variant_id=CHAI, quantity=Decimal(3))
    company.issue_lines(line, occurred_at=sold_at)
    company.post(count)
    assert on_hand(company, CHAI) == Decimal(7)
    assert len(company.repository.postings) == 3


def test_when_nothing_differs_there_is_no_posting(company: CountingCompany) -> None:
    before = len(company.repository.postings)
    settled = company.post(counted(company, found(CHAI, "10")))
    assert (settled.document.state, settled.postings) == (CountState.POSTED, ())
    assert len(company.repository.postings) == before
    line = settled.document.lines[0]
    assert (line.counted_quantity, line.variance) == (10, 0)


def test_a_new_lot_is_made_when_the_count_is_posted(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHEESE, "0.5", lot=NamedLot(code="L9")))
    assert not company.lots.stored
    company.post(count)
    assert [lot.code for lot in company.lots.stored.values()] == ["L9"]
    assert on_hand(company, CHEESE) == Decimal("0.5")


def test_lots_and_places_are_told_apart(company: CountingCompany) -> None:
    shelf = company.place("A1")
    for code in ("L1", "L2"):
        company.receive(CHEESE, "2", unit_cost="1", lot=NamedLot(code=code))
        company.receive(CHEESE, "3", unit_cost="1", lot=NamedLot(code=code), location_id=shelf)
    company.post(
        counted(
            company,
            found(CHEESE, "1", lot=NamedLot(code="l2"), location_id=shelf),
        )
    )
    level = company.level(CHEESE)
    held = {(bin.location.id, bin.lot.code): bin.on_hand for bin in level.bins if bin.lot}
    main = company.main.default_location_id
    assert held == {(main, "L1"): 2, (shelf, "L1"): 3, (main, "L2"): 2, (shelf, "L2"): 1}


def test_lines_that_would_leave_less_than_nothing_are_all_named(company: CountingCompany) -> None:
    count = counted(company, found(CHAI, "1"), found(TEA, "1"))
    company.clock.advance(minutes=1)
    company.issue(CHAI, "8")
    company.issue(TEA, "4")
    with pytest.raises(Conflict) as refusal:
        company.post(count)
    errors = refusal.value.errors
    assert [(e.code, e.pointer) for e in errors] == [
        ("insufficient_stock", "/lines/0/counted_quantity"),
        ("insufficient_stock", "/lines/1/counted_quantity"),
    ]
    assert "CHAI" in errors[0].detail
    assert "TEA" in errors[1].detail
    assert company.shown(count).state is CountState.COUNTING


def test_what_is_reserved_is_released_only_if_one_says_so(company: CountingCompany) -> None:
    company.reserve(CHAI, "9")
    count = counted(company, found(CHAI, "7"))
    with pytest.raises(Conflict) as refusal:
        company.post(count)
    assert (refusal.value.code, refusal.value.pointer) == ("reserved", "/lines/0/counted_quantity")
    company.post(count, release_reserved=True)
    level = company.level(CHAI)
    assert (level.on_hand, level.reserved) == (7, 7)


def test_another_reason_may_be_given(company: CountingCompany) -> None:
    company.reason_codes.add(ReasonCode(code="stolen", kinds=(Kind.COUNT,)))
    count = counted(company, found(CHAI, "9"))
    with pytest.raises(Unknown):
        company.post(count, reason_code="nonsense")
    with pytest.raises(DomainError) as refusal:
        company.post(count, reason_code="sample")
    assert refusal.value.code == "reason_not_offered"
    company.post(count, reason_code="stolen")


def test_without_the_usual_reason_a_count_is_posted_without_one(company: CountingCompany) -> None:
    reason = company.reason_codes.hold_by_code("count-difference")
    assert reason
    company.reason_codes.archive([reason.id], company.clock.now())
    company.post(counted(company, found(CHAI, "9")))
    assert last(company).reason_code_id is None


def test_large_differences_are_approved_by_somebody_else_first(company: CountingCompany) -> None:
    company.approval_above("5")
    # 2.00 less and 4.00 more are 6.00 that was wrong.
    count = counted(company, found(CHAI, "9"), found(TEA, "6"))
    with pytest.raises(Conflict, match=r"\(6 in all, the limit is 5\)") as refusal:
        company.post(count)
    assert refusal.value.code == "needs_approval"
    with pytest.raises(Conflict) as blind:
        company.post(count, by=counter(without=("cost.view",)))
    assert "(6" not in blind.value.detail
    company.approve(count)
    company.post(count)
    assert (on_hand(company, CHAI), on_hand(company, TEA)) == (9, 6)


def test_up_to_the_limit_nobody_need_approve(company: CountingCompany) -> None:
    company.approval_above("6")
    company.post(counted(company, found(CHAI, "9"), found(TEA, "6")))
    assert on_hand(company, CHAI) == Decimal(9)


def test_what_is_counted_again_must_be_approved_again(company: CountingCompany) -> None:
    company.approval_above("0")
    count = counted(company, found(CHAI, "9"))
    company.approve(count)
    company.recount(count, company.line(count, CHAI).id)
    company.enter(count, found(CHAI, "8"))
    with pytest.raises(Conflict, match="must approve"):
        company.post(count)


def test_a_refused_posting_leaves_everything_as_it_was(company: CountingCompany) -> None:
    company.approval_above("0")
    count = counted(company, found(CHAI, "9"))
    before = len(company.repository.postings)
    with pytest.raises(Conflict):
        company.post(count)
    assert (on_hand(company, CHAI), len(company.repository.postings)) == (10, before)
    assert not company.repository.counted


def test_bins_remember_when_they_were_counted_also_where_nothing_differed(
    company: CountingCompany,
) -> None:
    count = counted(company, found(CHAI, "9"), found(TEA, "5"))
    at = company.clock.now()
    company.post(count)
    main = company.main.default_location_id
    keys = [LevelKey(variant_id, company.main.id) for variant_id in (CHAI, TEA)]
    assert company.repository.counted == {(key, main, None): at for key in keys}


def late_receipt(company: CountingCompany, variant_id: int, **order: object) -> ReceiveGoods:
    line = ReceivedLine(variant_id=variant_id, quantity=Decimal(1), unit_cost=Decimal(2))
    return ReceiveGoods(
        warehouse_id=company.main.id,
        lines=(line,),
        occurred_at=company.clock.now() - timedelta(minutes=30),
        **order,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("variant_id", [CHAI, TEA])
def test_what_is_recorded_later_and_happened_before_is_refused(
    company: CountingCompany, variant_id: int
) -> None:
    company.clock.advance(hours=1)
    count = counted(company, found(CHAI, "9"), found(TEA, "5"))
    counted_at = company.clock.now()
    company.post(count)
    order = late_receipt(company, variant_id)
    with pytest.raises(Conflict) as refusal:
        company.stock.receive(order, by=actor())
    assert (refusal.value.code, refusal.value.pointer) == ("counted_since", "/occurred_at")
    assert counted_at.isoformat() in refusal.value.detail
    before = on_hand(company, variant_id)
    company.stock.receive(replace(order, despite_count=True), by=actor())
    assert on_hand(company, variant_id) == before + 1


def test_saying_that_it_happened_despite_a_count_takes_a_right(company: CountingCompany) -> None:
    company.clock.advance(hours=1)
    company.post(counted(company, found(CHAI, "9")))
    order = late_receipt(company, CHAI, despite_count=True)
    with pytest.raises(Forbidden, match=r"stock\.backdate"):
        company.stock.receive(order, by=actor("stock.backdate"))


def test_other_bins_and_later_moments_are_not_concerned(company: CountingCompany) -> None:
    company.clock.advance(hours=1)
    company.post(counted(company, found(CHAI, "9")))
    company.stock.receive(late_receipt(company, TEA), by=actor())
    elsewhere = replace(
        late_receipt(company, CHAI),
        lines=(
            ReceivedLine(variant_id=CHAI, quantity=Decimal(1), location_id=company.place("A1")),
        ),
    )
    company.stock.receive(elsewhere, by=actor())
    company.clock.advance(hours=2)
    company.stock.receive(late_receipt(company, CHAI), by=actor())


def test_a_reversal_that_happened_before_the_count_is_refused_too(
    company: CountingCompany,
) -> None:
    receipt = company.receive(CHAI, "2", unit_cost="2")
    company.clock.advance(hours=1)
    company.post(counted(company, found(CHAI, "12")))
    order = ReversePosting(posting_id=receipt.id, occurred_at=receipt.occurred_at)
    with pytest.raises(Conflict) as refusal:
        company.corrections.reverse(order, by=actor())
    assert refusal.value.code == "counted_since"
    company.corrections.reverse(replace(order, despite_count=True), by=actor())
    company.reverse(company.receive(CHAI, "2", unit_cost="2"))


def test_a_move_is_refused_for_the_bin_it_comes_to(company: CountingCompany) -> None:
    shelf = company.place("A1")
    company.clock.advance(hours=1)
    company.post(counted(company, found(TEA, "1", location_id=shelf)))
    at = company.clock.now() - timedelta(minutes=30)
    order = {"from_location_id": company.main.default_location_id, "to_location_id": shelf}
    with pytest.raises(Conflict) as refusal:
        company.move(TEA, "1", to=company.main.id, occurred_at=at, **order)
    assert refusal.value.code == "counted_since"


def test_an_undone_count_stays_posted_and_its_history_says_so(company: CountingCompany) -> None:
    count = counted(company, found(CHAI, "9"))
    view = company.post(count).postings[0]
    company.reverse(view)
    assert on_hand(company, CHAI) == Decimal(10)
    shown = company.shown(count)
    assert shown.state is CountState.POSTED
    assert shown.lines[0].variance == Decimal(-1)
    events = company.service.history(count.id, by=company.anna)
    assert (events[-1].act, events[-1].postings) == ("reverse", (last(company).number,))
    assert company.repository.counted


def test_two_scanners_that_add_both_count(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, more(CHAI, "1"), by=company.anna)
    company.enter(count, more(CHAI, "1"), by=company.bertha)
    assert company.line(count, CHAI).counted_quantity == Decimal(2)
