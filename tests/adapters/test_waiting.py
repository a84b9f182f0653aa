"""Goods that were freed are offered to those who wait, once they are safely stored."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from django.db import transaction
from structlog.contextvars import bound_contextvars

from sms_core.shared.entities import Actor
from sms_core.stock.levels import LevelKey
from sms_django.gateways.waiting import ServedAfterCommit

pytestmark = pytest.mark.django_db
KEY = LevelKey(3, 1)


class Queue:
    """Remembers whom it was asked to serve, and stands for its own provider."""

    def __init__(self, *, fails: bool = False) -> None:
        self.served: list[tuple[set[LevelKey], str, str]] = []
        self.fails = fails

    def get(self) -> Queue:
        return self

    def serve(self, keys: Collection[LevelKey], *, by: Actor) -> int:
        by.require("sales_order.confirm")
        self.served.append((set(keys), by.username, by.request_id))
        if self.fails:
            raise RuntimeError("The queue is stuck.")
        return len(keys)


def test_the_queue_is_served_after_the_commit_by_the_system(
    django_capture_on_commit_callbacks: Any,
) -> None:
    queue = Queue()

    with (
        bound_contextvars(request_id="req-7"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        with transaction.atomic():
            ServedAfterCommit(queue).freed([KEY])  # type: ignore[arg-type]
        assert queue.served == []

    assert queue.served == [({KEY}, "System", "req-7")]


def test_what_was_undone_frees_nothing(django_capture_on_commit_callbacks: Any) -> None:
    queue = Queue()

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        ServedAfterCommit(queue).freed([KEY])  # type: ignore[arg-type]
        transaction.set_rollback(True)

    assert queue.served == []


def test_a_queue_that_fails_does_not_spoil_what_was_stored(
    django_capture_on_commit_callbacks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(fails=True)

    with django_capture_on_commit_callbacks(execute=True):
        ServedAfterCommit(queue).freed([KEY])  # type: ignore[arg-type]

    assert len(queue.served) == 1
    assert "The queue is stuck." in caplog.text
