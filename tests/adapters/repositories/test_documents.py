"""How documents are kept, shown on stock transfers: on the fakes and in the database alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.shared.documents import DocumentNumbers, DocumentType, Event, Journal
from sms_core.shared.errors import NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_core.stock.transfer_ports import TransferFilter, TransferRepository, TransferSort
from sms_core.stock.transfers import StockTransfer, TransferLine, TransferState
from sms_django import models
from sms_django.repositories.transfers import DjangoTransferRepository
from tests.adapters.shop import SYSTEM, Shop
from tests.fakes.base import FixedClock
from tests.fakes.documents import InMemoryDocumentNumbers, InMemoryJournal
from tests.fakes.stock import (
    InMemoryLedgerRepository,
    InMemoryLocationRepository,
    InMemoryLotRepository,
    InMemoryWarehouseRepository,
)
from tests.fakes.transfers import InMemoryTransferRepository

pytestmark = pytest.mark.django_db


@dataclass
class Kept:
    """A repository, and things that documents may refer to."""

    repository: TransferRepository
    ends: tuple[int, int, int]
    variants: tuple[int, int]

    def new(self, *quantities: str, number: str = "ST-1", **more: Any) -> StockTransfer:
        values = {"from_warehouse_id": self.ends[0], "to_warehouse_id": self.ends[1], **more}
        lines = [self.line(quantity) for quantity in quantities]
        transfer = StockTransfer(number=number, lines=lines, **values)
        self.repository.add(transfer)
        return transfer

    def line(self, quantity: str, **more: Any) -> TransferLine:
        values = {"variant_id": self.variants[0], **more}
        return TransferLine(quantity=Decimal(quantity), **values)

    def found(self, **filter: Any) -> list[str]:
        page = self.repository.search(TransferFilter(**filter), PageRequest())
        assert page.total == len(page.items)
        return [transfer.number for transfer in page.items]


class Ticking(FixedClock):
    """No two things happen at the same time."""

    def now(self) -> datetime:
        self.advance(seconds=1)
        return self.time


def empty_ledger() -> InMemoryLedgerRepository:
    return InMemoryLedgerRepository(
        warehouses=InMemoryWarehouseRepository(),
        locations=InMemoryLocationRepository(),
        lots=InMemoryLotRepository(),
    )


@pytest.fixture(params=["fake", "django"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "fake":
        fake = InMemoryTransferRepository(clock=Ticking(), ledger=empty_ledger())
        return Kept(fake, (1, 2, 3), (1, 2))
    return in_database()


def in_database() -> Kept:
    shop = Shop()
    ends = (shop.main.id, shop.open_warehouse("B").id, shop.open_warehouse("C").id)
    repository = DjangoTransferRepository()
    return Kept(repository, ends, (shop.variant("CHAI"), shop.variant("TEA")))


def test_a_document_comes_back_as_it_was_kept(kept: Kept) -> None:
    transfer = kept.new("1", "2.5", notes="Mind\nthe step")
    transfer.lines[1].lot_code = "L1"
    kept.repository.save(transfer)

    assert transfer.id
    assert all(line.id for line in transfer.lines)
    assert kept.repository.get(transfer.id) == transfer
    assert kept.repository.get_for_update(transfer.id) == transfer
    assert kept.repository.lock_for_archiving([transfer.id]) == [transfer]
    assert kept.repository.hold([transfer.id]) == {transfer.id: transfer}


def test_lines_keep_their_ids_and_their_new_order(kept: Kept) -> None:
    transfer = kept.new("1", "2", "3")
    first, second, third = transfer.lines
    third.quantity = Decimal(30)
    transfer.lines = [third, kept.line("4", variant_id=kept.variants[1]), first]

    kept.repository.save(transfer)

    found = kept.repository.get(transfer.id)
    assert [(line.id, line.quantity) for line in found.lines if line.id != found.lines[1].id] == [
        (third.id, 30),
        (first.id, 1),
    ]
    new = found.lines[1]
    assert (new.variant_id, new.quantity) == (kept.variants[1], 4)
    assert new.id not in {first.id, second.id, third.id}
    assert transfer.lines[1].id == new.id


def test_a_document_may_lose_all_its_lines(kept: Kept) -> None:
    transfer = kept.new("1", "2")
    transfer.lines = []
    kept.repository.save(transfer)
    assert kept.repository.get(transfer.id).lines == []


def test_the_lines_of_others_are_left_alone(kept: Kept) -> None:
    mine, other = kept.new("1", number="ST-1"), kept.new("2", number="ST-2")
    mine.lines = [kept.line("3")]
    kept.repository.save(mine)
    assert kept.repository.get(other.id) == other


def test_of_two_who_change_it_one_is_refused(kept: Kept) -> None:
    transfer = kept.new("1")
    theirs = kept.repository.get(transfer.id)
    kept.repository.save(transfer)
    with pytest.raises(Stale):
        kept.repository.save(theirs)


def test_it_is_archived_and_found_again(kept: Kept) -> None:
    transfer = kept.new("1")
    kept.repository.archive([transfer.id], datetime(2026, 1, 1, tzinfo=UTC))

    with pytest.raises(NotFound):
        kept.repository.get(transfer.id)
    assert kept.found() == []
    assert kept.found(deleted=True) == ["ST-1"]
    assert kept.repository.get_archived_for_update(transfer.id).lines == transfer.lines


def test_lists_are_filtered(kept: Kept) -> None:
    a, b, c = kept.ends
    kept.new("1", number="ST-1", notes="Urgent")
    kept.new("1", number="ST-2", to_warehouse_id=c, state=TransferState.IN_TRANSIT)
    third = kept.new(number="ST-3", from_warehouse_id=b, to_warehouse_id=c)
    third.lines = [kept.line("1", variant_id=kept.variants[1])]
    third.state = TransferState.PARTIALLY_RECEIVED
    kept.repository.save(third)

    assert kept.found() == ["ST-3", "ST-2", "ST-1"]
    assert kept.found(search="urg") == ["ST-1"]
    assert kept.found(search="st-2") == kept.found(number="ST-2") == ["ST-2"]
    assert kept.found(from_warehouse_id=b) == ["ST-3"]
    assert kept.found(to_warehouse_id=c) == ["ST-3", "ST-2"]
    assert kept.found(state=TransferState.IN_TRANSIT) == ["ST-2"]
    assert kept.found(is_open=True) == ["ST-3", "ST-2"]
    assert kept.found(is_open=False) == ["ST-1"]
    assert kept.found(variant_id=kept.variants[1]) == ["ST-3"]
    assert kept.found(visible=frozenset({a})) == ["ST-2", "ST-1"]
    assert kept.found(visible=frozenset({b})) == ["ST-3", "ST-1"]
    assert kept.found(visible=frozenset()) == []


@pytest.mark.parametrize("by", TransferSort)
@pytest.mark.parametrize("descending", [False, True])
def test_lists_are_sorted(kept: Kept, by: TransferSort, descending: bool) -> None:
    for number, state in (("ST-1", "draft"), ("ST-2", "received"), ("ST-3", "in_transit")):
        kept.new(number=number, state=TransferState(state))
    found = kept.found(order=(Order(by, descending),))
    expected = ["ST-1", "ST-3", "ST-2"] if by is TransferSort.STATE else ["ST-1", "ST-2", "ST-3"]
    assert found == (expected[::-1] if descending else expected)


def statements(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_a_thousand_lines_take_as_many_statements_as_two() -> None:
    kept = in_database()
    costs: list[list[int]] = []
    for size in (2, 1_000):
        transfer = StockTransfer(
            from_warehouse_id=kept.ends[0],
            to_warehouse_id=kept.ends[1],
            number=f"ST-{size}",
            lines=[kept.line("1") for _ in range(size)],
        )
        cost = [statements(lambda t=transfer: kept.repository.add(t))]  # type: ignore[misc]
        half = [kept.line("3"), *transfer.lines[: size // 2]]
        half[1].quantity = Decimal(2)
        transfer.lines = half
        cost.append(statements(lambda t=transfer: kept.repository.save(t)))  # type: ignore[misc]
        cost.append(statements(lambda t=transfer: kept.repository.get(t.id)))  # type: ignore[misc]
        costs.append(cost)
    assert costs[0] == costs[1]
    assert max(costs[1]) <= 5


def test_a_list_takes_four_statements_whatever_it_shows() -> None:
    kept = in_database()
    for number in range(5):
        kept.new("1", "2", number=f"ST-{number}")
    assert statements(kept.found) == 4


def test_what_did_not_change_is_not_written() -> None:
    kept = in_database()
    transfer = kept.new("1", "2")
    with CaptureQueriesContext(connection) as captured:
        kept.repository.save(transfer)
    assert not [q for q in captured.captured_queries if "UPDATE sms_stock_transfer_l" in q["sql"]]


@pytest.fixture(params=["fake", "django"])
def numbers(request: pytest.FixtureRequest) -> DocumentNumbers:
    if request.param == "fake":
        return InMemoryDocumentNumbers()
    return container().get(DocumentNumbers)  # type: ignore[type-abstract]


def test_each_type_counts_for_itself(numbers: DocumentNumbers) -> None:
    first = numbers.next(DocumentType.SALES_ORDER)
    prefix, year, serial = first.split("-")
    assert (prefix, len(year), len(serial)) == ("SO", 4, 6)
    assert int(numbers.next(DocumentType.SALES_ORDER).split("-")[2]) == int(serial) + 1
    assert numbers.next(DocumentType.PURCHASE_ORDER).startswith(f"PO-{year}-")
    assert numbers.next(DocumentType.STOCK_TRANSFER).startswith(f"ST-{year}-")
    assert numbers.next(DocumentType.STOCK_COUNT).startswith(f"SC-{year}-")


@pytest.fixture(params=["fake", "django"])
def journal(request: pytest.FixtureRequest) -> Journal:
    if request.param == "fake":
        return InMemoryJournal(empty_ledger())
    return container().get(Journal)  # type: ignore[type-abstract]


def test_the_history_is_kept_in_its_order(journal: Journal) -> None:
    mine, other = (
        StockTransfer(id=id, number=f"ST-{id}", from_warehouse_id=1, to_warehouse_id=2).ref
        for id in (1, 2)
    )
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    events = [
        Event.of("create", by=SYSTEM, at=at),
        Event.of("change", by=SYSTEM, at=at, note="x", changes={"notes": ("", "Urgent")}),
        Event.of("dispatch", by=SYSTEM, at=at, postings=("DSP-2026-000001",)),
    ]
    journal.write(mine, events[0])
    journal.write(other, events[0])
    for event in events[1:]:
        journal.write(mine, event)

    assert journal.of(mine) == events
    assert journal.of(other) == events[:1]
    assert journal.postings(DocumentType.STOCK_TRANSFER, [1, 2], None) == {}


@pytest.mark.parametrize("statement", ["UPDATE {} SET note = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_history(statement: str) -> None:
    ref = StockTransfer(id=1, number="ST-1", from_warehouse_id=1, to_warehouse_id=2).ref
    at = datetime(2026, 3, 2, tzinfo=UTC)
    container().get(Journal).write(ref, Event.of("create", by=SYSTEM, at=at))  # type: ignore[type-abstract]
    table = models.DocumentEvent._meta.db_table
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
