"""Until when the books are closed, in the database."""

from __future__ import annotations

from datetime import date

from django.db import connection

from sms_core.shared.paging import Page, PageRequest
from sms_core.stock.ledger_ports import PeriodRepository
from sms_core.stock.periods import Closing
from sms_django import models

# Two numbers name this lock; those of idempotency keys and notes have one, and never meet it.
LOCK = (1_397_576_531, 1)


class DjangoPeriodRepository(PeriodRepository):
    """Records in `sms_closing`, under an advisory lock: postings share it, closing has it alone.

    SQLite has one writer, so there is nothing to lock.
    """

    def hold(self) -> date | None:
        self._lock("pg_advisory_xact_lock_shared")
        return self._last()

    def hold_alone(self) -> date | None:
        self._lock("pg_advisory_xact_lock")
        return self._last()

    def add(self, closing: Closing) -> None:
        row = models.Closing.objects.create(
            closed_until=closing.closed_until,
            note=closing.note,
            user_id=closing.user_id,
            username=closing.username,
            recorded_at=closing.recorded_at,
        )
        closing.id = row.pk

    def search(self, page: PageRequest) -> Page[Closing]:
        rows = models.Closing.objects.order_by("-pk")
        total = rows.count()
        found = rows[page.offset : page.offset + page.size] if page.offset < total else []
        return Page([_to_entity(row) for row in found], total, page)

    def _lock(self, function: str) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {function}(%s, %s)", LOCK)

    def _last(self) -> date | None:
        # A statement of its own: only so does it see what the former owner of the lock committed.
        rows = models.Closing.objects.order_by("-pk")
        return rows.values_list("closed_until", flat=True).first()


def _to_entity(row: models.Closing) -> Closing:
    return Closing(
        id=row.pk,
        closed_until=row.closed_until,
        note=row.note,
        recorded_at=row.recorded_at,
        user_id=row.user_id,
        username=row.username,
    )
