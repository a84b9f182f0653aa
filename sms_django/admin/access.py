"""The pages of users and roles in the back office."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.container import Injected
from sms_core.access.commands import ChangeRole, ChangeUser, CreateRole, CreateUser
from sms_core.access.permissions import CATALOGUE, Permission
from sms_core.access.services import RoleService, UserService
from sms_core.shared.entities import Actor
from sms_django import models
from sms_django.admin.base import CoreAdmin, display, widgets
from sms_django.admin.forms import CoreForm


class CheckboxGroups(widgets.UnfoldAdminCheckboxSelectMultipleWidget):  # type: ignore[misc]
    """Many boxes to tick, in columns with a heading each."""

    template_name = "sms/checkbox_groups.html"


def permission_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """All permissions, grouped by what they are about."""

    def subject(permission: Permission) -> str:
        return permission.code.partition(".")[0].replace("_", " ").capitalize()

    groups = groupby(sorted(CATALOGUE, key=subject), key=subject)
    return [(words, [(each.code, each.label) for each in group]) for words, group in groups]


class RoleForm(CoreForm):
    """A role, its permissions as boxes to tick."""

    permissions = forms.MultipleChoiceField(
        choices=permission_choices, required=False, widget=CheckboxGroups
    )


@admin.register(models.Role)
class RoleAdmin(CoreAdmin):
    """Roles: bundles of permissions."""

    service = Injected(RoleService)
    create_command = CreateRole
    change_command = ChangeRole
    resource = "role"
    warehouse_path = None
    cost_fields = ()
    group = "Access"
    icon = "badge"
    form = RoleForm

    fields = ("name", "label", "description", "permissions")
    list_display = ("name", "label", "description", "how_many", "updated_at")
    ordering = ("name_key",)
    search_fields = ("search_text",)

    @display(description="Permissions")
    def how_many(self, role: models.Role) -> int:
        return len(role.permissions)


class UserForm(CoreForm):
    """A user. The password is only ever set, never shown."""

    actor: Actor

    password = forms.CharField(
        required=False,
        strip=False,
        widget=widgets.UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Empty: the password stays as it is.",
    )
    roles = forms.ModelMultipleChoiceField(
        queryset=models.Role.objects.filter(deleted_at=None).order_by("name_key"),
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )
    is_limited = forms.BooleanField(
        label="Limited to warehouses",
        required=False,
        widget=widgets.UnfoldBooleanSwitchWidget,
        help_text="Off: every warehouse. On: only those chosen below; none chosen, none seen.",
    )
    warehouses = forms.ModelMultipleChoiceField(
        queryset=models.Warehouse.objects.none(),
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        exclude = ("password",)  # the column holds the scrambled one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = self.instance.warehouse_ids
        self.initial.update(is_limited=limit is not None, warehouses=limit or [])
        # Somebody who may only look has a page without fields.
        if "warehouses" in self.fields:
            self.fields["warehouses"].queryset = self._choosable(limit or [])
            self.fields["password"].required = not self.instance.pk

    def _choosable(self, chosen: list[int]) -> QuerySet[models.Warehouse]:
        live = models.Warehouse.objects.filter(deleted_at=None)
        if self.actor.warehouse_ids is not None:
            live = live.filter(pk__in=self.actor.warehouse_ids)
        return (live | models.Warehouse.objects.filter(pk__in=chosen)).order_by("code_key")

    def values(self, *, changed_only: bool) -> dict[str, Any]:
        values = super().values(changed_only=changed_only)
        limit_named = {"is_limited", "warehouse_ids"} & set(values)
        values.pop("is_limited", None)
        values.pop("warehouse_ids", None)
        if limit_named:
            chosen = tuple(row.pk for row in self.cleaned_data["warehouses"])
            values["warehouse_ids"] = chosen if self.cleaned_data["is_limited"] else None
        return values


@admin.register(models.User)
class UserAdmin(CoreAdmin):
    """Users: who may log in, and what they may do."""

    service = Injected(UserService)
    create_command = CreateUser
    change_command = ChangeUser
    resource = "user"
    warehouse_path = None
    cost_fields = ()
    group = "Access"
    icon = "person"
    form = UserForm

    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        ("Person", {"fields": (("first_name", "last_name"), ("email", "phone"))}),
        ("Rights", {"fields": ("roles", "is_limited", "warehouses")}),
    )
    fieldsets_to_look_at = (
        (None, {"fields": ("username", "is_active", "last_login")}),
        ("Person", {"fields": (("first_name", "last_name"), ("email", "phone"))}),
        ("Rights", {"fields": ("role_names", "limit")}),
    )
    list_display = ("username", "full_name", "email", "role_names", "is_active", "last_login")
    list_filter = ("is_active", "roles")
    ordering = ("username_key",)
    search_fields = ("search_text",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("roles")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is not None and not self.has_change_permission(request, obj):
            return list(self.fieldsets_to_look_at)
        return super().get_fieldsets(request, obj)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.actor = self.actor(request)
        return form

    @display(description="Name")
    def full_name(self, user: models.User) -> str:
        return user.get_full_name()

    @display(description="Roles")
    def role_names(self, user: models.User) -> str:
        return ", ".join(str(role) for role in user.roles.all() if role.deleted_at is None)

    @display(description="Warehouses")
    def limit(self, user: models.User) -> str:
        if user.warehouse_ids is None:
            return "All"
        rows = models.Warehouse.objects.filter(pk__in=user.warehouse_ids).order_by("code_key")
        return ", ".join(str(row) for row in rows) or "None"
