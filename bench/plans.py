"""How the database answers: how many statements, by which indexes, and what it reads whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_COUNTED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_SQLITE_STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


class Watch:
    """Counts statements; with `explain`, asks for the plan of each before it runs."""

    def __init__(self, *, explain: bool = False) -> None:
        self.explain = explain
        self.statements = 0
        self.read_whole: set[str] = set()
        self.indexes: set[str] = set()

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """Django's hook around every statement."""
        if _COUNTED.match(sql):
            self.statements += 1
            if self.explain:
                self._note(sql, params)
        return execute(sql, params, many, context)

    def _note(self, sql: str, params: Any) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0]
                self._node(plan[0] if isinstance(plan, list) else json.loads(plan)[0])
            else:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                for row in cursor.fetchall():
                    self._step(row[3], sql)

    def _node(self, node: dict[str, Any]) -> None:
        if node.get("Node Type") == "Seq Scan":
            self.read_whole.add(node["Relation Name"])
        if "Index Name" in node:
            self.indexes.add(node["Index Name"])
        for below in [node.get("Plan"), *node.get("Plans", [])]:
            if below:
                self._node(below)

    def _step(self, text: str, sql: str) -> None:
        if found := _SQLITE_STEP.match(text):
            how, name, index = found.groups()
            table = _table(name, sql)
            if index:
                self.indexes.add(index)
            if how == "SCAN" and not index:
                self.read_whole.add(table)


def _table(name: str, sql: str) -> str:
    """SQLite names a table by its alias."""
    found = re.search(rf'"?(sms_\w+)"? (?:AS )?"?{re.escape(name)}"?\b', sql)
    return found[1] if found else name


@contextmanager
def watched(*, explain: bool = False) -> Iterator[Watch]:
    """Watch what the block asks of the database."""
    from django.db import connection

    watch = Watch(explain=explain)
    with connection.execute_wrapper(watch):
        yield watch
