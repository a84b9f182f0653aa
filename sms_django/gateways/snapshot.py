"""Reports that see one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import local
from types import TracebackType
from typing import Any

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """A read-only transaction in which every statement sees the same moment.

    PostgreSQL: REPEATABLE READ READ ONLY. SQLite: DEFERRED, since the usual IMMEDIATE would
    wait for the writer. Inside another transaction it adds nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
        return
    connection.ensure_connection()
    sqlite: Any = connection
    usual = sqlite.transaction_mode
    sqlite.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            yield
    finally:
        sqlite.transaction_mode = usual


class DjangoSnapshot:
    """The port: one object for all services and threads, each thread in its own snapshots."""

    def __init__(self) -> None:
        self._own = local()

    def __enter__(self) -> None:
        entered = snapshot()
        entered.__enter__()
        self._open().append(entered)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> bool | None:
        return self._open().pop().__exit__(kind, error, trace)

    def _open(self) -> list[AbstractContextManager[None]]:
        if not hasattr(self._own, "open"):
            self._own.open = []
        opened: list[AbstractContextManager[None]] = self._own.open
        return opened
