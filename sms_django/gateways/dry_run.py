"""Seeing what a use case would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from sms_core.shared.ports import DryRun

T = TypeVar("T")


class DjangoDryRun(DryRun):
    """Owns the outer transaction and rolls it back; inside another, only what it did itself."""

    def run(self, use_case: Callable[[], T]) -> T:
        with transaction.atomic():
            answer = use_case()
            transaction.set_rollback(True)
        return answer
