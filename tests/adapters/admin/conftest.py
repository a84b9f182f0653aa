"""People at the back office's door."""

from collections.abc import Callable

import pytest
from django.test import Client

from config.container import container
from sms_core.access.commands import CreateUser
from sms_core.access.entities import system_actor
from sms_core.access.services import UserService
from sms_django import models

LogIn = Callable[..., Client]


@pytest.fixture
def log_in(db: None) -> LogIn:
    """A browser in which somebody with this delivered role is logged in."""

    def browser(role: str, warehouse_ids: list[int] | None = None) -> Client:
        given = models.Role.objects.get(name=role)
        user = (
            container()
            .get(UserService)
            .create(
                CreateUser(
                    username=f"{role}-{models.User.objects.count()}",
                    password="a long enough sentence",
                    role_ids=(given.pk,),
                    warehouse_ids=None if warehouse_ids is None else tuple(warehouse_ids),
                ),
                by=system_actor(),
            )
        )
        client = Client()
        client.force_login(models.User.objects.get(pk=user.id))
        return client

    return browser


@pytest.fixture
def owner(log_in: LogIn) -> Client:
    """The owner's browser."""
    return log_in("owner")
