"""Forget the answers to requests that nobody will send again."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sms_django import models

LEAST_HOURS = 24


class Command(BaseCommand):
    """Deletes kept answers; a key is safe to send again for a day at least."""

    help = "Forget the answers kept for idempotency keys, once they are old enough."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--hours",
            type=int,
            default=72,
            help=f"forget what is older than this (default 72, at least {LEAST_HOURS})",
        )

    def handle(self, *args: Any, hours: int, **options: Any) -> None:
        if hours < LEAST_HOURS:
            raise CommandError(f"Keys are kept for at least {LEAST_HOURS} hours.")
        before = timezone.now() - timedelta(hours=hours)
        forgotten, _ = models.KeptAnswer.objects.filter(created_at__lt=before).delete()
        self.stdout.write(f"Forgot {forgotten} answers.")
