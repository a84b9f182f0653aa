"""What a token is worth: while it is good, when it is bad, and when its user changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.test import Client

from config.container import container
from sms_core.access.commands import ChangeUser
from sms_core.access.entities import User, system_actor
from sms_core.access.services import UserService
from sms_django import models
from tests.adapters.api.test_access import PASSWORD, make_user
from tests.adapters.api.test_access_sessions import JSON, ME, NEW, REFRESH, REVOKE, ask, me, refresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("Ann", "brand.view")


# --- bad access tokens ---------------------------------------------------------------------------


def signed(user_id: object, *, key: str | None = None, alg: str = "HS256", **changes: Any) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": "sms",
        "aud": "sms-api",
        "iat": now,
        "exp": now + timedelta(minutes=10),
        "jti": "1",
        "sub": str(user_id),
        "ver": 2,
        "token_type": "access",
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key or django_settings.SMS_JWT_KEY, algorithm=alg)


def test_the_token_of_the_next_test_would_work_unspoilt(ann: User) -> None:
    assert ann.token_version == 2
    assert me(signed(ann.id)).status_code == 200


BAD: dict[str, Callable[[int], str]] = {
    "garbage": lambda id: "garbage",
    "empty": lambda id: "",
    "not ascii": lambda id: "å.ä.ö",
    "three dots": lambda id: "a.b.c",
    "expired": lambda id: signed(id, exp=datetime.now(UTC) - timedelta(seconds=1)),
    "no algorithm": lambda id: _unsigned(id),
    "other algorithm": lambda id: signed(id, alg="HS512"),
    "other key": lambda id: signed(id, key="x" * 60),
    "the secret key": lambda id: signed(id, key=django_settings.SECRET_KEY),
    "other audience": lambda id: signed(id, aud="elsewhere"),
    "other issuer": lambda id: signed(id, iss="somebody"),
    "other purpose": lambda id: signed(id, token_type="refresh"),
    "old version": lambda id: signed(id, ver=1),
    "version as text": lambda id: signed(id, ver="2"),
    "unknown user": lambda id: signed(10**9),
    "user by name": lambda id: signed("ann"),
    "a user beyond": lambda id: signed("9" * 30),
    "not yet": lambda id: signed(id, nbf=datetime.now(UTC) + timedelta(hours=1)),
    **{
        f"without {claim}": lambda id, claim=claim: signed(id, **{claim: None})  # type: ignore[misc]
        for claim in ("iss", "aud", "iat", "exp", "jti", "sub", "ver", "token_type")
    },
    "edited": lambda id: signed(id)[:-4] + "AAAA",
}


def _unsigned(id: int) -> str:
    _, body, _ = signed(id).split(".")
    nobody = jwt.encode({}, None, algorithm="none").split(".")[0]
    return f"{nobody}.{body}."


@pytest.mark.parametrize("kind", BAD)
def test_every_bad_token_is_answered_the_same(ann: User, kind: str) -> None:
    token = BAD[kind](ann.id)

    answer = Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}".encode().decode("latin-1"))

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.content == me("garbage").content


def test_a_refresh_token_does_not_open_the_door(ann: User) -> None:
    assert me(ask().json()["refresh"]).status_code == 401


# --- what changes acts at once -------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"role_ids": ()}, {"password": NEW}],
    ids=lambda change: next(iter(change)),
)
def test_tokens_and_sessions_end_with_the_next_request(ann: User, change: dict[str, Any]) -> None:
    tokens = ask().json()
    browser = Client()
    assert browser.login(username="ann", password=PASSWORD)
    assert browser.get(ME).status_code == 200

    container().get(UserService).change(ChangeUser(id=ann.id, **change), by=system_actor())

    assert me(tokens["access"]).status_code == 401
    assert refresh(tokens["refresh"]).status_code == 401
    assert browser.get(ME).status_code == 401


def test_a_deleted_user_is_out_at_once(ann: User) -> None:
    tokens = ask().json()

    container().get(UserService).delete(ann.id, by=system_actor())

    assert me(tokens["access"]).status_code == 401
    assert refresh(tokens["refresh"]).status_code == 401


def test_a_changed_role_acts_on_the_next_request(ann: User) -> None:
    token = ask().json()["access"]
    assert Client().get("/api/v1/brands/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200

    models.Role.objects.filter(pk=ann.role_ids[0]).update(permissions=[])

    assert Client().get("/api/v1/brands/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 403


# --- refresh -------------------------------------------------------------------------------------


def test_a_refresh_token_works_once_and_a_replay_ends_its_family(ann: User) -> None:
    first = ask().json()
    second = refresh(first["refresh"])
    assert second.status_code == 200
    assert set(second.json()) == set(first)

    assert refresh(first["refresh"]).status_code == 401
    assert refresh(second.json()["refresh"]).status_code == 401


def test_revoking_ends_the_log_in_and_says_nothing_about_garbage(ann: User) -> None:
    token = ask().json()["refresh"]

    for text in (token, token, "garbage"):
        assert Client().post(REVOKE, {"refresh": text}, content_type=JSON).status_code == 204
    assert refresh(token).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh": 1}, {"refresh": "x", "more": 1}], ids=str)
def test_what_is_no_refresh_is_refused(body: dict[str, Any]) -> None:
    assert Client().post(REFRESH, body, content_type=JSON).status_code == 400


def test_no_token_is_stored_in_the_clear(ann: User) -> None:
    secret = ask().json()["refresh"].partition(".")[2]

    row = models.TokenFamily.objects.get()
    assert secret not in (row.digest, row.key)
