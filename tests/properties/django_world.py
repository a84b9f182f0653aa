"""The world of random programs over the database: every program in a transaction undone at its
end."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from injector import Binder

from config.container import overridden
from sms_core.shared.ports import DryRun
from sms_core.stock.closing import PeriodService
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger_ports import Calendar
from sms_core.stock.places import LotService
from sms_core.stock.ports import LedgerRepository, Stamp
from sms_core.stock.reservations import ReservationService
from sms_core.stock.services import StockService
from sms_django import models
from sms_django.repositories.ledger import DjangoLedgerRepository, fill
from sms_django.repositories.ledger_rows import to_entry, to_level, to_posting
from sms_django.repositories.reservations import to_reservation
from tests.adapters import shop
from tests.core.stock.conftest import actor
from tests.fakes.base import FixedClock
from tests.fakes.ledger import FixedCalendar
from tests.properties.promises import Books


class Shop(shop.Shop):
    """What every program begins with: made once, and never changed."""

    def __init__(self) -> None:
        super().__init__()
        models.User.objects.get_or_create(
            pk=actor().user_id, defaults={"username": "anna", "username_key": "anna"}
        )
        self.north = self.open_warehouse("NORTH")
        self.shelves = (self.place("SHELF"), self.place("SHELF", warehouse_id=self.north.id))
        self.pieces = self.variant("CHAI")
        self.by_lot = self.variant("CHEESE", places=3, tracks_lots=True)


class MovedLedgerRepository(DjangoLedgerRepository):
    """The ledger in the database, on a clock that programs move."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock

    def stamp(self, kind: Kind) -> Stamp:
        return replace(super().stamp(kind), at=self.clock.now())


class DjangoWorld:
    """The services on the database; `close` undoes all that the program did."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.clock = shop, FixedClock()
        self.warehouses = (shop.main, shop.north)
        self.shelves = shop.shelves
        self.pieces, self.by_lot = shop.pieces, shop.by_lot
        with overridden(self._bind) as container:
            self.stock = container.get(StockService)
            self.corrections = container.get(CorrectionService)
            self.reservations = container.get(ReservationService)
            self.closing = container.get(PeriodService)
            self.lots = container.get(LotService)
            self.dry_run = container.get(DryRun)  # type: ignore[type-abstract]
        self._undo = ExitStack()
        self._undo.enter_context(transaction.atomic())

    def _bind(self, binder: Binder) -> None:
        ports: dict[Any, Any] = {
            LedgerRepository: MovedLedgerRepository(self.clock),
            Calendar: FixedCalendar(self.clock),
        }
        for port, adapter in ports.items():
            binder.bind(port, to=adapter)

    def close(self) -> None:
        transaction.set_rollback(True)
        self._undo.close()

    def now(self) -> datetime:
        return self.clock.now()

    def advance(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    def books(self) -> Books:
        levels = {row.pk: to_level(row) for row in models.Level.objects.order_by("pk")}
        fill(levels)
        rows = models.Posting.objects.select_related("reverses").order_by("pk")
        postings = {row.pk: to_posting(row) for row in rows}
        for entry in models.Entry.objects.select_related("level").order_by("pk"):
            postings[entry.posting_id].entries.append(to_entry(entry))
        promised = models.Reservation.objects.order_by("pk")
        return Books(
            levels=list(levels.values()),
            postings=list(postings.values()),
            reservations=[to_reservation(row) for row in promised],
        )
