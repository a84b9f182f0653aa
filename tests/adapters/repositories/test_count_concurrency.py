"""Many who count at once, and what a count costs however long its sheet is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.shared.documents import WrongState
from sms_core.shared.errors import Conflict
from sms_core.stock.audit import AuditService
from sms_core.stock.commands import ReceivedLine
from sms_core.stock.count_commands import (
    CancelCount,
    CreateCount,
    EnterCounts,
    EnteredLine,
    PostCount,
    StartCount,
)
from sms_core.stock.count_services import CountService
from sms_core.stock.counts import CountScope, StockCount
from sms_core.stock.lines import NamedLot
from sms_django import models
from tests.adapters.repositories.test_ledger_concurrency import at_once, unexpected
from tests.adapters.shop import SYSTEM, Shop

D = Decimal


def service() -> CountService:
    return container().get(CountService)


def drafted(shop: Shop, *variant_ids: int) -> StockCount:
    order = CreateCount(warehouse_id=shop.main.id, scope=CountScope(variant_ids=variant_ids))
    return service().create(order, by=SYSTEM)


def started(shop: Shop, *variant_ids: int) -> StockCount:
    count = drafted(shop, *variant_ids)
    return service().start(StartCount(id=count.id), by=SYSTEM).document


def enter(count: StockCount, *lines: EnteredLine) -> Callable[[], Any]:
    return lambda: service().enter(EnterCounts(id=count.id, lines=lines), by=SYSTEM)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Each test runs its tasks in threads of their own."""

    def test_scanners_that_add_at_once_all_count(self) -> None:
        shop = Shop()
        chai = shop.variant("CHAI")
        shop.receive(chai, "10", unit_cost="2")
        count = started(shop)
        beep = EnteredLine(variant_id=chai, add=D(1))
        outcomes = at_once(*[enter(count, beep)] * 8)
        assert unexpected(outcomes) == []
        (line,) = service().get(count.id, by=SYSTEM).lines
        assert line.counted_quantity == D(8)
        assert models.StockCountEntry.objects.count() == 8

    def test_scanners_that_find_the_same_new_bin_share_its_line(self) -> None:
        shop = Shop()
        chai = shop.variant("CHAI")
        count = started(shop)
        beep = EnteredLine(variant_id=chai, add=D(1), location_id=shop.place("A1"))
        assert unexpected(at_once(*[enter(count, beep)] * 6)) == []
        (line,) = service().get(count.id, by=SYSTEM).lines
        assert line.counted_quantity == D(6)

    def test_a_count_is_posted_once(self) -> None:
        shop = Shop()
        chai = shop.variant("CHAI")
        shop.receive(chai, "10", unit_cost="2")
        count = started(shop)
        enter(count, EnteredLine(variant_id=chai, quantity=D(9)))()
        post = PostCount(id=count.id)
        outcomes = at_once(*[lambda: service().post(post, by=SYSTEM)] * 4)
        assert unexpected(outcomes, WrongState) == []
        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 3
        assert models.Level.objects.get(variant_id=chai).on_hand == D(9)

    def test_posting_or_cancelling_wins_never_both(self) -> None:
        shop = Shop()
        chai = shop.variant("CHAI")
        shop.receive(chai, "10", unit_cost="2")
        count = started(shop)
        enter(count, EnteredLine(variant_id=chai, quantity=D(9)))()
        outcomes = at_once(
            lambda: service().post(PostCount(id=count.id), by=SYSTEM),
            lambda: service().cancel(CancelCount(id=count.id), by=SYSTEM),
        )
        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 1
        posted = service().get(count.id, by=SYSTEM).state.value == "posted"
        assert models.Level.objects.get(variant_id=chai).on_hand == (9 if posted else 10)

    def test_counts_that_start_at_once_share_no_bin(self) -> None:
        shop = Shop()
        variants = [shop.variant(f"V{n}") for n in range(20)]
        for variant in variants:
            shop.receive(variant, "1", unit_cost="1")
        counts = [drafted(shop, *variants[n : n + 15]) for n in (0, 5, 2, 4)]
        outcomes = at_once(
            *(
                lambda count=count: service().start(StartCount(id=count.id), by=SYSTEM)
                for count in counts
            )
        )
        assert unexpected(outcomes, Conflict) == []
        assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
        bins = models.StockCountLine.objects.filter(is_open=True).values_list("variant_id")
        assert len(set(bins)) == len(bins) == 15

    def test_counting_and_selling_do_not_stop_each_other(self) -> None:
        shop = Shop()
        variants = [shop.variant(f"V{n}") for n in range(6)]
        for variant in variants:
            shop.receive(variant, "50", unit_cost="1")
        count = started(shop)
        found = [EnteredLine(variant_id=variant, quantity=D(49)) for variant in variants]
        enter(count, *found)()
        sales = [lambda v=variant: shop.issue(v, "1") for variant in reversed(variants)]
        post = PostCount(id=count.id)
        outcomes = at_once(*sales, lambda: service().post(post, by=SYSTEM))
        assert unexpected(outcomes) == []
        assert set(models.Level.objects.values_list("on_hand", flat=True)) == {D(48)}


@pytest.mark.django_db(transaction=True)
def test_places_that_were_found_empty_are_no_error_of_the_ledger() -> None:
    shop = Shop()
    chai, cheese = shop.variant("CHAI"), shop.variant("CHEESE", tracks_lots=True)
    shop.receive(chai, "10", unit_cost="2")
    count = started(shop)
    enter(
        count,
        EnteredLine(variant_id=chai, quantity=D(9)),
        EnteredLine(variant_id=chai, quantity=D(0), location_id=shop.place("A1")),
        EnteredLine(variant_id=cheese, quantity=D(0), lot=NamedLot(code="L1")),
    )()
    service().post(PostCount(id=count.id), by=SYSTEM)
    assert models.Bin.objects.filter(counted_at__isnull=False).count() == 3
    assert container().get(AuditService).run(by=SYSTEM).is_clean


def cost(run: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        run()
    return len(queries)


@pytest.mark.django_db
def test_a_long_sheet_takes_as_many_statements_as_a_short_one() -> None:
    shop = Shop()
    variants = [shop.variant(f"V{n:03}") for n in range(120)]
    lines = [ReceivedLine(variant_id=v, quantity=D(5), unit_cost=D(1)) for v in variants]
    shop.receive_lines(lines)
    costs = []
    for chosen in (variants[:2], variants[2:]):
        count = drafted(shop, *chosen)
        found = tuple(EnteredLine(variant_id=v, quantity=D(4)) for v in chosen)
        start, said = StartCount(id=count.id), EnterCounts(id=count.id, lines=found, done=True)
        costs.append(
            (
                cost(lambda start=start: service().start(start, by=SYSTEM)),
                cost(lambda said=said: service().enter(said, by=SYSTEM)),
                cost(lambda id=count.id: service().get(id, by=SYSTEM)),
                cost(lambda id=count.id: service().post(PostCount(id=id), by=SYSTEM)),
            )
        )
    short, long = costs
    assert long == short
    assert max(long) <= 60
