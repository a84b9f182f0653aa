"""Undoing a posting in the back office, alone or with what should have stood there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sms_core.stock.commands import ReceivedLine
from sms_core.stock.postings import NamedLot
from sms_core.stock.views import PostingView
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled, sent
from tests.adapters.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def receipt(shop: Shop) -> PostingView:
    """Ten of CHAI at 2.00, and five of CHEESE, lot L1, at 4.00."""
    lines = [
        ReceivedLine(variant_id=shop.variant("CHAI"), quantity=Decimal(10), unit_cost=Decimal(2)),
        ReceivedLine(
            variant_id=shop.variant("CHEESE", tracks_lots=True),
            quantity=Decimal(5),
            unit_cost=Decimal(4),
            lot=NamedLot(code="L1", expires_on=date(2999, 1, 31)),
        ),
    ]
    return shop.receive_lines(lines)


def url(posting: Any, deed: str) -> str:
    return f"/admin/sms/posting/{posting.id}/{deed}/"


def on_hand() -> dict[str, Decimal]:
    return dict(models.Level.objects.values_list("variant__code", "on_hand"))


# --- reverse -----------------------------------------------------------------------------------
def test_a_posting_is_undone_and_linked_both_ways(owner: Client, receipt: PostingView) -> None:
    assert url(receipt, "reverse") in owner.get(url(receipt, "change")).content.decode()
    page = owner.get(url(receipt, "reverse"))
    assert page.context["title"] == f"Reverse {receipt.number}"
    assert page.context["head"]["lines"].value() == [1, 2]
    seen = owner.post(url(receipt, "reverse"), filled(page, preview="1"))
    assert [change[0] for change in figures(seen)] == [("10", "0"), ("5", "0")]
    assert on_hand() == {"CHAI": 10, "CHEESE": 5}
    data = filled(page, note="keyed in twice")
    first, second = (owner.post(url(receipt, "reverse"), data) for _ in range(2))
    assert (first.status_code, first.url) == (302, second.url)
    undoing = models.Posting.objects.get(reverses_id=receipt.id)
    assert on_hand() == {"CHAI": 0, "CHEESE": 0}
    assert undoing.number in owner.get(url(receipt, "change")).content.decode()
    page = owner.get(url(undoing, "change")).content.decode()
    assert f"/admin/sms/posting/{receipt.id}/change/" in page
    assert "/reverse/" not in page


def test_chosen_lines_are_undone(owner: Client, receipt: PostingView) -> None:
    page = owner.get(url(receipt, "reverse"), {"line": "2"})
    assert page.context["head"]["lines"].value() == [2]
    assert owner.post(url(receipt, "reverse"), filled(page)).status_code == 302
    assert on_hand() == {"CHAI": 10, "CHEESE": 0}
    left = owner.get(url(receipt, "reverse")).context["head"].fields["lines"].choices
    assert [line for line, _ in left] == [1]


def test_what_left_meanwhile_cannot_be_undone(
    owner: Client, shop: Shop, receipt: PostingView
) -> None:
    shop.issue(models.Variant.objects.get(code="CHAI").pk, "8")
    page = owner.post(
        url(receipt, "reverse"), filled(owner.get(url(receipt, "reverse")), note="keep me")
    )
    assert "2 available, 10 asked for" in str(errors(page))
    assert "keep me" in page.content.decode()
    assert not models.Posting.objects.filter(kind="reversal").exists()
    nothing = filled(owner.get(url(receipt, "reverse")))
    del nothing["lines"]
    assert "lines" in errors(owner.post(url(receipt, "reverse"), nothing))


# --- correct -----------------------------------------------------------------------------------
def test_a_correction_opens_filled_and_posts_both(owner: Client, receipt: PostingView) -> None:
    page = owner.get(url(receipt, "correct"), {"line": "2"})
    first = page.context["lines"].forms[0]
    shown = {name: first[name].value() for name in ("variant", "lot", "expires_on", "location")}
    assert shown == {
        "variant": "CHEESE",
        "lot": "L1",
        "expires_on": date(2999, 1, 31),
        "location": "MAIN",
    }
    assert (first["quantity"].value(), first["unit_cost"].value()) == (5, 4)
    address = f"{url(receipt, 'correct')}?line=2"
    data = {**sent(page), "lines-0-quantity": "3"}
    tried = owner.post(address, {**data, "preview": "1"})
    assert figures(tried) == [[("5", "3"), ("0", "0"), ("5", "3"), ("20.00", "12.00")]]
    assert on_hand() == {"CHAI": 10, "CHEESE": 5}
    one, two = owner.post(address, data), owner.post(address, data)
    assert (one.status_code, one.url) == (302, two.url)
    assert on_hand() == {"CHAI": 10, "CHEESE": 3}
    kinds = models.Posting.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["receipt", "reversal", "receipt"]


def test_a_refused_correction_undoes_nothing(owner: Client, receipt: PostingView) -> None:
    page = owner.get(url(receipt, "correct"))
    refused = owner.post(url(receipt, "correct"), {**sent(page), "lines-0-quantity": "0.5"})
    assert "whole numbers only" in errors(refused)["lines-0-quantity"][0]
    assert refused.context["lines"].forms[0]["quantity"].value() == "0.5"
    assert models.Posting.objects.count() == 1


def test_what_somebody_else_undid_meanwhile_is_not_undone_again(
    owner: Client, receipt: PostingView
) -> None:
    address = f"{url(receipt, 'correct')}?line=2"
    data = sent(owner.get(address))
    other = owner.get(url(receipt, "reverse"), {"line": "2"})
    owner.post(url(receipt, "reverse"), filled(other))
    page = owner.post(address, data)
    assert "is undone already" in str(page.context["head"].errors)
    assert on_hand() == {"CHAI": 10, "CHEESE": 0}
    forged = owner.post(address, {**data, "undo": "1;2"})
    assert "undo" in errors(forged)
    assert models.Posting.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [
        ("issue", {"reason_code": "sample"}, {"quantity": "4"}),
        ("scrap", {"reason_code": "damaged"}, {"quantity": "4"}),
        ("adjust", {"reason_code": "lost"}, {"quantity": "-4"}),
        ("transfer", {"to_location": "SHELF"}, {"quantity": "4"}),
        ("send-back", {}, {"quantity": "4"}),
        ("take-back", {}, {"quantity": "4", "disposition": "scrap"}),
        ("take-back", {}, {"quantity": "4", "disposition": "quarantine"}),
    ],
)
def test_every_kind_of_movement_is_corrected_with_its_own_form(
    name: str,
    head: dict[str, str],
    line: dict[str, str],
    owner: Client,
    shop: Shop,
    receipt: PostingView,
) -> None:
    shop.place("SHELF")
    enter = f"/admin/sms/posting/{name}/"
    if name == "transfer":
        head = {**head, "to_warehouse": str(shop.main.id)}
    data = filled(owner.get(enter), {"variant": "CHAI", **line}, **head)
    assert owner.post(enter, data).status_code == 302
    wrong = models.Posting.objects.order_by("-pk")[0]
    before = list(models.Bin.objects.order_by("pk").values_list("pk", "on_hand"))
    page = owner.get(url(wrong, "correct"))
    done = owner.post(url(wrong, "correct"), sent(page))
    assert done.status_code == 302, errors(done)
    assert list(models.Bin.objects.order_by("pk").values_list("pk", "on_hand")) == before
    instead = models.Posting.objects.order_by("-pk")[0]
    assert (instead.kind, instead.reason_code_id) == (wrong.kind, wrong.reason_code_id)


def test_what_has_no_form_is_reversed_instead(owner: Client, receipt: PostingView) -> None:
    revalue = "/admin/sms/posting/revalue/"
    owner.post(revalue, filled(owner.get(revalue), variant="CHAI", unit_cost="3"))
    posting = models.Posting.objects.get(kind="revaluation")
    answer = owner.get(url(posting, "correct"), follow=True)
    assert "reverse it instead" in answer.content.decode()
    assert url(posting, "correct") not in answer.content.decode()
    page = owner.get(url(posting, "reverse"))
    assert owner.post(url(posting, "reverse"), filled(page)).status_code == 302


def test_undoing_is_for_those_who_may(log_in: LogIn, shop: Shop, receipt: PostingView) -> None:
    clerk = log_in("clerk")
    assert "reverse/" not in clerk.get(url(receipt, "change")).content.decode()
    for deed in ("reverse", "correct"):
        assert clerk.get(url(receipt, deed)).status_code == 403
        assert clerk.post(url(receipt, deed), {}).status_code == 403
    elsewhere = log_in("owner", warehouse_ids=[shop.open_warehouse("NORTH").id])
    for deed in ("reverse", "correct"):
        assert elsewhere.get(url(receipt, deed)).status_code == 404
    assert log_in("owner").get("/admin/sms/posting/999999/correct/").status_code == 404
    assert models.Posting.objects.count() == 1
