"""What orders and questions cost: as many statements for one line as for a thousand, along
indexes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.build_ledger import build
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.commands import (
    AdjustedLine,
    AdjustStock,
    CorrectCost,
    CorrectPosting,
    IssuedLine,
    IssueGoods,
    MovedLine,
    OpenStock,
    ReceivedLine,
    ReceiveGoods,
    ReleaseReservation,
    ReserveStock,
    ReturnToSupplier,
    RevalueLevel,
    ReversePosting,
    ScrapGoods,
    SentBackLine,
    ShipReservation,
    SpreadBy,
    TakeBackGoods,
    TakenBackLine,
    TransferStock,
)
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.kinds import Disposition
from sms_core.stock.ledger_ports import CardFilter
from sms_core.stock.levels import LevelKey
from sms_core.stock.ports import BinFilter, LevelFilter
from sms_core.stock.postings import NamedLot
from sms_core.stock.reservations import ReservationService
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.repositories.ledger_history import DjangoLedgerHistory
from sms_django.repositories.stock_history import DjangoStockHistory
from sms_django.repositories.stock_reader import DjangoStockReader
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
D = Decimal
SIZES = (1, 100, 1000)
LOT = NamedLot(code="A")
MOST = {"postgresql": 24, "sqlite": 60}
LOCKS = 12
NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def statements(run: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        run()
    asked = [query["sql"] for query in queries.captured_queries]
    return [sql for sql in asked if not sql.startswith(NOT_COUNTED)]


class Orders:
    """One order of every kind, with so many lines; all of them told late, on a reserved level."""

    def __init__(self, shop: Shop, variants: list[int]) -> None:
        self.shop, self.variants = shop, variants
        self.house = shop.main.id
        self.north = shop.open_warehouse("NORTH").id
        self.shelf = shop.place("SHELF")
        self.stock = shop.service(StockService)
        self.corrections = shop.service(CorrectionService)
        self.promises = shop.service(ReservationService)
        self.late = {"occurred_at": timezone.now() - timedelta(hours=1), "reference": "R-1"}
        early = {"occurred_at": timezone.now() - timedelta(days=3)}
        for _ in range(2):
            lines = self.bring(len(variants), quantity=500)
            self.stock.receive(
                ReceiveGoods(warehouse_id=self.house, lines=lines, **early), by=SYSTEM
            )
        self.reserve()

    def bring(self, size: int, quantity: int = 5) -> tuple[ReceivedLine, ...]:
        """Without a cost, so that what it cost last is looked up."""
        chosen = self.variants[:size]
        return tuple(ReceivedLine(variant_id=id, quantity=D(quantity), lot=LOT) for id in chosen)

    def take(self, size: int) -> tuple[IssuedLine, ...]:
        chosen = self.variants[:size]
        return tuple(IssuedLine(variant_id=id, quantity=D(1), lot_code="A") for id in chosen)

    def reserve(self, minutes: int | None = None) -> int:
        at = timezone.now() + timedelta(minutes=minutes) if minutes else None
        order = ReserveStock(
            variant_id=self.variants[0], warehouse_id=self.house, quantity=D(2), expires_at=at
        )
        view: PostingView = self.promises.reserve(order, by=SYSTEM)
        return view.reservation_ids[0]

    def received(self, size: int) -> int:
        order = ReceiveGoods(warehouse_id=self.house, lines=self.bring(size))
        view: PostingView = self.stock.receive(order, by=SYSTEM)
        return view.id

    def of_many_lines(self, size: int) -> Iterator[tuple[str, Callable[[], Any]]]:
        house, late, stock = self.house, self.late, self.stock
        bring, take = self.bring(size), self.take(size)
        found, lost, mixed = (
            tuple(
                AdjustedLine(variant_id=id, quantity=signs[n % 2], lot_code="A")
                for n, id in enumerate(self.variants[:size])
            )
            for signs in ((D(1), D(1)), (D(-1), D(-1)), (D(-1), D(1)))
        )
        counted = tuple(
            AdjustedLine(variant_id=id, counted_quantity=D(900), lot_code="A")
            for id in self.variants[:size]
        )
        moved = tuple(
            MovedLine(variant_id=id, quantity=D(1), lot_code="A") for id in self.variants[:size]
        )
        back = tuple(
            SentBackLine(variant_id=line.variant_id, quantity=D(1), lot_code="A") for line in take
        )
        returned = tuple(
            TakenBackLine(
                variant_id=id, quantity=D(1), lot=LOT, disposition=Disposition.SCRAP, unit_cost=None
            )
            for id in self.variants[:size]
        )
        reasoned = {"warehouse_id": house, **late}
        orders: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("receive", lambda: stock.receive(
                ReceiveGoods(lines=bring, warehouse_id=house, **late | {"reference": f"N{size}"}),
                by=SYSTEM)),
            ("issue", lambda: stock.issue(
                IssueGoods(lines=take, reason_code="sample", **reasoned), by=SYSTEM)),
            *((name, lambda lines=lines: stock.adjust(
                AdjustStock(lines=lines, reason_code="lost", release_reserved=True, **reasoned),
                by=SYSTEM)) for name, lines in (("find", found), ("lose", lost), ("mix", mixed))),
            ("count", lambda: stock.adjust(
                AdjustStock(lines=counted, reason_code="lost", release_reserved=True, **reasoned),
                by=SYSTEM)),
            ("scrap", lambda: stock.scrap(
                ScrapGoods(lines=take, reason_code="damaged", **reasoned), by=SYSTEM)),
            ("move", lambda: stock.transfer(
                TransferStock(lines=moved, from_warehouse_id=house, to_warehouse_id=house,
                    from_location_id=self.shop.main.default_location_id,
                    to_location_id=self.shelf, **late), by=SYSTEM)),
            ("transfer", lambda: stock.transfer(
                TransferStock(lines=moved, from_warehouse_id=house, to_warehouse_id=self.north,
                    **late), by=SYSTEM)),
            ("send back", lambda: stock.return_to_supplier(
                ReturnToSupplier(lines=back, reason_code="defective", **reasoned), by=SYSTEM)),
            ("take back", lambda: stock.take_back(
                TakeBackGoods(lines=returned, reason_code="defective", **reasoned), by=SYSTEM)),
        )  # fmt: skip
        yield from orders
        first, second, third = (self.received(size) for _ in range(3))
        yield (
            "reverse",
            lambda: self.corrections.reverse(ReversePosting(posting_id=first), by=SYSTEM),
        )
        again = ReceiveGoods(warehouse_id=house, lines=bring, reference=f"C{size}")
        both = CorrectPosting(reverse=ReversePosting(posting_id=second), instead=again)
        yield "correct", lambda: self.corrections.correct(both, by=SYSTEM)
        cost = CorrectCost(receipt_posting_id=third, amount=D(1000), spread_by=SpreadBy.QUANTITY)
        yield "correct the cost", lambda: self.corrections.correct_cost(cost, by=SYSTEM)

    def of_one_line(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        level = {"variant_id": self.variants[0], "warehouse_id": self.house}
        revalued = RevalueLevel(unit_cost=D(7), **level)
        yield "revalue", lambda: self.corrections.revalue(revalued, by=SYSTEM)
        yield "reserve", self.reserve
        released, shipped = self.reserve(), self.reserve()
        yield (
            "release",
            lambda: self.promises.release(ReleaseReservation(reservation_id=released), by=SYSTEM),
        )
        yield "ship", lambda: self.promises.ship(ShipReservation(reservation_id=shipped), by=SYSTEM)
        new = self.shop.variant("NEW")
        opened = OpenStock(
            warehouse_id=self.house, lines=(ReceivedLine(variant_id=new, quantity=D(1)),)
        )
        yield "open", lambda: self.stock.open(opened, by=SYSTEM)


@pytest.fixture
def orders() -> Orders:
    shop = Shop()
    return Orders(shop, [shop.variant(f"V{n}", tracks_lots=True) for n in range(max(SIZES))])


def test_an_order_costs_as_many_statements_for_one_line_as_for_a_thousand(orders: Orders) -> None:
    found: dict[str, dict[int, int]] = {}
    for size in SIZES:
        for name, order in orders.of_many_lines(size):
            found.setdefault(name, {})[size] = len(statements(order))
    for name, order in orders.of_one_line():
        found[name] = {1: len(statements(order))}
    # The one line of the mixture is no mixture.
    found["mix"].pop(1)
    assert {name: counts for name, counts in found.items() if len(set(counts.values())) > 1} == {}
    most = MOST[connection.vendor]
    costs = {name: max(counts.values()) for name, counts in found.items()}
    # A correction is two postings, before which all that both of them need is locked at once.
    assert costs.pop("correct") <= 2 * most + LOCKS
    assert {name: cost for name, cost in costs.items() if cost > most} == {}


# --- questions -----------------------------------------------------------------------------------
AT = timezone.now() + timedelta(days=1)


@pytest.fixture
def ledger() -> Shop:
    """A modest ledger of enough rows that reading all of it is no way to find some."""
    shop = Shop()
    for _ in build(6_000, variants=60, warehouses=2, seed=3):
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return shop


def busiest() -> models.Level:
    return models.Level.objects.filter(on_hand__gt=0).order_by("-version", "pk")[0]


def questions(variant_id: int, warehouse_id: int) -> dict[str, Callable[[int], Any]]:
    history, reader = DjangoStockHistory(), DjangoStockReader()
    lot = models.Entry.objects.filter(lot__isnull=False).values_list("lot_id", flat=True)[0]
    card = CardFilter(variant_id=variant_id, from_at=AT - timedelta(days=9_000), to_at=AT)
    one = {"variant_id": variant_id, "warehouse_id": warehouse_id}
    past = {"as_of": AT, "known_at": AT}
    return {
        "card": lambda size: history.card(card, CursorRequest(limit=size), AT.date()),
        "trace": lambda size: history.trace(lot, None),
        "levels": lambda size: reader.levels(LevelFilter(), PageRequest(size=size)),
        "bins": lambda size: reader.bins(BinFilter(), PageRequest(size=size)),
        "levels then": lambda size: reader.levels(LevelFilter(**past), PageRequest(size=size)),
        "bins then": lambda size: reader.bins(BinFilter(**past), PageRequest(size=size)),
        "a level then": lambda size: reader.levels(
            LevelFilter(**one, **past), PageRequest(size=size)
        ),
        "the lowest": lambda size: DjangoLedgerHistory().lowest_since(
            [LevelKey(**one)], AT - timedelta(days=9_000)
        ),
    }


@pytest.mark.usefixtures("ledger")
def test_a_question_costs_as_many_statements_for_one_row_as_for_many() -> None:
    level = busiest()
    for name, ask in questions(level.variant_id, level.warehouse_id).items():
        counts = {size: len(statements(partial(ask, size))) for size in (1, 20, 500)}
        assert len(set(counts.values())) == 1, (name, counts)
        assert counts[1] <= 5, (name, counts)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", ["card", "trace", "a level then", "the lowest"])
def test_a_question_about_some_goods_reads_their_entries_only(name: str) -> None:
    level = busiest()
    ask = questions(level.variant_id, level.warehouse_id)[name]
    asked = [sql for sql in statements(lambda: ask(100)) if "sms_entry" in sql]
    assert asked
    for sql in asked:
        assert not re.search(r"Seq Scan on sms_entry|SCAN (sms_)?entry\b", plan_of(sql)), plan_of(
            sql
        )


def plan_of(sql: str) -> str:
    """How the database would answer this statement."""
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(explain + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
