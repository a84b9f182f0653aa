"""One sequence per kind of posting and type of document: numbers never restart, and nobody waits
for another's.

They lie outside the migrations: going back and forth must not give a number twice.
"""

from __future__ import annotations

from typing import Any

from sms_core.shared.documents import DocumentType
from sms_core.stock.kinds import Kind
from sms_django import models

Numbered = Kind | DocumentType


def install(connection: Any) -> None:
    """Make the sequences that are missing; SQLite has none and counts in a table."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
        present = {name for (name,) in cursor.fetchall()}
        for kind in (*Kind, *DocumentType):
            if sequence(kind) not in present:
                cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS {sequence(kind)}")


def sequence(kind: Numbered) -> str:
    """The name of the sequence of this kind or type."""
    return f"sms_serial_{kind.value}"


def next_serial(connection: Any, kind: Numbered) -> int:
    """The next number of this kind or type, for ever."""
    table = models.SerialNumber._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(%s::regclass)", [sequence(kind)])
        else:
            cursor.execute(
                f"INSERT INTO {table} (kind, last) VALUES (%s, 1)"  # noqa: S608 (our own table)
                " ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last",
                [kind.value],
            )
        return int(cursor.fetchone()[0])
