"""Promises: what can be reserved, who gets it, and what facts do to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.errors import Conflict, Forbidden, NotFound, RuleBroken
from sms_core.shared.paging import PageRequest
from sms_core.stock.commands import (
    AdjustedLine,
    ReleaseReservation,
    ReserveStock,
    ShipReservation,
)
from sms_core.stock.ledger_ports import (
    ReservationFilter,
)
from sms_core.stock.lines import NamedLot
from sms_core.stock.views import PostingView
from tests.core.stock.conftest import CHAI, CHEESE, Company, actor
from tests.core.stock.test_movements import refused


def ship(company: Company, id: int, quantity: str | None = None, **order: Any) -> PostingView:
    given = None if quantity is None else Decimal(quantity)
    return company.reservations.ship(
        ShipReservation(reservation_id=id, quantity=given, **order), by=actor()
    )


def release(company: Company, id: int, quantity: str | None = None, **order: Any) -> PostingView:
    given = None if quantity is None else Decimal(quantity)
    return company.reservations.release(
        ReleaseReservation(reservation_id=id, quantity=given, **order), by=actor()
    )


def open_quantity(company: Company, id: int) -> Decimal:
    return company.reservations.get(id, by=actor()).open_quantity


def test_reserved_goods_are_not_available_to_others(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "8", purpose="Ada")

    assert (company.level(CHAI).on_hand, company.level(CHAI).reserved) == (10, 8)
    error = refused("insufficient_stock", company.issue, CHAI, "3")
    assert "8 for Ada" in error.detail
    company.issue(CHAI, "2")


def test_only_what_is_available_can_be_reserved(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "8")

    error = refused("insufficient_stock", company.reserve, CHAI, "3")

    assert error.pointer == "/quantity"


def test_goods_in_quarantine_cannot_be_reserved(company: Company) -> None:
    company.receive(CHAI, "10", location_id=company.main.quarantine_location_id)

    refused("insufficient_stock", company.reserve, CHAI, "1")


def test_a_promise_cannot_be_over_before_it_is_made(company: Company) -> None:
    company.receive(CHAI, "10")

    refused("in_past", company.reserve, CHAI, "1", expires_at=company.clock.now())


def test_a_reservation_is_sent_once(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    id = company.reserve(CHAI, "8")

    view = ship(company, id)

    entry = view.entries[0]
    assert (view.kind, entry.quantity, entry.reserved, entry.value) == ("shipment", -8, -8, -16)
    assert (company.level(CHAI).on_hand, company.level(CHAI).reserved) == (2, 0)
    refused("not_open", ship, company, id)
    refused("not_open", release, company, id)


def test_a_reservation_may_be_sent_in_parts(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "8")

    ship(company, id, "3")

    assert open_quantity(company, id) == 5
    refused("over_reserved", ship, company, id, "6")
    refused("over_reserved", release, company, id, "6")


def test_a_shipment_does_not_take_what_others_were_promised(company: Company) -> None:
    company.receive(CHEESE, "4", lot=NamedLot(code="A"))
    id = company.reserve(CHEESE, "2")
    company.reserve(CHEESE, "2")

    ship(company, id)

    assert (company.level(CHEESE).on_hand, company.level(CHEESE).reserved) == (2, 2)


def test_a_shipment_may_name_its_place(company: Company) -> None:
    shelf = company.place("SHELF")
    company.receive(CHAI, "10")
    company.receive(CHAI, "2", location_id=shelf)
    id = company.reserve(CHAI, "3")

    assert ship(company, id, "2", location_id=shelf).entries[0].location_id == shelf
    refused("insufficient_stock", ship, company, id, location_id=shelf)


def test_a_release_makes_goods_available_again(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "8")

    release(company, id, "3")
    assert (open_quantity(company, id), company.level(CHAI).reserved) == (5, 5)
    release(company, id)
    assert company.level(CHAI).reserved == 0


def test_a_reservation_elsewhere_does_not_exist(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "8")
    blind = actor(warehouse_ids=frozenset())

    for ask in (
        lambda: company.reservations.get(id, by=blind),
        lambda: company.reservations.ship(ShipReservation(reservation_id=id), by=blind),
        lambda: company.reservations.release(ReleaseReservation(reservation_id=id), by=blind),
    ):
        with pytest.raises(NotFound):
            ask()
    found = company.reservations.search(ReservationFilter(), PageRequest(), by=blind)
    assert found.total == 0


def test_who_may_not_reserve_cannot(company: Company) -> None:
    with pytest.raises(Forbidden):
        company.reservations.reserve(
            ReserveStock(variant_id=CHAI, warehouse_id=company.main.id, quantity=Decimal(1)),
            by=actor("stock.reserve"),
        )


def test_an_expired_promise_counts_until_it_is_released(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "8", expires_at=company.clock.now() + timedelta(hours=1))
    company.clock.advance(hours=2)

    assert company.level(CHAI).reserved == 8
    assert company.reservations.release_expired(by=actor()) == 1
    assert (company.level(CHAI).reserved, open_quantity(company, id)) == (0, 0)
    assert company.reservations.release_expired(by=actor()) == 0


def test_expired_promises_are_released_before_stock_is_refused(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "8", expires_at=company.clock.now() + timedelta(hours=1))
    kept = company.reserve(CHAI, "1")
    company.clock.advance(hours=2)

    company.issue(CHAI, "9")

    kinds = [p.kind.value for p in company.repository.postings.values()]
    assert kinds[-2:] == ["release", "issue"]
    assert company.repository.postings[len(kinds) - 1].username == "System"
    assert (company.level(CHAI).reserved, open_quantity(company, kept)) == (1, 1)


def test_a_refusal_leaves_expired_promises_as_they_were(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "8", expires_at=company.clock.now() + timedelta(hours=1))
    company.clock.advance(hours=2)

    refused("insufficient_stock", company.issue, CHAI, "11")

    assert (company.level(CHAI).reserved, open_quantity(company, id)) == (8, 8)


def test_facts_that_leave_less_than_is_promised_say_for_whom(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "8", purpose="Ada")

    error = refused("reserved", company.scrap, CHAI, "5")

    assert isinstance(error, Conflict)
    assert "8 for Ada" in error.detail
    assert error.pointer == "/lines/0/quantity"
    company.scrap(CHAI, "2")


def test_facts_release_the_newest_promises_first_in_the_same_posting(company: Company) -> None:
    company.receive(CHAI, "10")
    old = company.reserve(CHAI, "4")
    new = company.reserve(CHAI, "5")

    view = company.scrap(CHAI, "7", release_reserved=True)

    assert [(e.quantity, e.reserved) for e in view.entries] == [(0, -5), (0, -1), (-7, 0)]
    assert (open_quantity(company, old), open_quantity(company, new)) == (3, 0)
    assert (company.level(CHAI).on_hand, company.level(CHAI).reserved) == (3, 3)


def test_facts_take_no_more_than_is_there_whatever_they_release(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "4")

    refused("insufficient_stock", company.scrap, CHAI, "11", release_reserved=True)


def test_a_count_below_what_is_promised_releases_the_difference(company: Company) -> None:
    company.receive(CHAI, "10")
    id = company.reserve(CHAI, "10")
    line = AdjustedLine(variant_id=CHAI, counted_quantity=Decimal(7))

    refused("reserved", company.adjust, line)
    company.adjust(line, release_reserved=True)

    assert open_quantity(company, id) == 7


def test_quarantine_cannot_keep_a_promise(company: Company) -> None:
    company.receive(CHAI, "5")
    company.receive(CHAI, "5", location_id=company.main.quarantine_location_id)
    company.reserve(CHAI, "5")

    refused("reserved", company.scrap, CHAI, "1")


def test_scrapping_what_could_not_keep_a_promise_breaks_none(company: Company) -> None:
    quarantine = company.main.quarantine_location_id
    company.receive(CHAI, "5")
    company.receive(CHAI, "5", location_id=quarantine)
    company.reserve(CHAI, "5")

    company.adjust(AdjustedLine(variant_id=CHAI, quantity=Decimal(-5), location_id=quarantine))

    assert (company.level(CHAI).on_hand, company.level(CHAI).reserved) == (5, 5)


def test_a_shipment_or_release_is_not_earlier_than_its_promise(company: Company) -> None:
    company.receive(CHAI, "10")
    before = company.clock.now() - timedelta(hours=1)
    id = company.reserve(CHAI, "8")

    for resolve in (ship, release):
        error = refused("before_origin", resolve, company, id, occurred_at=before)
        assert isinstance(error, RuleBroken)
        assert error.pointer == "/occurred_at"


def test_facts_cannot_release_a_promise_before_it_was_made(company: Company) -> None:
    company.receive(CHAI, "10")
    company.clock.advance(hours=2)
    company.reserve(CHAI, "8")
    before = company.clock.now() - timedelta(hours=1)

    refused("before_origin", company.scrap, CHAI, "5", release_reserved=True, occurred_at=before)


def test_lists_find_promises_by_purpose_and_what_is_open(company: Company) -> None:
    company.receive(CHAI, "10")
    ship(company, company.reserve(CHAI, "1", purpose="Ada"))
    company.reserve(CHAI, "2", purpose="Ada Lovelace")

    found = company.reservations.search(
        ReservationFilter(search="ada", is_open=True), PageRequest(), by=actor()
    )

    assert [r.quantity for r in found.items] == [2]
