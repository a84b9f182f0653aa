"""Which document stands behind a posting, a reservation and a row of the card, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.stock.desk import PostingDesk
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.lines import Claim, Incoming, Outgoing
from sms_core.stock.postings import Draft
from sms_core.stock.views import PostingView
from tests.adapters.api.orders import POSTINGS, V1, order, refused
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
BOUGHT = DocumentRef(DocumentType.PURCHASE_ORDER, 8, "PO-2026-000008")
SOLD = DocumentRef(DocumentType.SALES_ORDER, 9, "SO-2026-000009")
BOUGHT_JSON = {"type": "purchase_order", "id": 8, "number": "PO-2026-000008"}
SOLD_JSON = {"type": "sales_order", "id": 9, "number": "SO-2026-000009"}


@pytest.fixture
def made() -> dict[str, Any]:
    """Ten received for one order, two of them sent and four reserved for another."""
    shop = Shop()
    goods: dict[str, Any] = {"variant_id": shop.variant("CHAI"), "warehouse_id": shop.main.id}
    supplier, customer = Counterpart.SUPPLIER, Counterpart.CUSTOMER

    def posted(kind: Kind, document: DocumentRef, line: Any) -> PostingView:
        draft = Draft(kind=kind, lines=(line,), document=document)
        with transaction.atomic():
            view: PostingView = shop.service(PostingDesk).post(draft, SYSTEM)
        return view

    bought = Incoming(quantity=Decimal(10), counterpart=supplier, document_line=81, **goods)
    sold = Outgoing(quantity=Decimal(2), counterpart=customer, document_line=91, **goods)
    claimed = Claim(quantity=Decimal(4), document_line=92, **goods)
    return {
        "receipt": posted(Kind.RECEIPT, BOUGHT, bought),
        "shipment": posted(Kind.SHIPMENT, SOLD, sold),
        "reservation": posted(Kind.RESERVATION, SOLD, claimed),
        **goods,
    }


def test_a_posting_names_its_document(api: APIClient, made: dict[str, Any]) -> None:
    assert api.get(f"{POSTINGS}{made['receipt'].id}/").json()["document"] == BOUGHT_JSON
    found = api.get(POSTINGS).json()["results"]
    assert [posting["document"] for posting in found] == [SOLD_JSON, SOLD_JSON, BOUGHT_JSON]


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("document_type=sales_order", ["reservation", "shipment"]),
        ("document_type=sales_order&document_id=9&kind=shipment", ["shipment"]),
        ("document_type=purchase_order&document_id=9", []),
        ("document_type=stock_count", []),
        ("supplier_id=1", []),
        ("customer_id=1", []),
    ],
)
def test_postings_are_found_by_document(
    api: APIClient, made: dict[str, Any], asked: str, kinds: list[str]
) -> None:
    found = api.get(f"{POSTINGS}?{asked}").json()["results"]
    assert [posting["kind"] for posting in found] == kinds


def test_an_unknown_type_of_document_is_refused(api: APIClient, made: dict[str, Any]) -> None:
    status, errors = refused(api.get(f"{POSTINGS}?document_type=invoice"))
    assert (status, [pointer for pointer, _ in errors]) == (400, ["/document_type"])


def test_a_reservation_names_its_document(api: APIClient, made: dict[str, Any]) -> None:
    (id,) = made["reservation"].reservation_ids
    url = f"{V1}/stock/reservations/"

    assert api.get(f"{url}{id}/").json()["document"] == SOLD_JSON
    assert api.get(f"{url}?document_type=sales_order&document_id=9").json()["count"] == 1
    assert api.get(f"{url}?document_id=8").json()["count"] == 0


def test_a_reservation_of_an_order_is_sent_with_the_order(
    api: APIClient, made: dict[str, Any]
) -> None:
    (id,) = made["reservation"].reservation_ids

    answer = order(api, f"reservations/{id}/ship")

    assert refused(answer) == (409, [("", "belongs_to_document")])
    assert "SO-2026-000009" in answer.json()["errors"][0]["detail"]
    assert order(api, f"reservations/{id}/release").status_code == 200


def test_the_card_names_documents(api: APIClient, made: dict[str, Any]) -> None:
    card = api.get(f"{V1}/stock/card/?variant_id={made['variant_id']}").json()

    assert [row["document"] for row in card["results"]] == [BOUGHT_JSON, SOLD_JSON, SOLD_JSON]
