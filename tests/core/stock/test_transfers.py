"""Goods that go from one warehouse to another: what each state allows, and where they are."""

from __future__ import annotations

from collections.abc import Callable
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
from sms_core.stock.checks import see_that_well_formed
from sms_core.stock.commands import ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import LevelKey
from sms_core.stock.lines import NamedLot
from sms_core.stock.postings import Draft
from sms_core.stock.transfer_commands import (
    ArrivedLine,
    CancelTransfer,
    ChangeTransfer,
    CloseTransfer,
    CreateTransfer,
    DispatchTransfer,
    FoundAt,
    ReceiveTransfer,
    TransferredLine,
)
from sms_core.stock.transfer_lines import put_back
from sms_core.stock.transfer_ports import TransferFilter
from sms_core.stock.transfer_services import TransferDocuments, TransferService
from sms_core.stock.transfers import StockTransfer, TransferState
from tests.core.stock.conftest import CHAI, CHEESE, RIGHTS, TEA, Company
from tests.fakes.documents import InMemoryDocumentNumbers, InMemoryJournal
from tests.fakes.transfers import InMemoryTransferRepository

ALL = RIGHTS | {
    f"stock_transfer.{verb}" for verb in ("view", "add", "change", "delete", "dispatch", "receive")
}


def clerk(*without: str, sees: set[int] | None = None) -> Actor:
    return Actor(
        user_id=7,
        username="anna",
        permissions=ALL - set(without),
        warehouse_ids=None if sees is None else frozenset(sees),
        request_id="req-1",
    )


class Transfers(Company):
    """A company with two warehouses and the service of transfers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.transfers = InMemoryTransferRepository(clock=self.clock, ledger=self.repository)
        self.journal = InMemoryJournal(self.repository)
        self.uow.keepers = (*self.uow.keepers, self.transfers, self.journal)
        self.service = TransferService(
            self.uow,
            self.clock,
            self.transfers,
            self.journal,
            InMemoryDocumentNumbers(self.clock),
            self.warehouses,
            self.repository,
            self.desk,
        )
        keeper = TransferDocuments(self.transfers, self.journal, self.clock)
        self.corrections = CorrectionService(self.uow, self.desk, self.history, keeper)
        self.north = self.open_warehouse("NORTH")
        self.reason_codes.add(ReasonCode(code="short", kinds=(Kind.ADJUSTMENT,)))

    def draft(self, *lines: tuple[Any, ...], by: Actor | None = None) -> StockTransfer:
        command = CreateTransfer(
            from_warehouse_id=self.main.id,
            to_warehouse_id=self.north.id,
            lines=tuple(self.line(*line) for line in lines or [(CHAI, "10")]),
        )
        return self.service.create(command, by=by or clerk())

    @staticmethod
    def line(variant_id: int, quantity: str, lot_code: str | None = None) -> TransferredLine:
        return TransferredLine(variant_id=variant_id, quantity=Decimal(quantity), lot_code=lot_code)

    def send(self, transfer: StockTransfer, **more: Any) -> StockTransfer:
        by = more.pop("by", clerk())
        return self.service.dispatch(DispatchTransfer(id=transfer.id, **more), by=by).document

    def sent(self, *lines: tuple[Any, ...]) -> StockTransfer:
        return self.send(self.draft(*lines))

    def book_in(self, transfer: StockTransfer, *lines: tuple[Any, ...], **more: Any) -> Any:
        arrived = tuple(
            ArrivedLine(line_id=line_id, quantity=Decimal(quantity), **(dict(*rest)))
            for line_id, quantity, *rest in lines
        )
        by = more.pop("by", clerk())
        command = ReceiveTransfer(id=transfer.id, lines=arrived or None, **more)
        return self.service.receive(command, by=by).document

    def close(self, transfer: StockTransfer, **more: Any) -> StockTransfer:
        by = more.pop("by", clerk())
        return self.service.close(CloseTransfer(id=transfer.id, **more), by=by).document

    def cancel(self, transfer: StockTransfer, **more: Any) -> StockTransfer:
        by = more.pop("by", clerk())
        return self.service.cancel(CancelTransfer(id=transfer.id, **more), by=by).document

    def there(self, variant_id: int = CHAI) -> tuple[Decimal, Decimal, Decimal]:
        """What is at the source, on its way and at the target."""
        keys = (
            LevelKey(variant_id, self.main.id),
            LevelKey(variant_id, self.north.id, in_transit=True),
            LevelKey(variant_id, self.north.id),
        )
        return tuple(
            self.repository.levels[key].on_hand if key in self.repository.levels else Decimal(0)
            for key in keys
        )  # type: ignore[return-value]

    def value(self, variant_id: int, warehouse_id: int, *, in_transit: bool = False) -> Decimal:
        return self.repository.levels[LevelKey(variant_id, warehouse_id, in_transit)].value


@pytest.fixture
def company() -> Transfers:
    company = Transfers()
    company.receive(CHAI, "100", unit_cost="2")
    return company


def test_a_draft_gets_a_number_and_moves_nothing(company: Transfers) -> None:
    transfer = company.draft()

    assert (transfer.number, transfer.state) == ("ST-2026-000001", TransferState.DRAFT)
    assert company.there() == (100, 0, 0)
    (event,) = company.service.history(transfer.id, by=clerk())
    assert (event.act, event.username) == ("create", "anna")


def test_what_is_dispatched_is_on_its_way_until_it_arrives(company: Transfers) -> None:
    transfer = company.send(company.draft())

    (line,) = transfer.lines
    assert transfer.state is TransferState.IN_TRANSIT
    assert (line.dispatched_quantity, line.received_quantity) == (10, 0)
    assert company.there() == (90, 10, 0)
    assert company.value(CHAI, company.north.id, in_transit=True) == 20

    transfer = company.book_in(transfer)

    assert transfer.state is TransferState.RECEIVED
    assert transfer.lines[0].received_quantity == 10
    assert company.there() == (90, 0, 10)
    assert company.value(CHAI, company.north.id) == 20


def test_it_may_arrive_in_several_parts(company: Transfers) -> None:
    transfer = company.sent()
    (line,) = transfer.lines

    transfer = company.book_in(transfer, (line.id, "4"))
    assert transfer.state is TransferState.PARTIALLY_RECEIVED
    assert transfer.lines[0].in_transit_quantity == 6
    assert company.there() == (90, 6, 4)

    transfer = company.book_in(transfer, (line.id, "5"))
    assert transfer.state is TransferState.PARTIALLY_RECEIVED
    assert company.book_in(transfer, (line.id, "1")).state is TransferState.RECEIVED
    assert company.there() == (90, 0, 10)


def test_goods_arrive_where_the_line_says(company: Transfers) -> None:
    transfer = company.sent()
    place = company.north.quarantine_location_id

    company.book_in(transfer, (transfer.lines[0].id, "10", {"location_id": place}))

    (bin,) = [
        bin
        for bin in company.repository.levels[LevelKey(CHAI, company.north.id)].bins
        if bin.on_hand
    ]
    assert bin.location.id == place


def test_more_than_is_on_its_way_is_refused_with_the_way_out(company: Transfers) -> None:
    transfer = company.sent()
    (line,) = transfer.lines
    company.book_in(transfer, (line.id, "4"))

    with pytest.raises(Conflict) as refusal:
        company.book_in(transfer, (line.id, "5"), (line.id, "2"))

    assert (refusal.value.code, refusal.value.pointer) == (
        "more_than_dispatched",
        "/lines/1/quantity",
    )
    assert "only 1 of" in refusal.value.detail
    assert "adjustment" in refusal.value.detail
    assert company.there() == (90, 6, 4)


def test_all_that_is_wrong_with_an_arrival_is_said_at_once(company: Transfers) -> None:
    transfer = company.sent()
    (line,) = transfer.lines

    with pytest.raises(DomainError) as refusal:
        company.book_in(transfer, (line.id, "11"), (99, "1"), (line.id, "0"))

    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/lines/0/quantity", "more_than_dispatched"),
        ("/lines/1/line_id", "unknown"),
        ("/lines/2/quantity", "not_positive"),
    ]


def test_an_arrival_of_no_lines_is_none(company: Transfers) -> None:
    transfer = company.sent()
    with pytest.raises(Invalid, match="at least one line"):
        company.service.receive(ReceiveTransfer(id=transfer.id, lines=()), by=clerk())


def test_the_ledgers_refusals_point_to_the_line_of_the_order(company: Transfers) -> None:
    two_lots(company)
    transfer = company.sent((CHEESE, "5"), (CHAI, "1"))
    cheese, chai = transfer.lines

    with pytest.raises(DomainError) as refusal:
        company.book_in(
            transfer,
            (cheese.id, "5", {"location_id": company.north.default_location_id}),
            (chai.id, "1", {"location_id": company.main.default_location_id}),
        )

    assert {error.pointer for error in refusal.value.errors} == {"/lines/1/location_id"}


def two_lots(company: Transfers) -> None:
    """3 that expire later, 3 that expire sooner."""
    for code, day in (("LATE", date(2027, 1, 1)), ("SOON", date(2026, 6, 1))):
        company.receive(CHEESE, "3", unit_cost="1", lot=NamedLot(code=code, expires_on=day))


def lots_at(company: Transfers, key: LevelKey) -> dict[str, Decimal]:
    bins = company.repository.levels[key].bins
    return {bin.lot.code: bin.on_hand for bin in bins if bin.lot and bin.on_hand}


def test_goods_keep_their_lots_and_what_expires_first_arrives_first(company: Transfers) -> None:
    two_lots(company)
    transfer = company.sent((CHEESE, "5"))
    (line,) = transfer.lines
    transit, target = LevelKey(CHEESE, company.north.id, True), LevelKey(CHEESE, company.north.id)
    assert lots_at(company, transit) == {"SOON": 3, "LATE": 2}

    company.book_in(transfer, (line.id, "4"))
    assert lots_at(company, target) == {"SOON": 3, "LATE": 1}

    assert company.book_in(transfer).state is TransferState.RECEIVED
    assert lots_at(company, target) == {"SOON": 3, "LATE": 2}


def test_a_named_lot_arrives_even_if_it_is_spoilt_by_now(company: Transfers) -> None:
    two_lots(company)
    transfer = company.sent((CHEESE, "5"))
    (line,) = transfer.lines
    company.clock.advance(days=365)

    company.book_in(transfer, (line.id, "2", {"lot_code": "late"}))
    with pytest.raises(Conflict, match="CHEESE, lot LATE, only 0"):
        company.book_in(transfer, (line.id, "1", {"lot_code": "LATE"}))
    company.book_in(transfer)

    assert lots_at(company, LevelKey(CHEESE, company.north.id)) == {"LATE": 2, "SOON": 3}


def test_a_transfer_never_takes_the_goods_of_another_one(company: Transfers) -> None:
    two_lots(company)
    mine = company.sent((CHEESE, "2", "LATE"))
    company.sent((CHEESE, "2", "SOON"))

    company.book_in(mine)

    assert lots_at(company, LevelKey(CHEESE, company.north.id)) == {"LATE": 2}
    assert lots_at(company, LevelKey(CHEESE, company.north.id, True)) == {"SOON": 2}


def test_a_document_may_move_more_lots_than_somebody_types_lines(company: Transfers) -> None:
    draft = Draft(kind=Kind.ARRIVAL, lines=tuple(put_back(company.sent())) * 1_001)
    with pytest.raises(Invalid, match="at most 1000"):
        see_that_well_formed(draft)

    of_document = replace(draft, document=company.draft().ref)
    see_that_well_formed(of_document)
    with pytest.raises(Invalid, match="at most 10000"):
        see_that_well_formed(replace(of_document, lines=draft.lines * 10))


def test_goods_leave_the_place_that_is_named(company: Transfers) -> None:
    shelf = company.place("SHELF")
    company.receive(CHAI, "3", unit_cost="2", location_id=shelf)

    with pytest.raises(Conflict) as refusal:
        company.send(company.draft((CHAI, "4")), from_location_id=shelf)
    assert refusal.value.pointer == "/lines/0/quantity"
    company.send(company.draft((CHAI, "3")), from_location_id=shelf)

    bins = company.repository.levels[LevelKey(CHAI, company.main.id)].bins
    assert {bin.location.id: bin.on_hand for bin in bins}[shelf] == 0


def test_what_did_not_arrive_is_written_off_for_a_reason(company: Transfers) -> None:
    transfer = company.sent()
    company.book_in(transfer, (transfer.lines[0].id, "9"))

    done = company.service.close(CloseTransfer(id=transfer.id, reason_code="short"), by=clerk())

    assert done.document.state is TransferState.CLOSED
    assert company.there() == (90, 0, 9)
    (posting,) = done.postings
    assert (posting.kind, posting.reason_code, str(posting.document)) == (
        "adjustment",
        "short",
        transfer.number,
    )


def test_what_was_found_at_the_source_is_put_back_there(company: Transfers) -> None:
    transfer = company.sent()
    company.book_in(transfer, (transfer.lines[0].id, "9"))

    transfer = company.close(transfer, found_at=FoundAt.SOURCE)

    assert transfer.state is TransferState.CLOSED
    assert (transfer.lines[0].dispatched_quantity, transfer.lines[0].received_quantity) == (10, 9)
    assert company.there() == (91, 0, 9)
    assert company.value(CHAI, company.main.id) == 182


@pytest.mark.parametrize("said", [{}, {"reason_code": "short", "found_at": FoundAt.SOURCE}])
def test_closing_says_exactly_one_thing(company: Transfers, said: dict[str, Any]) -> None:
    transfer = company.sent()
    with pytest.raises(Invalid) as refusal:
        company.close(transfer, **said)
    assert refusal.value.code == "one_of"
    assert company.there() == (90, 10, 0)


def test_the_reason_must_be_one_for_losses(company: Transfers) -> None:
    transfer = company.sent()
    with pytest.raises(RuleBroken) as refusal:
        company.close(transfer, reason_code="sample")
    assert refusal.value.code == "reason_not_offered"
    with pytest.raises(Unknown):
        company.close(transfer, reason_code="nonsense")


def test_writing_off_takes_the_rights_of_an_adjustment(company: Transfers) -> None:
    transfer = company.sent()
    with pytest.raises(Forbidden, match=r"stock\.adjust"):
        company.close(transfer, reason_code="short", by=clerk("stock.adjust"))

    company.repository.large_value = Decimal("19.99")
    with pytest.raises(Forbidden, match="so much value"):
        company.close(transfer, reason_code="short", by=clerk("stock.adjust_large"))
    assert company.there() == (90, 10, 0)

    putting_back = clerk("stock.adjust", "stock.adjust_large")
    company.close(transfer, found_at=FoundAt.SOURCE, by=putting_back)


def test_goods_do_not_arrive_before_they_were_sent(company: Transfers) -> None:
    company.clock.advance(days=3)
    transfer = company.sent()

    early = company.clock.now() - timedelta(hours=1)
    with pytest.raises(RuleBroken):
        company.book_in(transfer, occurred_at=early)


def in_state(company: Transfers, state: TransferState) -> StockTransfer:
    transfer = company.draft()
    if state is TransferState.CANCELLED:
        return company.cancel(transfer)
    if state is not TransferState.DRAFT:
        transfer = company.send(transfer)
    if state in {TransferState.PARTIALLY_RECEIVED, TransferState.CLOSED}:
        transfer = company.book_in(transfer, (transfer.lines[0].id, "4"))
    if state is TransferState.RECEIVED:
        transfer = company.book_in(transfer)
    if state is TransferState.CLOSED:
        transfer = company.close(transfer, found_at=FoundAt.SOURCE)
    assert transfer.state is state
    return transfer


ACTS: dict[str, Callable[[Transfers, StockTransfer], Any]] = {
    "dispatch": lambda c, t: c.send(t).state,
    "change": lambda c, t: c.service.change(ChangeTransfer(id=t.id, notes="x"), by=clerk()).state,
    "receive": lambda c, t: c.book_in(t).state,
    "close": lambda c, t: c.close(t, reason_code="short").state,
    "cancel": lambda c, t: c.cancel(t).state,
    "delete": lambda c, t: c.service.delete(t.id, by=clerk()),
    "duplicate": lambda c, t: c.service.duplicate(t.id, by=clerk()).state,
}
DRAFT, IN_TRANSIT = TransferState.DRAFT, TransferState.IN_TRANSIT
LEADS_TO: dict[TransferState, dict[str, TransferState | None]] = {
    DRAFT: {
        "dispatch": IN_TRANSIT,
        "change": DRAFT,
        "cancel": TransferState.CANCELLED,
        "delete": None,
        "duplicate": DRAFT,
    },
    IN_TRANSIT: {
        "receive": TransferState.RECEIVED,
        "close": TransferState.CLOSED,
        "duplicate": DRAFT,
    },
    TransferState.PARTIALLY_RECEIVED: {
        "receive": TransferState.RECEIVED,
        "close": TransferState.CLOSED,
        "duplicate": DRAFT,
    },
    TransferState.RECEIVED: {"duplicate": DRAFT},
    TransferState.CLOSED: {"duplicate": DRAFT},
    TransferState.CANCELLED: {"duplicate": DRAFT},
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", TransferState)
def test_each_state_allows_its_acts_and_no_other(
    company: Transfers, state: TransferState, act: str
) -> None:
    transfer = in_state(company, state)
    before = company.there()

    if act in LEADS_TO[state]:
        assert ACTS[act](company, transfer) is LEADS_TO[state][act]
        return
    with pytest.raises(WrongState) as refusal:
        ACTS[act](company, transfer)
    assert refusal.value.code == "document_state"
    assert all(way in refusal.value.detail for way in LEADS_TO[state])
    assert company.service.get(transfer.id, by=clerk()).state is state
    assert company.there() == before


@pytest.mark.parametrize("state", TransferState)
def test_a_transfer_says_itself_what_it_allows(company: Transfers, state: TransferState) -> None:
    assert set(in_state(company, state).allowed) == set(LEADS_TO[state])


def test_a_draft_can_be_changed_in_every_way(company: Transfers) -> None:
    transfer = company.draft((CHAI, "10"), (TEA, "1"))
    chai, _ = transfer.lines
    south = company.open_warehouse("SOUTH")

    changed = company.service.change(
        ChangeTransfer(
            id=transfer.id,
            version=transfer.version,
            to_warehouse_id=south.id,
            notes="Before noon",
            lines=(
                company.line(TEA, "2"),
                TransferredLine(id=chai.id, variant_id=CHAI, quantity=Decimal(12)),
            ),
        ),
        by=clerk(),
    )

    tea, kept = changed.lines
    assert (kept.id, kept.quantity, tea.variant_id) == (chai.id, 12, TEA)
    assert tea.id not in {line.id for line in transfer.lines}
    event = company.service.history(transfer.id, by=clerk())[-1]
    assert event.changes == {
        "to_warehouse_id": ("NORTH", "SOUTH"),
        "notes": ("", "Before noon"),
        "lines": ("CHAI 10; TEA 1", "TEA 2; CHAI 12"),
    }


@pytest.mark.parametrize(
    ("values", "kind", "pointer"),
    [
        ({"to_warehouse_id": 1}, RuleBroken, "/to_warehouse_id"),
        ({"to_warehouse_id": 99}, Unknown, "/to_warehouse_id"),
        ({"from_warehouse_id": 99}, Unknown, "/from_warehouse_id"),
        ({"lines": ((99, "1"),)}, Unknown, "/lines/0/variant_id"),
        ({"lines": ((CHAI, "1"), (CHAI, "0"))}, Invalid, "/lines/1/quantity"),
        ({"lines": ((CHAI, "-1"),)}, Invalid, "/lines/0/quantity"),
        ({"lines": ((CHAI, "1.5"),)}, RuleBroken, "/lines/0/quantity"),
        ({"lines": ((CHAI, "1", "L1"),)}, RuleBroken, "/lines/0/lot_code"),
        ({"lines": ((CHEESE, "1", " "),)}, Invalid, "/lines/0/lot_code"),
        ({"lines": ((CHAI, "1"),) * 1_001}, Invalid, "/lines"),
        ({"notes": "\x00"}, Invalid, "/notes"),
    ],
)
def test_a_bad_draft_is_refused(
    company: Transfers, values: dict[str, Any], kind: type[DomainError], pointer: str
) -> None:
    if "lines" in values:
        values = {**values, "lines": tuple(company.line(*line) for line in values["lines"])}
    order = {"from_warehouse_id": company.main.id, "to_warehouse_id": company.north.id, **values}

    with pytest.raises(kind) as refusal:
        company.service.create(CreateTransfer(**order), by=clerk())
    assert refusal.value.pointer == pointer

    transfer = company.draft()
    with pytest.raises(kind):
        company.service.change(ChangeTransfer(id=transfer.id, **values), by=clerk())
    assert company.service.get(transfer.id, by=clerk()) == transfer


def test_no_new_line_takes_what_is_not_active_any_more(company: Transfers) -> None:
    company.draft((TEA, "1"))
    company.repository.goods[TEA] = replace(company.repository.goods[TEA], is_active=False)
    with pytest.raises(RuleBroken) as refusal:
        company.draft((TEA, "1"))
    assert (refusal.value.code, refusal.value.pointer) == ("inactive", "/lines/0/variant_id")


def test_a_line_that_is_none_of_the_transfer_is_refused(company: Transfers) -> None:
    transfer, other = company.draft(), company.draft()
    stranger = TransferredLine(id=other.lines[0].id, variant_id=CHAI, quantity=Decimal(1))
    own = TransferredLine(id=transfer.lines[0].id, variant_id=CHAI, quantity=Decimal(1))
    for lines, code in (((stranger,), "unknown"), ((own, own), "duplicate")):
        with pytest.raises(Invalid) as refusal:
            company.service.change(ChangeTransfer(id=transfer.id, lines=lines), by=clerk())
        assert refusal.value.code == code


def test_nothing_to_send_is_not_sent(company: Transfers) -> None:
    transfer = company.draft()
    company.service.change(ChangeTransfer(id=transfer.id, lines=()), by=clerk())
    with pytest.raises(RuleBroken) as refusal:
        company.send(transfer)
    assert refusal.value.code == "no_lines"


def test_what_is_not_there_is_not_sent(company: Transfers) -> None:
    transfer = company.draft((CHAI, "101"))
    with pytest.raises(Conflict) as refusal:
        company.send(transfer)
    assert refusal.value.code == "insufficient_stock"
    assert company.service.get(transfer.id, by=clerk()).state is TransferState.DRAFT


def test_whoever_saw_an_older_version_is_refused(company: Transfers) -> None:
    transfer = company.draft()
    company.service.change(ChangeTransfer(id=transfer.id, notes="x"), by=clerk())
    for act in (
        lambda: company.send(transfer, version=1),
        lambda: company.cancel(transfer, version=1),
        lambda: company.service.change(ChangeTransfer(id=transfer.id, version=1), by=clerk()),
        lambda: company.service.delete(transfer.id, version=1, by=clerk()),
    ):
        with pytest.raises(Stale):
            act()


def test_a_copy_is_a_draft_of_the_same(company: Transfers) -> None:
    two_lots(company)
    transfer = company.sent((CHAI, "10"), (CHEESE, "1", "SOON"))

    copy = company.service.duplicate(transfer.id, by=clerk())

    assert (copy.state, copy.number) == (TransferState.DRAFT, "ST-2026-000002")
    assert [(line.variant_id, line.quantity, line.lot_code) for line in copy.lines] == [
        (CHAI, 10, None),
        (CHEESE, 1, "SOON"),
    ]
    assert copy.lines[0].dispatched_quantity == 0
    (event,) = company.service.history(copy.id, by=clerk())
    assert event.note == f"Copy of {transfer.number}."


def test_a_deleted_draft_can_be_restored(company: Transfers) -> None:
    transfer = company.draft()
    company.service.delete(transfer.id, by=clerk())
    with pytest.raises(NotFound):
        company.service.get(transfer.id, by=clerk())

    company.service.restore(transfer.id, by=clerk())

    acts = [event.act for event in company.service.history(transfer.id, by=clerk())]
    assert acts == ["create", "delete", "restore"]


def test_the_history_names_who_did_what_and_the_postings(company: Transfers) -> None:
    transfer = company.sent()
    company.book_in(transfer, note="One box was open")

    events = company.service.history(transfer.id, by=clerk())
    assert [event.act for event in events] == ["create", "dispatch", "receive"]
    assert events[-1].note == "One box was open"
    found = company.service.postings([transfer], by=clerk())[transfer.id]
    assert [p.kind for p in found] == ["dispatch", "arrival"]
    assert [p.number for p in found] == [events[1].postings[0], events[2].postings[0]]


def undo(company: Transfers, transfer: StockTransfer, which: int) -> StockTransfer:
    posting = company.service.postings([transfer], by=clerk())[transfer.id][which]
    company.corrections.reverse(ReversePosting(posting_id=posting.id), by=clerk())
    return company.service.get(transfer.id, by=clerk())


def test_undoing_an_arrival_sends_the_goods_on_their_way_again(company: Transfers) -> None:
    transfer = company.sent()
    (line,) = transfer.lines
    company.book_in(transfer, (line.id, "4"))
    company.book_in(transfer)

    transfer = undo(company, transfer, 2)
    assert transfer.state is TransferState.PARTIALLY_RECEIVED
    assert transfer.lines[0].in_transit_quantity == 6

    transfer = undo(company, transfer, 1)
    assert transfer.state is TransferState.IN_TRANSIT
    assert company.there() == (90, 10, 0)
    assert [e.act for e in company.service.history(transfer.id, by=clerk())][-2:] == ["reverse"] * 2
    assert company.book_in(transfer).state is TransferState.RECEIVED


def test_undoing_the_dispatch_makes_it_a_draft_again(company: Transfers) -> None:
    transfer = undo(company, company.sent(), 0)

    assert (transfer.state, transfer.lines[0].dispatched_quantity) == (TransferState.DRAFT, 0)
    assert company.there() == (100, 0, 0)
    assert company.send(transfer).state is TransferState.IN_TRANSIT


def test_a_dispatch_is_not_undone_with_the_goods_of_another_transfer(company: Transfers) -> None:
    transfer = company.sent()
    company.book_in(transfer)
    company.sent()  # 10 more of the same are on their way

    with pytest.raises(Conflict) as refusal:
        undo(company, transfer, 0)

    assert refusal.value.code == "built_upon"
    assert company.service.get(transfer.id, by=clerk()).state is TransferState.RECEIVED
    assert company.there() == (80, 10, 10)


@pytest.mark.parametrize("how", [{"reason_code": "short"}, {"found_at": FoundAt.SOURCE}])
def test_undoing_the_closing_opens_it_again(company: Transfers, how: dict[str, Any]) -> None:
    transfer = company.close(company.sent(), **how)

    transfer = undo(company, transfer, 1)

    assert transfer.state is TransferState.IN_TRANSIT
    assert company.there() == (90, 10, 0)


def test_whoever_sees_either_end_sees_the_transfer(company: Transfers) -> None:
    transfer = company.draft()
    south = company.open_warehouse("SOUTH")
    for id in (company.main.id, company.north.id):
        assert company.service.get(transfer.id, by=clerk(sees={id})).id == transfer.id
        found = company.service.search(TransferFilter(), PageRequest(), by=clerk(sees={id}))
        assert found.total == 1
    stranger = clerk(sees={south.id})
    assert company.service.search(TransferFilter(), PageRequest(), by=stranger).total == 0
    for act in (
        lambda: company.service.get(transfer.id, by=stranger),
        lambda: company.service.history(transfer.id, by=stranger),
        lambda: company.service.duplicate(transfer.id, by=stranger),
        lambda: company.service.delete(transfer.id, by=stranger),
        lambda: company.service.change(ChangeTransfer(id=transfer.id), by=stranger),
        lambda: company.send(transfer, by=stranger),
        lambda: company.cancel(transfer, by=stranger),
    ):
        with pytest.raises(NotFound):
            act()


def test_each_end_does_its_own_part(company: Transfers) -> None:
    sender, receiver = clerk(sees={company.main.id}), clerk(sees={company.north.id})
    both = clerk(sees={company.main.id, company.north.id})

    with pytest.raises(Unknown, match="no warehouse"):
        company.draft(by=sender)
    transfer = company.draft(by=both)
    for by in (sender, receiver):
        with pytest.raises(Forbidden):
            company.service.change(ChangeTransfer(id=transfer.id, notes="x"), by=by)
    for act in (company.send, company.cancel):
        with pytest.raises(Forbidden):
            act(transfer, by=receiver)

    transfer = company.send(transfer, by=sender)
    with pytest.raises(Forbidden):
        company.book_in(transfer, by=sender)
    with pytest.raises(Forbidden):
        company.close(transfer, reason_code="short", by=sender)
    company.book_in(transfer, (transfer.lines[0].id, "4"), by=receiver)
    with pytest.raises(Forbidden):
        company.close(transfer, found_at=FoundAt.SOURCE, by=receiver)
    done = company.close(transfer, reason_code="short", by=receiver)
    assert done.state is TransferState.CLOSED


@pytest.mark.parametrize(
    ("right", "act"),
    [
        ("stock_transfer.dispatch", lambda c, t, by: c.send(t, by=by)),
        ("stock_transfer.dispatch", lambda c, t, by: c.cancel(t, by=by)),
        ("stock_transfer.receive", lambda c, t, by: c.book_in(t, by=by)),
        ("stock_transfer.receive", lambda c, t, by: c.close(t, reason_code="short", by=by)),
        ("stock_transfer.add", lambda c, t, by: c.draft(by=by)),
        ("stock_transfer.add", lambda c, t, by: c.service.duplicate(t.id, by=by)),
        ("stock_transfer.delete", lambda c, t, by: c.service.delete(t.id, by=by)),
        ("stock_transfer.delete", lambda c, t, by: c.service.restore(t.id, by=by)),
        ("stock_transfer.change", lambda c, t, by: c.service.change(None, by=by)),
        ("stock_transfer.view", lambda c, t, by: c.service.get(t.id, by=by)),
        ("stock_transfer.view", lambda c, t, by: c.service.history(t.id, by=by)),
        ("stock_transfer.view", lambda c, t, by: c.service.postings([t], by=by)),
        ("stock_transfer.view", lambda c, t, by: c.service.duplicate(t.id, by=by)),
    ],
)
def test_each_act_takes_its_right(company: Transfers, right: str, act: Any) -> None:
    transfer = company.draft()
    with pytest.raises(Forbidden, match=right):
        act(company, transfer, clerk(right))
