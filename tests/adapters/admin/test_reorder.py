"""Reordering in the back office."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db
PAGE = "/admin/sms/reorderrule/suggestions/"


@pytest.fixture
def shop(db: None) -> TradingShop:
    return TradingShop()


@pytest.fixture
def chai(shop: TradingShop) -> int:
    """A variant that runs short and that ACME sells in packs of 12."""
    id = shop.variant("CHAI", stock_alert=Decimal(10))
    shop.item(id, pack_size=Decimal(12), unit_cost=Decimal(24), lead_days=7)
    shop.receive(id, "4")
    return id


def typed(client: Client, **chosen: str) -> dict[str, Any]:
    """The page as it is filled in: these goods are chosen, so many of each."""
    context = client.get(PAGE).context
    head, lines = context["head"], context["lines"]
    data: dict[str, Any] = {"key": head["key"].value()}
    data |= {f"lines-{n}_FORMS": len(lines.forms) for n in ("TOTAL", "INITIAL")}
    for row in lines.forms:
        for field in row.hidden_fields():
            data[field.html_name] = field.value()
        code = row.suggestion.variant_code
        data[row["quantity"].html_name] = chosen.get(code, row["quantity"].value())
        if code in chosen:
            data[row["chosen"].html_name] = "on"
    return data


def test_a_rule_is_made_and_refused_on_its_page(owner: Client, chai: int) -> None:
    add = reverse("admin:sms_reorderrule_add")
    warehouse = models.Warehouse.objects.get().pk
    data = {"variant": chai, "warehouse": warehouse, "minimum": "10", "maximum": "40"}

    refused = owner.post(add, {**data, "maximum": "9"})
    assert "maximum" in refused.context["adminform"].form.errors
    assert owner.post(add, data).status_code == 302

    rule = models.ReorderRule.objects.get()
    assert (rule.maximum, rule.pack_size) == (40, None)
    assert "CHAI" in owner.get(reverse("admin:sms_reorderrule_changelist")).content.decode()


def test_what_runs_short_is_shown_with_its_sum(owner: Client, shop: TradingShop, chai: int) -> None:
    shop.sell(chai, 6)

    page = owner.get(PAGE)

    (row,) = page.context["lines"].forms
    assert (row.projected, row.sum) == ("-2", "4 on hand − 4 reserved − 2 backordered")
    assert (row.packs, row["quantity"].value()) == ("1 × 12", 12)
    text = page.content.decode()
    assert "Acme" in text
    assert "24.00" in text


def test_the_chosen_become_a_draft_once(owner: Client, chai: int) -> None:
    data = typed(owner, CHAI="24")

    done = owner.post(PAGE, data)
    again = owner.post(PAGE, data)

    order = models.PurchaseOrder.objects.get()
    assert done["Location"] == again["Location"]
    assert done["Location"] == reverse("admin:sms_purchaseorder_change", args=[order.pk])
    assert (order.state, order.lines.get().stock_quantity) == ("draft", 24)


def test_several_drafts_are_shown_in_their_list(
    owner: Client, shop: TradingShop, chai: int
) -> None:
    tea = shop.variant("TEA", stock_alert=Decimal(3))
    shop.item(tea, shop.supplier("OTHER"))

    done = owner.post(PAGE, typed(owner, CHAI="12", TEA="3"), follow=True)

    assert models.PurchaseOrder.objects.count() == 2
    assert next(str(m) for m in done.context["messages"]).endswith("are drafted.")


def test_goods_that_nobody_sells_are_asked_of_whom_one_names(
    owner: Client, shop: TradingShop, chai: int
) -> None:
    shop.variant("TEA", stock_alert=Decimal(3))
    other = shop.supplier("OTHER")
    data = typed(owner, CHAI="12", TEA="3")

    refused = owner.post(PAGE, data)
    assert "Nobody is known to sell TEA" in refused.content.decode()
    assert not models.PurchaseOrder.objects.exists()

    owner.post(PAGE, {**data, "supplier": other})
    found = models.PurchaseOrder.objects.values_list("supplier_id", "lines__variant__code")
    assert set(found) == {(shop.acme, "CHAI"), (other, "TEA")}


def test_a_broken_pack_is_refused_in_its_row(owner: Client, chai: int) -> None:
    answer = owner.post(PAGE, typed(owner, CHAI="13"))

    (row,) = answer.context["lines"].forms
    assert "packs of 12" in str(row.errors["quantity"])
    assert row["chosen"].value()


def test_nothing_chosen_orders_nothing(owner: Client, chai: int) -> None:
    answer = owner.post(PAGE, typed(owner), follow=True)

    assert [str(m) for m in answer.context["messages"]] == ["Choose what to order."]
    assert not models.PurchaseOrder.objects.exists()


def test_the_list_is_narrowed(owner: Client, shop: TradingShop, chai: int) -> None:
    shop.variant("TEA", stock_alert=Decimal(3))

    def codes(query: str) -> list[str]:
        lines = owner.get(f"{PAGE}?{query}").context["lines"].forms
        return [row.suggestion.variant_code for row in lines]

    assert codes("") == ["CHAI", "TEA"]
    assert codes(f"supplier={shop.acme}") == ["CHAI"]
    assert codes("search=te") == ["TEA"]
    assert codes(f"warehouse={shop.main.id}&page=x") == ["CHAI", "TEA"]
    assert codes("search=nothing") == []


def test_the_clerk_looks_without_costs_and_orders_nothing(
    log_in: LogIn, owner: Client, chai: int
) -> None:
    clerk = log_in("clerk")

    page = clerk.get(PAGE)
    assert page.status_code == 200
    assert "24.00" not in page.content.decode()
    assert 'name="lines-0-chosen"' not in page.content.decode()
    clerk.post(PAGE, typed(owner, CHAI="12"))
    assert not models.PurchaseOrder.objects.exists()


def test_the_list_of_levels_tells_what_is_ordered(
    owner: Client, shop: TradingShop, chai: int
) -> None:
    shop.buy(chai, 3, pack_size=12)
    shop.sell(chai, 6)

    page = owner.get(reverse("admin:sms_level_changelist"))

    (row,) = page.context["cl"].result_list
    assert (row.orders.stock_on_order, row.orders.stock_backordered) == (36, 2)
    for name in ("level", "variant", "product"):
        listed = owner.get(reverse(f"admin:sms_{name}_changelist")).content.decode()
        assert ">36<" in listed, name
    assert "backordered" in page.content.decode()
