"""What access needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sms_core.access.entities import (
    AccessClaims,
    Account,
    LoginAttempt,
    Role,
    TokenFamily,
    User,
)
from sms_core.shared.paging import ListFilter
from sms_core.shared.ports import MasterDataRepository


class RoleSort(Enum):
    NAME = "name"
    LABEL = "label"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class RoleFilter(ListFilter):
    name: str | None = None


class UserSort(Enum):
    USERNAME = "username"
    LAST_NAME = "last_name"
    FIRST_NAME = "first_name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class UserFilter(ListFilter):
    username: str | None = None
    is_active: bool | None = None
    role_id: int | None = None


class RoleRepository(MasterDataRepository[Role, RoleFilter]):
    """Keeps roles; their names are unique among the live ones, whatever their case."""

    @abstractmethod
    def delivered(self) -> dict[str, Role]:
        """The roles the system came with, by `delivered_as`; archived ones too."""


class UserRepository(MasterDataRepository[User, UserFilter]):
    """Keeps users; a username is taken for ever, also by one who is archived."""

    @abstractmethod
    def find_account(self, id: int) -> Account | None:
        """The live user with his live roles, in one look."""

    @abstractmethod
    def find_account_by_username(self, username: str) -> Account | None:
        """Like `find_account`; case makes no difference."""

    @abstractmethod
    def count_by_role(self, role_ids: Collection[int]) -> dict[int, int]:
        """How many live users have each of these roles; absent: none."""

    @abstractmethod
    def has_owner_besides(self, ids: Collection[int], *, owner_role_id: int) -> bool:
        """Whether a live, active user without a limit, not one of `ids`, has this role."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there never was a user."""

    @abstractmethod
    def note_log_in(self, id: int, at: datetime) -> None:
        """Remember when the user last logged in; that is no change of the user."""


class Warehouses(ABC):
    """Knows which warehouses there are, for the lists that users are limited to."""

    @abstractmethod
    def existing(self, ids: Collection[int]) -> frozenset[int]:
        """The ids among these that are warehouses, archived ones not."""


class Passwords(ABC):
    """Scrambles passwords so that nobody can read them back, and judges new ones."""

    @abstractmethod
    def scramble(self, password: str) -> str:
        """The form in which it is kept."""

    @abstractmethod
    def matches(self, password: str, scrambled: str | None) -> bool:
        """Whether it is that password; with None False, after the same time as a wrong one."""

    @abstractmethod
    def weaknesses(self, password: str, user: User) -> Sequence[str]:
        """Why this would be a bad password for this user, a sentence each; empty when good."""


class AccessTokens(ABC):
    """Signs access tokens, and reads those that it signed."""

    @abstractmethod
    def sign(self, claims: AccessClaims) -> str:
        """A token that says this and cannot be changed unnoticed."""

    @abstractmethod
    def read(self, token: str) -> AccessClaims:
        """What the token says; raises NotAuthenticated when it is not ours or has expired."""


class TokenFamilyRepository(ABC):
    """Keeps the families of refresh tokens."""

    @abstractmethod
    def add(self, family: TokenFamily) -> None:
        """Start a family."""

    @abstractmethod
    def rotate(
        self, key: str, *, old: str, new: str, at: datetime, expires_at: datetime
    ) -> TokenFamily | None:
        """Put digest `new` in the place of `old`; of several at once exactly one succeeds.

        None when `old` is not the newest one, has expired by `at`, or the family is revoked.
        """

    @abstractmethod
    def revoke(self, key: str, at: datetime) -> None:
        """End the family; none of its tokens works from now on."""

    @abstractmethod
    def purge(self, before: datetime) -> int:
        """Forget the families that expired before this time; how many there were."""


class LoginAttemptRepository(ABC):
    """Keeps the failed log-ins and those under way."""

    @abstractmethod
    def lock(self, address: str) -> None:
        """Let log-ins from this address take turns until the unit of work ends."""

    @abstractmethod
    def since(self, address: str, at: datetime) -> Sequence[LoginAttempt]:
        """The attempts from this address after this time."""

    @abstractmethod
    def add(self, attempt: LoginAttempt) -> int:
        """Note one that is under way; its id."""

    @abstractmethod
    def mark_failed(self, id: int) -> None:
        """Note that the password was wrong."""

    @abstractmethod
    def forget(self, *, account: str, address: str) -> None:
        """Drop the attempts for this account from this address: one of them succeeded."""

    @abstractmethod
    def purge(self, before: datetime) -> int:
        """Forget the attempts before this time; how many there were."""
