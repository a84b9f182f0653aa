"""Many clients over HTTP: exact to the last unit, no deadlock, nothing but answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from tests import databases
from tests.torture import clerks
from tests.torture.clerks import Clerk
from tests.torture.client import Answer, Client, World
from tests.torture.conftest import at_once

# One at a time: each wants the whole machine.
pytestmark = [pytest.mark.torture, pytest.mark.xdist_group("torture")]
ON_POSTGRESQL = databases.engine() == "postgresql"
CLERKS, ORDERS = (16, 100) if ON_POSTGRESQL else (6, 40)
RIVALS, ROUNDS = (32, 50) if ON_POSTGRESQL else (8, 12)
FIRST = 16 if ON_POSTGRESQL else 8
Dial = Callable[[int], list[Client]]


def test_clerks_who_do_everything_at_once_lose_nothing(
    world: World, clients: Dial, verified: Callable[[], None]
) -> None:
    team = [
        Clerk(client, world, random.Random(f"clerk {n}"))
        for n, client in enumerate(clients(CLERKS))
    ]
    at_once([partial(clerk.work, ORDERS) for clerk in team])

    done = [order for clerk in team for order, _ in clerk.done]
    assert Counter(order.kind for order in done).keys() == clerks.KINDS.keys()
    there = world.levels()
    for place, (on_hand, reserved) in clerks.expected(done).items():
        said = there[place]
        assert (Decimal(said["on_hand"]), Decimal(said["reserved"])) == (on_hand, reserved)
    ledger = clerks.entries(world)
    clerks.see_that_it_adds_up(ledger, there)
    assert len({row["posting_id"] for row in ledger}) == len(done)
    verified()


def test_of_many_who_want_the_last_unit_one_gets_it(world: World, clients: Dial) -> None:
    variant, house = world.variants[0], world.warehouses[0]
    one = {"warehouse_id": house, "lines": [{"variant_id": variant, "quantity": "1"}]}
    rivals = clients(RIVALS)

    def grab(client: Client) -> Answer:
        return client.post("stock/issues/", one | {"counterpart": "customer"})

    for _ in range(ROUNDS):
        world.client.make("stock/receipts/", **one)
        answers = at_once([partial(grab, rival) for rival in rivals])
        told = Counter(answer.code or answer.status for answer in answers)
        assert told == {201: 1, "insufficient_stock": RIVALS - 1}
    assert Decimal(world.levels()[variant, house]["on_hand"]) == 0


def test_many_who_touch_a_level_first_make_one(world: World, clients: Dial) -> None:
    first = clients(FIRST)
    for variant in world.variants:
        body = {
            "warehouse_id": world.warehouses[0],
            "lines": [{"variant_id": variant, "quantity": "1", "unit_cost": "2"}],
        }
        at_once([partial(client.make, "stock/receipts/", **body) for client in first])
        rows = world.client.get(f"stock/levels/?variant_id={variant}")["results"]
        assert [(Decimal(r["on_hand"]), Decimal(r["value"])) for r in rows] == [(FIRST, 2 * FIRST)]
