"""Cards, picks, traces and previews: what is told before and after the fact."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden, Invalid, NotFound, Unknown
from sms_core.shared.paging import CursorRequest
from sms_core.stock.commands import AdjustedLine, IssuedLine, IssueGoods
from sms_core.stock.enquiries import CardQuestion, PicksQuestion
from sms_core.stock.lines import NamedLot
from sms_core.stock.previews import Preview, preview
from sms_core.stock.views import CardView, PicksView
from tests.core.stock.conftest import CHAI, CHEESE, Company, actor

NORTHERNER = actor(warehouse_ids=frozenset({99}))


def card(company: Company, *, by: Actor | None = None, **question: object) -> CardView:
    asked = {"variant_id": CHAI, "warehouse_id": company.main.id, **question}
    return company.enquiries.card(
        CardQuestion(**asked),  # type: ignore[arg-type]
        CursorRequest(),
        by=by or actor(),
    )


def test_a_card_runs_from_its_opening_to_its_closing_balance(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    company.clock.time = datetime(2026, 3, 5, 9, tzinfo=UTC)
    company.issue(CHAI, "4")
    company.reserve(CHAI, "3", purpose="Ada")

    seen = card(company, from_at=date(2026, 3, 3), to_at=date(2026, 3, 5))

    assert (seen.opening.on_hand, seen.opening.value) == (10, 20)
    rows = [(r.balance.on_hand, r.balance.reserved, r.balance.available) for r in seen.rows]
    assert rows == [(6, 0, 6), (6, 3, 3)]
    assert seen.closing == seen.rows[-1].balance
    assert [r.purpose for r in seen.reservations] == ["Ada"]


def test_a_card_runs_by_when_things_happened_and_is_read_in_pieces(company: Company) -> None:
    company.receive(CHAI, "10")
    order = {"occurred_at": company.clock.now() - timedelta(days=1)}
    company.clock.advance(hours=1)
    company.adjust(AdjustedLine(variant_id=CHAI, quantity=Decimal(1)), **order)
    question = CardQuestion(variant_id=CHAI)

    first = company.enquiries.card(question, CursorRequest(limit=1), by=actor())
    second = company.enquiries.card(question, CursorRequest(after=first.next, limit=1), by=actor())

    assert [r.balance.on_hand for r in (*first.rows, *second.rows)] == [1, 11]
    assert second.next is None


def test_a_card_links_what_was_undone_with_what_undid_it(company: Company) -> None:
    receipt = company.receive(CHAI, "10")
    undone = company.reverse(receipt)

    rows = card(company).rows

    assert [(r.reverses_id, r.reversed_by_id) for r in rows] == [
        (None, undone.id),
        (receipt.id, None),
    ]


def test_a_card_hides_costs_and_other_warehouses(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")

    seen = card(company, by=actor("cost.view"))

    assert (seen.closing.value, seen.rows[0].entry.value) == (None, None)
    assert card(company, by=NORTHERNER, warehouse_id=None).rows == ()
    with pytest.raises(Unknown):
        card(company, by=NORTHERNER)


def picks(
    company: Company, quantity: str, *, by: Actor | None = None, variant: int = CHEESE
) -> PicksView:
    question = PicksQuestion(
        variant_id=variant, warehouse_id=company.main.id, quantity=Decimal(quantity)
    )
    return company.enquiries.picks(question, by=by or actor())


def test_picks_take_the_earliest_expiry_first(company: Company) -> None:
    company.receive(CHEESE, "2", lot=NamedLot(code="LATE", expires_on=date(2026, 9, 1)))
    company.receive(CHEESE, "2", lot=NamedLot(code="SOON", expires_on=date(2026, 4, 1)))

    seen = picks(company, "5")

    assert [(p.lot_code, p.quantity) for p in seen.picks] == [("SOON", 2), ("LATE", 2)]
    assert seen.missing == 1
    assert picks(company, "1", variant=CHAI).missing == 1


def test_picks_leave_what_is_promised(company: Company) -> None:
    company.receive(CHAI, "5")
    company.reserve(CHAI, "4")

    assert picks(company, "3", variant=CHAI).missing == 2


def test_picks_are_asked_for_something_that_is_seen(company: Company) -> None:
    with pytest.raises(Invalid):
        picks(company, "0")
    with pytest.raises(Unknown):
        picks(company, "1", by=NORTHERNER)


def test_a_lot_is_traced_from_whom_to_whom(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    received = company.receive(CHEESE, "10", lot=NamedLot(code="A"))
    moved = company.move(CHEESE, "4", to=north.id)
    issued = company.issue(CHEESE, "1")
    (lot,) = company.lots.stored

    seen = company.enquiries.trace(lot, by=actor())

    assert [row.posting_id for row in seen.came_from] == [received.id]
    assert [row.posting_id for row in seen.went_to] == [issued.id]
    assert [row.posting_id for row in seen.moved] == [moved.id, moved.id]
    assert sum(bin.on_hand for bin in seen.lies_in) == 9
    only_north = company.enquiries.trace(lot, by=actor(warehouse_ids=frozenset({north.id})))
    assert (only_north.came_from, [bin.on_hand for bin in only_north.lies_in]) == ((), [4])
    with pytest.raises(NotFound):
        company.enquiries.trace(99, by=actor())


def previewed(company: Company, *quantities: str, by: Actor | None = None) -> Preview:
    lines = tuple(IssuedLine(variant_id=CHAI, quantity=Decimal(q)) for q in quantities)
    order = IssueGoods(warehouse_id=company.main.id, lines=lines, reason_code="sample")
    by = by or actor()
    return preview(company.dry_run, lambda: company.stock.issue(order, by=by), by=by)


def test_a_preview_tells_before_and_after_and_changes_nothing(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")

    seen = previewed(company, "4")

    (change,) = seen.levels
    assert change.after
    assert (seen.ok, change.before.on_hand, change.after.on_hand) == (True, 10, 6)
    assert change.after.value == 12
    assert (company.level(CHAI).on_hand, len(company.repository.postings)) == (10, 1)


def test_a_preview_tells_all_that_is_in_the_way(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")

    seen = previewed(company, "11", "0.5", by=actor("cost.view"))

    assert not seen.ok
    assert [error.code for error in seen.errors] == ["insufficient_stock", "too_fine"]
    assert (seen.levels[0].before.on_hand, seen.levels[0].before.value) == (10, None)
    assert seen.levels[0].after is None


def test_a_preview_takes_the_same_rights(company: Company) -> None:
    with pytest.raises(Forbidden):
        previewed(company, "1", by=actor("stock.issue"))
    with pytest.raises(Invalid):
        previewed(company)
