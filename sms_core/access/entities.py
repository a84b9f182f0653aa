"""Who may do what: roles, users, their log-ins and the tokens they carry."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from sms_core.access.permissions import ALL_CODES, OWNER, in_catalogue_order
from sms_core.shared.entities import Actor, MasterData
from sms_core.shared.errors import Conflict, DomainError, Forbidden, Invalid, Unknown
from sms_core.shared.text import fold, tidy, tidy_email, tidy_optional, tidy_text

PASSWORD_MIN = 12
PASSWORD_MAX = 1024
SYSTEM = "System"


class LastOwner(Conflict):
    """Nobody would be left who may do everything."""

    code = "last_owner"


class LoginThrottled(DomainError):
    """Too many failed log-ins; another one is heard in `retry_after` seconds."""

    code = "throttled"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many failed log-ins. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


@dataclass(kw_only=True)
class Role(MasterData):
    """A bundle of permissions. `delivered_as` is the key of a role the system came with."""

    name_of_kind: ClassVar[str] = "role"

    name: str
    label: str = ""
    description: str = ""
    permissions: Sequence[str] = ()
    delivered_as: str = ""

    def check(self) -> None:
        self.name = tidy(self.name, "name")
        self.label = tidy_optional(self.label, "label")
        self.description = tidy_text(self.description, "description")
        for n, code in enumerate(self.permissions):
            if code not in ALL_CODES:
                raise Unknown(f"There is no permission {code!r}.", pointer=f"/permissions/{n}")
        self.permissions = in_catalogue_order(self.permissions)
        if self.is_owner and len(self.permissions) < len(ALL_CODES):
            raise LastOwner("The owner role always holds every permission.")

    @property
    def is_owner(self) -> bool:
        """Whether this is the role that holds every permission, whatever it is called now."""
        return self.delivered_as == OWNER


@dataclass(kw_only=True)
class User(MasterData):
    """A person or program that logs in. `warehouse_ids` None: no limit; empty: sees none."""

    name_of_kind: ClassVar[str] = "user"

    username: str
    password_hash: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    is_active: bool = True
    role_ids: Sequence[int] = ()
    warehouse_ids: Sequence[int] | None = None
    token_version: int = 1
    last_login: datetime | None = None

    def check(self) -> None:
        self.username = tidy(self.username, "username")
        if fold(self.username) == fold(SYSTEM):
            raise Invalid(
                f"{SYSTEM} is what the system calls itself.", code="reserved", pointer="/username"
            )
        for field in ("first_name", "last_name", "phone"):
            setattr(self, field, tidy_optional(getattr(self, field), field))
        self.email = tidy_email(self.email, "email")
        self.role_ids = tuple(sorted(set(self.role_ids)))
        if self.warehouse_ids is not None:
            self.warehouse_ids = tuple(sorted(set(self.warehouse_ids)))

    def change(self, **values: Any) -> None:
        """Give attributes new values; other roles or a deactivation end all sessions."""
        before = self.role_ids, self.is_active
        super().change(**values)
        if self.role_ids != before[0] or (before[1] and not self.is_active):
            self.end_sessions()

    def set_password(self, password_hash: str) -> None:
        """Give it another password; whoever is logged in with the old one is so no longer."""
        self.password_hash = password_hash
        self.end_sessions()

    def archive(self, at: datetime) -> None:
        """Take it out of use; tokens given out before do not work after a restore either."""
        super().archive(at)
        self.end_sessions()

    def end_sessions(self) -> None:
        """Make every token and session that was given out so far worthless."""
        self.token_version += 1


@dataclass(frozen=True)
class Account:
    """A user with the roles that count now: the live ones."""

    user: User
    roles: Sequence[Role]

    @property
    def permissions(self) -> frozenset[str]:
        """What the roles grant together."""
        return frozenset(code for role in self.roles for code in role.permissions)

    def actor(self, request_id: str = "") -> Actor:
        """This user as the one who acts in a request."""
        limit = self.user.warehouse_ids
        return Actor(
            user_id=self.user.id,
            username=self.user.username,
            permissions=self.permissions,
            warehouse_ids=None if limit is None else frozenset(limit),
            request_id=request_id,
        )


def system_actor(request_id: str = "") -> Actor:
    """The system itself, for commands and built-in data; it may do everything.

    Postings name the request they came with, so one without gets a name of its own.
    """
    request_id = request_id or f"system-{uuid4()}"
    return Actor(user_id=None, username=SYSTEM, permissions=ALL_CODES, request_id=request_id)


def require_reach(
    by: Actor, *, permissions: Collection[str], warehouse_ids: Collection[int] | None = ()
) -> None:
    """Raise Forbidden unless the actor has all of this himself.

    It is asked both before and after a change: nobody gives what he has not, and nobody touches
    an account that may more than his own (its password would be a way to become it).
    """
    if lacking := in_catalogue_order(set(permissions) - by.permissions):
        raise Forbidden(f"That is beyond your own rights: you lack {lacking[0]}.")
    if by.warehouse_ids is None:
        return
    if warehouse_ids is None:
        raise Forbidden("That is beyond your own rights: you are limited to some warehouses.")
    if lacking_ids := sorted(set(warehouse_ids) - by.warehouse_ids):
        raise Forbidden(f"That is beyond your own rights: not your warehouse: {lacking_ids[0]}.")


def check_password_length(password: str, *, field: str) -> None:
    """Raise Invalid unless the password has 12 to 1,024 characters."""
    if len(password) < PASSWORD_MIN:
        raise Invalid(
            f"The password must have at least {PASSWORD_MIN} characters.",
            code="min_length",
            pointer=f"/{field}",
        )
    if not is_storable(password):
        raise Invalid(
            f"The password may have at most {PASSWORD_MAX} characters, none of them broken.",
            code="max_length",
            pointer=f"/{field}",
        )


def is_storable(password: str) -> bool:
    """Whether a password of anybody could be this one: not too long, and made of characters."""
    return len(password) <= PASSWORD_MAX and not any("\ud800" <= c <= "\udfff" for c in password)


@dataclass(frozen=True)
class LoginAttempt:
    """Somebody tried to log in; `failed` is False while the password is still looked at."""

    account: str
    address: str
    at: datetime
    failed: bool = False
    id: int = 0


class Throttle:
    """How many failed log-ins are heard: 5 for an account from one address, 50 for an address.

    An account alone is never refused: else anybody could lock anybody out. Attempts still under
    way count, so that a hundred at once are not heard either.
    """

    WINDOW = timedelta(minutes=5)
    PER_ACCOUNT = 5
    PER_ADDRESS = 50

    @classmethod
    def wait(cls, attempts: Iterable[LoginAttempt], *, account: str, now: datetime) -> int:
        """Seconds until an attempt is heard, 0 for at once; `attempts` are of its address."""
        recent = [attempt for attempt in attempts if attempt.at > now - cls.WINDOW]
        own = [attempt for attempt in recent if attempt.account == account]
        return max(
            cls._wait(own, limit=cls.PER_ACCOUNT, now=now),
            cls._wait(recent, limit=cls.PER_ADDRESS, now=now),
        )

    @classmethod
    def _wait(cls, attempts: Sequence[LoginAttempt], *, limit: int, now: datetime) -> int:
        if len(attempts) < limit:
            return 0
        failed = sorted(attempt.at for attempt in attempts if attempt.failed)
        if len(failed) < limit:
            return 1
        return max(1, math.ceil((failed[-limit] + cls.WINDOW - now).total_seconds()))


@dataclass(frozen=True, kw_only=True)
class TokenFamily:
    """One log-in of a program: a chain of refresh tokens, of which only the newest works.

    `digest` is that of the newest token; the tokens themselves are not kept anywhere.
    """

    key: str
    digest: str
    user_id: int
    token_version: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class AccessClaims:
    """What an access token says: whose it is and until when. It says nothing about rights."""

    user_id: int
    token_version: int
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What a program gets when it logs in; `expires_in` seconds is how long `access` works."""

    access: str
    refresh: str
    expires_in: int
