"""Archiving and drafting at once: either the document names nothing archived, or nothing goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sms_core.catalogue.product_services import ProductService
from sms_core.purchasing.services import SupplierService
from sms_core.selling.customers import CustomerService
from sms_core.shared.errors import InUse, NotFound, Unknown
from sms_core.stock.places import WarehouseService
from sms_django import models
from tests.adapters.repositories.test_ledger_concurrency import (  # noqa: F401 (a fixture)
    at_once,
    no_deadlocks,
    unexpected,
)
from tests.adapters.shop import SYSTEM
from tests.adapters.trade import TradingShop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_deadlocks")]
ROUNDS = 4
Things = dict[str, int]


def bought(shop: TradingShop, things: Things) -> Any:
    shop.acme = things["supplier"]
    return shop.buy(things["variant"], 1, warehouse_id=things["warehouse"])


def sold(shop: TradingShop, things: Things) -> Any:
    shop.ada = things["customer"]
    return shop.sell(things["variant"], 1, warehouse_id=things["warehouse"])


def made(shop: TradingShop, n: int) -> Things:
    """A partner of each kind, something to trade and a place for it, that nobody uses yet."""
    variant_id = shop.variant(f"V{n}")
    return {
        "supplier": shop.supplier(f"S{n}"),
        "customer": shop.customer(f"C{n}"),
        "variant": variant_id,
        "product": models.Variant.objects.get(pk=variant_id).product_id,
        "warehouse": shop.open_warehouse(f"W{n}").id,
    }


@pytest.mark.parametrize(
    ("draft", "service", "thing"),
    [
        (bought, SupplierService, "supplier"),
        (bought, ProductService, "product"),
        (bought, WarehouseService, "warehouse"),
        (sold, CustomerService, "customer"),
        (sold, ProductService, "product"),
        (sold, WarehouseService, "warehouse"),
    ],
)
def test_nothing_is_archived_that_is_being_put_on_paper(
    draft: Callable[[TradingShop, Things], Any], service: type[Any], thing: str
) -> None:
    shop = TradingShop()
    keeper = shop.service(service)
    for n in range(ROUNDS):
        things = made(shop, n)

        outcomes = at_once(
            lambda things=things: draft(shop, things),
            lambda things=things: keeper.delete(things[thing], by=SYSTEM),
            lambda things=things: keeper.bulk_delete([things[thing]], by=SYSTEM),
        )

        assert unexpected(outcomes, Unknown, InUse, NotFound) == []
        is_drafted = not isinstance(outcomes[0], Exception)
        row = _TABLES[thing].objects.get(pk=things[thing])
        assert (row.deleted_at is None) == is_drafted


_TABLES: dict[str, Any] = {
    "supplier": models.Supplier,
    "customer": models.Customer,
    "product": models.Product,
    "warehouse": models.Warehouse,
}
