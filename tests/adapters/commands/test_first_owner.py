"""The first owner: made once, and his password told at most once."""

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from sms_django import models

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMS_OWNER_USERNAME", raising=False)
    monkeypatch.delenv("SMS_OWNER_PASSWORD", raising=False)


def first_owner() -> tuple[str, str]:
    said, complained = StringIO(), StringIO()
    call_command("first_owner", stdout=said, stderr=complained)
    return said.getvalue(), complained.getvalue()


def test_is_the_one_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_OWNER_USERNAME", "grace")
    monkeypatch.setenv("SMS_OWNER_PASSWORD", PASSWORD)
    said, _ = first_owner()
    assert PASSWORD not in said
    owner = authenticate(username="grace", password=PASSWORD)
    assert owner is not None
    assert owner.has_perm("user.delete")


def test_gets_a_password_that_is_told_once() -> None:
    said, _ = first_owner()
    found = re.search(r"user owner  password (\S{12,})", said)
    assert found is not None
    assert authenticate(username="owner", password=found[1]) is not None
    assert first_owner() == ("", "")
    assert models.User.objects.count() == 1


def test_is_not_made_with_a_weak_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_OWNER_PASSWORD", "short")
    with pytest.raises(CommandError, match="at least 12 characters"):
        first_owner()
    assert not models.User.objects.exists()


def test_production_prints_no_password(settings: Any) -> None:
    settings.LOCAL = False
    said, complained = first_owner()
    assert said == ""
    assert "set SMS_OWNER_PASSWORD" in complained
    assert not models.User.objects.exists()
