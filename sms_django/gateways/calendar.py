"""The time on the database's clock, and what day it is for the company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from sms_core.stock.ledger_ports import Calendar
from sms_core.stock.moments import Now
from sms_django import models


class CompanyCalendar(Calendar):
    """Asks the database, so that all machines that serve the company have one time."""

    def now(self) -> Now:
        at, zone = clock_and_company("time_zone")
        return Now(at, zone_called(zone))


def clock_and_company(columns: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
    """The time, and these columns of the company's row, in one statement."""
    # SQLite runs in this process: its clock is ours, which is finer.
    clock = "clock_timestamp()" if connection.vendor == "postgresql" else "NULL"
    table = models.Company._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {clock}, {columns} FROM (SELECT 1) AS one LEFT JOIN {table} ON TRUE",  # noqa: S608 (our own table)
            parameters,
        )
        at, *asked = cursor.fetchone()
    now: datetime = at.astimezone(UTC) if at else timezone.now()
    return (now, *asked)


def zone_called(name: str | None) -> ZoneInfo:
    """The zone with this name; UTC before there is a company."""
    return ZoneInfo(name or "UTC")
