"""In-memory doubles of the ports of access."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from sms_core.access.entities import (
    AccessClaims,
    Account,
    LoginAttempt,
    Role,
    TokenFamily,
    User,
)
from sms_core.access.ports import (
    AccessTokens,
    LoginAttemptRepository,
    Passwords,
    RoleFilter,
    RoleRepository,
    RoleSort,
    TokenFamilyRepository,
    UserFilter,
    UserRepository,
    UserSort,
    Warehouses,
)
from sms_core.shared.errors import Duplicate, NotAuthenticated
from sms_core.shared.ports import Clock
from sms_core.shared.text import fold
from tests.fakes.base import FixedClock, InMemoryMasterDataRepository


@dataclass
class InMemoryRoleRepository(InMemoryMasterDataRepository[Role, RoleFilter], RoleRepository):
    entity = Role
    unique = {"name": lambda role: fold(role.name)}
    sort_keys = {
        RoleSort.NAME: lambda role: fold(role.name),
        RoleSort.LABEL: lambda role: role.label,
        RoleSort.CREATED_AT: lambda role: role.created_at,
        RoleSort.UPDATED_AT: lambda role: role.updated_at,
    }
    default_sort = sort_keys[RoleSort.NAME]

    def searched(self, role: Role) -> tuple[str, ...]:
        return (role.name, role.label, role.description)

    def matches(self, role: Role, filter: RoleFilter) -> bool:
        return filter.name is None or fold(filter.name) == fold(role.name)

    def delivered(self) -> dict[str, Role]:
        return {role.delivered_as: role for role in self.stored.values() if role.delivered_as}


@dataclass
class InMemoryUserRepository(InMemoryMasterDataRepository[User, UserFilter], UserRepository):
    entity = User
    sort_keys = {
        UserSort.USERNAME: lambda user: fold(user.username),
        UserSort.LAST_NAME: lambda user: user.last_name,
        UserSort.FIRST_NAME: lambda user: user.first_name,
        UserSort.CREATED_AT: lambda user: user.created_at,
        UserSort.UPDATED_AT: lambda user: user.updated_at,
    }
    default_sort = sort_keys[UserSort.USERNAME]

    roles: InMemoryRoleRepository = field(default_factory=InMemoryRoleRepository)

    def searched(self, user: User) -> tuple[str, ...]:
        return (user.username, user.first_name, user.last_name, user.email, user.phone)

    def matches(self, user: User, filter: UserFilter) -> bool:
        return (
            (filter.username is None or fold(filter.username) == fold(user.username))
            and (filter.is_active is None or filter.is_active == user.is_active)
            and (filter.role_id is None or filter.role_id in user.role_ids)
        )

    def refuse_duplicates(self, user: User) -> None:
        for other in self.stored.values():
            if other.id != user.id and fold(other.username) == fold(user.username):
                raise Duplicate("There is another user with this username.", pointer="/username")

    def find_account(self, id: int) -> Account | None:
        user = self.hold([id]).get(id)
        if user is None:
            return None
        return Account(
            user, tuple(role for _, role in sorted(self.roles.hold(user.role_ids).items()))
        )

    def find_account_by_username(self, username: str) -> Account | None:
        ids = [user.id for user in self.stored.values() if fold(user.username) == fold(username)]
        return self.find_account(ids[0]) if ids else None

    def count_by_role(self, role_ids: Collection[int]) -> dict[int, int]:
        users = self.visible().values()
        counts = {id: sum(id in user.role_ids for user in users) for id in role_ids}
        return {id: n for id, n in counts.items() if n}

    def has_owner_besides(self, ids: Collection[int], *, owner_role_id: int) -> bool:
        return any(
            user.is_active and user.warehouse_ids is None and owner_role_id in user.role_ids
            for user in self.visible().values()
            if user.id not in ids
        )

    def is_empty(self) -> bool:
        return not self.stored

    def note_log_in(self, id: int, at: datetime) -> None:
        self.stored[id].last_login = at


@dataclass
class InMemoryWarehouses(Warehouses):
    """Told by the test which there are."""

    ids: set[int] = field(default_factory=set)

    def existing(self, ids: Collection[int]) -> frozenset[int]:
        return frozenset(ids) & self.ids


@dataclass
class ReversingPasswords(Passwords):
    """Scrambles by writing backwards, and remembers how often it looked at a password."""

    looks: int = 0

    def scramble(self, password: str) -> str:
        return password[::-1]

    def matches(self, password: str, scrambled: str | None) -> bool:
        self.looks += 1
        return password[::-1] == scrambled

    def weaknesses(self, password: str, user: User) -> Sequence[str]:
        return ["It is like the username."] if user.username in password else []


@dataclass
class RememberedTokens(AccessTokens):
    """Signs by remembering what it signed."""

    clock: Clock = field(default_factory=FixedClock)
    signed: dict[str, AccessClaims] = field(default_factory=dict)

    def sign(self, claims: AccessClaims) -> str:
        token = f"access-{len(self.signed)}"
        self.signed[token] = claims
        return token

    def read(self, token: str) -> AccessClaims:
        claims = self.signed.get(token)
        if claims is None or claims.expires_at <= self.clock.now():
            raise NotAuthenticated("unknown or expired")
        return claims


@dataclass
class InMemoryTokenFamilyRepository(TokenFamilyRepository):
    stored: dict[Any, TokenFamily] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def add(self, family: TokenFamily) -> None:
        self.stored[family.key] = family

    def rotate(
        self, key: str, *, old: str, new: str, at: datetime, expires_at: datetime
    ) -> TokenFamily | None:
        family = self.stored.get(key)
        if family is None or key in self.revoked:
            return None
        if family.digest != old or family.expires_at <= at:
            return None
        self.stored[key] = replace(family, digest=new, expires_at=expires_at)
        return self.stored[key]

    def revoke(self, key: str, at: datetime) -> None:
        self.revoked.add(key)

    def purge(self, before: datetime) -> int:
        gone = [key for key, family in self.stored.items() if family.expires_at < before]
        for key in gone:
            del self.stored[key]
        return len(gone)


@dataclass
class InMemoryLoginAttemptRepository(LoginAttemptRepository):
    stored: dict[int, LoginAttempt] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: count(1))

    def lock(self, address: str) -> None:
        """Nothing: there is one thread."""

    def since(self, address: str, at: datetime) -> Sequence[LoginAttempt]:
        return [a for a in self.stored.values() if a.address == address and a.at > at]

    def add(self, attempt: LoginAttempt) -> int:
        id = next(self.ids)
        self.stored[id] = replace(attempt, id=id)
        return int(id)

    def mark_failed(self, id: int) -> None:
        self.stored[id] = replace(self.stored[id], failed=True)

    def forget(self, *, account: str, address: str) -> None:
        for id, attempt in list(self.stored.items()):
            if (attempt.account, attempt.address) == (account, address):
                del self.stored[id]

    def purge(self, before: datetime) -> int:
        gone = [id for id, attempt in self.stored.items() if attempt.at < before]
        for id in gone:
            del self.stored[id]
        return len(gone)
