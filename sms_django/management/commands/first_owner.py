"""`manage.py first_owner`: somebody who may do everything, for a database that has nobody."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.container import Injected
from sms_core.access.services import UserService
from sms_core.shared.errors import DomainError


class Command(BaseCommand):
    """Make the owner that SMS_OWNER_USERNAME and SMS_OWNER_PASSWORD name, once."""

    help = (
        "Makes the first user from SMS_OWNER_USERNAME and SMS_OWNER_PASSWORD; does nothing when"
        " there is a user. Without a password one is made and printed, except in production."
    )
    users = Injected(UserService)

    def handle(self, **options: Any) -> None:
        """Make the owner unless this database has a user."""
        if not self.users.is_first_start():
            return
        username = os.environ.get("SMS_OWNER_USERNAME") or "owner"
        password = os.environ.get("SMS_OWNER_PASSWORD", "")
        if not password and not settings.LOCAL:
            # What production prints is kept in logs: no place for a password.
            self.stderr.write(
                "This database has no user yet: set SMS_OWNER_PASSWORD and run first_owner,"
                " or run createsuperuser."
            )
            return
        made = "" if password else secrets.token_urlsafe(15)
        try:
            self.users.make_owner(username=username, password=password or made)
        except DomainError as error:
            raise CommandError(f"The first owner cannot be made: {error}") from error
        shown = (
            f"password {made}  (shown only now)" if made else "password as in SMS_OWNER_PASSWORD"
        )
        self.stdout.write(f"First owner: user {username}  {shown}")
