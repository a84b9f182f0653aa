"""Proving that stock and ledger agree: what is promised, what was found, and the heads to keep."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden
from sms_core.shared.ports import Clock, Snapshot, UnitOfWork

# What people read; value may outlive goods between two entries of one posting, so limits are
# looked at where it ends.
PROMISES: Final[Mapping[int, str]] = {
    1: "A level equals the sum of its entries, a bin the sum of its own.",
    2: "Nothing is oversold, now or as of any moment, and an empty level is worth nothing.",
    3: "The database refuses to change or delete what was posted.",
    4: "Goods neither appear nor vanish.",
    5: "The entries of a level are numbered without gaps, and each balance follows from the last.",
    6: "The entries of a level are chained by their hashes.",
    7: "A posting is all or nothing, and undone at most once.",
    8: "An answer that was given stays true.",
    9: "What is reserved is what is promised to someone.",
    11: "Every posting names its actor, its request and both clocks.",
    12: "What has stock is not archived.",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A promise that does not hold: what is wrong, the first wrong row, and how many there are."""

    promise: int
    what: str
    row: str
    wrong: int = 1

    def __str__(self) -> str:
        more = f" (and {self.wrong - 1:,} more)" if self.wrong > 1 else ""
        return f"Promise {self.promise}: {self.what} {self.row}{more}"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What proves the ledger of a warehouse as it was, once it is kept somewhere else."""

    warehouse_id: int
    warehouse: str
    levels: int
    hash: str


def head_of(hashes: Iterable[str]) -> str:
    """The head over the last hashes of a warehouse's levels, in the order of their keys."""
    return sha256("".join(hashes).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One look at the whole ledger as it was at one moment."""

    started_at: datetime
    finished_at: datetime
    user_id: int | None
    username: str
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    heads: tuple[Head, ...]

    @property
    def is_clean(self) -> bool:
        """Whether every promise holds."""
        return not self.findings


class LedgerAudit(ABC):
    """Looks at the ledger; called in a snapshot, so that all of it sees one moment."""

    @abstractmethod
    def counts(self) -> Mapping[str, int]:
        """How many rows there are of what the audit looks at, by name of the table."""

    @abstractmethod
    def findings(self, progress: Progress) -> Sequence[Finding]:
        """The first wrong row of each kind; `progress` hears of entries done and of their total."""

    @abstractmethod
    def heads(self) -> Sequence[Head]:
        """The heads of the warehouses that have levels, in the order of their codes."""


class AuditRepository(ABC):
    """Keeps the results of audits."""

    @abstractmethod
    def add(self, audit: Audit) -> None:
        """Keep this one."""

    @abstractmethod
    def last(self) -> Audit | None:
        """The one that was kept last."""


@dataclass(frozen=True)
class AuditService:
    """Proves the ledger to those who may see all of it."""

    uow: UnitOfWork
    snapshot: Snapshot
    clock: Clock
    ledger: LedgerAudit
    audits: AuditRepository

    def run(self, *, by: Actor, progress: Progress = lambda done, total: None) -> Audit:
        """Check every promise and keep the result; work goes on meanwhile. Raises Forbidden."""
        self._authorise(by)
        started_at = self.clock.now()
        with self.snapshot:
            counts = self.ledger.counts()
            findings = tuple(self.ledger.findings(progress))
            heads = tuple(self.ledger.heads())
        audit = Audit(
            started_at=started_at,
            finished_at=self.clock.now(),
            user_id=by.user_id,
            username=by.username,
            counts=counts,
            findings=findings,
            heads=heads,
        )
        with self.uow:
            self.audits.add(audit)
        return audit

    def last(self, *, by: Actor) -> Audit | None:
        """The last result, None before the first. Raises Forbidden."""
        self._authorise(by)
        return self.audits.last()

    def _authorise(self, by: Actor) -> None:
        by.require("stock.verify")
        if by.warehouse_ids is not None:
            # Sums and heads go over everything, and findings name rows of any warehouse.
            raise Forbidden("Only those who see all warehouses can verify the ledger.")
