"""The server is killed, the database falls over: what was answered is there, once; what was not
can be sent again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from tests import databases
from tests.torture import clerks
from tests.torture.clerks import Order
from tests.torture.client import Client, World
from tests.torture.conftest import LONG
from tests.torture.senders import Sender, traffic
from tests.torture.server import Server

# One at a time: each wants the whole machine.
pytestmark = [pytest.mark.torture, pytest.mark.xdist_group("torture")]
SENDERS = 8 if databases.engine() == "postgresql" else 3
KILLS = 20 if LONG else 3
RESTARTS = 5 if LONG else 3
PLENTY = 1_000_000
# A pool that waits longer after each failure would be late after the longer ones.
OUTAGES = (0.3, 2.0, 4.0)
BACK_WITHIN = 2.0
Dial = Callable[[int], list[Client]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[databases.Cluster]:
    """A PostgreSQL that keeps what it says it keeps, and that we may hurt."""
    made = databases.Cluster(databases.installed_binaries() or databases.embedded_binaries())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """On PostgreSQL a server of our own; SQLite is a file in any case."""
    if databases.engine() == "postgresql":
        yield request.getfixturevalue("cluster").url
    else:
        yield f"sqlite:///{databases.temporary_folder()}/crash.sqlite3"


@pytest.fixture
def stocked(world: World) -> World:
    """So much of everything that no order is refused."""
    for house in world.warehouses:
        lines = [{"variant_id": id, "quantity": str(PLENTY)} for id in world.variants]
        world.client.make("stock/receipts/", warehouse_id=house, lines=lines)
    return world


@pytest.mark.parametrize("turn", range(KILLS))
def test_what_a_killed_server_answered_is_there_and_the_rest_is_resolved_by_its_key(
    turn: int,
    server: Server,
    stocked: World,
    clients: Dial,
    verified: Callable[[], None],
) -> None:
    senders = [Sender.of(c, stocked, f"{turn}-{n}") for n, c in enumerate(clients(SENDERS))]
    with traffic(senders):
        until(lambda: all(sender.done_at for sender in senders))
        time.sleep(0.2 + senders[0].clerk.chance.random())
        server.kill()
    left = [sent for sender in senders for sent in sender.unresolved]
    assert left
    server.start()
    see_that_answers_are_repeated(senders)
    for sender in senders:
        sender.resolve()
    see_that_each_is_there_once(senders, stocked)
    verified()


@pytest.mark.postgresql
@pytest.mark.parametrize("turn", range(RESTARTS))
def test_after_the_database_fell_over_all_go_on_within_two_seconds(
    turn: int,
    cluster: databases.Cluster,
    stocked: World,
    clients: Dial,
    verified: Callable[[], None],
) -> None:
    senders = [Sender.of(c, stocked, f"r{turn}-{n}") for n, c in enumerate(clients(SENDERS))]
    with traffic(senders):
        until(lambda: all(sender.done_at for sender in senders))
        time.sleep(0.2 + senders[0].clerk.chance.random())
        cluster.crash()
        time.sleep(OUTAGES[turn % len(OUTAGES)])
        cluster.start()
        back = time.monotonic()
        time.sleep(BACK_WITHIN + 1)
    for sender in senders:
        assert min(at for at in sender.done_at if at > back) < back + BACK_WITHIN
        late = [(at - back, why) for at, why in sender.trouble_at if at > back + BACK_WITHIN]
        assert late == []
        sender.resolve()
    assert any(sender.trouble_at for sender in senders)
    see_that_answers_are_repeated(senders)
    see_that_each_is_there_once(senders, stocked)
    verified()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def see_that_answers_are_repeated(senders: list[Sender]) -> None:
    """The last answer of each is given again, not carried out again."""
    for sender in senders:
        last = [sent for sent in sender.sent if sent.answer][-1]
        sender.clerk.client.close()  # whoever waited for nothing kept a line to the old server
        again = sender.clerk.client.post(last.order.path, last.order.body, last.key)
        assert last.answer is not None
        assert (again.replayed, again.body["id"]) == (True, last.answer.body["id"])


def see_that_each_is_there_once(senders: list[Sender], world: World) -> None:
    """One posting per key, and as much in stock as all of them together say."""
    orders: list[Order] = [sent.order for sender in senders for sent in sender.sent]
    notes = Counter(posting["note"] for posting in clerks.postings(world))
    keys = [sent.key for sender in senders for sent in sender.sent]
    assert {key: notes[key] for key in keys} == dict.fromkeys(keys, 1)
    there = world.levels()
    for place, (change, _) in clerks.expected(orders).items():
        assert Decimal(there[place]["on_hand"]) == PLENTY + change
