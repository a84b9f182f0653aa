"""A program that works for longer than its token lives goes on, and counts its requests."""

import pytest

from config.container import container
from sms_core.access.commands import CreateUser
from sms_core.access.entities import system_actor
from sms_core.access.services import UserService
from sms_django import models
from tests.acceptance.northwind import InProcess

PASSWORD = "correct horse battery"


@pytest.mark.django_db
def test_whoever_was_away_too_long_logs_in_again() -> None:
    manager = models.Role.objects.get(name="manager").pk
    command = CreateUser(username="importer", password=PASSWORD, role_ids=(manager,))
    container().get(UserService).create(command, by=system_actor())
    api = InProcess("importer", PASSWORD)
    before = api.token
    api.token = f"{before}x"

    assert api.get("auth/me/")["username"] == "importer"
    assert api.token.count(".") == 2
    assert api.requests == 4  # in, refused, in again, answered
