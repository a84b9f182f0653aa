"""Run a command of manage.py on a database that exists for it alone.

python -m tests.scratch sqlite|postgresql|production manage.py check
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from tests import databases


@contextmanager
def database_url(engine: str) -> Iterator[str]:
    """The URL of a new empty database, dropped at the end."""
    if engine == "sqlite":
        yield f"sqlite:///{databases.temporary_folder()}/scratch.sqlite3"
        return
    databases.start_postgresql()
    server = urlsplit(os.environ["TEST_DATABASE_URL"])
    name = f"test_sms_{secrets.token_hex(4)}"
    with psycopg.connect(psycopg_url(server.geturl()), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield urlunsplit(server._replace(path=f"/{name}"))
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def psycopg_url(url: str) -> str:
    """The same URL for libpq, which knows the scheme by its longer name."""
    return "postgresql://" + url.split("://", 1)[1]


def environment(**changes: str) -> dict[str, str]:
    """This process's variables without those that choose settings, and with `changes`."""
    ours = {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "PYTEST_VERSION", "PORT", "HOST"}
    kept = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith("SMS_")}
    return kept | {"SMS_VAR": str(databases.temporary_folder())} | changes


def production() -> dict[str, str]:
    """What production cannot start without."""
    keys = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "SMS_JWT_KEY")}
    return {"SMS_ENV": "production", "ALLOWED_HOSTS": "sms.example.com", **keys}


def main(kind: str, *command: str) -> int:
    """Run the command; its exit status is ours."""
    changes = production() if kind == "production" else {}
    with database_url("postgresql" if kind == "postgresql" else "sqlite") as url:
        return subprocess.call(
            [sys.executable, *command], env=environment(DATABASE_URL=url, **changes)
        )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
