"""The use cases of promises: reserve, release, send."""

# No postponed annotations here: see posting_services.

from dataclasses import dataclass, replace

from sms_core.shared.entities import Actor
from sms_core.shared.errors import RuleBroken
from sms_core.shared.paging import Page, PageRequest
from sms_core.stock.commands import ReleaseReservation, ReserveStock, ShipReservation
from sms_core.stock.drafts import ONE_LINE_POINTERS, repointed
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.ledger_ports import (
    Calendar,
    ReservationFilter,
    ReservationRepository,
)
from sms_core.stock.lines import Outgoing, Promise, Release
from sms_core.stock.posting_services import PostingService
from sms_core.stock.postings import Draft
from sms_core.stock.promises import Reservation
from sms_core.stock.views import PostingView

BATCH = 500


@dataclass(frozen=True)
class ReservationService(PostingService):
    """Promises goods of a warehouse; which place and lot they come from is chosen at shipping.

    All methods raise Forbidden when the actor lacks their permission.
    """

    reservations: ReservationRepository
    calendar: Calendar

    def get(self, id: int, *, by: Actor) -> Reservation:
        """The reservation with this id; raises NotFound."""
        by.require("stock.view")
        return self.reservations.get(id, by.warehouse_ids)

    def search(
        self, filter: ReservationFilter, page: PageRequest, *, by: Actor
    ) -> Page[Reservation]:
        """The ones that match, a page at a time."""
        by.require("stock.view")
        return self.reservations.search(replace(filter, visible=by.warehouse_ids), page)

    def reserve(self, command: ReserveStock, *, by: Actor) -> PostingView:
        """Promise available goods; the view names the reservation.

        Raises Unknown, Invalid, RuleBroken and InsufficientStock.
        """
        self.authorise(command, by=by)
        if command.expires_at is not None and command.expires_at <= self.calendar.now().at:
            raise RuleBroken(
                "A promise must last beyond now.", code="in_past", pointer="/expires_at"
            )
        line = Promise(
            variant_id=command.variant_id,
            warehouse_id=command.warehouse_id,
            quantity=command.quantity,
            purpose=command.purpose,
            expires_at=command.expires_at,
        )
        with self.uow, repointed(ONE_LINE_POINTERS):
            return self.desk.post(Draft(kind=Kind.RESERVATION, lines=(line,)), by)

    def release(self, command: ReleaseReservation, *, by: Actor) -> PostingView:
        """Take a promise back, or a part of it; raises NotFound, Invalid, Conflict."""
        self.authorise(command, by=by)
        with self.uow, repointed(ONE_LINE_POINTERS):
            reservation = self.reservations.get(command.reservation_id, by.warehouse_ids)
            line = Release(
                variant_id=reservation.variant_id,
                warehouse_id=reservation.warehouse_id,
                reservation_id=reservation.id,
                quantity=command.quantity,
            )
            draft = Draft(
                kind=Kind.RELEASE,
                lines=(line,),
                reference=command.reference,
                note=command.note,
                occurred_at=command.occurred_at,
                not_before=reservation.occurred_at,
            )
            return self.desk.post(draft, by)

    def ship(self, command: ShipReservation, *, by: Actor) -> PostingView:
        """Send what was promised, or a part of it; raises NotFound, Invalid, Conflict."""
        self.authorise(command, by=by)
        with self.uow, repointed(ONE_LINE_POINTERS):
            reservation = self.reservations.get(command.reservation_id, by.warehouse_ids)
            reservation.see_that_free()
            quantity = command.quantity
            line = Outgoing(
                variant_id=reservation.variant_id,
                warehouse_id=reservation.warehouse_id,
                quantity=reservation.see_that_open() if quantity is None else quantity,
                counterpart=Counterpart.CUSTOMER,
                location_id=command.location_id,
                lot_code=command.lot_code,
                reservation_id=reservation.id,
            )
            draft = Draft(
                kind=Kind.SHIPMENT,
                lines=(line,),
                reference=command.reference,
                note=command.note,
                occurred_at=command.occurred_at,
                customer_id=command.customer_id,
                despite_count=command.despite_count,
                not_before=reservation.occurred_at,
            )
            return self.desk.post(draft, by)

    def release_expired(self, *, by: Actor) -> int:
        """Release promises whose time is over; returns how many. Safe to run at any time."""
        by.require("stock.reserve")
        released = 0
        while lapsed := self._release_some(by):
            released += lapsed
        return released

    def _release_some(self, by: Actor) -> int:
        """A batch of them in a posting of its own, so that nobody waits long."""
        with self.uow:
            books = self.desk.hold_books()
            lapsed = self.reservations.lapsed(self.calendar.now().at, BATCH)
            lines = tuple(
                Release(
                    variant_id=reservation.variant_id,
                    warehouse_id=reservation.warehouse_id,
                    reservation_id=reservation.id,
                )
                for reservation in lapsed
                if by.sees(reservation.warehouse_id)
            )
            if lines:
                draft = Draft(kind=Kind.RELEASE, lines=lines, note="Its time was over.")
                self.desk.ledger.post(draft, by=by, books=books)
        return len(lines)
