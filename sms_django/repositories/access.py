"""Roles, users and their log-ins in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, FilteredRelation, Prefetch, Q, QuerySet

from sms_core.access.entities import Account, LoginAttempt, Role, TokenFamily, User
from sms_core.access.permissions import ALL_CODES
from sms_core.access.ports import (
    LoginAttemptRepository,
    RoleFilter,
    RoleRepository,
    RoleSort,
    TokenFamilyRepository,
    UserFilter,
    UserRepository,
    UserSort,
    Warehouses,
)
from sms_core.shared.text import fold, search_text
from sms_django import models
from sms_django.repositories.base import DjangoMasterDataRepository


class DjangoRoleRepository(DjangoMasterDataRepository[Role, RoleFilter], RoleRepository):
    """Roles in `sms_role`."""

    entity = Role
    row = models.Role
    unique = {"role_name_live": "name"}
    columns = {
        RoleSort.NAME: "name_key",
        RoleSort.LABEL: "label",
        RoleSort.CREATED_AT: "created_at",
        RoleSort.UPDATED_AT: "updated_at",
    }
    default_order = ("name_key",)

    def matching(self, rows: QuerySet[Any], filter: RoleFilter) -> QuerySet[Any]:
        return rows if filter.name is None else rows.filter(name_key=fold(filter.name))

    def delivered(self) -> dict[str, Role]:
        rows = models.Role.objects.exclude(delivered_as="")
        return {row.delivered_as: self.to_entity(row) for row in rows}

    def to_entity(self, row: models.Role) -> Role:
        return Role(
            id=row.pk,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            name=row.name,
            label=row.label,
            description=row.description,
            permissions=_codes(row.permissions, row.delivered_as),
            delivered_as=row.delivered_as,
        )

    def to_columns(self, role: Role) -> dict[str, Any]:
        return {
            "deleted_at": role.deleted_at,
            "name": role.name,
            "name_key": fold(role.name),
            "search_text": search_text(role.name, role.label, role.description),
            "label": role.label,
            "description": role.description,
            "permissions": list(role.permissions),
            "delivered_as": role.delivered_as,
        }


class DjangoUserRepository(DjangoMasterDataRepository[User, UserFilter], UserRepository):
    """Users in `sms_user`, their roles in `sms_user_roles`."""

    entity = User
    row = models.User
    unique = {"user_username": "username"}
    columns = {
        UserSort.USERNAME: "username_key",
        UserSort.LAST_NAME: "last_name",
        UserSort.FIRST_NAME: "first_name",
        UserSort.CREATED_AT: "created_at",
        UserSort.UPDATED_AT: "updated_at",
    }
    default_order = ("username_key",)

    def rows(self) -> QuerySet[Any]:
        ids_only = Prefetch("roles", queryset=models.Role.objects.only("id"))
        return models.User.objects.prefetch_related(ids_only)

    def matching(self, rows: QuerySet[Any], filter: UserFilter) -> QuerySet[Any]:
        if filter.username is not None:
            rows = rows.filter(username_key=fold(filter.username))
        if filter.is_active is not None:
            rows = rows.filter(is_active=filter.is_active)
        if filter.role_id is not None:
            rows = rows.filter(roles=filter.role_id)
        return rows

    def add(self, user: User) -> None:
        super().add(user)
        self._store_roles(user)

    def save(self, user: User) -> None:
        super().save(user)
        self._store_roles(user)

    def find_account(self, id: int) -> Account | None:
        return self._account(Q(pk=id))

    def find_account_by_username(self, username: str) -> Account | None:
        return self._account(Q(username_key=fold(username)))

    def count_by_role(self, role_ids: Collection[int]) -> dict[int, int]:
        holders = models.User.objects.filter(deleted_at=None, roles__in=set(role_ids))
        counts = holders.values_list("roles").annotate(n=Count("pk")).order_by()
        return {id: n for id, n in counts if id in role_ids}

    def has_owner_besides(self, ids: Collection[int], *, owner_role_id: int) -> bool:
        owners = models.User.objects.filter(
            deleted_at=None, is_active=True, warehouse_ids__isnull=True, roles=owner_role_id
        )
        return owners.exclude(pk__in=set(ids)).exists()

    def is_empty(self) -> bool:
        return not models.User.objects.exists()

    def note_log_in(self, id: int, at: datetime) -> None:
        models.User.objects.filter(pk=id).update(last_login=at)

    def _account(self, which: Q) -> Account | None:
        """The user beside each of his live roles, in one statement: every request asks it."""
        rows = list(
            models.User.objects.annotate(
                live=FilteredRelation("roles", condition=Q(roles__deleted_at=None))
            )
            .filter(which, deleted_at=None)
            .order_by("live__id")
            .values(*_USER_COLUMNS, *(f"live__{name}" for name in _ROLE_COLUMNS))
        )
        if not rows:
            return None
        roles = [_role(row) for row in rows if row["live__id"] is not None]
        user = {name: rows[0][name] for name in _USER_COLUMNS}
        return Account(_user(user, [role.id for role in roles]), roles)

    def _store_roles(self, user: User) -> None:
        links = models.User.roles.through.objects
        stored = set(links.filter(user_id=user.id).values_list("role_id", flat=True))
        links.filter(user_id=user.id, role_id__in=stored - set(user.role_ids)).delete()
        new = sorted(set(user.role_ids) - stored)
        links.bulk_create(
            models.User.roles.through(user_id=user.id, role_id=role_id) for role_id in new
        )

    def to_entity(self, row: models.User) -> User:
        columns = {name: getattr(row, name) for name in _USER_COLUMNS}
        return _user(columns, [role.pk for role in row.roles.all()])

    def to_columns(self, user: User) -> dict[str, Any]:
        return {
            "deleted_at": user.deleted_at,
            "username": user.username,
            "username_key": fold(user.username),
            "search_text": search_text(
                user.username, user.first_name, user.last_name, user.email, user.phone
            ),
            "password": user.password_hash,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "phone": user.phone,
            "is_active": user.is_active,
            "warehouse_ids": None if user.warehouse_ids is None else list(user.warehouse_ids),
            "token_version": user.token_version,
        }


_USER_COLUMNS = (
    *("id", "version", "created_at", "updated_at", "deleted_at"),
    *("username", "password", "first_name", "last_name", "email", "phone"),
    *("is_active", "warehouse_ids", "token_version", "last_login"),
)
_ROLE_COLUMNS = ("id", "version", "name", "label", "permissions", "delivered_as")


def _user(columns: dict[str, Any], role_ids: Sequence[int]) -> User:
    password_hash = columns.pop("password")
    return User(**columns, password_hash=password_hash, role_ids=role_ids)


def _role(row: dict[str, Any]) -> Role:
    columns = {name: row[f"live__{name}"] for name in _ROLE_COLUMNS}
    codes = _codes(columns.pop("permissions"), columns["delivered_as"])
    return Role(**columns, permissions=codes)


def _codes(stored: Iterable[str], delivered_as: str) -> tuple[str, ...]:
    """The stored permissions that there still are; the owner role has all of them, always."""
    return tuple(ALL_CODES if delivered_as == "owner" else ALL_CODES.intersection(stored))


class DjangoWarehouses(Warehouses):
    """The warehouses in `sms_warehouse`."""

    def existing(self, ids: Collection[int]) -> frozenset[int]:
        rows = models.Warehouse.objects.filter(pk__in=set(ids), deleted_at=None)
        return frozenset(rows.values_list("pk", flat=True))


class DjangoTokenFamilyRepository(TokenFamilyRepository):
    """Families in `sms_tokenfamily`; what must happen once is one conditional UPDATE."""

    def add(self, family: TokenFamily) -> None:
        models.TokenFamily.objects.create(
            key=family.key,
            digest=family.digest,
            user_id=family.user_id,
            token_version=family.token_version,
            expires_at=family.expires_at,
        )

    def rotate(
        self, key: str, *, old: str, new: str, at: datetime, expires_at: datetime
    ) -> TokenFamily | None:
        newest = models.TokenFamily.objects.filter(
            key=key, digest=old, revoked_at=None, expires_at__gt=at
        )
        if not newest.update(digest=new, expires_at=expires_at):
            return None
        row = models.TokenFamily.objects.get(key=key)
        return TokenFamily(
            key=row.key,
            digest=row.digest,
            user_id=row.user_id,
            token_version=row.token_version,
            expires_at=row.expires_at,
        )

    def revoke(self, key: str, at: datetime) -> None:
        models.TokenFamily.objects.filter(key=key, revoked_at=None).update(revoked_at=at)

    def purge(self, before: datetime) -> int:
        return models.TokenFamily.objects.filter(expires_at__lt=before).delete()[0]


class DjangoLoginAttemptRepository(LoginAttemptRepository):
    """Attempts in `sms_loginattempt`."""

    def lock(self, address: str) -> None:
        """SQLite has one writer, so there log-ins take turns as it is."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [address])

    def since(self, address: str, at: datetime) -> Sequence[LoginAttempt]:
        rows = models.LoginAttempt.objects.filter(address=address, at__gt=at)
        return [
            LoginAttempt(
                id=row.pk, account=row.account, address=row.address, at=row.at, failed=row.failed
            )
            for row in rows
        ]

    def add(self, attempt: LoginAttempt) -> int:
        row = models.LoginAttempt.objects.create(
            account=attempt.account, address=attempt.address, at=attempt.at, failed=attempt.failed
        )
        return row.pk

    def mark_failed(self, id: int) -> None:
        models.LoginAttempt.objects.filter(pk=id).update(failed=True)

    def forget(self, *, account: str, address: str) -> None:
        models.LoginAttempt.objects.filter(account=account, address=address).delete()

    def purge(self, before: datetime) -> int:
        return models.LoginAttempt.objects.filter(at__lt=before).delete()[0]
