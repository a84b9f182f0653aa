"""Programs at the door of the API, each with somebody's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from config.container import container
from sms_core.access.commands import CreateRole, CreateUser
from sms_core.access.entities import AccessClaims, User, system_actor
from sms_core.access.ports import AccessTokens
from sms_core.access.services import RoleService, UserService
from sms_core.shared.ports import Clock
from sms_django import models

ApiAs = Callable[..., APIClient]
PASSWORD = "a long enough sentence"


def user_with(
    role: str | None = None,
    *,
    permissions: Iterable[str] | None = None,
    warehouse_ids: Iterable[int] | None = None,
) -> User:
    """A new user with a delivered role, with a role of just these permissions, or with none."""
    number = models.User.objects.count()
    role_ids: tuple[int, ...] = ()
    if permissions is not None:
        command = CreateRole(name=f"role-{number}", permissions=tuple(permissions))
        made = container().get(RoleService).create(command, by=system_actor())
        role_ids = (made.id,)
    elif role is not None:
        role_ids = (models.Role.objects.get(name=role).pk,)
    return (
        container()
        .get(UserService)
        .create(
            CreateUser(
                username=f"user-{number}",
                password=PASSWORD,
                role_ids=role_ids,
                warehouse_ids=None if warehouse_ids is None else tuple(warehouse_ids),
            ),
            by=system_actor(),
        )
    )


def token_of(user: User, *, age: timedelta = timedelta()) -> str:
    """An access token of this user, as given out `age` ago."""
    issued_at = container().get(Clock).now() - age  # type: ignore[type-abstract]
    claims = AccessClaims(
        user_id=user.id,
        token_version=user.token_version,
        issued_at=issued_at,
        expires_at=issued_at + timedelta(minutes=10),
    )
    return container().get(AccessTokens).sign(claims)  # type: ignore[type-abstract]


def client_of(user: User | None, *, age: timedelta = timedelta()) -> APIClient:
    """A program that carries this user's token; None: it carries nothing."""
    client = APIClient()
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(user, age=age)}")
    return client


@pytest.fixture
def api_as(db: None) -> ApiAs:
    """`api_as("clerk")`, `api_as(permissions=["brand.view"])`, `api_as(None)` for nothing."""
    return lambda role=None, **options: client_of(user_with(role, **options))


@pytest.fixture
def api(api_as: ApiAs) -> APIClient:
    """The owner's program."""
    return api_as("owner")


@pytest.fixture
def at_most() -> Callable[[int], AbstractContextManager[None]]:
    """`with at_most(6): ...` fails when more SQL statements were needed."""

    @contextmanager
    def limit(number: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        statements = [query["sql"] for query in captured.captured_queries]
        assert len(statements) <= number, "\n".join(statements)

    return limit
