"""Customers: a list like any other, and nobody with open orders leaves it."""

from __future__ import annotations

import pytest

from sms_core.selling.commands import ChangeCustomer
from sms_core.shared.errors import Duplicate, Forbidden, InUse, Invalid
from tests.core.selling.conftest import Shop, seller


def test_a_customer_is_kept_tidy(shop: Shop) -> None:
    customer = shop.customer("  Ada  Lovelace ", code=" A1 ", email="ada@example.org")

    assert (customer.code, customer.name) == ("A1", "Ada  Lovelace")


def test_two_live_customers_never_share_a_code(shop: Shop) -> None:
    shop.customer("Ada", code="A1")

    with pytest.raises(Duplicate) as refusal:
        shop.customer("Bob", code="a1")
    assert refusal.value.pointer == "/code"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"code": " "}, "/code"), ({"name": ""}, "/name"), ({"email": "nobody"}, "/email")],
)
def test_what_no_customer_has_is_refused(shop: Shop, wrong: dict[str, str], pointer: str) -> None:
    customer = shop.customer()

    with pytest.raises(Invalid) as refusal:
        shop.customer_service.change(ChangeCustomer(id=customer.id, **wrong), by=seller())
    assert refusal.value.pointer == pointer


def test_a_customer_with_open_orders_stays(shop: Shop) -> None:
    customer = shop.customer()
    shop.open_documents.customers = {customer.id: "SO-2026-000001"}

    with pytest.raises(InUse, match="SO-2026-000001"):
        shop.customer_service.delete(customer.id, by=seller())

    shop.open_documents.customers = {}
    shop.customer_service.delete(customer.id, by=seller())
    assert shop.customers.visible() == {}


def test_adding_customers_takes_the_right(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        shop.customer_service.delete(1, by=seller("customer.delete"))
