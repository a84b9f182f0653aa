"""What the machine's owner does about users on the command line."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models.signals import post_migrate
from django.test import RequestFactory

from config.container import container
from sms_core.access.commands import LogIn
from sms_core.access.permissions import ALL_CODES
from sms_core.access.sessions import SessionService
from sms_django import models
from sms_django.actors import account_of
from sms_django.builtin import make_built_in_rows

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def create_superuser(monkeypatch: pytest.MonkeyPatch, username: str, password: str | None) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", username)
    if password is not None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    call_command("createsuperuser", "--noinput", stdout=StringIO())


def test_createsuperuser_makes_an_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    create_superuser(monkeypatch, "olga", PASSWORD)

    olga = authenticate(RequestFactory().post("/"), username="OLGA", password=PASSWORD)
    account = account_of(olga)
    assert account is not None
    assert account.permissions == ALL_CODES
    assert account.user.warehouse_ids is None


@pytest.mark.parametrize("password", ["short", "password1234", None])
def test_createsuperuser_takes_no_weak_password(
    monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)

    with pytest.raises(CommandError, match="password"):
        create_superuser(monkeypatch, "olga", password)
    assert not models.User.objects.exists()


def test_createsuperuser_refuses_a_taken_name_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_superuser(monkeypatch, "olga", PASSWORD)

    with pytest.raises(CommandError, match="another user with this username"):
        create_superuser(monkeypatch, "Olga", PASSWORD)


def test_createsuperuser_asks_who_sits_at_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("builtins.input", lambda prompt="": "olga")
    monkeypatch.setattr("getpass.getpass", lambda prompt="": PASSWORD)

    call_command("createsuperuser", interactive=True, stdin=Terminal(), stdout=StringIO())

    assert models.User.objects.get().roles.get().delivered_as == "owner"


def test_changepassword_is_not_a_way_round_the_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    create_superuser(monkeypatch, "olga", PASSWORD)
    before = models.User.objects.get()
    monkeypatch.setattr("getpass.getpass", lambda prompt="": "another good password")

    call_command("changepassword", "olga", stdout=StringIO())

    after = models.User.objects.get()
    assert after.token_version > before.token_version
    assert after.get_session_auth_hash() != before.get_session_auth_hash()


def test_purge_tokens_forgets_what_is_over_and_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_superuser(monkeypatch, "olga", PASSWORD)
    sessions = container().get(SessionService)
    command = LogIn(username="olga", password=PASSWORD, address="a")
    old, fresh = sessions.log_in(command), sessions.log_in(command)
    key = old.refresh.partition(".")[0]
    family = models.TokenFamily.objects.filter(key=key)
    family.update(expires_at=family.get().expires_at - timedelta(days=8))
    out = StringIO()

    call_command("purge_tokens", stdout=out)

    assert out.getvalue() == "1 rows deleted.\n"
    assert sessions.refresh(fresh.refresh)


# --- built-in rows -------------------------------------------------------------------------------


def test_every_database_starts_with_the_roles_and_the_company() -> None:
    names = models.Role.objects.values_list("delivered_as", flat=True)

    assert set(names) == {"owner", "manager", "clerk", "auditor"}
    assert models.Company.objects.get().pk == 1


def test_migrating_again_changes_nothing_that_the_owner_changed() -> None:
    models.Role.objects.filter(name="clerk").update(permissions=["stock.view"], name="picker")
    models.Company.objects.update(name="Acme")
    before = list(models.Role.objects.order_by("pk").values())

    call_command("migrate", verbosity=0)
    make_built_in_rows()

    assert list(models.Role.objects.order_by("pk").values()) == before
    assert models.Company.objects.get().name == "Acme"


def test_the_rows_are_made_by_one_receiver() -> None:
    receivers: list[Any] = [str(entry[1]) for entry in post_migrate.receivers]

    assert len([name for name in receivers if "make_built_in_rows" in name]) == 1
