"""Many rows as one parameter, so that a posting of 1,000 lines costs as many statements as of one.

PostgreSQL takes an array per column, SQLite one JSON array of rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

Row = Sequence[Any]


def given(columns: Sequence[tuple[str, str]], rows: Sequence[Row]) -> tuple[str, list[Any]]:
    """A table expression `given` with these columns (name, PostgreSQL type), and its parameters.

    Its column `n` numbers the rows from 1.
    """
    names = [name for name, _ in columns]
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
        listed = ", ".join([*names, "n"])
        values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
        return f"unnest({arrays}) WITH ORDINALITY AS given({listed})", values
    picked = ", ".join(
        f"json_extract(value, '$[{position}]') AS {name}" for position, name in enumerate(names)
    )
    table = f"(SELECT {picked}, key + 1 AS n FROM json_each(%s)) AS given"  # noqa: S608 (our own names)
    return table, [json.dumps(rows, separators=(",", ":"), default=str)]


def insert(
    table: str, columns: Sequence[tuple[str, str]], rows: Sequence[Row], *, then: str = ""
) -> tuple[str, list[Any]]:
    """The statement that inserts the rows in their order, and its parameters."""
    names = ", ".join(name for name, _ in columns)
    source, parameters = given(columns, rows)
    # WHERE TRUE keeps SQLite from taking ON CONFLICT for the ON of a join.
    statement = f"INSERT INTO {table} ({names}) SELECT {names} FROM {source} WHERE TRUE ORDER BY n"  # noqa: S608 (our own names)
    return f"{statement} {then}", parameters


def stored_time(at: datetime | None) -> Any:
    """A time as the engine stores it; JSON could not carry it to SQLite as it is."""
    if at is None or connection.vendor == "postgresql":
        return at
    return connection.ops.adapt_datetimefield_value(at)
