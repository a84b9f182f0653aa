"""Drafts of sales: what is wanted, at the terms of the product unless somebody says others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sms_core.catalogue.products import TaxMethod
from sms_core.selling.commands import WantedLine
from sms_core.selling.orders import SalesState
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
from tests.core.selling.conftest import CHAI, CHEESE, TEA, Shop, day, seller, want


def test_a_draft_takes_the_terms_of_the_product(shop: Shop) -> None:
    ada = shop.customer("Ada")

    order = shop.draft(want(CHAI, "2"), want(TEA, "3"), customer_id=ada.id, reference=" R1 ")

    assert (order.number, order.state) == ("SO-2026-000001", SalesState.DRAFT)
    assert (order.customer_name, order.reference) == ("Ada", "R1")
    assert order.ordered_at == shop.clock.now()
    chai, tea = order.lines
    assert (chai.terms.unit_price, chai.terms.tax_rate) == (18, 20)
    assert tea.terms.tax_method is TaxMethod.INCLUSIVE
    assert (chai.code, chai.description) == ("CHAI", "Chai")
    assert chai.amount.gross == Decimal("43.20")
    assert (order.amount.net, order.amount.tax) == (46, Decimal("9.20"))
    assert [str(rate) for rate in order.taxes] == ["20.00"]


def test_what_somebody_says_counts_instead(shop: Shop) -> None:
    line = want(CHAI, "2", unit_price="10", discount_percent="50", tax_rate="0")
    order = shop.draft(line, ordered_at=day(1), promised_at=day(9), priority=5)

    assert order.amount.gross == 10
    assert (order.ordered_at, order.promised_at, order.priority) == (day(1), day(9), 5)


def test_money_has_the_places_of_the_currency(shop: Shop) -> None:
    company = shop.companies.get()
    company.change(currency_places=0)
    shop.companies.save(company)

    assert shop.draft(want(CHEESE, "0.5")).amount.net == 6


@pytest.mark.parametrize(
    ("line", "kind", "code", "pointer"),
    [
        (want(None, "1"), Invalid, "required", "/lines/0/variant_id"),
        (want(99, "1"), Unknown, "unknown", "/lines/0/variant_id"),
        (want(CHAI), Invalid, "required", "/lines/0/quantity"),
        (want(CHAI, "0"), Invalid, "not_positive", "/lines/0/quantity"),
        (want(CHAI, "1.5"), RuleBroken, "too_fine", "/lines/0/quantity"),
        (want(CHAI, "1", unit_price="-1"), Invalid, "negative", "/lines/0/unit_price"),
        (want(CHAI, "1", id=5), Unknown, "unknown", "/lines/0/id"),
        (
            want(CHAI, "99999999999", unit_price="999999999"),
            RuleBroken,
            "too_large",
            "/lines/0/unit_price",
        ),
    ],
)
def test_lines_nobody_can_mean_are_refused(
    shop: Shop, line: WantedLine, kind: type[DomainError], code: str, pointer: str
) -> None:
    with pytest.raises(kind) as refusal:
        shop.draft(line)

    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)
    assert shop.orders.stored == {}


def test_all_lines_are_looked_at_before_any_is_refused(shop: Shop) -> None:
    with pytest.raises(Unknown) as refusal:
        shop.draft(want(CHAI, "0.5"), want(CHAI, "1"), want(99, "1"))

    assert [error.pointer for error in refusal.value.errors] == [
        "/lines/0/quantity",
        "/lines/2/variant_id",
    ]


@pytest.mark.parametrize(
    ("wrong", "kind", "pointer"),
    [
        ({"customer_id": 99}, Unknown, "/customer_id"),
        ({"warehouse_id": 99}, Unknown, "/warehouse_id"),
        ({"priority": 1_000_001}, Invalid, "/priority"),
        ({"priority": -1_000_001}, Invalid, "/priority"),
        ({"reference": "x" * 121}, Invalid, "/reference"),
        ({"ship_to": "\0"}, Invalid, "/ship_to"),
    ],
)
def test_headers_nobody_can_mean_are_refused(
    shop: Shop, wrong: dict[str, Any], kind: type[DomainError], pointer: str
) -> None:
    with pytest.raises(kind) as refusal:
        shop.draft(want(CHAI, "1"), **wrong)

    assert refusal.value.pointer == pointer


def test_an_order_has_at_most_a_thousand_lines(shop: Shop) -> None:
    with pytest.raises(Invalid) as refusal:
        shop.draft(*[want(CHAI, "1")] * 1_001)

    assert (refusal.value.code, refusal.value.pointer) == ("too_many", "/lines")


def test_what_is_not_for_sale_is_not_sold(shop: Shop) -> None:
    order = shop.draft(want(CHAI, "1"))
    shop.sell(CHAI, "CHAI", price="18", is_sold=False)

    with pytest.raises(RuleBroken) as refusal:
        shop.draft(want(CHAI, "1"))
    assert (refusal.value.code, refusal.value.pointer) == ("not_for_sale", "/lines/0/variant_id")
    with pytest.raises(RuleBroken) as refusal:
        shop.confirm(order)
    assert refusal.value.code == "not_for_sale"
    # The line that was drafted before may still be counted differently.
    shop.amend(order, lines=(want(CHAI, "2", id=order.lines[0].id),))


def test_warehouses_that_one_does_not_see_do_not_exist(shop: Shop) -> None:
    elsewhere = seller(warehouse_ids=frozenset())

    with pytest.raises(Unknown):
        shop.draft(want(CHAI, "1"), by=elsewhere)
    order = shop.draft(want(CHAI, "1"))
    for use_case in (shop.confirm, shop.amend, shop.cancel):
        with pytest.raises(NotFound):
            use_case(order, by=elsewhere)
    with pytest.raises(NotFound):
        shop.sales.get(order.id, by=elsewhere)


def test_a_draft_changes_line_by_line(shop: Shop) -> None:
    order = shop.draft(want(CHAI, "2", unit_price="10"), want(TEA, "3"))
    chai, tea = order.lines

    done = shop.amend(
        order,
        notes="Ring twice",
        lines=(want(CHEESE, "0.25"), want(None, "5", id=chai.id), want(CHAI, "1", id=tea.id)),
    )

    changed = shop.order(order)
    assert done.postings == ()
    assert [(line.code, line.quantity, line.terms.unit_price) for line in changed.lines] == [
        ("CHEESE", Decimal("0.25"), Decimal("12.5")),
        ("CHAI", 5, 10),
        ("CHAI", 1, 18),
    ]
    assert [line.id for line in changed.lines][1:] == [chai.id, tea.id]
    told = shop.sales.history(order.id, by=seller())[-1]
    assert (told.act, told.changes["notes"]) == ("change", ("", "Ring twice"))
    assert told.changes[f"line {chai.id} (CHAI)"][1] == "5 CHAI at 10, 20% tax exclusive"


def test_a_line_comes_once(shop: Shop) -> None:
    order = shop.draft(want(CHAI, "2"))
    line = want(CHAI, "2", id=order.lines[0].id)

    with pytest.raises(Invalid) as refusal:
        shop.amend(order, lines=(line, line))
    assert refusal.value.pointer == "/lines/1/id"


def test_a_change_of_what_others_changed_meanwhile_is_refused(shop: Shop) -> None:
    order = shop.draft(want(CHAI, "2"))
    shop.amend(order, notes="first")

    with pytest.raises(Stale):
        shop.amend(order, notes="second", version=order.version)


def test_a_copy_is_a_draft_of_the_same(shop: Shop) -> None:
    ada = shop.customer("Ada")
    order = shop.draft(want(CHAI, "2", unit_price="9"), customer_id=ada.id, reference="R1")
    shop.confirm(order)

    copy = shop.sales.duplicate(order.id, by=seller())

    assert (copy.state, copy.number, copy.reference) == (SalesState.DRAFT, "SO-2026-000002", "")
    assert copy.amount == order.amount
    assert copy.lines[0].id != order.lines[0].id


def test_only_drafts_are_archived_and_come_back_if_all_they_name_is_there(shop: Shop) -> None:
    order, other = shop.draft(want(CHAI, "2")), shop.draft(want(TEA, "2"))
    shop.confirm(other)

    shop.sales.delete(order.id, by=seller())
    with pytest.raises(Conflict):
        shop.sales.delete(other.id, by=seller())
    del shop.assortment.articles[CHAI]
    with pytest.raises(Unknown):
        shop.sales.restore(order.id, by=seller())
    shop.sell(CHAI, "CHAI")
    assert shop.sales.restore(order.id, by=seller()).number == order.number


@pytest.mark.parametrize(
    ("act", "lacking"),
    [
        ("draft", "sales_order.add"),
        ("confirm", "sales_order.confirm"),
        ("amend", "sales_order.change"),
        ("allocate", "sales_order.confirm"),
        ("ship", "sales_order.ship"),
        ("take_back", "sales_order.return"),
        ("close", "sales_order.confirm"),
        ("cancel", "sales_order.confirm"),
        ("reopen", "sales_order.confirm"),
        ("sell_now", "sales_order.add"),
        ("sell_now", "sales_order.confirm"),
        ("sell_now", "sales_order.ship"),
    ],
)
def test_each_act_takes_its_right(shop: Shop, act: str, lacking: str) -> None:
    order = shop.draft(want(CHAI, "1"))
    by: Actor = seller(lacking)

    with pytest.raises(Forbidden, match=lacking):
        getattr(shop, act)(*() if act in {"draft", "sell_now"} else (order,), by=by)


def test_amending_what_was_agreed_takes_the_right_to_agree(shop: Shop) -> None:
    order = shop.sold(want(CHAI, "1"))

    with pytest.raises(Forbidden, match=r"sales_order\.confirm"):
        shop.amend(order, notes="x", by=seller("sales_order.confirm"))
    with pytest.raises(Forbidden, match="out_of_turn"):
        shop.allocate(order, out_of_turn=True, by=seller("sales_order.allocate_out_of_turn"))
