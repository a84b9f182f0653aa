"""Logging in over HTTP: whom the door opens for, and how it answers everybody else."""

import statistics
import time
from typing import Any

import pytest
from django.test import Client

from config.container import container
from sms_core.access.entities import User, system_actor
from sms_core.access.services import UserService
from sms_core.access.sessions import SessionService
from sms_django import models
from tests.adapters.api.test_access import PASSWORD, log_in, make_user

pytestmark = pytest.mark.django_db
TOKEN, ME = "/api/v1/auth/token/", "/api/v1/auth/me/"
REFRESH, REVOKE = f"{TOKEN}refresh/", f"{TOKEN}revoke/"
OWN_PASSWORD = "/api/v1/auth/password/"
NEW = "another good password"
JSON = "application/json"


@pytest.fixture
def ann() -> User:
    return make_user("Ann", "brand.view")


def ask(username: Any = "ann", password: Any = PASSWORD, **request: Any) -> Any:
    body = {"username": username, "password": password}
    return Client().post(TOKEN, body, content_type=JSON, **request)


def refresh(token: str) -> Any:
    return Client().post(REFRESH, {"refresh": token}, content_type=JSON)


def me(token: str) -> Any:
    return Client().get(ME, headers={"Authorization": f"Bearer {token}"})


# --- logging in ----------------------------------------------------------------------------------


def test_a_log_in_gives_a_pair_of_tokens(ann: User) -> None:
    answer = ask()

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access", "refresh", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert me(body["access"]).json()["username"] == "Ann"
    assert models.User.objects.get(pk=ann.id).last_login is not None


def test_a_form_logs_in_as_well(ann: User) -> None:
    answer = Client().post(TOKEN, {"username": "ANN", "password": PASSWORD})

    assert answer.status_code == 200


def test_nothing_about_log_ins_is_kept_by_a_cache(ann: User) -> None:
    token = ask().json()
    answers = [
        ask(),
        ask(password="wrong"),
        refresh("x"),
        Client().post(REVOKE, {"refresh": "x"}, content_type=JSON),
        me(token["access"]),
        Client().get(ME),
        Client().post(OWN_PASSWORD, {}),
        Client().get(TOKEN),
        Client().get("/api/v1/auth/nothing/"),
        Client().get(ME.rstrip("/")),
        Client().post(TOKEN, "x" * 2**21, content_type=JSON),
        Client().post(TOKEN, {}, headers={"Content-Encoding": "gzip"}),
    ]

    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize("path", [TOKEN, REFRESH, REVOKE])
def test_a_stranger_may_ask_how_to_log_in(path: str) -> None:
    answer = Client().options(path)

    assert (answer.status_code, answer["Allow"]) == (200, "POST, OPTIONS")


def test_every_bad_pair_is_answered_the_same(ann: User) -> None:
    inactive = make_user("Ida", is_active=False)
    deleted = make_user("Dan")
    container().get(UserService).delete(deleted.id, by=system_actor())

    answers = [
        ask("ann", "wrong password"),
        ask("nobody"),
        ask(inactive.username),
        ask("dan"),
        ask("", ""),
        ask("x" * 5000, "y" * 5000),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"username": "ann"},
        {"username": 1, "password": PASSWORD},
        {"username": None, "password": PASSWORD},
        {"username": "a\x00b", "password": PASSWORD},
        {"username": "ann", "password": "a\x00b"},
    ],
    ids=str,
)
def test_what_is_no_log_in_at_all_is_refused(ann: User, body: Any) -> None:
    assert Client().post(TOKEN, body, content_type=JSON).status_code == 400


def test_an_unknown_field_of_a_log_in_is_refused(ann: User) -> None:
    body = {"username": "ann", "password": PASSWORD, "otp": "1"}

    assert Client().post(TOKEN, body, content_type=JSON).status_code == 400


def test_unknown_users_are_answered_as_slowly_as_known_ones(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    make_user("Ann")

    times: dict[str, list[float]] = {"ann": [], "nobody": []}
    for n in range(6):
        for username, taken in times.items():
            started = time.perf_counter()
            ask(username, "wrong password", REMOTE_ADDR=f"192.0.2.{n}")
            taken.append(time.perf_counter() - started)

    known, unknown = (statistics.median(taken[1:]) for taken in times.values())
    # An answer without a hash would come at least ten times as fast.
    assert 0.4 < unknown / known < 2.5


# --- too many failures ---------------------------------------------------------------------------


def test_after_five_failures_the_right_password_is_not_heard_either(ann: User) -> None:
    for _ in range(5):
        assert ask(password="wrong password").status_code == 401

    answer = ask()

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 290 <= int(answer["Retry-After"]) <= 300
    assert answer["Content-Type"] == "application/problem+json"


def test_an_account_cannot_be_locked_from_elsewhere(ann: User) -> None:
    for _ in range(5):
        ask(password="wrong password", REMOTE_ADDR="192.0.2.1")

    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 429
    assert ask(REMOTE_ADDR="192.0.2.2").status_code == 200


def test_an_address_is_closed_after_fifty_failures_whatever_the_accounts(ann: User) -> None:
    for n in range(50):
        assert ask(f"guess {n}").status_code == 401

    assert ask().status_code == 429


def test_a_forged_address_does_not_widen_the_limit(ann: User) -> None:
    for n in range(5):
        ask(password="wrong password", headers={"X-Forwarded-For": f"198.51.100.{n}"})

    assert ask(headers={"X-Forwarded-For": "198.51.100.99"}).status_code == 429


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(ann: User, settings: Any) -> None:
    settings.SMS_TRUSTED_PROXIES = 1
    for n in range(5):
        forged = f"198.51.100.{n}, 192.0.2.7"
        ask(password="wrong password", headers={"X-Forwarded-For": forged})

    assert ask(headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 429
    assert ask(headers={"X-Forwarded-For": "192.0.2.7, 192.0.2.8"}).status_code == 200
    assert ask().status_code == 200  # past the proxy: its own address


def test_all_addresses_of_an_ipv6_network_count_as_one(ann: User) -> None:
    for n in range(5):
        ask(password="wrong password", REMOTE_ADDR=f"2001:db8:0:1::{n}")

    assert ask(REMOTE_ADDR="2001:db8:0:1:ffff::9").status_code == 429
    assert ask(REMOTE_ADDR="2001:db8:0:2::9").status_code == 200
    assert ask(REMOTE_ADDR="::ffff:192.0.2.1").status_code == 200


def test_the_count_of_failures_survives_the_refusal(ann: User) -> None:
    ask(password="wrong password")

    assert models.LoginAttempt.objects.filter(failed=True).count() == 1
    assert container().get(SessionService).purge() == 0


# --- one's own account ---------------------------------------------------------------------------


def test_me_says_who_i_am_and_what_i_may_do() -> None:
    user = make_user("Ann", "unit.view", "brand.view", first_name="Ann", warehouse_ids=())

    assert log_in("ann").get(ME).json() == {
        "id": user.id,
        "username": "Ann",
        "first_name": "Ann",
        "last_name": "",
        "email": "",
        "roles": ["role of Ann"],
        "permissions": ["brand.view", "unit.view"],
        "warehouse_ids": [],
    }


def change_password(client: Client, current: str, new: str) -> Any:
    body = {"current_password": current, "new_password": new}
    return client.post(OWN_PASSWORD, body, content_type=JSON)


def test_a_new_password_ends_all_sessions_and_tokens(ann: User) -> None:
    tokens = ask().json()
    browser = Client()
    browser.login(username="ann", password=PASSWORD)

    assert change_password(log_in("ann"), PASSWORD, NEW).status_code == 204

    assert me(tokens["access"]).status_code == 401
    assert refresh(tokens["refresh"]).status_code == 401
    assert browser.get(ME).status_code == 401
    assert ask().status_code == 401
    assert ask(password=NEW).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "pointer", "code"),
    [
        ("wrong password", NEW, "/current_password", "wrong_password"),
        (PASSWORD, "short", "/new_password", "min_length"),
        (PASSWORD, "password1234", "/new_password", "weak_password"),
    ],
)
def test_a_bad_new_password_is_refused(
    ann: User, current: str, new: str, pointer: str, code: str
) -> None:
    answer = change_password(log_in("ann"), current, new)

    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert ask().status_code == 200


def test_guessing_the_current_password_is_throttled(ann: User) -> None:
    client = log_in("ann")
    for _ in range(5):
        assert change_password(client, "a guess", NEW).status_code == 400

    assert change_password(client, PASSWORD, NEW).status_code == 429


# --- sessions ------------------------------------------------------------------------------------


def test_a_browser_changes_nothing_without_the_csrf_token() -> None:
    user = make_user("Ann", "brand.view", "brand.add")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(models.User.objects.get(pk=user.id))

    assert browser.get("/api/v1/brands/").status_code == 200
    assert browser.post("/api/v1/brands/", {"name": "Acme"}, JSON).status_code == 403
    assert not models.Brand.objects.exists()


def test_django_asks_the_same_permissions_as_the_core() -> None:
    user = make_user("Ann", "brand.view", "product.change", "stock.view", "stock.adjust")
    ann = models.User.objects.get(pk=user.id)

    granted = (
        "sms.view_brand",
        "brand.view",
        "sms.change_variant",
        "sms.view_level",
        "sms.add_lot",
    )
    denied = ("sms.add_brand", "sms.delete_lot", "sms.view_user", "auth.view_group", "sms.nonsense")
    assert [perm for perm in (*granted, *denied) if ann.has_perm(perm)] == list(granted)
    assert ann.has_perm("sms.view_company")
    assert not ann.has_perm("sms.change_company")
    assert ann.has_perms(granted)
    assert ann.has_module_perms("sms")
    assert ann.is_staff
    assert ann.get_all_permissions() == {
        "brand.view",
        "product.change",
        "stock.view",
        "stock.adjust",
    }


def test_there_is_no_way_round_the_roles() -> None:
    user = make_user("Ann")
    ann = models.User.objects.get(pk=user.id)
    ann.is_superuser = True

    assert not ann.has_perm("sms.view_brand")
    ann.roles.clear()
    assert not models.User.objects.get(pk=user.id).is_staff


def test_inactive_users_may_nothing() -> None:
    user = make_user("Ann", "brand.view", is_active=False)
    ann = models.User.objects.get(pk=user.id)

    assert not ann.has_perm("brand.view")
    assert not ann.is_staff
