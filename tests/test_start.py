"""The start: settings from the environment alone, then one command from a checkout to a service."""

import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client

from config.settings import database
from tests import databases, scratch
from tests.serving import started

OWNER_LINE = re.compile(r"user\s+(\S+)\s+password\s+(\S+)", re.IGNORECASE)


def manage(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py as a person would, with no variables but the given ones."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        env=scratch.environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "SMS_JWT_KEY", "ALLOWED_HOSTS"])
def test_production_does_not_start_without(name: str) -> None:
    refused = manage("check", **(scratch.production() | {name: ""}))
    assert refused.returncode != 0
    assert refused.stderr == f"Set {name}: production does not start without it.\n"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": "too-short"}, "SECRET_KEY is too short"),
        ({"SMS_JWT_KEY": "a" * 31}, "SMS_JWT_KEY is too short"),
        ({"SMS_JWT_KEY": "0123456789" * 6, "SECRET_KEY": "0123456789" * 6}, "must differ"),
        ({"SMS_ENV": "staging"}, "SMS_ENV must be local or production"),
        ({"DATABASE_URL": "mysql://root@localhost/sms"}, "DATABASE_URL must begin with"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(variables: dict[str, str], sentence: str) -> None:
    refused = manage("check", **(scratch.production() | variables))
    assert refused.returncode != 0
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_checkout_makes_its_secrets_once_for_its_owner_alone(tmp_path: Path) -> None:
    def keys(_: int) -> str:
        code = "from config import settings as s; print(s.SECRET_KEY, s.SMS_JWT_KEY, s.DEBUG)"
        return subprocess.check_output(
            [sys.executable, "-c", code], env=scratch.environment(SMS_VAR=str(tmp_path)), text=True
        )

    with ThreadPoolExecutor(4) as starts:
        seen = set(starts.map(keys, range(4)))
    assert len(seen) == 1
    secret_key, jwt_key, debug = seen.pop().split()
    assert len({secret_key, jwt_key}) == 2
    assert debug == "False"
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.env"]
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_any_character_may_stand_in_the_database_password() -> None:
    url = "postgres://us%40er:p%25%40%3A%2F%23%3F%20%C3%BC@db.example:5433/st%C3%BCck"
    config = database(url)
    assert config["PASSWORD"] == "p%@:/#? ü"
    assert (config["USER"], config["HOST"], config["PORT"]) == ("us@er", "db.example", 5433)
    assert config["NAME"] == "stück"


def test_a_socket_folder_may_be_the_database_host() -> None:
    assert database("postgres://sms@%2Fvar%2Frun%2Fpg/sms")["HOST"] == "/var/run/pg"


def test_sqlite_writes_are_durable_and_lock_first(tmp_path: Path) -> None:
    options = database(f"sqlite:///{tmp_path}/x.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]
    assert options["timeout"] == 20


@pytest.mark.sqlite
@pytest.mark.django_db
def test_foreign_keys_are_enforced_and_journal_is_wal_on_sqlite() -> None:
    with connection.cursor() as cursor:
        answers = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("foreign_keys", "journal_mode", "busy_timeout")
        ]
    assert answers == [1, "wal", 20_000]


@pytest.mark.postgresql
@pytest.mark.django_db
def test_postgresql_sessions_have_their_limits() -> None:
    names = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
    with connection.cursor() as cursor:
        limits = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in names]
    assert limits == ["3s", "10s", "15s"]


@pytest.mark.django_db
def test_tests_use_a_database_of_their_own() -> None:
    name = Path(connection.settings_dict["NAME"]).name
    assert re.match(r"test_sms_[0-9a-f]{8}(_gw\d+)?(\.|$)", name)


def test_the_environments_database_is_ignored_under_pytest() -> None:
    code = "from config import settings as s; print(s.DATABASES['default']['NAME'])"
    under_pytest = scratch.environment(
        DATABASE_URL="postgres://someone@db.example/precious", PYTEST_VERSION=pytest.__version__
    )
    used = subprocess.check_output([sys.executable, "-c", code], env=under_pytest, text=True)
    assert used.strip() == ":memory:"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="sqlite:/// or postgres://"):
        database("oracle://sms@db.example/sms")


def test_the_landing_page_leads_everywhere(client: Client) -> None:
    page = client.get("/").content.decode()
    for link in ("/admin/", "/api/v1/", "/api/docs/"):
        assert f'href="{link}"' in page


def test_make_help_names_every_verb() -> None:
    shown = subprocess.check_output(["make", "help"], text=True)
    verbs = ["help", "install", "run", "test", "format", "migrations", "migrate", "lint", "shell"]
    assert [verb for verb in verbs if f"make {verb} " not in shown] == []


# --- the served application ----------------------------------------------------------------------
@pytest.fixture
def database_url() -> Iterator[str]:
    with scratch.database_url(databases.engine()) as url:
        yield url


def test_start_makes_owner_and_demo_once_and_ends_with_its_children(
    tmp_path: Path, database_url: str
) -> None:
    variables = {"SMS_VAR": str(tmp_path / "var"), "DATABASE_URL": database_url}
    begun = time.monotonic()
    with started(tmp_path / "first.log", **variables) as served:
        first = time.monotonic() - begun
        page = served.get("/admin/login/").read().decode()
        stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page)
        assert stylesheet is not None
        assert served.get(stylesheet[1]).status == 200
        workers = psutil.Process(served.process.pid).children(recursive=True)
        assert workers
        served.process.terminate()
        served.process.wait(timeout=20)
    assert [worker for worker in workers if worker.is_running()] == []
    owner = OWNER_LINE.search((tmp_path / "first.log").read_text())
    assert owner is not None
    username, password = owner.groups()
    assert username == "owner"
    assert len(password) >= 12

    stamp = (tmp_path / "var" / "static.stamp").stat().st_mtime_ns
    begun = time.monotonic()
    with started(tmp_path / "second.log", **variables) as served:
        assert time.monotonic() - begun < first
        token = served.log_in(username, password)
        assert served.json("/api/v1/products/", token)["count"] == 13
        assert served.json("/api/v1/stock/levels/", token)["count"] > 13
    assert OWNER_LINE.search((tmp_path / "second.log").read_text()) is None
    assert (tmp_path / "var" / "static.stamp").stat().st_mtime_ns == stamp


def test_start_takes_the_owner_from_the_environment_and_leaves_demo_data_out(
    tmp_path: Path,
) -> None:
    variables = {
        "SMS_VAR": str(tmp_path / "var"),
        "SMS_DEMO": "0",
        "SMS_OWNER_USERNAME": "grace",
        "SMS_OWNER_PASSWORD": "correct horse battery",
    }
    with started(tmp_path / "start.log", **variables) as served:
        token = served.log_in("grace", "correct horse battery")
        assert served.json("/api/v1/products/", token)["count"] == 0
    assert "correct horse" not in (tmp_path / "start.log").read_text()


def test_start_says_when_its_port_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = manage("start", PORT=str(other.getsockname()[1]))
    assert refused.returncode != 0
    assert "set HOST or PORT" in refused.stderr
