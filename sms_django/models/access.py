"""Who may do what: users, their roles, and the traces of their log-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from sms_core.shared.errors import DomainError
from sms_core.shared.text import fold
from sms_django.models.base import MasterDataRow

if TYPE_CHECKING:
    from sms_core.access.entities import Account


class Role(MasterDataRow):
    """`permissions` is a list of permission codes of the core."""

    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=480, editable=False)
    label = models.CharField(max_length=120, blank=True, default="")
    description = models.TextField(blank=True, default="")
    permissions = models.JSONField(default=list, blank=True)
    delivered_as = models.CharField(max_length=40, default="", editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("name_key"), condition=Q(deleted_at=None), name="role_name_live"
            ),
            models.UniqueConstraint(
                "delivered_as", condition=~Q(delivered_as=""), name="role_delivered_once"
            ),
        ]
        indexes = [models.Index(fields=["name_key", "id"], name="role_by_name")]

    def __str__(self) -> str:
        return self.label or self.name


class UserManager(BaseUserManager["User"]):
    """Lets `createsuperuser` work: what it makes is an owner, made by the core."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username_key=fold(username or ""))

    def create_superuser(self, username: str, password: str | None = None, email: str = "") -> User:
        """Take in an owner; raises ValidationError with the core's words."""
        from config.container import container
        from sms_core.access.services import UserService

        service = container().get(UserService)
        try:
            made = service.make_owner(username=username, password=password or "", email=email)
        except DomainError as refusal:
            raise ValidationError([error.detail for error in refusal.errors]) from refusal
        return self.get(pk=made.id)


class User(MasterDataRow, AbstractBaseUser):
    """Django's user on our roles: what it may do is answered by the auth backend.

    `warehouse_ids` null means all warehouses, a list only these. `token_version` is raised
    whenever tokens and sessions given out before must stop working.
    """

    username = models.CharField(max_length=120)
    username_key = models.CharField(max_length=480, editable=False)
    first_name = models.CharField(max_length=120, blank=True, default="")
    last_name = models.CharField(max_length=120, blank=True, default="")
    email = models.CharField("e-mail", max_length=120, blank=True, default="")
    phone = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField("active", default=True)
    token_version = models.PositiveIntegerField(default=1, editable=False)
    warehouse_ids = models.JSONField(null=True, blank=True, default=None)
    roles = models.ManyToManyField(Role, related_name="users", blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    # There is no way round the roles.
    is_superuser = False  # type: ignore[misc]

    # What the core knows about the user, where a request has asked it.
    account: Account | None = None

    objects = UserManager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(Lower("username_key"), name="user_username")]
        indexes = [
            models.Index(fields=["username_key", "id"], name="user_by_username"),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_staff(self) -> bool:
        """Whoever has a role may enter the back office."""
        return self.has_module_perms("sms")

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.username

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return any(backend.has_perm(self, perm, obj) for backend in get_backends())

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return any(
            backend.has_module_perms(self, app_label)  # type: ignore[attr-defined]
            for backend in get_backends()
        )

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        return {code for backend in get_backends() for code in backend.get_all_permissions(self)}

    def set_password(self, raw_password: str | None) -> None:
        """Django's own way, as `manage.py changepassword` takes it; tokens end here too."""
        super().set_password(raw_password)
        self.token_version += 1

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django hashes the password alone; a session must also end with other roles.
        seen = f"{self.password}:{self.token_version}"
        return salted_hmac("sms.session", seen, secret=secret, algorithm="sha256").hexdigest()


class TokenFamily(models.Model):
    """One log-in of a program; `digest` is that of its newest refresh token."""

    key = models.CharField(max_length=40, primary_key=True)
    digest = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    token_version = models.PositiveIntegerField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "token families"
        indexes = [models.Index(fields=["expires_at"], name="token_family_by_expiry")]

    def __str__(self) -> str:
        return self.key


class LoginAttempt(models.Model):
    """A log-in that failed or is under way; `account` is a digest of the name that was typed."""

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()
    failed = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["address", "at"], name="login_attempt_by_address"),
            models.Index(fields=["at"], name="login_attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.at:%F %T}"
