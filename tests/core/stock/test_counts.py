"""Stock counts: their states, their sheets, and what people enter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.documents import WrongState
from sms_core.shared.entities import Actor
from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    RuleBroken,
    Stale,
    Unknown,
)
from sms_core.shared.paging import PageRequest
from sms_core.stock import counts as rules
from sms_core.stock.count_commands import (
    ApproveCount,
    CancelCount,
    ChangeCount,
    CreateCount,
    EnterCounts,
    EnteredLine,
    PostCount,
    RecountLines,
    StartCount,
)
from sms_core.stock.count_ports import CountFilter
from sms_core.stock.counts import CountScope, CountState, StockCount
from sms_core.stock.lines import NamedLot
from sms_core.stock.views import Scanned
from tests.core.stock.conftest import CHAI, CHEESE, TEA
from tests.core.stock.counting import CountingCompany, counter, found, more

ACTS = ("start", "change", "enter", "recount", "approve", "post", "cancel", "duplicate", "delete")
ALLOWED = {
    CountState.DRAFT: {"start", "change", "duplicate", "delete"},
    CountState.COUNTING: {"enter", "recount", "approve", "post", "cancel", "duplicate"},
    CountState.TO_APPROVE: {"recount", "approve", "post", "cancel", "duplicate"},
    CountState.POSTED: {"duplicate"},
    CountState.CANCELLED: {"duplicate"},
}


@pytest.fixture
def company() -> CountingCompany:
    company = CountingCompany()
    company.receive(CHAI, "10", unit_cost="2")
    company.receive(TEA, "5", unit_cost="4")
    company.receive(CHEESE, "1.5", unit_cost="8", lot=NamedLot(code="L1"))
    return company


def refused(kind: type[DomainError], code: str, pointer: str, act: Any) -> DomainError:
    with pytest.raises(kind) as refusal:
        act()
    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)
    return refusal.value


def in_state(company: CountingCompany, state: CountState) -> StockCount:
    if state is CountState.DRAFT:
        return company.draft()
    count = company.started()
    if state is CountState.CANCELLED:
        return company.cancel(count)
    company.enter(count, found(CHAI, "9"), done=state is CountState.TO_APPROVE)
    if state is CountState.POSTED:
        return company.post(count).document
    return company.shown(count)


def do(company: CountingCompany, act: str, count: StockCount) -> None:
    service, by, id = company.service, company.bertha, count.id
    if act == "start":
        service.start(StartCount(id=id), by=by)
    elif act == "change":
        service.change(ChangeCount(id=id, notes="Quietly."), by=by)
    elif act == "enter":
        service.enter(EnterCounts(id=id, lines=(found(TEA, "1"),)), by=by)
    elif act == "recount":
        line_ids = tuple(line.id for line in count.lines[:1])
        service.recount(RecountLines(id=id, line_ids=line_ids), by=by)
    elif act == "approve":
        service.approve(ApproveCount(id=id), by=by)
    elif act == "post":
        service.post(PostCount(id=id), by=by)
    elif act == "cancel":
        service.cancel(CancelCount(id=id), by=by)
    elif act == "duplicate":
        service.duplicate(id, by=by)
    else:
        service.delete(id, by=by)


@pytest.mark.parametrize("state", CountState)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_allowed_in_its_states_and_in_no_other(
    company: CountingCompany, state: CountState, act: str
) -> None:
    count = in_state(company, state)
    assert count.state is state
    if act in ALLOWED[state]:
        do(company, act, count)
    else:
        with pytest.raises(WrongState, match="Allowed now"):
            do(company, act, count)
    assert set(count.allowed) == ALLOWED[state]


@pytest.mark.parametrize(
    ("act", "state", "becomes"),
    [
        ("start", CountState.DRAFT, CountState.COUNTING),
        ("enter", CountState.COUNTING, CountState.COUNTING),
        ("recount", CountState.COUNTING, CountState.COUNTING),
        ("recount", CountState.TO_APPROVE, CountState.COUNTING),
        ("approve", CountState.COUNTING, CountState.TO_APPROVE),
        ("approve", CountState.TO_APPROVE, CountState.TO_APPROVE),
        ("post", CountState.COUNTING, CountState.POSTED),
        ("post", CountState.TO_APPROVE, CountState.POSTED),
        ("cancel", CountState.COUNTING, CountState.CANCELLED),
        ("cancel", CountState.TO_APPROVE, CountState.CANCELLED),
        ("duplicate", CountState.POSTED, CountState.POSTED),
    ],
)
def test_what_each_act_leads_to(
    company: CountingCompany, act: str, state: CountState, becomes: CountState
) -> None:
    count = in_state(company, state)
    do(company, act, count)
    assert company.shown(count).state is becomes


def test_a_draft_has_a_number_and_its_scope_and_can_be_changed(company: CountingCompany) -> None:
    count = company.draft(location_ids=(company.main.default_location_id,))
    assert (count.number, count.state) == ("SC-2026-000001", CountState.DRAFT)
    order = ChangeCount(id=count.id, scope=CountScope(category_id=1), notes=" All drinks ")
    changed = company.service.change(order, by=company.anna)
    assert (changed.scope, changed.notes) == (CountScope(category_id=1), "All drinks")


@pytest.mark.parametrize(
    ("scope", "pointer"),
    [
        ({"location_ids": (99,)}, "/scope/location_ids"),
        ({"category_id": 99}, "/scope/category_id"),
        ({"variant_ids": (99,)}, "/scope/variant_ids"),
    ],
)
def test_what_is_to_be_counted_must_be_there(
    company: CountingCompany, scope: dict[str, Any], pointer: str
) -> None:
    refused(Unknown, "unknown", pointer, lambda: company.draft(**scope))


def test_neither_another_warehouse_nor_goods_on_their_way_are_counted(
    company: CountingCompany,
) -> None:
    other = company.open_warehouse("SHOP")
    for id in (other.default_location_id, company.main.transit_location_id):
        pointer = "/scope/location_ids"
        refused(Unknown, "unknown", pointer, lambda id=id: company.draft(location_ids=(id,)))


def test_a_scope_has_an_end() -> None:
    with pytest.raises(Invalid) as refusal:
        CountScope(variant_ids=tuple(range(1, rules.MAX_SCOPE + 2)))
    assert refusal.value.pointer == "/scope/variant_ids"


def test_a_count_of_a_warehouse_one_may_not_see_does_not_exist(company: CountingCompany) -> None:
    count = company.started()
    stranger = replace(company.anna, warehouse_ids=frozenset({99}))
    for act in ("start", "change", "enter", "post", "cancel", "approve", "delete", "duplicate"):
        with pytest.raises(NotFound):
            do_as(company, act, count, stranger)
    for read in (company.service.get, company.service.history):
        with pytest.raises(NotFound):
            read(count.id, by=stranger)
    with pytest.raises(NotFound):
        company.service.entries(count.id, PageRequest(), by=stranger)
    assert company.service.search(CountFilter(), PageRequest(), by=stranger).total == 0
    order = CreateCount(warehouse_id=company.main.id)
    refused(Unknown, "unknown", "/warehouse_id", lambda: company.service.create(order, by=stranger))


def do_as(company: CountingCompany, act: str, count: StockCount, by: Actor) -> None:
    company.bertha = by  # type: ignore[misc]
    do(company, act, count)


def test_a_stale_version_is_refused(company: CountingCompany) -> None:
    count = company.started()
    with pytest.raises(Stale):
        company.service.cancel(CancelCount(id=count.id, version=99), by=company.anna)


def test_the_sheet_has_a_line_for_each_bin_with_something_in_it(company: CountingCompany) -> None:
    shelf = company.place("A1")
    company.move(
        CHAI, "4", to=company.main.id, to_location_id=shelf, from_location_id=main(company)
    )
    company.issue(TEA, "5")
    count = company.started()
    sheet = [(line.variant_id, line.location_id, line.lot_code) for line in count.lines]
    assert sheet == [
        (CHAI, shelf, None),
        (CHAI, main(company), None),
        (CHEESE, main(company), "L1"),
    ]
    assert all(line.counted_quantity is None for line in count.lines)
    assert (count.line_count, count.counted_count) == (3, 0)


def main(company: CountingCompany) -> int:
    return company.main.default_location_id


def test_the_parts_of_a_scope_narrow_each_other(company: CountingCompany) -> None:
    shelf = company.place("A1")
    company.receive(CHAI, "1", location_id=shelf)
    company.receive(TEA, "1", location_id=shelf)
    company.counts.categories = {CHAI: {1}}
    assert {line.variant_id for line in company.started(location_ids=(shelf,)).lines} == {CHAI, TEA}
    company.counts.lines_by_id.clear()
    lines = company.started(location_ids=(shelf,), category_id=1).lines
    assert [(line.variant_id, line.location_id) for line in lines] == [(CHAI, shelf)]


def test_quarantine_is_counted_too(company: CountingCompany) -> None:
    quarantine = company.main.quarantine_location_id
    company.receive(CHAI, "1", location_id=quarantine)
    places = {line.location_id for line in company.started().lines}
    assert places == {main(company), quarantine}


def test_a_sheet_that_is_too_long_is_to_be_narrowed(
    company: CountingCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("counts", "count_services", "counting"):
        monkeypatch.setattr(f"sms_core.stock.{module}.MAX_SHEET", 2)
    refused(RuleBroken, "too_many", "/scope", company.started)
    count = company.started(location_ids=(company.place("A1"),))
    company.enter(count, found(CHAI, "1", location_id=company.place("A2")))
    company.enter(count, found(CHAI, "1", location_id=company.place("A3")))
    place = company.place("A4")
    with pytest.raises(Conflict, match="at most 2 bins"):
        company.enter(count, found(CHAI, "1", location_id=place))


def test_a_bin_is_in_at_most_one_open_count(company: CountingCompany) -> None:
    first = company.started()
    refusal = refused(Conflict, "in_other_count", "/scope", company.started)
    assert first.number in refusal.detail
    shelf = company.place("A1")
    company.enter(first, found(CHAI, "1", location_id=shelf))
    other = company.started(location_ids=(shelf,))
    lines = (found(TEA, "1", location_id=shelf), found(CHAI, "1", location_id=shelf))
    refusal = refused(Conflict, "in_other_count", "/lines/1", lambda: company.enter(other, *lines))
    assert first.number in refusal.detail
    assert not company.shown(other).lines


@pytest.mark.parametrize("end", ["post", "cancel"])
def test_a_count_that_is_over_lets_others_have_its_bins(company: CountingCompany, end: str) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "9"))
    do(company, end, count)
    assert company.started().line_count == 3


def test_what_is_entered_replaces_what_was_and_says_who_and_when(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "7"))
    answer = company.enter(count, found(CHAI, "9"), by=company.bertha)
    line = company.line(count, CHAI)
    assert (line.counted_quantity, line.counted_by) == (Decimal(9), "bertha")
    assert line.counted_at == company.clock.now()
    assert [line.variant_id for line in answer.lines] == [CHAI]
    assert (answer.line_count, answer.counted_count) == (3, 1)
    kept = company.said(count)
    assert [(entry.username, entry.quantity) for entry in kept] == [("bertha", 9), ("anna", 7)]


def test_what_is_added_comes_on_top(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, more(CHAI, "2"), more(CHAI, "1"))
    company.enter(count, more(CHAI, "-1"))
    assert company.line(count, CHAI).counted_quantity == Decimal(2)
    refused(Invalid, "negative", "/lines/0/add", lambda: company.enter(count, more(CHAI, "-3")))


def test_a_barcode_counts_what_it_stands_for(company: CountingCompany) -> None:
    company.reader.barcodes = {
        "4006": Scanned(CHAI, Decimal(1)),
        "4012": Scanned(CHAI, Decimal(12)),
        "TEA": Scanned(TEA, None),
    }
    count = company.started()
    company.enter(count, EnteredLine(barcode="4006"), EnteredLine(barcode="4012"))
    company.enter(count, EnteredLine(barcode="4012", add=Decimal(2)))
    company.enter(count, EnteredLine(barcode="TEA", quantity=Decimal(3)))
    assert company.line(count, CHAI).counted_quantity == Decimal(37)
    assert company.line(count, TEA).counted_quantity == Decimal(3)
    line = EnteredLine(barcode="nothing")
    refused(Unknown, "unknown", "/lines/0/barcode", lambda: company.enter(count, line))


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (EnteredLine(quantity=Decimal(1)), "variant_id"),
        (EnteredLine(variant_id=CHAI, barcode="4006", quantity=Decimal(1)), "variant_id"),
        (EnteredLine(variant_id=CHAI), "quantity"),
        (EnteredLine(variant_id=CHAI, quantity=Decimal(1), add=Decimal(1)), "quantity"),
    ],
)
def test_a_line_says_one_thing(company: CountingCompany, line: EnteredLine, pointer: str) -> None:
    count = company.started()
    refused(Invalid, "one_of", f"/lines/0/{pointer}", lambda: company.enter(count, line))


LOT = NamedLot(code="L1")


@pytest.mark.parametrize(
    ("line", "kind", "code", "pointer"),
    [
        (found(99, "1"), Unknown, "unknown", "variant_id"),
        (found(CHAI, "-1"), Invalid, "negative", "quantity"),
        (more(CHAI, "0"), Invalid, "not_zero", "add"),
        (found(CHAI, "1.5"), RuleBroken, "too_fine", "quantity"),
        (found(CHAI, "1000000000000"), RuleBroken, "too_large", "quantity"),
        (found(CHAI, "1", location_id=99), Unknown, "unknown", "location_id"),
        (found(CHAI, "1", lot=LOT), RuleBroken, "lot_not_tracked", "lot"),
        (found(CHEESE, "1"), RuleBroken, "lot_required", "lot"),
        (found(CHEESE, "1", lot=NamedLot(code=" ")), Invalid, "blank", "lot/code"),
        (
            found(CHEESE, "1", lot=NamedLot(code="L1", expires_on=date(2027, 1, 1))),
            RuleBroken,
            "lot_differs",
            "lot/expires_on",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    company: CountingCompany, line: EnteredLine, kind: Any, code: str, pointer: str
) -> None:
    count = company.started()
    refused(kind, code, f"/lines/0/{pointer}", lambda: company.enter(count, line))


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(company: CountingCompany) -> None:
    count = company.started()
    with pytest.raises(Invalid) as refusal:
        company.enter(count, found(CHAI, "3"), found(CHAI, "1.5"), found(99, "1"))
    pointers = [error.pointer for error in refusal.value.errors]
    assert pointers == ["/lines/1/quantity", "/lines/2/variant_id"]
    assert company.line(count, CHAI).counted_quantity is None


def test_no_more_than_so_many_lines_are_entered_at_once(company: CountingCompany) -> None:
    count = company.started()
    lines = [more(CHAI, "1")] * (rules.MAX_ENTERED + 1)
    refused(Invalid, "max_length", "/lines", lambda: company.enter(count, *lines))


def test_saying_nothing_is_refused(company: CountingCompany) -> None:
    count = company.started()
    refused(Invalid, "required", "/lines", lambda: company.enter(count))


def test_goods_are_counted_neither_tomorrow_nor_before_the_count(company: CountingCompany) -> None:
    count = company.started()
    now = company.clock.now()
    ahead, before = now + timedelta(hours=1), now - timedelta(seconds=61)
    for at, code in ((ahead, "in_future"), (before, "before_start")):
        line = found(CHAI, "1", counted_at=at)
        refused(
            RuleBroken,
            code,
            "/lines/0/counted_at",
            lambda line=line: company.enter(count, line),
        )
    # A scanner's clock may be a little ahead of ours.
    company.enter(count, found(CHAI, "1", counted_at=company.clock.now() + timedelta(minutes=4)))
    assert company.line(count, CHAI).counted_at == company.clock.now()


def test_what_is_found_elsewhere_is_added_to_the_sheet(company: CountingCompany) -> None:
    count = company.started()
    shelf = company.place("A1")
    lot = NamedLot(code="L2", expires_on=date(2027, 1, 1))
    company.enter(count, found(CHAI, "3", location_id=shelf), found(CHEESE, "0.5", lot=lot))
    added = company.shown(count).lines[3:]
    assert [(x.variant_id, x.location_id, x.lot_code, x.expires_on) for x in added] == [
        (CHAI, shelf, None, None),
        (CHEESE, main(company), "L2", date(2027, 1, 1)),
    ]


def test_without_a_place_the_only_one_on_the_sheet_is_meant(company: CountingCompany) -> None:
    shelf = company.place("A1")
    company.receive(TEA, "1", location_id=shelf)
    company.issue(TEA, "5", location_id=main(company))
    count = company.started()
    company.enter(count, found(TEA, "1"))
    assert company.line(count, TEA).location_id == shelf
    company.enter(count, found(TEA, "2", location_id=main(company)))
    line = more(TEA, "1")
    refused(
        RuleBroken,
        "location_required",
        "/lines/0/location_id",
        lambda: company.enter(count, line),
    )


def test_places_of_other_warehouses_and_transit_are_no_places(company: CountingCompany) -> None:
    count = company.started()
    other = company.open_warehouse("SHOP").default_location_id
    line = found(CHAI, "1", location_id=other)
    refused(Unknown, "unknown", "/lines/0/location_id", lambda: company.enter(count, line))
    transit = found(CHAI, "1", location_id=company.main.transit_location_id)
    refused(RuleBroken, "in_transit", "/lines/0/location_id", lambda: company.enter(count, transit))


def test_the_rest_can_be_said_to_be_empty(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "9"))
    answer = company.enter(count, zero_rest=True)
    assert {line.variant_id for line in answer.lines} == {TEA, CHEESE}
    quantities = {line.variant_id: line.counted_quantity for line in company.shown(count).lines}
    assert quantities == {CHAI: 9, TEA: 0, CHEESE: 0}
    assert len(company.said(count)) == 3


def test_a_sheet_without_anything_on_it_is_not_handed_in(company: CountingCompany) -> None:
    count = company.started()
    with pytest.raises(Conflict) as refusal:
        company.enter(count, done=True)
    assert refusal.value.code == "nothing_counted"
    for act in ("approve", "post"):
        with pytest.raises(Conflict, match="Nothing of SC-2026-000001"):
            do(company, act, count)


def test_chosen_lines_are_counted_again_and_their_entries_stay(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "7"), found(TEA, "5"), done=True)
    company.approve(count)
    again = company.recount(count, company.line(count, CHAI).id)
    assert (again.state, again.approved_by) == (CountState.COUNTING, None)
    assert company.line(count, CHAI).counted_quantity is None
    assert company.line(count, TEA).counted_quantity == Decimal(5)
    assert [entry.quantity for entry in company.said(count)] == [None, 5, 7]
    refused(Unknown, "unknown", "/line_ids", lambda: company.recount(count, 99))
    refused(Invalid, "required", "/line_ids", lambda: company.recount(count))


def test_who_counted_cannot_approve(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "7"))
    company.enter(count, found(CHAI, "9"), by=counter("carl", 9))
    for by in (company.anna, counter("carl", 9)):
        with pytest.raises(Forbidden) as refusal:
            company.approve(count, by=by)
        assert refusal.value.code == "own_count"
    approved = company.approve(count)
    assert (approved.state, approved.approved_by) == (CountState.TO_APPROVE, "bertha")


def test_the_sheet_is_blind_until_it_is_handed_in(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "9"))
    blind = company.shown(count)
    assert all(line.variance is None and line.variance_value is None for line in blind.lines)
    assert blind.variance_value is None
    company.enter(count, done=True)
    seen = company.shown(count)
    assert {x.variant_id: x.variance for x in seen.lines} == {CHAI: -1, TEA: None, CHEESE: None}
    assert (company.line(count, CHAI).variance_value, seen.variance_value) == (-2, 2)


def test_what_differences_are_worth_is_for_those_who_may_see_costs(
    company: CountingCompany,
) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "9"), done=True)
    seen = company.service.get(count.id, by=counter(without=("cost.view",)))
    assert seen.variance_value is None
    assert seen.lines[0].variance == Decimal(-1)
    assert seen.lines[0].variance_value is None
    posted = company.post(count, by=counter(without=("cost.view",))).document
    assert posted.variance_value is None
    assert all(line.variance_value is None for line in posted.lines)


def test_the_history_tells_what_was_done(company: CountingCompany) -> None:
    count = company.started()
    company.enter(count, found(CHAI, "9"), done=True)
    company.approve(count)
    number = company.post(count).postings[0].number
    events = company.service.history(count.id, by=company.anna)
    assert [event.act for event in events] == ["create", "start", "enter", "approve", "post"]
    assert events[-1].postings == (number,)


def test_a_copy_counts_the_same_again(company: CountingCompany) -> None:
    count = company.draft(location_ids=(main(company),))
    copy = company.service.duplicate(count.id, by=company.anna)
    assert (copy.state, copy.scope) == (CountState.DRAFT, count.scope)
    assert copy.number != count.number


@pytest.mark.parametrize(
    ("right", "act"),
    [
        ("stock_count.change", "start"),
        ("stock_count.change", "cancel"),
        ("stock_count.enter", "enter"),
        ("stock_count.approve", "recount"),
        ("stock_count.approve", "approve"),
        ("stock_count.post", "post"),
    ],
)
def test_each_act_takes_its_right(company: CountingCompany, right: str, act: str) -> None:
    count = in_state(company, CountState.DRAFT if act == "start" else CountState.COUNTING)
    with pytest.raises(Forbidden, match=right):
        do_as(company, act, count, counter("bertha", 8, without=(right,)))
