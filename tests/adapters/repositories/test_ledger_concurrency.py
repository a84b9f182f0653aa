"""Many at once: nothing is lost, nothing is sold twice, nobody meets a deadlock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from config.container import container
from sms_core.shared.errors import Conflict, DomainError, InUse, Unknown
from sms_core.shared.ports import Answer, OnceOnly
from sms_core.stock.commands import IssuedLine, ReceivedLine
from sms_core.stock.picking import InsufficientStock
from sms_core.stock.places import WarehouseService
from sms_core.stock.postings import NamedLot
from sms_django import models
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
THREADS = 8


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def no_deadlocks() -> Iterator[None]:
    """The database counted none while the test ran; its statistics come when sessions end."""
    before = deadlocks()
    yield
    assert deadlocks() == before


def deadlocks() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own, started together; what they gave or raised."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return task()
        except Exception as error:
            return error
        finally:
            if connection.vendor == "postgresql" and connection.connection is not None:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_stat_force_next_flush()")
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def unexpected(outcomes: Sequence[Any], *expected: type[Exception]) -> list[Any]:
    return [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, expected)]


@pytest.mark.postgresql
def test_the_database_does_count_deadlocks(shop: Shop) -> None:
    """The proof that the tests below could fail."""
    first, second = shop.variant("A"), shop.variant("B")
    met = Barrier(2)

    def lock(*ids: int) -> None:
        with transaction.atomic():
            models.Variant.objects.select_for_update().get(pk=ids[0])
            met.wait()
            models.Variant.objects.select_for_update().get(pk=ids[1])

    before = deadlocks()
    outcomes = at_once(lambda: lock(first, second), lambda: lock(second, first))
    assert sum(isinstance(outcome, OperationalError) for outcome in outcomes) == 1
    assert deadlocks() == before + 1


@pytest.mark.usefixtures("no_deadlocks")
def test_eight_receive_into_and_issue_from_one_level_and_every_unit_is_accounted_for(
    shop: Shop,
) -> None:
    chai, rounds = shop.variant("CHAI"), 20
    shop.receive(chai, "100", unit_cost="2")

    def work() -> None:
        for _ in range(rounds):
            shop.receive(chai, "3", unit_cost="2")
            shop.issue(chai, "2")

    outcomes = at_once(*[work] * THREADS)
    assert unexpected(outcomes) == []
    level = models.Level.objects.get()
    expected = 100 + THREADS * rounds
    assert (level.on_hand, level.value) == (expected, 2 * expected)
    assert level.version == 1 + 2 * THREADS * rounds
    assert [bin.on_hand for bin in level.bins.all()] == [expected]
    entries = list(level.entries.order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, level.version + 1))
    for before, after in pairwise(entries):
        assert before.on_hand_after + after.quantity == after.on_hand_after
    recorded = [entry.posting.recorded_at for entry in entries]
    assert recorded == sorted(recorded)


@pytest.mark.usefixtures("no_deadlocks")
def test_lines_in_any_order_over_the_same_levels_never_deadlock(shop: Shop) -> None:
    variants = [shop.variant(f"V{n}") for n in range(6)]
    for id in variants:
        shop.receive(id, "1000")

    def work(turn: int) -> Callable[[], None]:
        own = variants[turn % 6 :] + variants[: turn % 6]
        own = own if turn % 2 else own[::-1]

        def run() -> None:
            for _ in range(8):
                shop.receive_lines([ReceivedLine(variant_id=id, quantity=D(1)) for id in own])
                shop.issue_lines([IssuedLine(variant_id=id, quantity=D(2)) for id in own[::-1]])

        return run

    assert unexpected(at_once(*map(work, range(THREADS)))) == []
    assert set(models.Level.objects.values_list("on_hand", flat=True)) == {D(1000 - THREADS * 8)}


@pytest.mark.usefixtures("no_deadlocks")
def test_the_first_touch_of_a_level_by_many_makes_one_level_and_one_lot(shop: Shop) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    receive = lambda: shop.receive(cheese, "1", lot=NamedLot(code="A"))  # noqa: E731
    assert unexpected(at_once(*[receive] * THREADS)) == []
    assert models.Level.objects.get().on_hand == THREADS
    assert models.Lot.objects.get().code == "A"
    assert models.Bin.objects.get().on_hand == THREADS


def test_the_last_unit_is_sold_once(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "1")
    outcomes = at_once(*[lambda: shop.issue(chai, "1")] * THREADS)
    assert unexpected(outcomes, InsufficientStock) == []
    assert sum(isinstance(outcome, InsufficientStock) for outcome in outcomes) == THREADS - 1
    assert models.Level.objects.get().on_hand == 0


def test_a_warehouse_is_archived_or_receives_but_never_both(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    archive = container().get(WarehouseService).delete
    for turn in range(5):
        house = shop.open_warehouse(f"W{turn}")
        outcomes = at_once(
            lambda id=house.id: archive(id, by=SYSTEM),
            lambda id=house.id: shop.receive(chai, "1", warehouse_id=id),
        )
        assert unexpected(outcomes, InUse, Unknown) == []
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1
        archived = models.Warehouse.objects.get(pk=house.id).deleted_at is not None
        assert archived is not models.Level.objects.filter(warehouse_id=house.id).exists()


# --- idempotency -------------------------------------------------------------------------------
@pytest.fixture
def user() -> models.User:
    return models.User.objects.create(username="anna", username_key="anna")


def send(shop: Shop, user: models.User, variant_id: int, *, fingerprint: str = "f") -> Answer:
    """What the API does for an order with an idempotency key."""

    def use_case() -> Answer:
        return Answer(201, shop.receive(variant_id, "1").number)

    return (
        container()
        .get(OnceOnly)
        .run(user_id=user.pk, key="K", fingerprint=fingerprint, use_case=use_case)
    )


@pytest.mark.usefixtures("no_deadlocks")
def test_an_order_sent_by_many_at_once_under_one_key_is_carried_out_once(
    shop: Shop, user: models.User
) -> None:
    chai = shop.variant("CHAI")
    outcomes = at_once(*[lambda: send(shop, user, chai)] * THREADS)
    assert unexpected(outcomes, Conflict) == []
    kinds = Counter(
        outcome.code if isinstance(outcome, DomainError) else outcome.replayed
        for outcome in outcomes
    )
    assert kinds[False] == 1
    assert kinds[True] + kinds["in_progress"] == THREADS - 1
    if connection.vendor == "sqlite":
        assert kinds[True] == THREADS - 1
    assert models.Level.objects.get().on_hand == 1
    assert send(shop, user, chai).replayed
