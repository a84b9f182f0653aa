"""Opening balances pasted from a spreadsheet, and closing the books."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sms_django import models
from sms_django.admin.stock_openings import rows_of
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled, sent
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db
OPEN, CLOSE = "/admin/sms/posting/open/", "/admin/sms/closing/close/"


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.variant("CHAI")
    shop.variant("CHEESE", places=3, tracks_lots=True)
    shop.place("SHELF")
    return shop


def paste(client: Client, text: str, **head: Any) -> Any:
    return client.post(OPEN, filled(client.get(OPEN), pasted=text, **head))


def test_pasted_rows_are_previewed_and_then_posted(owner: Client, shop: Shop) -> None:
    page = paste(
        owner,
        "Code\tLocation\tLot\tExpiry\tQuantity\tCost\n"
        "CHAI\tshelf\t\t\t10\t1,50\n"
        "\n"
        "CHEESE\t\tL1\t31.01.2999\t2,5\t4\n",
    )
    assert errors(page) == {}
    assert figures(page) == [
        [("0", "10"), ("0", "0"), ("0", "10"), ("0.00", "15.00")],
        [("0", "2.5"), ("0", "0"), ("0", "2.5"), ("0.00", "10.00")],
    ]
    assert not models.Posting.objects.exists()
    assert page.context["head"]["pasted"].value() == ""
    data = sent(page)
    assert owner.post(OPEN, data).status_code == 302
    assert owner.post(OPEN, data).status_code == 302
    posting = models.Posting.objects.get()
    assert (posting.kind, posting.entries.count()) == ("opening", 2)
    assert models.Lot.objects.get().expires_on == date(2999, 1, 31)
    assert models.Bin.objects.get(location__code="SHELF").on_hand == 10


def test_all_that_is_wrong_is_said_row_by_row(owner: Client, shop: Shop) -> None:
    page = paste(owner, "CHAI;;;;1,000;2\nCHAI;;;31/01/2030;x;2\n;;;;5;2")
    found = errors(page)
    assert set(found) == {
        "lines-0-quantity",
        "lines-1-expires_on",
        "lines-1-quantity",
        "lines-2-variant",
    }
    assert found["lines-0-quantity"] == ["“1,000” is no number: write it like 1234.5."]
    assert found["lines-1-expires_on"] == ["Write the day like 2027-01-31."]
    page = paste(owner, "NOTHING;;;;5;2\nCHAI;ATTIC;;;5;2\nCHEESE;;;;1;2")
    assert set(errors(page)) == {"lines-0-variant", "lines-1-location"}
    page = paste(owner, "CHAI;;;;1.5;2\nCHEESE;;;;1;2")
    found = errors(page)
    assert "whole numbers only" in found["lines-0-quantity"][0]
    assert any(name.startswith("lines-1") for name in found)
    assert page.context["lines"].forms[0]["quantity"].value() == "1.5"
    assert not models.Posting.objects.exists()


def test_what_cannot_be_taken_over_stays_to_be_mended(owner: Client, shop: Shop) -> None:
    for text, words in (
        ("CHAI;;;;1;2;3", "Row 1 has 7 columns instead of 6."),
        ("CHAI;;;;1;2\n" * 1001, "At most 1000 rows at a time; these are 1001."),
        ("CHAI;" + "x" * 140_000, "This cannot be read as rows"),
    ):
        page = paste(owner, text)
        assert words in errors(page)["pasted"][0]
        assert page.context["head"]["pasted"].value().strip() == text.strip()
    assert not models.Posting.objects.exists()


def test_a_level_is_opened_before_anything_else(owner: Client, shop: Shop) -> None:
    shop.receive(models.Variant.objects.get(code="CHAI").pk, "1")
    page = paste(owner, "CHAI;;;;5;2")
    assert list(errors(page)) == ["lines-0-variant"] or "lines-0-quantity" in errors(page)
    assert models.Posting.objects.count() == 1


def test_a_thousand_rows_are_opened_at_once(owner: Client, shop: Shop) -> None:
    page = paste(owner, "CHAI;;;;1;2\n" * 1000)
    assert errors(page) == {}
    assert figures(page)[0][0] == ("0", "1000")
    data = {name: value for name, value in sent(page).items() if value != ""}
    assert owner.post(OPEN, data).status_code == 302
    assert models.Level.objects.get().on_hand == 1000


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a;b;c;d;1;2", [["a", "b", "c", "d", "1", "2"]]),
        ("a;;;;1 000,5;2", [["a", "", "", "", "1000.5", "2"]]),
        ("a;;;;1,000;1.5", [["a", "", "", "", "1,000", "1.5"]]),
        ("a;;;1.2.2030;1;", [["a", "", "", "2030-02-01", "1", ""]]),
        ("a;;;31.2.2030;1", [["a", "", "", "31.2.2030", "1"]]),
        ('"a;b"\t\t\t\t1\t\t\t', [["a;b", "", "", "", "1", ""]]),
        ("a\r\n\r\nb", [["a"], ["b"]]),
        ("Code;Ort;Los;Ablauf;Menge;Preis\na;;;;1;2", [["a", "", "", "", "1", "2"]]),
    ],
)
def test_rows_are_read_as_spreadsheets_write_them(text: str, rows: list[list[str]]) -> None:
    assert list(rows_of(text)) == rows


# --- periods -----------------------------------------------------------------------------------
def close(client: Client, day: str, **head: Any) -> Any:
    return client.post(CLOSE, filled(client.get(CLOSE), closed_until=day, **head))


def test_the_books_are_closed_and_opened_again_with_a_reason(owner: Client, shop: Shop) -> None:
    month, week = (f"{timezone.now() - timedelta(days=days):%Y-%m-%d}" for days in (30, 7))
    assert close(owner, week, note="October").status_code == 302
    receive = "/admin/sms/posting/receive/"
    data = filled(
        owner.get(receive), {"variant": "CHAI", "quantity": "1"}, occurred_at=f"{week}T10:00"
    )
    assert "The books are closed" in errors(owner.post(receive, data))["occurred_at"][0]
    page = close(owner, month)
    assert errors(page) == {"note": ["Say why closed days are opened again."]}
    assert close(owner, month, note="a late invoice").status_code == 302
    assert owner.post(receive, data).status_code == 302
    rows = owner.get("/admin/sms/closing/").context["cl"].result_list
    assert [row.note for row in rows] == ["a late invoice", "October"]
    assert models.Level.objects.get().on_hand == Decimal(1)


def test_days_to_come_stay_open(owner: Client) -> None:
    page = close(owner, f"{timezone.now():%Y-%m-%d}")
    assert errors(page) == {"closed_until": ["Only days that are over can be closed."]}
    assert errors(close(owner, "")) == {"closed_until": ["This field is required."]}
    assert not models.Closing.objects.exists()


def test_closing_is_for_those_who_may(log_in: LogIn) -> None:
    clerk = log_in("clerk")
    assert clerk.get(CLOSE).status_code == 403
    assert clerk.post(CLOSE, {"closed_until": "2020-01-01"}).status_code == 403
    assert clerk.get("/admin/sms/closing/").status_code == 200
    assert not models.Closing.objects.exists()


def test_a_double_click_closes_once(owner: Client) -> None:
    data = filled(owner.get(CLOSE), closed_until="2020-01-01")
    assert [owner.post(CLOSE, data).status_code for _ in range(2)] == [302, 302]
    assert models.Closing.objects.count() == 1
