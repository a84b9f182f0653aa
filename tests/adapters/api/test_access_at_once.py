"""Log-ins and owners at the same moment: each rule holds as if they had come in turn."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from config.container import container
from sms_core.access.ports import Passwords
from sms_core.access.services import UserService
from sms_django import models
from tests.adapters.api.test_access import PASSWORD, log_in, make_user, role_id
from tests.adapters.api.test_access_sessions import JSON, ask, refresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def passwords(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were looked at; looking takes a while, as it does with Argon2."""
    looked: list[str] = []
    real = container().get(Passwords).matches  # type: ignore[type-abstract]

    def matches(self: Any, password: str, scrambled: str | None) -> bool:
        looked.append(password)
        time.sleep(0.05)
        return real(password, scrambled)

    monkeypatch.setattr(type(container().get(Passwords)), "matches", matches)  # type: ignore[type-abstract]
    return looked


def at_once(n: int, call: Callable[[], Any]) -> list[int]:
    """The status codes of so many calls, from threads with connections of their own."""

    def in_thread(_: int) -> int:
        try:
            return call().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as threads:
        return list(threads.map(in_thread, range(n)))


@pytest.mark.django_db(transaction=True)
def test_of_thirty_bad_log_ins_at_once_five_are_looked_at(passwords: list[str]) -> None:
    make_user("Ann")

    codes = at_once(30, lambda: ask(password="wrong password"))

    assert sorted(set(codes)) == [401, 429]
    assert len(passwords) == codes.count(401) == 5


@pytest.mark.django_db(transaction=True)
def test_of_eight_refreshes_at_once_exactly_one_wins() -> None:
    make_user("Ann")
    token = ask().json()["refresh"]

    codes = at_once(8, lambda: refresh(token))

    assert sorted(codes) == [200] + [401] * 7
    assert models.TokenFamily.objects.get().revoked_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one_behind() -> None:
    users = container().get(UserService)
    for _ in range(5):
        names = [f"owner {n}" for n in range(models.User.objects.count(), 100)][:2]
        made = [users.make_owner(username=name, password=PASSWORD) for name in names]
        models.User.objects.exclude(pk__in=[user.id for user in made]).update(is_active=False)
        clients = [log_in(user.username) for user in made]
        ids = iter([user.id for user in made])
        pairs = iter(list(zip(clients, ids, strict=True)))

        def leave(pairs: Any = pairs) -> Any:
            client, id = next(pairs)
            return client.patch(f"/api/v1/users/{id}/", {"role_ids": []}, content_type=JSON)

        assert sorted(at_once(2, leave)) == [200, 409]


@pytest.mark.django_db(transaction=True)
def test_of_eight_users_with_one_name_at_once_one_is_made() -> None:
    container().get(UserService).make_owner(username="olga", password=PASSWORD)
    olga = log_in("olga")
    body = {"username": "Bob", "password": PASSWORD, "role_ids": [role_id("clerk")]}

    codes = at_once(8, lambda: olga.post("/api/v1/users/", body, content_type=JSON))

    assert sorted(codes) == [201] + [409] * 7
