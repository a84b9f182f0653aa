"""The two clocks of a posting: when it happened, and when the system was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden, RuleBroken

# How far the clock of a scanner may be ahead of ours.
TOLERANCE = timedelta(minutes=5)
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
BACKDATES = "stock.backdate"


@dataclass(frozen=True)
class Now:
    """The time, and the company's zone, which says what day it is."""

    at: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The company's day."""
        return day_of(self.at, self.zone)

    def end_of(self, moment: date | datetime) -> datetime:
        """The last instant meant: of a day its end."""
        if isinstance(moment, datetime):
            return moment
        return self.start_of(moment + timedelta(days=1)) - timedelta(microseconds=1)

    def start_of(self, moment: date | datetime) -> datetime:
        """The first instant meant: of a day its beginning."""
        if isinstance(moment, datetime):
            return moment
        return datetime.combine(moment, time.min, tzinfo=self.zone).astimezone(UTC)


def day_of(at: datetime, zone: tzinfo) -> date:
    """The day on which something happens for the company."""
    return at.astimezone(zone).date()


def happened(
    asked: datetime | None,
    *,
    recorded_at: datetime,
    zone: tzinfo,
    closed_until: date | None,
    not_before: datetime | None,
    by: Actor,
) -> datetime:
    """When something happened that is recorded now, if that may be said.

    Raises RuleBroken for what is yet to come, closed or before what it resolves, and Forbidden
    for a day before today without the right to it.
    """
    if asked is None:
        asked = recorded_at
    if asked > recorded_at + TOLERANCE:
        raise RuleBroken("This lies in the future.", code="in_future", pointer="/occurred_at")
    if asked < EARLIEST:
        raise RuleBroken("This is too long ago.", code="too_old", pointer="/occurred_at")
    at = min(asked, recorded_at).astimezone(UTC)
    if not_before and at < not_before:
        raise RuleBroken(
            f"What it resolves happened later, at {not_before.isoformat()}.",
            code="before_origin",
            pointer="/occurred_at",
        )
    day = day_of(at, zone)
    if day < day_of(recorded_at, zone) and not by.may(BACKDATES):
        raise Forbidden("You lack the permission to post into the past.", pointer="/occurred_at")
    if closed_until and day <= closed_until:
        raise RuleBroken(
            f"The books are closed until {closed_until.isoformat()}.",
            code="period_closed",
            pointer="/occurred_at",
        )
    return at
