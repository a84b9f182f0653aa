"""The questions to the ledger: why is it this number, what would be taken, where did it go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Invalid, NotFound, Unknown
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.shared.ports import Snapshot
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.entities import Warehouse
from sms_core.stock.ledger_ports import (
    Calendar,
    CardFilter,
    Outlook,
    ReservationFilter,
    ReservationRepository,
    StockHistory,
)
from sms_core.stock.levels import ZERO, LevelKey
from sms_core.stock.picking import Pick, Picking, Wish
from sms_core.stock.ports import (
    LotRepository,
    WarehouseRepository,
)
from sms_core.stock.promises import Reservation
from sms_core.stock.views import CardView, LotTrace, PicksView, PickView

MOST_RESERVATIONS = 200


@dataclass(frozen=True, kw_only=True)
class CardQuestion:
    """Which stretch of a card; a date means its end, in `from_at` its beginning, for the
    company."""

    variant_id: int
    warehouse_id: int | None = None
    from_at: date | datetime | None = None
    to_at: date | datetime | None = None
    known_at: date | datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PicksQuestion:
    """What would be taken if so much left a warehouse, from a location or lot if named."""

    variant_id: int
    warehouse_id: int
    quantity: Decimal
    location_id: int | None = None
    lot_id: int | None = None


@dataclass(frozen=True)
class EnquiryService:
    """Cards, picks and traces, each from one snapshot. All raise Forbidden without stock.view."""

    snapshot: Snapshot
    calendar: Calendar
    history: StockHistory
    reservations: ReservationRepository
    warehouses: WarehouseRepository
    lots: LotRepository
    outlook: Outlook

    def card(self, question: CardQuestion, cursor: CursorRequest, *, by: Actor) -> CardView:
        """How the stock of a variant came to be what it is, for whom of it is reserved, and what
        open orders will bring and take.

        Raises Unknown for a warehouse that is not seen, Invalid for a cursor not its own.
        """
        by.require("stock.view")
        self._see(question.warehouse_id, by)
        with self.snapshot:
            now = self.calendar.now()
            filter = CardFilter(
                variant_id=question.variant_id,
                warehouse_id=question.warehouse_id,
                from_at=now.start_of(question.from_at) if question.from_at else None,
                to_at=now.end_of(question.to_at) if question.to_at else None,
                known_at=now.end_of(question.known_at) if question.known_at else None,
                visible=by.warehouse_ids,
            )
            card = self.history.card(filter, cursor, now.today)
            orders = self.outlook.orders(
                filter.variant_id, filter.warehouse_id, by.warehouse_ids, MOST_RESERVATIONS
            )
            card = replace(card, reservations=self._open(filter), orders=tuple(orders))
        return card if by.may(SEES_COSTS) else card.without_costs()

    def picks(self, question: PicksQuestion, *, by: Actor) -> PicksView:
        """Which bins and lots would be taken, the first first, and how much would be missing.

        Raises Unknown for a warehouse that is not seen, Invalid for no quantity.
        """
        by.require("stock.view")
        self._see(question.warehouse_id, by)
        if question.quantity <= 0:
            raise Invalid("Ask for more than 0.", code="not_positive", pointer="/quantity")
        with self.snapshot:
            warehouse = self._warehouse(question.warehouse_id)
            level = self.history.level(LevelKey(question.variant_id, warehouse.id))
            today = self.calendar.now().today
        if level is None:
            return PicksView(picks=(), missing=question.quantity)
        wish = Wish(
            index=0,
            quantity=question.quantity,
            location_id=question.location_id,
            lot_id=question.lot_id,
        )
        picking = Picking(level, warehouse.default_location_id, today, level.reserved)
        picks = picking.serve([wish])[0]
        taken = sum((pick.quantity for pick in picks), ZERO)
        return PicksView(
            picks=tuple(_shown(pick) for pick in picks), missing=question.quantity - taken
        )

    def trace(self, lot_id: int, *, by: Actor) -> LotTrace:
        """From whom a lot came, where it is now and to whom it went; raises NotFound."""
        by.require("stock.view")
        with self.snapshot:
            self.lots.get(lot_id)
            return self.history.trace(lot_id, by.warehouse_ids)

    def _open(self, filter: CardFilter) -> tuple[Reservation, ...]:
        found = self.reservations.search(
            ReservationFilter(
                variant_id=filter.variant_id,
                warehouse_id=filter.warehouse_id,
                is_open=True,
                visible=filter.visible,
            ),
            PageRequest(size=MOST_RESERVATIONS),
        )
        return tuple(found.items)

    def _warehouse(self, id: int) -> Warehouse:
        try:
            return self.warehouses.get(id)
        except NotFound:
            raise Unknown(f"There is no warehouse {id}.", pointer="/warehouse_id") from None

    def _see(self, warehouse_id: int | None, by: Actor) -> None:
        if warehouse_id is not None and not by.sees(warehouse_id):
            raise Unknown(f"There is no warehouse {warehouse_id}.", pointer="/warehouse_id")


def _shown(pick: Pick) -> PickView:
    lot = pick.bin.lot
    return PickView(
        location_id=pick.bin.location.id,
        location_code=pick.bin.location.code,
        lot_id=lot.id if lot else None,
        lot_code=lot.code if lot else None,
        expires_on=lot.expires_on if lot else None,
        quantity=pick.quantity,
    )
