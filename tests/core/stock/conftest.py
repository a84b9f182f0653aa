"""A small company: one warehouse, some goods, and everything stock needs, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.entities import Actor
from sms_core.stock.commands import (
    CreateWarehouse,
    IssuedLine,
    IssueGoods,
    ReceivedLine,
    ReceiveGoods,
)
from sms_core.stock.entities import Location, LocationKind, ReasonCode, Warehouse
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger import Ledger
from sms_core.stock.levels import Goods, Level, LevelKey
from sms_core.stock.places import (
    LocationService,
    LotService,
    ReasonCodeService,
    WarehouseService,
)
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from tests.fakes.base import FixedClock, RollingBackUnitOfWork
from tests.fakes.stock import (
    InMemoryLedgerRepository,
    InMemoryLocationRepository,
    InMemoryLotRepository,
    InMemoryReasonCodeRepository,
    InMemoryStockReader,
    InMemoryWarehouseRepository,
)

CHAI, CHEESE, TEA = 1, 2, 3
RIGHTS = frozenset(
    {f"{x}.{y}" for x in ("warehouse", "location", "reason_code") for y in ("view", "add")}
    | {f"{x}.{y}" for x in ("warehouse", "location", "reason_code") for y in ("change", "delete")}
    | {"stock.view", "stock.receive", "stock.issue", "stock.adjust", "cost.view"}
)


def actor(*without: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    """A clerk with all rights in stock but these."""
    return Actor(
        user_id=7,
        username="anna",
        permissions=RIGHTS - set(without),
        warehouse_ids=warehouse_ids,
        request_id="req-1",
    )


@dataclass
class Company:
    """The services of stock on their doubles, and short ways to use them."""

    clock: FixedClock = field(default_factory=FixedClock)

    def __post_init__(self) -> None:
        self.warehouses = InMemoryWarehouseRepository(clock=self.clock)
        self.locations = InMemoryLocationRepository(clock=self.clock)
        self.lots = InMemoryLotRepository(clock=self.clock)
        self.reason_codes = InMemoryReasonCodeRepository(clock=self.clock)
        self.repository = InMemoryLedgerRepository(
            warehouses=self.warehouses,
            locations=self.locations,
            lots=self.lots,
            clock=self.clock,
            goods={
                CHAI: Goods(id=CHAI, code="CHAI", places=0),
                CHEESE: Goods(id=CHEESE, code="CHEESE", places=3, tracks_lots=True),
                TEA: Goods(id=TEA, code="TEA", places=0, cost=Decimal("2.5")),
            },
        )
        self.reader = InMemoryStockReader(self.repository, self.reason_codes)
        self.uow = RollingBackUnitOfWork(self.warehouses, self.locations, self.lots)
        self.ledger = Ledger(self.warehouses, self.locations, self.lots, self.repository)
        self.stock = StockService(self.uow, self.ledger, self.reason_codes, self.reader)
        self.warehouse_service = WarehouseService(
            self.uow, self.clock, self.warehouses, self.locations, self.reader
        )
        self.location_service = LocationService(
            self.uow, self.clock, self.locations, self.warehouses, self.reader
        )
        self.reason_service = ReasonCodeService(self.uow, self.clock, self.reason_codes)
        self.lot_service = LotService(self.uow, self.lots, self.repository)
        self.reason_codes.add(ReasonCode(code="sample", kinds=(Kind.ISSUE,)))
        self.reason_codes.add(ReasonCode(code="lost", kinds=(Kind.ADJUSTMENT,)))
        self.main = self.open_warehouse("MAIN")

    def open_warehouse(self, code: str) -> Warehouse:
        return self.warehouse_service.create(CreateWarehouse(code=code, name=code), by=actor())

    def place(self, code: str, kind: LocationKind = LocationKind.STORAGE) -> int:
        location = Location(warehouse_id=self.main.id, code=code, name=code, kind=kind)
        self.locations.add(location)
        return location.id

    def receive(
        self, variant_id: int, quantity: str, *, warehouse_id: int | None = None, **line: Any
    ) -> PostingView:
        if "unit_cost" in line:
            line["unit_cost"] = Decimal(line["unit_cost"])
        return self.receive_lines(
            ReceivedLine(variant_id=variant_id, quantity=Decimal(quantity), **line),
            warehouse_id=warehouse_id,
        )

    def receive_lines(
        self, *lines: ReceivedLine, warehouse_id: int | None = None, by: Actor | None = None
    ) -> PostingView:
        order = ReceiveGoods(warehouse_id=warehouse_id or self.main.id, lines=lines)
        return self.stock.receive(order, by=by or actor())

    def issue(self, variant_id: int, quantity: str, **line: Any) -> PostingView:
        return self.issue_lines(
            IssuedLine(variant_id=variant_id, quantity=Decimal(quantity), **line)
        )

    def issue_lines(self, *lines: IssuedLine, by: Actor | None = None, **order: Any) -> PostingView:
        order = {"warehouse_id": self.main.id, "reason_code": "sample", **order}
        return self.stock.issue(IssueGoods(lines=lines, **order), by=by or actor())

    def level(self, variant_id: int, warehouse_id: int | None = None) -> Level:
        return self.repository.levels[LevelKey(variant_id, warehouse_id or self.main.id)]


@pytest.fixture
def company() -> Company:
    return Company()
