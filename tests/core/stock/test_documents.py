"""What the ledger and documents know of each other: lines, values, sums, and what is undone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.errors import Conflict, Invalid
from sms_core.shared.paging import CursorRequest
from sms_core.stock.commands import (
    CorrectPosting,
    IssuedLine,
    IssueGoods,
    ReversePosting,
)
from sms_core.stock.documents import Moved, moved_in_all
from sms_core.stock.kinds import Counterpart, Disposition, Kind
from sms_core.stock.ledger import Books
from sms_core.stock.levels import Goods, LevelKey
from sms_core.stock.lines import Counted, Incoming, Line, Outgoing, Promise
from sms_core.stock.ports import PostingFilter
from sms_core.stock.postings import Draft, Posting
from sms_core.stock.views import PostingView
from tests.core.stock.conftest import CHAI, TEA, Company, actor
from tests.core.stock.test_movements import refused

BOUGHT = DocumentRef(DocumentType.PURCHASE_ORDER, 8, "PO-2026-000008")
SOLD = DocumentRef(DocumentType.SALES_ORDER, 8, "SO-2026-000008")


def post(company: Company, kind: Kind, *lines: Line, **draft: Any) -> PostingView:
    with company.uow:
        return company.desk.post(Draft(kind=kind, lines=lines, **draft), actor())


def incoming(company: Company, quantity: str, **line: Any) -> Incoming:
    line = {"counterpart": Counterpart.SUPPLIER, "variant_id": CHAI, **line}
    return Incoming(warehouse_id=company.main.id, quantity=Decimal(quantity), **line)


def outgoing(company: Company, quantity: str, **line: Any) -> Outgoing:
    line = {"counterpart": Counterpart.CUSTOMER, **line}
    return Outgoing(
        variant_id=CHAI, warehouse_id=company.main.id, quantity=Decimal(quantity), **line
    )


def receive(company: Company, quantity: str, **line: Any) -> PostingView:
    line = {"document_line": 81, **line}
    return post(company, Kind.RECEIPT, incoming(company, quantity, **line), document=BOUGHT)


def sums(company: Company, *lines: int, of: DocumentRef = BOUGHT) -> dict[Any, Any]:
    return {
        (m.document_line, m.kind, m.counterpart): (m.quantity, m.value)
        for m in company.repository.moved(of.type, lines)
    }


def test_goods_can_come_at_an_exact_value(company: Company) -> None:
    view = receive(company, "3", value=Decimal("10"))

    entry = view.entries[0]
    assert (entry.value, entry.unit_cost, entry.cost_source) == (10, Decimal("3.333333"), "given")
    level = company.level(CHAI)
    assert (level.value, level.last_cost) == (10, Decimal("3.333333"))


def test_a_value_of_nothing_is_a_gift(company: Company) -> None:
    company.receive(CHAI, "1", unit_cost="7")

    assert receive(company, "3", value=Decimal(0)).entries[0].value == 0
    assert company.level(CHAI).last_cost == 7


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ("-1", "negative", "/lines/0/value"),
        ("0.00001", "too_fine", "/lines/0/value"),
        ("100000000000000", "too_large", "/lines/0/value"),
        ("9000000000", "too_large", "/lines/0/quantity"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    company: Company, value: str, code: str, pointer: str
) -> None:
    assert refused(code, receive, company, "1", value=Decimal(value)).pointer == pointer


def test_goods_come_back_from_a_customer_at_their_value(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="4")
    back = incoming(company, "2", value=Decimal("5"), counterpart=Counterpart.CUSTOMER)

    post(company, Kind.CUSTOMER_RETURN, back, document=SOLD)
    assert company.level(CHAI).value == 45
    scrapped = replace(back, disposition=Disposition.SCRAP, document_line=82)
    view = post(company, Kind.CUSTOMER_RETURN, scrapped, document=SOLD)

    assert [entry.counterpart for entry in view.entries] == ["customer", "scrap"]
    assert sums(company, 82, of=SOLD) == {
        (82, Kind.CUSTOMER_RETURN, Counterpart.CUSTOMER): (2, 5),
        (82, Kind.CUSTOMER_RETURN, Counterpart.SCRAP): (-2, view.entries[1].value),
    }


def test_a_posting_names_its_document_and_its_entries_the_lines(company: Company) -> None:
    view = receive(company, "3")

    posting = company.repository.postings[view.id]
    assert (view.document, posting.document) == (BOUGHT, BOUGHT)
    assert [entry.document_line for entry in posting.entries] == [81]
    found = company.stock.postings(
        PostingFilter(document_type=DocumentType.PURCHASE_ORDER, document_id=8),
        CursorRequest(),
        by=actor(),
    )
    assert [posting.id for posting in found.items] == [view.id]
    other = PostingFilter(document_type=DocumentType.SALES_ORDER, document_id=8)
    assert company.stock.postings(other, CursorRequest(), by=actor()).items == []


def test_a_reversal_belongs_to_the_document_of_what_it_undoes(company: Company) -> None:
    view = receive(company, "3", value=Decimal(6))

    undone = company.reverse(view)

    posting = company.repository.postings[undone.id]
    assert (posting.document, [e.document_line for e in posting.entries]) == (BOUGHT, [81])
    assert company.documents.locked == [BOUGHT]
    assert company.documents.told == [(BOUGHT, posting)]
    assert sums(company, 81) == {(81, Kind.RECEIPT, Counterpart.SUPPLIER): (0, 0)}


def test_what_belongs_to_no_document_is_undone_without_one(company: Company) -> None:
    company.reverse(company.receive(CHAI, "3"))

    assert (company.documents.locked, company.documents.told) == ([], [])


def test_undoing_some_lines_takes_them_off_their_lines(company: Company) -> None:
    lines = (
        incoming(company, "3", document_line=81),
        incoming(company, "4", document_line=82),
        incoming(company, "5", document_line=82, variant_id=TEA),
    )
    view = post(company, Kind.RECEIPT, *lines, document=BOUGHT)

    company.corrections.reverse(ReversePosting(posting_id=view.id, lines=(2,)), by=actor())

    received = {line: moved[0] for (line, *_), moved in sums(company, 81, 82, 83).items()}
    assert received == {81: 3, 82: 5}


def test_a_difference_in_cost_counts_for_no_goods(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="1")
    view = receive(company, "10", unit_cost=Decimal(9))
    company.issue(CHAI, "10")

    company.reverse(view)

    assert sums(company, 81) == {
        (81, Kind.RECEIPT, Counterpart.COST_DIFFERENCE): (0, 40),
        (81, Kind.RECEIPT, Counterpart.SUPPLIER): (0, 0),
    }


def test_promises_of_a_line_move_nothing(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="2")
    promise = Promise(
        variant_id=CHAI, warehouse_id=company.main.id, quantity=Decimal(4), document_line=82
    )
    (id,) = post(company, Kind.RESERVATION, promise, document=SOLD).reservation_ids
    assert (company.promises.stored[id].document_line, sums(company, 82, of=SOLD)) == (82, {})

    shipped = outgoing(company, "3", reservation_id=id, document_line=82)
    post(company, Kind.SHIPMENT, shipped, document=SOLD)

    assert sums(company, 82, of=SOLD) == {(82, Kind.SHIPMENT, Counterpart.CUSTOMER): (-3, -6)}


def test_a_correction_undoes_first_and_tells_the_document_last(company: Company) -> None:
    company.receive(CHAI, "10")
    view = post(company, Kind.SHIPMENT, outgoing(company, "10", document_line=82), document=SOLD)
    order = IssueGoods(
        warehouse_id=company.main.id,
        lines=(IssuedLine(variant_id=CHAI, quantity=Decimal(8)),),
        reason_code="sample",
    )
    command = CorrectPosting(reverse=ReversePosting(posting_id=view.id), instead=order)

    undone, entered = company.corrections.correct(command, by=actor())

    assert (undone.document, entered.document) == (SOLD, None)
    assert [(document, told.id) for document, told in company.documents.told] == [(SOLD, undone.id)]
    assert company.level(CHAI).on_hand == 2


def test_a_document_may_refuse_to_be_undone(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = receive(company, "3")

    def refuse(document: DocumentRef, reversal: Posting, books: Books, by: object) -> None:
        raise Conflict("Some of it was sent back.", code="sent_back")

    monkeypatch.setattr(company.documents, "reversed", refuse)

    refused("sent_back", company.reverse, view)
    assert company.level(CHAI).on_hand == 3


def test_sums_are_picked_by_kind_counterpart_and_way() -> None:
    def moved(kind: Kind, quantity: int, *, in_transit: bool = False) -> Moved:
        return Moved(
            document_line=1,
            kind=kind,
            counterpart=Counterpart.STOCK,
            in_transit=in_transit,
            quantity=Decimal(quantity),
            value=Decimal(2 * quantity),
        )

    found = [
        moved(Kind.DISPATCH, -5),
        moved(Kind.DISPATCH, 5, in_transit=True),
        moved(Kind.ARRIVAL, 2),
    ]

    stock = Counterpart.STOCK
    assert moved_in_all(found, Kind.DISPATCH, stock, in_transit=True) == (5, 10)
    assert moved_in_all(found, Kind.ARRIVAL, stock) == (2, 4)
    assert moved_in_all(found, Kind.TRANSFER, stock) == (0, 0)


def test_only_a_count_may_have_more_than_a_thousand_lines(company: Company) -> None:
    lines = tuple(incoming(company, "1", variant_id=TEA) for _ in range(1_001))
    draft = Draft(kind=Kind.RECEIPT, lines=lines)

    with pytest.raises(Invalid) as error:
        company.ledger.post(draft, by=actor())
    assert error.value.code == "too_many"


def test_a_count_of_a_whole_warehouse_is_posted_by_one(company: Company) -> None:
    """As much work per line as for a tenth of it, or it would take minutes."""

    def seconds(first: int, count: int) -> float:
        ids = range(first, first + count)
        company.repository.goods |= {
            id: Goods(id=id, code=f"V{id}", places=0, cost=Decimal(2)) for id in ids
        }
        lines = tuple(
            Counted(
                variant_id=id,
                warehouse_id=company.main.id,
                location_id=company.main.default_location_id,
                counted_quantity=Decimal(3),
            )
            for id in ids
        )
        draft = Draft(kind=Kind.COUNT, lines=lines)
        began = perf_counter()
        posted = company.ledger.post(draft, by=actor())
        assert len(posted.posting.entries) == count
        return perf_counter() - began

    seconds(100, 100)
    small = seconds(1_000, 500)
    assert seconds(10_000, 10_000) < 20 * max(small, 0.01) * 4
    assert company.repository.levels[LevelKey(19_999, company.main.id)].value == 6
    too_many = (Counted(variant_id=CHAI, warehouse_id=1, counted_quantity=Decimal(1)),) * 10_001
    with pytest.raises(Invalid):
        company.ledger.post(Draft(kind=Kind.COUNT, lines=too_many), by=actor())
