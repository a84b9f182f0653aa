"""Who may do what: users, their roles, and the traces of their log-ins."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import models as auth
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sms_django.models.base import MasterDataRow


class Role(MasterDataRow):
    """`permissions` is a list of permission codes of the core."""

    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    label = models.CharField(max_length=120, blank=True, default="")
    description = models.TextField(blank=True, default="")
    permissions = models.JSONField(default=list, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("name_key"), condition=Q(deleted_at=None), name="role_name_live"
            ),
        ]
        indexes = [models.Index(fields=["name_key", "id"], name="role_by_name")]

    def __str__(self) -> str:
        return self.label or self.name


class User(MasterDataRow, AbstractBaseUser):
    """Django's user on our roles: what it may do is answered by the auth backend.

    `warehouse_ids` null means all warehouses, a list only these. `token_version` is raised
    whenever tokens given out before must stop working.
    """

    username = models.CharField(max_length=120)
    username_key = models.CharField(max_length=480, editable=False)
    first_name = models.CharField(max_length=120, blank=True, default="")
    last_name = models.CharField(max_length=120, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField("active", default=True)
    token_version = models.PositiveIntegerField(default=1, editable=False)
    warehouse_ids = models.JSONField(null=True, blank=True, default=None)
    roles = models.ManyToManyField(Role, related_name="users", blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(Lower("username_key"), name="user_username"),
        ]
        indexes = [models.Index(fields=["username_key", "id"], name="user_by_username")]

    def __str__(self) -> str:
        return self.username

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return auth._user_has_perm(self, perm, obj)

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return auth._user_has_module_perms(self, app_label)
