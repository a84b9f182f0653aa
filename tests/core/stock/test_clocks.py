"""The two clocks: when things happened, when they were recorded, and what is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sms_core.shared.errors import Conflict, Forbidden, Invalid, RuleBroken
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.commands import ClosePeriod, IssuedLine, ReceivedLine, ReceiveGoods
from sms_core.stock.periods import Closing
from sms_core.stock.ports import BinFilter, EntryFilter, LevelFilter, PostingFilter
from sms_core.stock.views import PostingView
from tests.core.stock.conftest import CHAI, Company, actor
from tests.core.stock.test_movements import refused

DAY = timedelta(days=1)


def receive(company: Company, quantity: str, at: datetime | None, **rights: Any) -> PostingView:
    line = ReceivedLine(variant_id=CHAI, quantity=Decimal(quantity), unit_cost=Decimal(1))
    order = ReceiveGoods(warehouse_id=company.main.id, lines=(line,), occurred_at=at)
    return company.stock.receive(order, by=rights.get("by", actor()))


def issue(company: Company, quantity: str, at: datetime) -> PostingView:
    line = IssuedLine(variant_id=CHAI, quantity=Decimal(quantity))
    return company.issue_lines(line, occurred_at=at)


def close(company: Company, until: date, note: str = "") -> Closing:
    return company.closing.close(ClosePeriod(closed_until=until, note=note), by=actor())


def on_hand(company: Company, **when: Any) -> Decimal:
    filter = LevelFilter(variant_id=CHAI, **when)
    found = company.stock.levels(filter, PageRequest(), by=actor()).items
    return found[0].on_hand if found else Decimal(0)


def test_without_a_time_it_happens_now(company: Company) -> None:
    view = receive(company, "1", None)

    assert view.occurred_at == view.recorded_at == company.clock.now()


def test_what_is_yet_to_come_is_refused(company: Company) -> None:
    later = company.clock.now() + timedelta(minutes=5, seconds=1)

    error = refused("in_future", receive, company, "1", later)

    assert isinstance(error, RuleBroken)
    assert error.pointer == "/occurred_at"


def test_a_clock_a_little_ahead_means_now(company: Company) -> None:
    view = receive(company, "1", company.clock.now() + timedelta(minutes=5))

    assert view.occurred_at == company.clock.now()


def test_a_day_before_today_takes_a_right_of_its_own(company: Company) -> None:
    limited = actor("stock.backdate")

    receive(company, "1", company.clock.now() - timedelta(hours=9), by=limited)
    with pytest.raises(Forbidden):
        receive(company, "1", company.clock.now() - timedelta(hours=10), by=limited)
    receive(company, "1", company.clock.now() - 400 * DAY)


def test_today_is_the_company_s_day(company: Company) -> None:
    company.repository.zone = ZoneInfo("Asia/Tokyo")
    limited = actor("stock.backdate")

    receive(company, "1", datetime(2026, 3, 1, 15, 0, tzinfo=UTC), by=limited)
    with pytest.raises(Forbidden):
        receive(company, "1", datetime(2026, 3, 1, 14, 59, tzinfo=UTC), by=limited)


def test_what_happened_before_all_clocks_is_refused(company: Company) -> None:
    refused("too_old", receive, company, "1", datetime(1, 1, 1, tzinfo=UTC))


def test_goods_cannot_have_left_before_they_were_there(company: Company) -> None:
    start = company.clock.now()
    receive(company, "10", start - 5 * DAY)
    issue(company, "8", start - 3 * DAY)
    receive(company, "6", start - 1 * DAY)

    error = refused("short_at", issue, company, "3", start - 4 * DAY)

    assert isinstance(error, Conflict)
    assert (start - 3 * DAY).isoformat() in error.detail
    refused("short_at", issue, company, "1", start - 6 * DAY)
    issue(company, "2", start - 4 * DAY)
    assert company.level(CHAI).on_hand == 6


def test_lines_of_a_back_dated_posting_are_summed(company: Company) -> None:
    receive(company, "1", company.clock.now() - 2 * DAY)
    receive(company, "9", None)
    line = IssuedLine(variant_id=CHAI, quantity=Decimal(1))

    when = company.clock.now() - DAY
    with pytest.raises(Conflict) as refusal:
        company.issue_lines(line, line, occurred_at=when)
    assert {error.code for error in refusal.value.errors} == {"short_at"}


def test_moving_within_a_level_in_the_past_takes_nothing_from_it(company: Company) -> None:
    shelf = company.place("SHELF")
    receive(company, "5", None)

    company.move(
        CHAI,
        "5",
        to=company.main.id,
        to_location_id=shelf,
        occurred_at=company.clock.now() - DAY,
    )


def test_an_answer_as_of_a_day_does_not_change_by_what_is_entered_later(company: Company) -> None:
    receive(company, "10", datetime(2026, 3, 1, 12, tzinfo=UTC))
    company.clock.time = datetime(2026, 4, 2, 9, tzinfo=UTC)
    issue(company, "4", datetime(2026, 3, 20, 12, tzinfo=UTC))

    known = {"known_at": date(2026, 4, 1)}
    assert on_hand(company, as_of=date(2026, 3, 31), **known) == 10
    assert on_hand(company, as_of=date(2026, 3, 31)) == 6
    assert on_hand(company, as_of=date(2026, 3, 19)) == 10
    assert on_hand(company, as_of=date(2026, 2, 28)) == 0


def test_a_day_ends_where_the_company_is(company: Company) -> None:
    company.calendar.zone = ZoneInfo("Asia/Tokyo")
    receive(company, "1", datetime(2026, 3, 1, 14, 59, 59, tzinfo=UTC))
    receive(company, "2", datetime(2026, 3, 1, 15, 0, tzinfo=UTC))

    assert on_hand(company, as_of=date(2026, 3, 1)) == 1


def test_entries_and_postings_of_a_day_are_those_of_the_company_s_day(company: Company) -> None:
    company.calendar.zone = ZoneInfo("Asia/Tokyo")
    early = receive(company, "1", datetime(2026, 3, 1, 14, 59, 59, tzinfo=UTC))
    late = receive(company, "2", datetime(2026, 3, 1, 15, 0, tzinfo=UTC))

    def found(**days: date) -> tuple[list[int], list[int]]:
        entries = company.stock.entries(EntryFilter(**days), CursorRequest(), by=actor()).items
        postings = company.stock.postings(PostingFilter(**days), CursorRequest(), by=actor()).items
        return [entry.posting_id for entry in entries], [posting.id for posting in postings]

    assert found(occurred_to=date(2026, 3, 1)) == ([early.id], [early.id])
    assert found(occurred_from=date(2026, 3, 2)) == ([late.id], [late.id])


def test_reorder_levels_are_compared_with_what_is_there_now_only(company: Company) -> None:
    for moment in ("as_of", "known_at"):
        filter = LevelFilter(below_alert=True, **{moment: date(2026, 3, 1)})
        with pytest.raises(Invalid) as refusal:
            company.stock.levels(filter, PageRequest(), by=actor())
        assert refusal.value.pointer == "/below_alert"


def test_what_was_known_of_the_past_has_no_available_figure(company: Company) -> None:
    receive(company, "1", None)
    filter = LevelFilter(as_of=company.clock.now())

    (level,) = company.stock.levels(filter, PageRequest(), by=actor()).items

    assert (level.available, level.value, level.unit_cost) == (None, 1, 1)


def test_bins_are_known_as_of_any_moment(company: Company) -> None:
    shelf = company.place("SHELF")
    receive(company, "5", None)
    company.clock.advance(hours=1)
    company.move(CHAI, "5", to=company.main.id, to_location_id=shelf)

    filter = BinFilter(as_of=company.clock.now() - timedelta(minutes=1))
    (bin,) = company.stock.bins(filter, PageRequest(), by=actor()).items

    assert (bin.location_id, bin.on_hand) == (company.main.default_location_id, 5)


def test_nothing_is_entered_into_closed_days(company: Company) -> None:
    close(company, date(2026, 2, 28))

    error = refused("period_closed", receive, company, "1", datetime(2026, 2, 28, 23, tzinfo=UTC))

    assert isinstance(error, RuleBroken)
    assert error.pointer == "/occurred_at"
    receive(company, "1", datetime(2026, 3, 1, tzinfo=UTC))


def test_what_was_entered_before_the_closing_is_undone_after_it(company: Company) -> None:
    receipt = receive(company, "1", datetime(2026, 2, 20, tzinfo=UTC))
    close(company, date(2026, 2, 28))

    refused("period_closed", company.reverse, receipt, occurred_at=receipt.occurred_at)
    assert company.reverse(receipt).occurred_at == company.clock.now()


def test_only_days_that_are_over_can_be_closed(company: Company) -> None:
    with pytest.raises(RuleBroken) as refusal:
        close(company, date(2026, 3, 2))

    assert refusal.value.pointer == "/closed_until"
    close(company, date(2026, 3, 1))


def test_opening_closed_days_again_takes_a_reason(company: Company) -> None:
    close(company, date(2026, 2, 28))

    with pytest.raises(Invalid) as refusal:
        close(company, date(2026, 1, 31))
    assert refusal.value.pointer == "/note"
    refused("no_change", close, company, date(2026, 2, 28))
    close(company, date(2026, 1, 31), "The invoice of ACME came late")

    receive(company, "1", datetime(2026, 2, 1, tzinfo=UTC))
    records = company.closing.search(PageRequest(), by=actor()).items
    assert [record.closed_until for record in records] == [date(2026, 1, 31), date(2026, 2, 28)]


def test_who_may_not_close_cannot(company: Company) -> None:
    with pytest.raises(Forbidden):
        company.closing.close(
            ClosePeriod(closed_until=date(2026, 2, 1)), by=actor("stock.close_period")
        )
