"""Users, roles and permissions over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils import html

from config.container import Injected
from sms_core.access.commands import ChangeRole, ChangeUser, CreateRole, CreateUser
from sms_core.access.entities import PASSWORD_MAX, PASSWORD_MIN
from sms_core.access.ports import RoleFilter, RoleSort, UserFilter, UserSort
from sms_core.access.services import RoleService, UserService
from sms_core.shared.paging import Page, PageRequest
from sms_django import models
from sms_django.api.base import CoreViewSet, MasterDataViewSet
from sms_django.api.fields import (
    BooleanField,
    CodesField,
    DateTimeField,
    IdsField,
    NameField,
    OptionalNameField,
    TextField,
    refuse,
)
from sms_django.api.filters import refuse_unknown
from sms_django.api.serializers import CoreSerializer, RecordSerializer


class TypedField(serializers.CharField):
    """Text exactly as it was typed: never trimmed, never shown; the core judges it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(write_only=True, trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        # CharField's own would turn blanks away, and numbers into text, before we see them.
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise refuse("This must be a string.", "invalid")
        return data


class PasswordField(TypedField):
    """A password, which a form hides while it is typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(style={"input_type": "password"}, **kwargs)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A clerk of one warehouse",
            {
                "username": "ann",
                "password": "correct horse battery staple",
                "first_name": "Ann",
                "role_ids": [3],
                "warehouse_ids": [1],
            },
            request_only=True,
        )
    ]
)
class UserSerializer(RecordSerializer):
    username = NameField(help_text="Taken for ever, also by deleted users, whatever the case.")
    password = PasswordField(
        help_text=f"At least {PASSWORD_MIN} and at most {PASSWORD_MAX} characters, none too"
        " common. Needed to create; without it a change keeps the one there is."
    )
    first_name = OptionalNameField()
    last_name = OptionalNameField()
    email = OptionalNameField()
    phone = OptionalNameField()
    is_active = BooleanField(default=True)
    role_ids = IdsField(default=(), help_text="You can give only what you may do yourself.")
    warehouse_ids = IdsField(
        allow_null=True,
        default=None,
        help_text="The warehouses the user is limited to; null: no limit, []: none.",
    )
    last_login = DateTimeField(read_only=True, allow_null=True)


class ChangedUserSerializer(UserSerializer):
    """A PUT without a password keeps it: nobody can read it to send it back."""

    password = PasswordField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if html.is_html_input(data) and values.get("password") == "":
            del values["password"]  # a form sends the field that was left blank
        if html.is_html_input(data) and values.get("warehouse_ids") is None:
            # A form shows [] and null alike, so its blank must not lift a limit.
            values.pop("warehouse_ids", None)
        return values


class UserViewSet(MasterDataViewSet):
    """Who may log in. Nobody gives what he has not, and one owner always remains."""

    queryset = models.User.objects.none()
    resource = "user"
    tag = "Access"
    service = Injected(UserService)
    serializer_class = UserSerializer
    inputs = {"update": ChangedUserSerializer, "partial_update": ChangedUserSerializer}
    create_command = CreateUser
    change_command = ChangeUser
    list_filter = UserFilter
    sort = UserSort


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Somebody who receives",
            {
                "name": "receiver",
                "label": "Receiver",
                "permissions": ["product.view", "stock.receive", "stock.view", "warehouse.view"],
            },
            request_only=True,
        )
    ]
)
class RoleSerializer(RecordSerializer):
    name = NameField(help_text="Two live roles never share one, whatever the case.")
    label = OptionalNameField()
    description = TextField()
    permissions = CodesField(default=(), help_text="Permission codes; see /api/v1/permissions/.")


class RoleViewSet(MasterDataViewSet):
    """Bundles of permissions. Delivered: owner, manager, clerk, auditor."""

    queryset = models.Role.objects.none()
    resource = "role"
    tag = "Access"
    service = Injected(RoleService)
    serializer_class = RoleSerializer
    create_command = CreateRole
    change_command = ChangeRole
    list_filter = RoleFilter
    sort = RoleSort


class PermissionSerializer(CoreSerializer):
    code = NameField(read_only=True)
    label = NameField(read_only=True)
    description = TextField(read_only=True)


class PermissionViewSet(CoreViewSet):
    """All permissions there are, to put into roles."""

    queryset = models.Role.objects.none()
    resource = "role"
    tag = "Access"
    roles = Injected(RoleService)
    serializer_class = PermissionSerializer
    filter_backends = []

    @extend_schema(summary="All permissions")
    def list(self, request: Request) -> Response:
        refuse_unknown(request, self.paginator.parameters)
        found = self.roles.permissions(by=self.actor)
        asked: PageRequest = self.paginator.asked(request)
        items = found[asked.offset : asked.offset + asked.size]
        return self.render_page(Page(items, len(found), asked))

    @extend_schema(summary="One permission, by its code")
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.render(self.roles.permission(pk, by=self.actor))
