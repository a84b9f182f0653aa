"""Logging in and out over HTTP, and one's own account."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.access.commands import ChangePassword, LogIn
from sms_core.access.sessions import SessionService
from sms_django import models
from sms_django.actors import account_of, address_of
from sms_django.api.access import PasswordField, TypedField
from sms_django.api.base import CoreViewSet
from sms_django.api.fields import CodesField, IdField, IdsField, IntegerField, NameField
from sms_django.api.fields import OptionalNameField as OptionalField
from sms_django.api.permissions import ANYONE, LOGGED_IN
from sms_django.api.serializers import CoreSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A log-in", {"username": "owner", "password": "its password"}, request_only=True
        )
    ]
)
class LogInSerializer(CoreSerializer):
    # Any text may be typed here: what cannot be right is a wrong pair like any other.
    username = TypedField()
    password = PasswordField()


@extend_schema_serializer(
    examples=[
        OpenApiExample("A refresh token", {"refresh": "kZ3v...Qk.x8Yd...3w"}, request_only=True)
    ]
)
class RefreshSerializer(CoreSerializer):
    refresh = TypedField(
        help_text="The newest refresh token: it works once, and its answer has the next."
    )


class TokensSerializer(CoreSerializer):
    access = NameField(read_only=True, help_text="For `Authorization: Bearer`.")
    refresh = NameField(read_only=True, help_text="For a new pair, within seven days, once.")
    token_type = NameField(read_only=True, default="Bearer")
    expires_in = IntegerField(read_only=True, help_text="Seconds that `access` works.")


class MeSerializer(CoreSerializer):
    id = IdField(read_only=True)
    username = NameField(read_only=True)
    first_name = OptionalField(read_only=True)
    last_name = OptionalField(read_only=True)
    email = OptionalField(read_only=True)
    roles = CodesField(read_only=True, help_text="The names of your roles.")
    permissions = CodesField(read_only=True, help_text="What your roles grant together.")
    warehouse_ids = IdsField(
        read_only=True, allow_null=True, help_text="null: no limit; a list: only these."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A new password",
            {
                "current_password": "its password",
                "new_password": "correct horse battery staple",
            },
            request_only=True,
        )
    ]
)
class PasswordSerializer(CoreSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class AuthViewSet(CoreViewSet):
    """What all paths of logging in share."""

    queryset = models.User.objects.none()
    resource = "user"
    tag = "Log-in"
    filter_backends = []
    sessions = Injected(SessionService)


class TokenViewSet(AuthViewSet):
    """Tokens for programs: log in, go on, log out."""

    # Whatever token or session comes along says nothing here.
    authentication_classes = ()
    serializer_class = TokensSerializer
    permissions = {"log_in": ANYONE, "refresh": ANYONE, "revoke": ANYONE, "metadata": ANYONE}
    inputs = {
        "log_in": LogInSerializer,
        "refresh": RefreshSerializer,
        "revoke": RefreshSerializer,
    }

    @extend_schema(summary="Log in", request=LogInSerializer, responses=TokensSerializer)
    def log_in(self, request: Request) -> Response:
        """Tokens for a username and a password. 429 after too many failures."""
        command = LogIn(**self.read(request), address=address_of(request._request))
        return self.render_pair(self.sessions.log_in(command))

    @extend_schema(summary="A new pair", request=RefreshSerializer, responses=TokensSerializer)
    def refresh(self, request: Request) -> Response:
        """A new pair for the newest refresh token.

        Each works once. Sending a used one ends the whole log-in: somebody may have copied it.
        """
        return self.render_pair(self.sessions.refresh(self.read(request)["refresh"]))

    @extend_schema(summary="Log out", request=RefreshSerializer, responses={204: None})
    def revoke(self, request: Request) -> Response:
        """End the log-in that a refresh token belongs to."""
        self.sessions.revoke(self.read(request)["refresh"])
        return Response(status=204)

    def render_pair(self, tokens: Any) -> Response:
        """The answer that hands over tokens."""
        return self.render({**vars(tokens), "token_type": "Bearer"})


class MeViewSet(AuthViewSet):
    """Who you are, and what you may do."""

    serializer_class = MeSerializer
    permissions = {"me": LOGGED_IN}

    @extend_schema(summary="Your account", responses=MeSerializer)
    def me(self, request: Request) -> Response:
        """You, with what you may do at this moment."""
        account = account_of(request.user)
        assert account is not None  # noqa: S101 (the permission class asked)
        roles = [role.name for role in account.roles]
        return self.render(
            {**vars(account.user), "roles": roles, "permissions": account.permissions}
        )


class PasswordViewSet(AuthViewSet):
    """Your password."""

    serializer_class = PasswordSerializer
    permissions = {"change_password": LOGGED_IN}

    @extend_schema(summary="Your password", request=PasswordSerializer, responses={204: None})
    def change_password(self, request: Request) -> Response:
        """Change your own password. All your sessions and tokens end, this one too."""
        command = ChangePassword(
            user_id=request.user.pk,
            **self.read(request),
            address=address_of(request._request),
        )
        self.sessions.change_password(command)
        return Response(status=204)
