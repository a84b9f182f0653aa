"""What every test may rely on: its database, fast passwords, files in a temporary folder."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import databases

IN_CI = os.environ.get("CI") == "true"

# Generated tests try the same examples each time, so that a change is judged by what it changes;
# SMS_TEST_PROFILE=long looks further, for what nobody has seen yet.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("long", deadline=None)
hypothesis.settings.load_profile(os.environ.get("SMS_TEST_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Choose the database before anything connects; xdist's workers share one server."""
    if databases.engine() == "postgresql" and not hasattr(config, "workerinput"):
        databases.start_postgresql()
    databases.use()


def pytest_report_header() -> str:
    """Say which engine this run is for."""
    return f"database engine: {databases.engine()}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the run on the other engine what only that one can show."""
    other = next(name for name in databases.ENGINES if name != databases.engine())
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def _settings_for_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Passwords cost nothing unless a test asks for Argon2; files never reach var/."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_append_only_triggers() -> Iterator[None]:
    """Let tests with real commits clean up: the ledger's triggers stand aside for the flush.

    Django sends `post_migrate` after it, which makes the built-in rows again.
    """
    from django.db import connection

    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_without_triggers(self: Any, sql_list: list[str]) -> Any:
        from sms_django import append_only

        append_only.remove(self.connection)
        try:
            return flush(self, sql_list)
        finally:
            append_only.install(self.connection)

    patch = pytest.MonkeyPatch()
    patch.setattr(operations, "execute_sql_flush", flush_without_triggers)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser of this machine; where everything must run, its absence is a failure."""
    import shutil

    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if IN_CI:
        pytest.fail("Chromium is missing: apt-get install chromium.")
    pytest.skip("Chromium is not installed.")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the project."""
    return Path(__file__).resolve().parent.parent
