"""Goods on their way: sent, arrived, put back and written off, with their lots and values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.stock.commands import IssuedLine, ReceivedLine, ReversePosting
from sms_core.stock.entities import ReasonCode, Warehouse
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.levels import Level, LevelKey
from sms_core.stock.lines import Moving, NamedLot, Outgoing
from sms_core.stock.postings import Draft, Posted
from tests.core.stock.conftest import CHAI, CHEESE, Company, actor
from tests.core.stock.test_movements import refused

TRANSFER = DocumentRef(DocumentType.STOCK_TRANSFER, 3, "ST-2026-000003")


@pytest.fixture
def north(company: Company) -> Warehouse:
    return company.open_warehouse("NORTH")


def post(company: Company, kind: Kind, line: Any, **draft: Any) -> Posted:
    with company.uow:
        return company.ledger.post(
            Draft(kind=kind, lines=(line,), document=TRANSFER, **draft), by=actor()
        )


def dispatch(company: Company, to: Warehouse, quantity: str, variant_id: int = CHAI) -> Posted:
    line = Moving(
        variant_id=variant_id,
        warehouse_id=company.main.id,
        to_warehouse_id=to.id,
        to_transit=True,
        quantity=Decimal(quantity),
        document_line=31,
    )
    return post(company, Kind.DISPATCH, line)


def arrive(
    company: Company, at: Warehouse, quantity: str, variant_id: int = CHAI, **line: Any
) -> Posted:
    moving = Moving(
        variant_id=variant_id,
        warehouse_id=at.id,
        from_transit=True,
        to_warehouse_id=at.id,
        quantity=Decimal(quantity),
        document_line=31,
        **line,
    )
    return post(company, Kind.ARRIVAL, moving)


def on_the_way(company: Company, to: Warehouse, variant_id: int = CHAI) -> Level:
    return company.repository.levels[LevelKey(variant_id, to.id, in_transit=True)]


def test_what_is_sent_is_on_its_way_with_its_value(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    company.receive(CHAI, "10", unit_cost="4")

    posted = dispatch(company, north, "5")

    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (15, 45)
    level = on_the_way(company, north)
    assert (level.on_hand, level.value) == (5, 15)
    assert [bin.location.id for bin in level.bins] == [north.transit_location_id]
    assert [(e.quantity, e.value, e.document_line) for e in posted.posting.entries] == [
        (-5, -15, 31),
        (5, 15, 31),
    ]


def test_what_is_on_its_way_is_nobodys_to_take(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10")
    dispatch(company, north, "5")

    line = IssuedLine(variant_id=CHAI, quantity=Decimal(1))
    refused("insufficient_stock", company.issue_lines, line, warehouse_id=north.id)
    refused("insufficient_stock", company.reserve, CHAI, "1", warehouse_id=north.id)
    place = {"location_id": north.transit_location_id}
    brought = ReceivedLine(variant_id=CHAI, quantity=Decimal(1), **place)
    refused("in_transit", company.receive_lines, brought, warehouse_id=north.id)


def test_it_arrives_in_parts_and_carries_its_value(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    dispatch(company, north, "5")

    arrive(company, north, "2")
    arrive(company, north, "3", to_location_id=north.quarantine_location_id)

    level = company.level(CHAI, north.id)
    assert (level.on_hand, level.value) == (5, 10)
    places = {bin.location.id: bin.on_hand for bin in level.bins}
    assert places == {north.default_location_id: 2, north.quarantine_location_id: 3}
    assert (on_the_way(company, north).on_hand, on_the_way(company, north).value) == (0, 0)


def test_no_more_arrives_than_is_on_its_way(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10")
    dispatch(company, north, "5")
    company.receive(CHAI, "7", warehouse_id=north.id)

    error = refused("insufficient_stock", arrive, company, north, "6")

    assert "transit to NORTH" in error.detail
    assert "available in" not in error.detail


def test_lots_travel_and_arrive_even_expired(company: Company, north: Warehouse) -> None:
    for code, expires_on in (("OLD", date(2026, 3, 2)), ("NEW", date(2026, 5, 1))):
        company.receive(CHEESE, "4", lot=NamedLot(code=code, expires_on=expires_on))
    dispatch(company, north, "6", CHEESE)
    company.clock.advance(days=2)

    arrive(company, north, "6", CHEESE)

    level = company.level(CHEESE, north.id)
    lots = {bin.lot.code: bin.on_hand for bin in level.bins if bin.lot}
    assert lots == {"OLD": 4, "NEW": 2}


def test_a_named_lot_arrives(company: Company, north: Warehouse) -> None:
    for code in ("A", "B"):
        company.receive(CHEESE, "4", lot=NamedLot(code=code))
    dispatch(company, north, "8", CHEESE)

    arrive(company, north, "3", CHEESE, lot_code="B")

    level = on_the_way(company, north, CHEESE)
    assert {bin.lot.code: bin.on_hand for bin in level.bins if bin.lot} == {"A": 4, "B": 1}


def test_what_did_not_arrive_can_go_back(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    dispatch(company, north, "5")
    back = Moving(
        variant_id=CHAI,
        warehouse_id=north.id,
        from_transit=True,
        to_warehouse_id=company.main.id,
        quantity=Decimal(2),
        document_line=31,
    )

    post(company, Kind.TRANSFER, back)

    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (7, 14)
    assert on_the_way(company, north).on_hand == 3


def test_what_did_not_arrive_can_be_written_off_with_a_reason(
    company: Company, north: Warehouse
) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    dispatch(company, north, "5")
    lost = Outgoing(
        variant_id=CHAI,
        warehouse_id=north.id,
        from_transit=True,
        quantity=Decimal(5),
        counterpart=Counterpart.ADJUSTMENT,
        document_line=31,
    )
    refused("reason_required", post, company, Kind.ADJUSTMENT, lost)
    reason = ReasonCode(code="transfer-shortage", kinds=(Kind.ADJUSTMENT,))

    posted = post(company, Kind.ADJUSTMENT, lost, reason=reason)

    assert [(e.quantity, e.value) for e in posted.posting.entries] == [(-5, -10)]
    assert (on_the_way(company, north).on_hand, on_the_way(company, north).value) == (0, 0)
    assert company.level(CHAI).on_hand == 5


def test_a_dispatch_is_undone_while_nothing_arrived(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    sent = dispatch(company, north, "5").posting

    undone = company.corrections.reverse(ReversePosting(posting_id=sent.id), by=actor())

    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (10, 20)
    assert on_the_way(company, north).on_hand == 0
    assert undone.document == TRANSFER
    assert company.documents.locked == [TRANSFER]
    assert [document for document, _ in company.documents.told] == [TRANSFER]
    moved = company.repository.moved(DocumentType.STOCK_TRANSFER, [31])
    assert {(m.kind, m.quantity, m.value) for m in moved} == {(Kind.DISPATCH, 0, 0)}


def test_a_dispatch_is_not_undone_once_it_arrived(company: Company, north: Warehouse) -> None:
    company.receive(CHAI, "10")
    sent = dispatch(company, north, "5").posting
    arrived = arrive(company, north, "5").posting

    order = ReversePosting(posting_id=sent.id)
    refused("insufficient_stock", company.corrections.reverse, order, by=actor())
    company.corrections.reverse(ReversePosting(posting_id=arrived.id), by=actor())
    assert on_the_way(company, north).on_hand == 5
    company.corrections.reverse(order, by=actor())

    assert company.level(CHAI).on_hand == 10


def test_what_a_line_moved_is_told_apart_by_kind_and_way(
    company: Company, north: Warehouse
) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    dispatch(company, north, "5")
    arrive(company, north, "2")

    moved = company.repository.moved(DocumentType.STOCK_TRANSFER, [31, 32])

    assert {(m.kind, m.in_transit): (m.quantity, m.value) for m in moved} == {
        (Kind.DISPATCH, False): (-5, -10),
        (Kind.DISPATCH, True): (5, 10),
        (Kind.ARRIVAL, True): (-2, -4),
        (Kind.ARRIVAL, False): (2, 4),
    }
    assert company.repository.moved(DocumentType.SALES_ORDER, [31]) == []
