"""The time from the machine the application runs on."""

from __future__ import annotations

from datetime import UTC, datetime

from sms_core.shared.ports import Clock


class SystemClock(Clock):
    """The system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
