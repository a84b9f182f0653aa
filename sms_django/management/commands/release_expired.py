"""`manage.py release_expired`: release promises whose time is over, for a job every few minutes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.container import Injected
from sms_core.access.entities import system_actor
from sms_core.stock.reservations import ReservationService


class Command(BaseCommand):
    """Posts the releases in batches; what is short of stock does so by itself before it refuses."""

    help = "Releases reservations whose time is over. Safe to run at any time."
    reservations = Injected(ReservationService)

    def handle(self, *args: Any, **options: Any) -> None:
        released = self.reservations.release_expired(by=system_actor())
        self.stdout.write(f"Released {released} reservations.")
