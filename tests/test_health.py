"""What those who watch the process are told."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from sms_django import append_only, health


@pytest.mark.parametrize("path", ["/ping", "/livez", "/readyz"])
@pytest.mark.django_db
def test_health_is_not_redirected_to_https(path: str, settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/api/v1/").status_code == 301
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json()["success"] is True


def test_ping_says_pong(client: Client) -> None:
    answer = client.get("/ping")
    assert answer.json() == {"success": True, "message": "Pong!"}
    assert client.post("/ping").status_code == 405


def assert_not_ready(client: Client, reason: str) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["success"] is False
    assert reason in answer.json()["message"]
    # A restart would not help, so the process does not ask for one.
    assert client.get("/livez").status_code == 200


@pytest.mark.django_db
def test_not_ready_while_a_migration_waits(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("sms", "0001_initial")
    assert_not_ready(client, "sms.0001_initial")


@pytest.mark.django_db
def test_not_ready_while_the_ledger_could_be_changed(client: Client) -> None:
    append_only.remove(connection)
    assert_not_ready(client, "append-only")


def test_not_ready_while_the_database_does_not_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> None:
        raise OperationalError("connection refused: password=hunter2")

    monkeypatch.setattr(health, "database_problem", lost)
    monkeypatch.setattr(health, "discard_lost_connections", lambda: None)
    assert_not_ready(client, "The database does not answer.")
    assert b"hunter2" not in client.get("/readyz").content
