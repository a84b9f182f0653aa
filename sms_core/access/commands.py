"""What can be ordered about users, roles and log-ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sms_core.shared.entities import UNSET, Change, Unset


@dataclass(frozen=True, kw_only=True)
class CreateRole:
    name: str
    label: str = ""
    description: str = ""
    permissions: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeRole(Change):
    name: str | Unset = UNSET
    label: str | Unset = UNSET
    description: str | Unset = UNSET
    permissions: Sequence[str] | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateUser:
    username: str
    password: str = field(repr=False)
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    is_active: bool = True
    role_ids: Sequence[int] = ()
    warehouse_ids: Sequence[int] | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeUser(Change):
    username: str | Unset = UNSET
    password: str | Unset = field(default=UNSET, repr=False)
    first_name: str | Unset = UNSET
    last_name: str | Unset = UNSET
    email: str | Unset = UNSET
    phone: str | Unset = UNSET
    is_active: bool | Unset = UNSET
    role_ids: Sequence[int] | Unset = UNSET
    warehouse_ids: Sequence[int] | Unset | None = UNSET


@dataclass(frozen=True, kw_only=True)
class LogIn:
    """A user name and a password, as somebody at this network address typed them."""

    username: str
    password: str = field(repr=False)
    address: str


@dataclass(frozen=True, kw_only=True)
class ChangePassword:
    """A user's own wish for another password."""

    user_id: int
    current_password: str = field(repr=False)
    new_password: str = field(repr=False)
    address: str
