"""Access tokens as JWT."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
from django.conf import settings

from sms_core.access.entities import AccessClaims
from sms_core.access.ports import AccessTokens
from sms_core.shared.errors import NotAuthenticated

ALGORITHM = "HS256"
ISSUER = "sms"
AUDIENCE = "sms-api"
KIND = "access"
REQUIRED = ("iss", "aud", "iat", "exp", "jti", "sub", "ver", "token_type")


class JwtTokens(AccessTokens):
    """Signed with a key of their own; one algorithm, whatever a token's header asks for."""

    def sign(self, claims: AccessClaims) -> str:
        payload: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
            "jti": uuid4().hex,
            "sub": str(claims.user_id),
            "ver": claims.token_version,
            "token_type": KIND,
        }
        return jwt.encode(payload, settings.SMS_JWT_KEY, algorithm=ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        try:
            payload = jwt.decode(
                token,
                settings.SMS_JWT_KEY,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # Two servers' clocks may differ; that a token is too young harms nobody.
                options={"require": list(REQUIRED), "verify_iat": False},
            )
            return _claims(payload)
        except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError) as error:
            raise NotAuthenticated("The access token is not valid.") from error


def _claims(payload: dict[str, Any]) -> AccessClaims:
    user_id, version = payload["sub"], payload["ver"]
    if payload["token_type"] != KIND or type(version) is not int:
        raise ValueError("no access token of ours")
    if not (user_id.isascii() and user_id.isdecimal() and len(user_id) < 19):
        raise ValueError("no user id of ours")
    return AccessClaims(
        user_id=int(user_id),
        token_version=version,
        issued_at=datetime.fromtimestamp(payload["iat"], UTC),
        expires_at=datetime.fromtimestamp(payload["exp"], UTC),
    )
