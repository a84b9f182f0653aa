"""The pages of suppliers and of what they sell."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> TradingShop:
    return TradingShop()


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:sms_{model}_{page}", args=args)


def errors(answer: Any) -> Any:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_a_supplier_is_entered_and_changed(owner: Client, shop: TradingShop) -> None:
    data = {"code": "EX", "name": "Exotic", "email": "a@b.example", "address": "Here"}
    assert owner.post(url("supplier", "add"), data).status_code == 302
    row = models.Supplier.objects.get(code="EX")

    page = url("supplier", "change", row.pk)
    assert owner.post(page, {**data, "name": "Exotica", "version": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.email, row.version) == ("Exotica", "a@b.example", 2)


def test_a_refused_supplier_keeps_what_was_typed(owner: Client, shop: TradingShop) -> None:
    answer = owner.post(url("supplier", "add"), {"code": "acme", "name": "X", "email": ""})

    assert "another supplier" in str(errors(answer)["code"])
    assert answer.context["adminform"].form["name"].value() == "X"
    answer = owner.post(url("supplier", "add"), {"code": "X", "name": "X", "email": "nobody"})
    assert "e-mail" in str(errors(answer)["email"])


def test_the_page_of_a_supplier_shows_items_orders_and_postings(
    owner: Client, shop: TradingShop
) -> None:
    chai = shop.variant("CHAI")
    shop.item(chai, code="A-7", is_preferred=True)
    order = shop.buy(chai, 5)
    shop.take_in(order, 5)

    page = owner.get(url("supplier", "change", shop.acme)).content.decode()

    posting = models.Posting.objects.get(kind="receipt")
    for text in ("A-7", order.number, posting.number):
        assert text in page


def test_a_supplier_with_open_orders_is_not_archived(owner: Client, shop: TradingShop) -> None:
    order = shop.buy(shop.variant("CHAI"), 5)

    answer = owner.post(url("supplier", "delete", shop.acme), {"post": "yes"}, follow=True)

    assert order.number in answer.content.decode()
    assert models.Supplier.objects.get(pk=shop.acme).deleted_at is None


def test_an_item_is_entered_and_preferred(owner: Client, shop: TradingShop) -> None:
    chai = shop.variant("CHAI")
    other = shop.item(chai, shop.supplier("OTHER"), is_preferred=True)
    data = {
        "supplier": shop.acme,
        "variant": chai,
        "code": "A-7",
        "pack_size": "12",
        "unit_cost": "24",
        "lead_days": "14",
        "is_preferred": "on",
    }

    assert owner.post(url("supplieritem", "add"), data).status_code == 302

    row = models.SupplierItem.objects.get(code="A-7")
    assert (row.pack_size, row.unit_cost, row.lead_days, row.is_preferred) == (12, 24, 14, True)
    assert not models.SupplierItem.objects.get(pk=other).is_preferred
    again = owner.post(url("supplieritem", "add"), {**data, "code": "A-8"})
    assert "another supplier item" in str(errors(again)["variant"])


def test_costs_of_items_are_for_those_who_may_see_them(
    owner: Client, log_in: LogIn, shop: TradingShop
) -> None:
    item = shop.item(shop.variant("CHAI"), unit_cost=Decimal(7531))
    page = url("supplieritem", "change", item)
    clerk = log_in("clerk")

    assert "7531" in owner.get(page).content.decode()
    for address in (page, url("supplieritem", "changelist"), url("supplier", "change", shop.acme)):
        answer = clerk.get(address)
        assert answer.status_code == 200
        assert "7531" not in answer.content.decode()


def test_the_list_of_items_takes_as_many_statements_for_many(
    owner: Client, shop: TradingShop, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        shop.item(shop.variant(f"V{number}"))

    with django_assert_max_num_queries(14):
        answer = owner.get(url("supplieritem", "changelist"))
    assert answer.context["cl"].result_count == 12


def test_a_list_sorts_by_the_codes_of_what_its_rows_refer_to(
    owner: Client, shop: TradingShop
) -> None:
    tea, chai = shop.variant("TEA"), shop.variant("chai")
    shop.item(tea)
    shop.item(chai)

    def variants(order: str) -> list[int]:
        page = owner.get(url("supplieritem", "changelist"), {"o": order})
        return [row.variant_id for row in page.context["cl"].result_list]

    assert variants("1") == [chai, tea]
    assert variants("-1") == [tea, chai]
