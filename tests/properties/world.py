"""A small company for programs of random orders, over any adapters."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sms_core.shared.ports import DryRun
from sms_core.stock.closing import PeriodService
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.entities import Warehouse
from sms_core.stock.places import LotService
from sms_core.stock.reservations import ReservationService
from sms_core.stock.services import StockService
from tests.core.stock.conftest import CHAI, CHEESE, Company
from tests.properties.promises import Books


class World(Protocol):
    """What a program needs: the services, two warehouses, and a look at what is kept.

    `pieces` is a variant counted in whole numbers, `by_lot` one kept by lots with three places.
    The reasons `lost` (adjustments), `damaged` (scrap) and `sample` (issues) are there.
    """

    stock: StockService
    corrections: CorrectionService
    reservations: ReservationService
    closing: PeriodService
    lots: LotService
    dry_run: DryRun
    pieces: int
    by_lot: int
    warehouses: tuple[Warehouse, Warehouse]
    shelves: tuple[int, int]

    def now(self) -> datetime:
        """The time on the ledger's clock."""

    def advance(self, minutes: int) -> None:
        """Let time pass; does nothing where the clock cannot be moved."""

    def books(self) -> Books:
        """All that is kept, as it is now."""


@dataclass
class MemoryWorld:
    """The world on its in-memory doubles."""

    def __post_init__(self) -> None:
        self.company = company = Company()
        self.stock, self.corrections = company.stock, company.corrections
        self.reservations, self.closing = company.reservations, company.closing
        self.lots, self.dry_run = company.lot_service, company.dry_run
        self.pieces, self.by_lot = CHAI, CHEESE
        north = company.open_warehouse("NORTH")
        self.warehouses = (company.main, north)
        shelf = company.place("SHELF")
        company.main = north
        self.shelves = (shelf, company.place("SHELF"))
        company.main = self.warehouses[0]

    def now(self) -> datetime:
        return self.company.clock.now()

    def advance(self, minutes: int) -> None:
        self.company.clock.advance(minutes=minutes)

    def books(self) -> Books:
        return Books(
            levels=list(self.company.repository.levels.values()),
            postings=list(self.company.repository.postings.values()),
            reservations=deepcopy(list(self.company.promises.stored.values())),
        )
