"""The use cases of closing the books."""

from __future__ import annotations

from dataclasses import dataclass

from sms_core.shared.entities import Actor
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.ports import UnitOfWork
from sms_core.stock.commands import ClosePeriod
from sms_core.stock.ledger_ports import (
    Calendar,
    PeriodRepository,
)
from sms_core.stock.periods import Closing


@dataclass(frozen=True)
class PeriodService:
    """Closes the books until a day, and opens them again for those who say why."""

    uow: UnitOfWork
    periods: PeriodRepository
    calendar: Calendar

    def authorise(self, command: ClosePeriod, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all."""
        by.require("stock.close_period")

    def close(self, command: ClosePeriod, *, by: Actor) -> Closing:
        """Close, once all postings under way are through; raises RuleBroken, Conflict, Invalid."""
        self.authorise(command, by=by)
        with self.uow:
            before = self.periods.hold_alone()
            now = self.calendar.now()
            closing = Closing(
                closed_until=command.closed_until,
                note=command.note,
                recorded_at=now.at,
                user_id=by.user_id,
                username=by.username,
            )
            closing.see_that_it_follows(before, today=now.today)
            self.periods.add(closing)
        return closing

    def search(self, page: PageRequest, *, by: Actor) -> Page[Closing]:
        """The records, the newest first."""
        by.require("stock.view")
        return self.periods.search(page)
