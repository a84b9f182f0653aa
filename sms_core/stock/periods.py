"""Closing the books: until which day nothing may be entered any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sms_core.shared.errors import Conflict, Invalid, RuleBroken
from sms_core.shared.text import tidy_text


@dataclass(kw_only=True)
class Closing:
    """A record that the books are closed until a day, inclusive. The last record counts."""

    closed_until: date
    recorded_at: datetime
    note: str = ""
    user_id: int | None = None
    username: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        self.note = tidy_text(self.note, "note")

    def see_that_it_follows(self, before: date | None, *, today: date) -> None:
        """Raise unless it may follow a record that closed until `before`.

        Only days that are over can be closed, and opening some again needs a reason.
        """
        if self.closed_until >= today:
            raise RuleBroken(
                "Only days that are over can be closed.",
                code="in_future",
                pointer="/closed_until",
            )
        if before is None:
            return
        if self.closed_until == before:
            raise Conflict(
                f"The books are closed until {before.isoformat()} already.",
                code="no_change",
                pointer="/closed_until",
            )
        if self.closed_until < before and not self.note:
            raise Invalid("Say why closed days are opened again.", code="required", pointer="/note")
