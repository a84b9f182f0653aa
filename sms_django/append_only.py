"""What makes the database itself refuse to change the ledger, on both engines.

SQLite drops the triggers of a table silently when a migration rebuilds it, so they are installed
after every `migrate`, and whoever asks can hear which are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sms_django import models

TABLES = tuple(
    model._meta.db_table
    for model in (models.Posting, models.Entry, models.Closing, models.DocumentEvent)
)
_REFUSAL = "The ledger is append-only: correct it with a new posting."

_POSTGRESQL_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION sms_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
    END $$
"""


def install(connection: Any) -> None:
    """Make the triggers that are missing, on the tables that exist."""
    wanted = missing(connection)
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if wanted and connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for name, table, event in _triggers(connection.vendor):
            if name in wanted and table in existing:
                cursor.execute(_creation(connection.vendor, name, table, event))


def remove(connection: Any) -> None:
    """Drop the triggers: for migrations that must, and for tests that clean up."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table, _ in _triggers(connection.vendor):
            if table in existing:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing(connection: Any) -> list[str]:
    """The names of the triggers that should be there and are not, or are switched off."""
    if connection.vendor == "postgresql":
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
            " AND pg_table_is_visible(pg_class.oid)"
        )
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return [name for name, _, _ in _triggers(connection.vendor) if name not in present]


def _triggers(vendor: str) -> Iterator[tuple[str, str, str]]:
    events = ("UPDATE", "DELETE", "TRUNCATE") if vendor == "postgresql" else ("UPDATE", "DELETE")
    for table in TABLES:
        for event in events:
            yield f"{table}_no_{event.lower()}", table, event


def _creation(vendor: str, name: str, table: str, event: str) -> str:
    if vendor == "postgresql":
        return (
            f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION sms_refuse_change()"
        )
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    )
