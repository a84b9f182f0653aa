"""The pages of documents and receipts lead to their papers, which open under the same log-in."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client

from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.pdf import text_of

_PAPER = re.compile(r'href="(/api/v1/[^"]+)"')


@pytest.fixture
def _demo(db: None) -> None:
    call_command("seed_demo", verbosity=0)


def papers_on(browser: Client, page: str) -> dict[str, str]:
    """The papers that a page leads to: what stands on each, by the end of its address."""
    shown = browser.get(page)
    assert shown.status_code == 200
    found = {}
    for url in _PAPER.findall(shown.content.decode()):
        answer = browser.get(url, HTTP_ACCEPT="text/html,*/*")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        found[url.rstrip("/").rpartition("/")[2]] = text_of(answer.content)
    return found


def change(row: object) -> str:
    """The page of a row."""
    table = type(row)._meta.model_name  # type: ignore[attr-defined]
    return f"/admin/sms/{table}/{row.pk}/change/"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_demo")
def test_documents_lead_to_their_papers(owner: Client) -> None:
    bought = models.PurchaseOrder.objects.get(state="placed")
    part = models.SalesOrder.objects.get(state="partially_shipped")
    draft = models.SalesOrder.objects.get(state="draft")
    waiting = models.SalesOrder.objects.get(customer__code="BAKER")
    count = models.StockCount.objects.get()

    assert bought.number in papers_on(owner, change(bought))["paper"]
    assert papers_on(owner, change(part)).keys() == {"pick-list", "delivery-note"}
    assert papers_on(owner, change(waiting)).keys() == {"pick-list"}
    assert papers_on(owner, change(draft)) == {}
    assert "TEAPOT-1L" in papers_on(owner, change(count))["sheet"]


@pytest.mark.usefixtures("_demo")
def test_a_receipt_leads_to_its_note_and_nothing_else_does(owner: Client) -> None:
    received = models.Posting.objects.get(kind="receipt", reference="K-518")
    note = papers_on(owner, change(received))["goods-received-note"]
    assert "K-518" in note
    assert "12 pc CUP-080 Espresso cup, 80 ml: Damaged, kept to be sent back" in note
    for kind in ("issue", "shipment", "dispatch", "reservation"):
        other = models.Posting.objects.filter(kind=kind).first()
        assert other
        assert papers_on(owner, change(other)) == {}


@pytest.mark.usefixtures("_demo")
def test_what_a_clerk_prints_has_no_prices(log_in: LogIn) -> None:
    bought = models.PurchaseOrder.objects.get(state="placed")
    (text,) = papers_on(log_in("clerk"), change(bought)).values()
    assert "10 × 6 pc" in text
    assert "38.4" not in text
