"""Documents in the ledger's tables: what postings carry out, and what lines have moved."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sms_core.purchasing.commands import CreateSupplier
from sms_core.purchasing.services import SupplierService
from sms_core.selling.commands import CreateCustomer
from sms_core.selling.customers import CustomerService
from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.commands import ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.desk import PostingDesk
from sms_core.stock.documents import Documents, Moved
from sms_core.stock.enquiries import CardQuestion, EnquiryService
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.ledger_ports import ReservationFilter
from sms_core.stock.lines import Claim, Incoming, Line, Moving, Outgoing
from sms_core.stock.ports import PostingFilter
from sms_core.stock.postings import Draft
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.repositories.audit import DjangoLedgerAudit
from sms_django.repositories.ledger_history import DjangoLedgerHistory
from sms_django.repositories.moved import moved, moved_and_promised
from sms_django.repositories.reservations import DjangoReservationRepository
from tests.adapters.shop import SYSTEM, Shop
from tests.fakes.ledger import RecordingDocuments

pytestmark = pytest.mark.django_db
SOLD = DocumentRef(DocumentType.SALES_ORDER, 5, "SO-2026-000005")
BOUGHT = DocumentRef(DocumentType.PURCHASE_ORDER, 5, "PO-2026-000005")
ACME, ADA = CreateSupplier(code="ACME", name="Acme"), CreateCustomer(code="ADA", name="Ada")
SENT = DocumentRef(DocumentType.STOCK_TRANSFER, 5, "ST-2026-000005")


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.north = shop.open_warehouse("NORTH")  # type: ignore[attr-defined]
    shop.chai = shop.variant("CHAI")  # type: ignore[attr-defined]
    return shop


def post(
    shop: Shop, kind: Kind, document: DocumentRef | None, *lines: Line, **header: Any
) -> PostingView:
    with transaction.atomic():
        view: PostingView = shop.service(PostingDesk).post(
            Draft(kind=kind, lines=lines, document=document, **header), SYSTEM
        )
    return view


def incoming(shop: Any, quantity: str, **line: Any) -> Incoming:
    line = {"counterpart": Counterpart.SUPPLIER, **line}
    return Incoming(
        variant_id=shop.chai, warehouse_id=shop.main.id, quantity=Decimal(quantity), **line
    )


def outgoing(shop: Any, quantity: str, **line: Any) -> Outgoing:
    return Outgoing(
        variant_id=shop.chai,
        warehouse_id=shop.main.id,
        quantity=Decimal(quantity),
        counterpart=Counterpart.CUSTOMER,
        **line,
    )


def claim(shop: Any, quantity: str, line: int) -> PostingView | None:
    wanted = Claim(
        variant_id=shop.chai,
        warehouse_id=shop.main.id,
        quantity=Decimal(quantity),
        document_line=line,
        purpose="SO-2026-000005 Ada",
    )
    draft = Draft(kind=Kind.RESERVATION, lines=(wanted,), document=SOLD)
    with transaction.atomic():
        view: PostingView | None = shop.service(PostingDesk).claim(draft, SYSTEM)
    return view


def reverse(shop: Shop, view: PostingView, *lines: int) -> PostingView:
    """Undo it; no capability keeps the documents of these tests."""
    service = replace(shop.service(CorrectionService), documents=RecordingDocuments())
    order = ReversePosting(posting_id=view.id, lines=lines or None)
    undone: PostingView = service.reverse(order, by=SYSTEM)
    return undone


def is_clean() -> bool:
    found = list(DjangoLedgerAudit().findings(lambda done, total: None))
    assert found == []
    return True


def test_a_posting_keeps_its_document_and_its_entries_the_lines(shop: Any) -> None:
    view = post(shop, Kind.RECEIPT, BOUGHT, incoming(shop, "3", document_line=81, value=Decimal(7)))

    assert view.document == BOUGHT
    with transaction.atomic():
        kept = DjangoLedgerHistory().hold_posting(view.id).posting
    assert (kept.document, [entry.document_line for entry in kept.entries]) == (BOUGHT, [81])
    assert (kept.entries[0].value, kept.entries[0].unit_cost) == (7, Decimal("2.333333"))
    assert is_clean()


def test_a_posting_without_a_document_has_none(shop: Any) -> None:
    view = post(shop, Kind.RECEIPT, None, incoming(shop, "3"))

    assert view.document is None
    assert models.Entry.objects.get().document_line is None


def test_postings_are_found_by_document_and_partner(shop: Any) -> None:
    bought = post(shop, Kind.RECEIPT, BOUGHT, incoming(shop, "9"))
    sold = post(shop, Kind.SHIPMENT, SOLD, outgoing(shop, "2"))
    by_hand = post(shop, Kind.RECEIPT, None, incoming(shop, "1"))

    def found(**filter: Any) -> list[int]:
        page = shop.service(StockService).postings(
            PostingFilter(**filter), CursorRequest(), by=SYSTEM
        )
        return [view.id for view in page.items]

    assert found() == [by_hand.id, sold.id, bought.id]
    assert found(document_type=DocumentType.SALES_ORDER) == [sold.id]
    assert found(document_type=DocumentType.PURCHASE_ORDER, document_id=5) == [bought.id]
    assert found(document_type=DocumentType.PURCHASE_ORDER, document_id=6) == []
    supplier_id = shop.service(SupplierService).create(ACME, by=SYSTEM).id
    customer_id = shop.service(CustomerService).create(ADA, by=SYSTEM).id
    delivered = post(shop, Kind.RECEIPT, None, incoming(shop, "1"), supplier_id=supplier_id)
    sent = post(shop, Kind.SHIPMENT, None, outgoing(shop, "1"), customer_id=customer_id)
    assert found(supplier_id=supplier_id) == [delivered.id]
    assert found(customer_id=customer_id) == [sent.id]
    assert found(supplier_id=77) == found(customer_id=77) == []


def test_what_lines_moved_is_summed_and_what_was_undone_cancels_out(shop: Any) -> None:
    lines = (
        incoming(shop, "3", document_line=81, unit_cost=Decimal(2)),
        incoming(shop, "4", document_line=82, unit_cost=Decimal(2)),
    )
    first = post(shop, Kind.RECEIPT, BOUGHT, *lines)
    post(shop, Kind.RECEIPT, BOUGHT, incoming(shop, "2", document_line=81, unit_cost=Decimal(5)))
    post(shop, Kind.SHIPMENT, SOLD, outgoing(shop, "1", document_line=81))
    reverse(shop, first, 2)

    found = moved(DocumentType.PURCHASE_ORDER, [81, 82, 83])

    assert sorted(found, key=lambda one: one.document_line) == [
        Moved(
            document_line=line,
            kind=Kind.RECEIPT,
            counterpart=Counterpart.SUPPLIER,
            in_transit=False,
            quantity=Decimal(quantity),
            value=Decimal(value),
        )
        for line, quantity, value in ((81, 5, 16), (82, 0, 0))
    ]
    (sold,) = moved(DocumentType.SALES_ORDER, [81])
    assert (sold.kind, sold.quantity) == (Kind.SHIPMENT, -1)
    assert moved(DocumentType.STOCK_TRANSFER, [81]) == []
    assert moved(DocumentType.PURCHASE_ORDER, []) == []
    assert is_clean()


def reserved(type: DocumentType, lines: list[int]) -> dict[int, Decimal]:
    found = moved_and_promised(type, lines)[1]
    return {line: sum((one for _, one in kept), Decimal(0)) for line, kept in found.items()}


def test_what_many_lines_moved_takes_one_statement(shop: Any) -> None:
    post(shop, Kind.RECEIPT, BOUGHT, incoming(shop, "3", document_line=81))

    with CaptureQueriesContext(connection) as statements:
        found = moved(DocumentType.PURCHASE_ORDER, range(1, 20_000))
        moved_and_promised(DocumentType.PURCHASE_ORDER, range(1, 20_000))

    assert (len(found), len(statements)) == (1, 2)


def test_claims_make_reservations_of_the_order(shop: Any) -> None:
    post(shop, Kind.RECEIPT, None, incoming(shop, "9"))

    view = claim(shop, "20", 81)

    assert view is not None
    assert (view.kind, view.document) == ("reservation", SOLD)
    kept = DjangoReservationRepository().get(view.reservation_ids[0], None)
    assert (kept.document, kept.document_line, kept.open_quantity) == (SOLD, 81, 9)
    assert reserved(DocumentType.SALES_ORDER, [81, 82]) == {81: 9}
    assert reserved(DocumentType.PURCHASE_ORDER, [81]) == {}
    assert moved(DocumentType.SALES_ORDER, [81]) == []
    assert claim(shop, "1", 82) is None
    assert is_clean()


def test_reservations_are_found_by_document(shop: Any) -> None:
    post(shop, Kind.RECEIPT, None, incoming(shop, "9"))
    claim(shop, "2", 81)
    repository = DjangoReservationRepository()

    def found(**filter: Any) -> int:
        return repository.search(ReservationFilter(**filter), PageRequest()).total

    assert found(document_type=DocumentType.SALES_ORDER, document_id=5) == 1
    assert found(document_type=DocumentType.SALES_ORDER, document_id=6) == 0
    assert found(document_type=DocumentType.PURCHASE_ORDER) == 0


def test_a_shipment_uses_the_reservation_of_its_line(shop: Any) -> None:
    post(shop, Kind.RECEIPT, None, incoming(shop, "9"))
    view = claim(shop, "6", 81)
    assert view is not None
    line = outgoing(shop, "4", document_line=81, reservation_id=view.reservation_ids[0])

    shipped = post(shop, Kind.SHIPMENT, SOLD, line)
    assert reserved(DocumentType.SALES_ORDER, [81]) == {81: 2}
    undone = reverse(shop, shipped)

    assert undone.document == SOLD
    (sum,) = moved(DocumentType.SALES_ORDER, [81])
    assert (sum.kind, sum.counterpart, sum.quantity) == (Kind.SHIPMENT, Counterpart.CUSTOMER, 0)
    assert is_clean()


def test_goods_travel_between_warehouses_and_the_audit_follows(shop: Any) -> None:
    post(shop, Kind.RECEIPT, None, incoming(shop, "9", unit_cost=Decimal(3)))
    way = {"variant_id": shop.chai, "document_line": 91}
    main, north = shop.main.id, shop.north.id
    dispatched = Moving(
        warehouse_id=main, to_warehouse_id=north, to_transit=True, quantity=Decimal(7), **way
    )
    post(shop, Kind.DISPATCH, SENT, dispatched)
    arrived = Moving(
        warehouse_id=north, to_warehouse_id=north, from_transit=True, quantity=Decimal(4), **way
    )
    arrival = post(shop, Kind.ARRIVAL, SENT, arrived)
    back = Moving(
        warehouse_id=north, to_warehouse_id=main, from_transit=True, quantity=Decimal(1), **way
    )
    post(shop, Kind.TRANSFER, SENT, back)
    reverse(shop, arrival)

    found = {(m.kind, m.in_transit): m.quantity for m in moved(DocumentType.STOCK_TRANSFER, [91])}
    assert found == {
        (Kind.DISPATCH, False): -7,
        (Kind.DISPATCH, True): 7,
        (Kind.ARRIVAL, True): 0,
        (Kind.ARRIVAL, False): 0,
        (Kind.TRANSFER, True): -1,
        (Kind.TRANSFER, False): 1,
    }
    on_the_way = models.Level.objects.get(in_transit=True)
    assert (on_the_way.warehouse_id, on_the_way.on_hand, on_the_way.value) == (north, 6, 18)
    assert is_clean()


def test_the_card_says_which_document_it_was(shop: Any) -> None:
    post(shop, Kind.RECEIPT, None, incoming(shop, "9"))
    post(shop, Kind.SHIPMENT, SOLD, outgoing(shop, "2"))

    card = shop.service(EnquiryService).card(
        CardQuestion(variant_id=shop.chai), CursorRequest(), by=SYSTEM
    )

    assert [row.document for row in card.rows] == [None, SOLD]


def test_a_document_is_named_whole_or_not_at_all(shop: Any) -> None:
    post(shop, Kind.RECEIPT, None, incoming(shop, "9"))
    row = models.Posting.objects.get()
    row.pk, row.number, row.document_id = None, "REC-2026-999999", 5

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_documents_of_a_kind_are_kept_by_their_own_part(shop: Any) -> None:
    """Whoever keeps them is made when first asked for."""
    assert isinstance(shop.service(Documents), Documents)
