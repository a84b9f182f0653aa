"""The tests' own database: cleaned past the ledger's guard, and whole again afterwards."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from sms_django import append_only, models
from tests import databases, scratch


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_the_ledger_and_leaves_what_every_database_starts_with() -> None:
    call_command("seed_demo", verbosity=0)
    assert models.Entry.objects.exists()
    call_command("flush", interactive=False, verbosity=0)
    assert not models.Entry.objects.exists()
    assert append_only.missing(connection) == []
    roles = models.Role.objects.order_by("name").values_list("name", flat=True)
    assert list(roles) == ["auditor", "clerk", "manager", "owner"]


def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_TEST_ENGINE", "oracle")
    with pytest.raises(ValueError, match="SMS_TEST_ENGINE"):
        databases.engine()


def test_a_server_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    named = "postgres://sms:secret@db.example/postgres"
    monkeypatch.setenv("TEST_DATABASE_URL", named)
    monkeypatch.setattr(databases, "start", lambda _: pytest.fail("started another server"))
    databases.start_postgresql()
    monkeypatch.setenv("SMS_TEST_ENGINE", "postgresql")
    config = databases.configuration()
    assert (config["HOST"], config["USER"]) == ("db.example", "sms")
    assert config["TEST"]["NAME"].startswith("test_sms_")


def test_the_packaged_server_serves_where_the_machine_has_none() -> None:
    url, stop = databases.start(databases.embedded_binaries())
    try:
        with psycopg.connect(scratch.psycopg_url(url)) as server:
            assert server.info.server_version >= 180000
    finally:
        stop()
