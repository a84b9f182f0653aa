"""A small company: one warehouse, some goods, and everything stock needs, in memory."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.entities import Actor
from sms_core.stock.closing import PeriodService
from sms_core.stock.commands import (
    AdjustedLine,
    AdjustStock,
    CreateWarehouse,
    IssuedLine,
    IssueGoods,
    MovedLine,
    ReceivedLine,
    ReceiveGoods,
    ReserveStock,
    ReversePosting,
    ScrapGoods,
    TransferStock,
)
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.desk import PostingDesk
from sms_core.stock.enquiries import EnquiryService
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
from sms_core.stock.reservations import ReservationService
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from tests.fakes.base import FixedClock
from tests.fakes.ledger import (
    FixedCalendar,
    InMemoryBackorders,
    InMemoryLedgerHistory,
    InMemoryPartners,
    InMemoryPeriodRepository,
    InMemoryReservationRepository,
    InMemoryStockHistory,
    RecordingDocuments,
    RecordingWaiting,
    RollingBackDryRun,
    StockUnitOfWork,
)
from tests.fakes.open_documents import InMemoryOpenDocuments
from tests.fakes.outlook import InMemoryOutlook
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
    | {f"stock.{verb}" for verb in ("view", "open", "receive", "issue", "scrap", "transfer")}
    | {f"stock.{verb}" for verb in ("adjust", "adjust_large", "reserve", "revalue", "reverse")}
    | {f"stock.{verb}" for verb in ("backdate", "close_period", "verify")}
    | {"cost.view"}
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
        self.outlook = InMemoryOutlook()
        self.reader = InMemoryStockReader(self.repository, self.reason_codes, outlook=self.outlook)
        self.promises = InMemoryReservationRepository()
        self.periods = InMemoryPeriodRepository()
        self.partners = InMemoryPartners()
        self.history = InMemoryLedgerHistory(self.repository)
        self.calendar = FixedCalendar(self.clock)
        self.backorders = InMemoryBackorders()
        self.waiting = RecordingWaiting()
        self.documents = RecordingDocuments()
        self.open_documents = InMemoryOpenDocuments()
        self._open_services()
        self._fill()

    def _open_services(self) -> None:
        self.uow = StockUnitOfWork(
            (
                self.warehouses,
                self.locations,
                self.lots,
                self.reason_codes,
                self.repository,
                self.promises,
                self.periods,
            )
        )
        self.dry_run = RollingBackDryRun(self.uow)
        self.ledger = Ledger(
            periods=self.periods,
            history=self.history,
            partners=self.partners,
            warehouses=self.warehouses,
            locations=self.locations,
            lots=self.lots,
            repository=self.repository,
            reservations=self.promises,
            backorders=self.backorders,
            waiting=self.waiting,
            outlook=self.outlook,
        )
        self.desk = PostingDesk(self.ledger, self.reason_codes, self.reader)
        posting = (self.uow, self.desk)
        self.stock = StockService(*posting, self.calendar)
        self.corrections = CorrectionService(*posting, self.history, self.documents)
        self.reservations = ReservationService(*posting, self.promises, self.calendar)
        self.closing = PeriodService(self.uow, self.periods, self.calendar)
        self.enquiries = EnquiryService(
            nullcontext(),
            self.calendar,
            InMemoryStockHistory(self.reader),
            self.promises,
            self.warehouses,
            self.lots,
            self.outlook,
        )
        self.warehouse_service = WarehouseService(
            self.uow,
            self.clock,
            self.warehouses,
            self.locations,
            self.reader,
            self.open_documents,
        )
        self.location_service = LocationService(
            self.uow,
            self.clock,
            self.locations,
            self.warehouses,
            self.reader,
            self.open_documents,
        )
        self.reason_service = ReasonCodeService(self.uow, self.clock, self.reason_codes)
        self.lot_service = LotService(self.uow, self.lots, self.repository)

    def _fill(self) -> None:
        self.reason_codes.add(ReasonCode(code="sample", kinds=(Kind.ISSUE,)))
        self.reason_codes.add(ReasonCode(code="lost", kinds=(Kind.ADJUSTMENT,)))
        self.reason_codes.add(ReasonCode(code="damaged", kinds=(Kind.SCRAP,)))
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

    def adjust(self, *lines: AdjustedLine, by: Actor | None = None, **order: Any) -> PostingView:
        order = {"warehouse_id": self.main.id, "reason_code": "lost", **order}
        return self.stock.adjust(AdjustStock(lines=lines, **order), by=by or actor())

    def scrap(self, variant_id: int, quantity: str, **order: Any) -> PostingView:
        line = IssuedLine(variant_id=variant_id, quantity=Decimal(quantity))
        order = {"warehouse_id": self.main.id, "reason_code": "damaged", **order}
        return self.stock.scrap(ScrapGoods(lines=(line,), **order), by=actor())

    def move(self, variant_id: int, quantity: str, *, to: int, **order: Any) -> PostingView:
        line = MovedLine(
            variant_id=variant_id, quantity=Decimal(quantity), lot_code=order.pop("lot", None)
        )
        return self.stock.transfer(
            TransferStock(
                from_warehouse_id=order.pop("source", self.main.id),
                to_warehouse_id=to,
                lines=(line,),
                **order,
            ),
            by=actor(),
        )

    def reserve(self, variant_id: int, quantity: str, **order: Any) -> int:
        view = self.reservations.reserve(
            ReserveStock(
                variant_id=variant_id,
                warehouse_id=order.pop("warehouse_id", self.main.id),
                quantity=Decimal(quantity),
                **order,
            ),
            by=actor(),
        )
        return view.reservation_ids[0]

    def reverse(self, posting: PostingView, **order: Any) -> PostingView:
        by = order.pop("by", actor())
        return self.corrections.reverse(ReversePosting(posting_id=posting.id, **order), by=by)

    def level(self, variant_id: int, warehouse_id: int | None = None) -> Level:
        return self.repository.levels[LevelKey(variant_id, warehouse_id or self.main.id)]


@pytest.fixture
def company() -> Company:
    return Company()
