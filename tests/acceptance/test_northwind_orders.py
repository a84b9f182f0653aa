"""Northwind's orders of two years, replayed over the API, leave the stock its files tell of."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from config.container import container
from sms_core.access.commands import CreateUser
from sms_core.access.entities import system_actor
from sms_core.access.services import UserService
from sms_django import models
from tests.acceptance import northwind, sales
from tests.acceptance.northwind import InProcess
from tests.acceptance.progress import Progress
from tests.acceptance.replay import Replay

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("northwind"),
    pytest.mark.skipif(
        not (northwind.folder() / "orders.csv").exists(),
        reason="needs the Northwind data; SMS_NORTHWIND says where it is",
    ),
]
PASSWORD = "correct horse battery"
MOST_REQUESTS = 4_000
ORDERS, SHIPPED = 830, 809


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Replay:
    """All of it, done by a program with the manager's rights."""
    manager = models.Role.objects.get(name="manager").pk
    command = CreateUser(username="importer", password=PASSWORD, role_ids=(manager,))
    container().get(UserService).create(command, by=system_actor())
    with capsys.disabled():
        progress = Progress.asked_for(ORDERS, "Northwind's orders")
        replay = Replay(InProcess("importer", PASSWORD), progress.step)
        replay.run()
    return replay


def test_two_years_of_orders_leave_what_the_files_tell(replay: Replay) -> None:
    api = replay.api
    assert isinstance(api, InProcess)

    levels = {level["variant_id"]: level for level in api.all("stock/levels/", page_size=200)}
    assert len(levels) == len(replay.products) == 77
    the_stock_is_what_was_counted(replay, levels)
    what_never_left_is_promised_or_waits(replay, levels)
    each_order_is_where_it_should_be(replay)
    the_value_is_that_of_the_oracle(replay)
    each_shipment_cost_what_the_oracle_says(replay)
    assert api.requests <= MOST_REQUESTS
    the_ledger_is_clean()


def the_stock_is_what_was_counted(replay: Replay, levels: dict[int, Any]) -> None:
    for product in replay.products.values():
        level = levels[replay.variants[product.number]]
        assert Decimal(level["on_hand"]) == product.in_stock, product
        assert Decimal(level["on_order"]) == product.on_order, product
        assert Decimal(level["incoming"]) == product.on_order, product
        assert Decimal(level["value"]) == replay.oracle.shelves[product.number].value, product


def what_never_left_is_promised_or_waits(replay: Replay, levels: dict[int, Any]) -> None:
    """The goods of the orders that never left: on the levels, and on the orders themselves."""
    assert total(levels.values(), "reserved") == 727
    assert total(levels.values(), "backordered") == 471
    assert len(replay.waiting) == ORDERS - SHIPPED == 21
    lines = [line for order in replay.waiting for line in order["lines"]]
    assert total(lines, "quantity") == 727 + 471 == 1_198
    assert total(lines, "reserved_quantity") == 727
    assert total(lines, "backordered_quantity") == 471
    reserved: Counter[int] = Counter()
    for line in lines:
        reserved[line["variant_id"]] += int(Decimal(line["reserved_quantity"]))
    for id, level in levels.items():
        assert Decimal(level["reserved"]) == reserved[id] <= Decimal(level["on_hand"])


def each_order_is_where_it_should_be(replay: Replay) -> None:
    """809 shipped, 21 confirmed, and each asks for the money that the files tell."""
    listed = replay.api.all("sales-orders/", page_size=200)
    assert Counter(order["state"] for order in listed) == {"shipped": 809, "confirmed": 21}
    asked = {int(order["reference"]): Decimal(order["net"]) for order in listed}
    assert asked == {order.number: money(order) for order in sales.orders()}
    bought = replay.api.all("purchase-orders/", page_size=200)
    assert Counter(order["state"] for order in bought) == {"received": 29, "placed": 14}


def money(order: sales.Order) -> Decimal:
    """What an order comes to: each line is rounded once, half up, to cents."""
    cents = Decimal("0.01")
    amounts = (
        line.quantity * line.price * (100 - line.discount_percent) / 100 for line in order.lines
    )
    return sum((amount.quantize(cents, ROUND_HALF_UP) for amount in amounts), Decimal(0))


def the_value_is_that_of_the_oracle(replay: Replay) -> None:
    for day in (date(1997, 1, 1), date(1998, 5, 6)):
        levels = replay.api.all("stock/levels/", page_size=200, as_of=day.isoformat())
        assert total(levels, "value") == replay.oracle.worth(day)
    now = sum(shelf.value for shelf in replay.oracle.shelves.values())
    assert replay.oracle.worth(date(1998, 5, 6)) == now > replay.oracle.worth(date(1996, 6, 30))


def each_shipment_cost_what_the_oracle_says(replay: Replay) -> None:
    entries = replay.api.all("stock/entries/", kind="shipment", limit=500)
    found: dict[int, dict[int, Decimal]] = {}
    for entry in entries:
        if Decimal(entry["quantity"]):
            costs = found.setdefault(entry["posting_id"], {})
            costs[entry["variant_id"]] = -Decimal(entry["value"])
    assert len(replay.shipments) == SHIPPED
    assert found == replay.shipments


def the_ledger_is_clean() -> None:
    said = StringIO()
    call_command("verify_ledger", stdout=said)


def total(rows: Any, name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))
