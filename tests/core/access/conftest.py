"""Access on its in-memory doubles, and the people of these tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sms_core.access.commands import CreateRole, CreateUser
from sms_core.access.entities import Role, User, system_actor
from sms_core.access.permissions import OWNER
from sms_core.access.services import RoleService, UserService
from sms_core.access.sessions import SessionService
from sms_core.shared.entities import Actor
from tests.fakes.access import (
    InMemoryLoginAttemptRepository,
    InMemoryRoleRepository,
    InMemoryTokenFamilyRepository,
    InMemoryUserRepository,
    InMemoryWarehouses,
    RememberedTokens,
    ReversingPasswords,
)
from tests.fakes.base import FixedClock, RollingBackUnitOfWork

PASSWORD = "correct horse battery"
SYSTEM = system_actor()


@dataclass(frozen=True)
class Access:
    """All services of access over one set of doubles."""

    clock: FixedClock
    passwords: ReversingPasswords
    warehouses: InMemoryWarehouses
    families: InMemoryTokenFamilyRepository
    attempts: InMemoryLoginAttemptRepository
    roles: RoleService
    users: UserService
    sessions: SessionService

    def role(self, *permissions: str, name: str = "helper") -> Role:
        return self.roles.create(CreateRole(name=name, permissions=permissions), by=SYSTEM)

    def user(self, username: str, *roles: Role, **attributes: Any) -> User:
        command = CreateUser(
            username=username,
            password=PASSWORD,
            role_ids=tuple(role.id for role in roles),
            **attributes,
        )
        return self.users.create(command, by=SYSTEM)

    def owner(self, username: str = "olga") -> User:
        return self.users.make_owner(username=username, password=PASSWORD)

    @property
    def owner_role(self) -> Role:
        return self.roles.repository.delivered()[OWNER]

    def as_actor(self, user: User) -> Actor:
        account = self.sessions.account(user.id)
        assert account is not None
        return account.actor()


@pytest.fixture
def access() -> Access:
    clock = FixedClock()
    roles = InMemoryRoleRepository(clock=clock)
    users = InMemoryUserRepository(clock=clock, roles=roles)
    families, attempts = InMemoryTokenFamilyRepository(), InMemoryLoginAttemptRepository()
    uow = RollingBackUnitOfWork(roles, users, families, attempts)  # type: ignore[arg-type]
    passwords, warehouses = ReversingPasswords(), InMemoryWarehouses({1, 2, 3})
    made = Access(
        clock=clock,
        passwords=passwords,
        warehouses=warehouses,
        families=families,
        attempts=attempts,
        roles=RoleService(uow=uow, clock=clock, repository=roles, users=users),
        users=UserService(
            uow=uow,
            clock=clock,
            repository=users,
            roles=roles,
            warehouses=warehouses,
            passwords=passwords,
        ),
        sessions=SessionService(
            uow=uow,
            clock=clock,
            users=users,
            families=families,
            attempts=attempts,
            passwords=passwords,
            tokens=RememberedTokens(clock),
        ),
    )
    made.roles.make_delivered()
    return made


@pytest.fixture
def people(access: Access) -> Callable[..., Actor]:
    """Somebody who acts, with a role of exactly these permissions."""

    def person(*permissions: str, username: str = "petra", **attributes: Any) -> Actor:
        role = access.role(*permissions, name=f"role of {username}")
        return access.as_actor(access.user(username, role, **attributes))

    return person
