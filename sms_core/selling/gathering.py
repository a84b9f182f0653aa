"""Looking at all lines before anything is refused, so that the clerk learns all at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sms_core.shared.errors import DomainError, gathered, within


@dataclass
class Gathering:
    """The refusals of lines, each pointing at its line."""

    found: list[DomainError] = field(default_factory=list)

    @contextmanager
    def at(self, index: int) -> Iterator[None]:
        """Note what is refused of this line, and go on."""
        try:
            with within(f"/lines/{index}"):
                yield
        except DomainError as refusal:
            self.found.append(refusal)

    def raise_all(self) -> None:
        """Raise them as one, if there are any."""
        if self.found:
            raise gathered(self.found)
