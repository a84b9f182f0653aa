"""`manage.py purge_tokens`: forget log-ins that are over, for a nightly job."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.container import Injected
from sms_core.access.sessions import SessionService


class Command(BaseCommand):
    help = "Deletes expired refresh tokens and old log-in attempts. Safe at any time."
    sessions = Injected(SessionService)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{self.sessions.purge()} rows deleted.")
