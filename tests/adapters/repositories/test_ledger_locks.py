"""What a posting waits for, in which order, and what it reads only then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from sms_core.stock.commands import ReceivedLine
from sms_core.stock.views import PostingView
from sms_django import models
from tests.adapters.shop import Shop

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
Order = Callable[[], PostingView]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def waiting() -> Iterator[Callable[[Order], Future[PostingView]]]:
    """Runs an order in a thread of its own; returns once it waits for a lock."""

    def run(order: Order) -> PostingView:
        try:
            with transaction.atomic():
                # The plan that reads levels as they lie in the table, whatever their keys are.
                said("SET LOCAL enable_nestloop = off")
                said("SET LOCAL enable_mergejoin = off")
                return order()
        finally:
            connection.close()

    def start(order: Order) -> Future[PostingView]:
        future = pool.submit(run, order)
        deadline = time.monotonic() + 2
        while not said(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        ):
            assert time.monotonic() < deadline, "It does not wait."
            time.sleep(0.01)
        return future

    with ThreadPoolExecutor(1) as pool:
        yield start


def said(statement: str) -> Any:
    """What the database says to it, if it says anything."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def hold(variant_id: int, *, nowait: bool = False) -> None:
    """Lock its level; raises with `nowait` when somebody else has it."""
    models.Level.objects.select_for_update(nowait=nowait).get(variant_id=variant_id)


def test_levels_are_locked_in_the_order_of_their_keys_however_they_lie(
    shop: Shop, waiting: Callable[[Order], Future[PostingView]]
) -> None:
    low, high = shop.variant("LOW"), shop.variant("HIGH")
    shop.receive(high, "1")  # so it lies first in the table
    shop.receive(low, "1")
    lines = [ReceivedLine(variant_id=id, quantity=Decimal(1)) for id in (high, low)]
    with transaction.atomic():
        hold(low)
        posting = waiting(lambda: shop.receive_lines(lines))
        hold(high, nowait=True)
    assert len(posting.result(timeout=10).entries) == 2


def test_the_clock_is_read_when_the_levels_are_held_not_before(
    shop: Shop, waiting: Callable[[Order], Future[PostingView]]
) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "1")
    with transaction.atomic():
        hold(chai)
        posting = waiting(lambda: shop.receive(chai, "1"))
        until_now = said("SELECT clock_timestamp()")
    assert posting.result(timeout=10).recorded_at >= until_now


def test_what_is_read_of_a_level_is_what_its_last_holder_left(
    shop: Shop, waiting: Callable[[Order], Future[PostingView]]
) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "10")
    with transaction.atomic():
        hold(chai)
        posting = waiting(lambda: shop.issue(chai, "1"))
        shop.issue(chai, "4")
    assert [entry.on_hand_after for entry in posting.result(timeout=10).entries] == [5]
