"""What open orders will bring and take, read from the database."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from config.container import container
from sms_core.stock.ledger_ports import Outlook
from sms_core.stock.picking import InsufficientStock
from sms_core.stock.views import OpenOrder
from tests.adapters.shop import limited_to
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db
MAY, JUNE = datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)


@pytest.fixture
def shop() -> TradingShop:
    return TradingShop()


@pytest.fixture
def chai(shop: TradingShop) -> int:
    id = shop.variant("CHAI")
    shop.receive(id, "10", unit_cost="1")
    return id


def outlook() -> Outlook:
    return container().get(Outlook)  # type: ignore[type-abstract]


def shown(orders: list[OpenOrder]) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return [(o.document.number, o.quantity, o.reserved, o.backordered) for o in orders]


def test_what_suppliers_owe_is_told_in_the_order_of_its_dates(shop: TradingShop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    undated, late = shop.buy(chai, 1), shop.buy(chai, 2, pack_size=12, expected_at=JUNE)
    early = shop.buy(chai, 3, expected_at=MAY, warehouse_id=north.id)
    shop.buy(chai, 9, place=False)
    shop.take_in(shop.buy(chai, 4), 4)
    shop.take_in(late, 1)

    found = outlook().coming([chai], None)[chai]
    assert [(o.document.number, o.quantity, o.warehouse_code) for o in found] == [
        (early.number, 3, "NORTH"),
        (late.number, 12, "MAIN"),
        (undated.number, 1, "MAIN"),
    ]
    assert (found[0].partner, found[0].due_at) == ("Acme", MAY)
    assert len(outlook().coming([chai], frozenset({north.id}))[chai]) == 1
    assert outlook().coming([chai + 99], None) == {}


def test_the_orders_of_a_variant_tell_what_is_promised_and_what_waits(
    shop: TradingShop, chai: int
) -> None:
    north = shop.open_warehouse("NORTH")
    sold = shop.sell(chai, 14, promised_at=MAY)
    waiting = shop.sell(chai, 3)
    shop.send(sold, 6)
    shop.sell(chai, 9, confirm=False)
    bought = shop.buy(chai, 5, warehouse_id=north.id)

    everywhere = outlook().orders(chai, None, None, 10)
    assert shown(everywhere) == [
        (bought.number, 5, 0, 0),
        (sold.number, 8, 4, 4),
        (waiting.number, 3, 0, 3),
    ]
    assert (everywhere[1].partner, everywhere[1].due_at) == ("Ada", MAY)
    assert shown(outlook().orders(chai, north.id, None, 10)) == [(bought.number, 5, 0, 0)]
    assert len(outlook().orders(chai, None, frozenset({shop.main.id}), 10)) == 2
    assert len(outlook().orders(chai, None, None, 1)) == 2


def test_a_refusal_names_the_purchases_one_sees(shop: TradingShop, chai: int) -> None:
    north = shop.open_warehouse("NORTH")
    here = shop.buy(chai, 2, pack_size=12, expected_at=JUNE)
    there = shop.buy(chai, 5, warehouse_id=north.id)

    with pytest.raises(InsufficientStock) as refusal:
        shop.issue(chai, "11")
    assert f"24 on {here.number}, expected 2031-06-01" in refusal.value.detail
    assert f"5 on {there.number} to NORTH" in refusal.value.detail
    assert there.number not in str(outlook().coming([chai], limited_to(shop.main.id).warehouse_ids))
