"""How a request of the API says who sends it: a bearer token, or the session of a browser."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.request import Request

from config.container import Injected
from sms_core.access.sessions import BadToken, SessionService
from sms_django.actors import actor_of, user_of

__all__ = ["BearerAuthentication", "SessionAuthentication", "actor_of"]


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <access token>`. First in the settings, so that strangers get 401."""

    sessions = Injected(SessionService)

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The token's user; raises BadToken, and leaves other schemes to others."""
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token or not token.isascii():
            raise BadToken
        return user_of(self.sessions.account_of_token(token.strip())), token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The log-in of a browser; what it changes needs the CSRF token."""


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema about bearer tokens."""

    target_class = "sms_django.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema about sessions."""

    target_class = "sms_django.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
