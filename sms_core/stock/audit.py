"""Proving that stock and ledger agree: what is checked, and what is found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from sms_core.shared.entities import Actor
from sms_core.shared.ports import Snapshot


class Check(Enum):
    """What must hold of the books; each finding names the first row that breaks it."""

    LEVEL_SUMS = "level_sums"
    """A level's on_hand, reserved and value are the sums of its entries."""
    BIN_SUMS = "bin_sums"
    """A bin is the sum of its entries, the bins of a level its on_hand; each is in the level's
    warehouse, its lot of the level's variant."""
    BOUNDS = "bounds"
    """Bins >= 0, 0 <= reserved <= on_hand, value >= 0, and 0 where on_hand is 0."""
    SEQUENCE = "sequence"
    """Per level seq is 1..n without gaps and version is n."""
    BALANCES = "balances"
    """Per level after[n] = after[n-1] + change[n], and bin_on_hand_after per bin. Value may
    outlive goods between two entries of one posting, so bounds are checked at its end only."""
    CHAIN = "chain"
    """Hashes recomputed with `chain.canonical`, the last one kept by the level; recorded_at of a
    level never falls."""
    COUNTERPARTS = "counterparts"
    """Kind, counterpart and effect are allowed by `kinds.ALLOWED`."""
    CONSERVATION = "conservation"
    """Entries against `stock` sum to 0 per posting, variant and lot, in quantity and value."""
    HEADERS = "headers"
    """A posting has entries, an actor's name, a request id, a number of its kind, and
    occurred_at <= recorded_at; all its entries were recorded with it."""
    REVERSALS = "reversals"
    """A reversal names a posting that can be undone, in number and id, and each of its lines is
    undone at most once."""
    RESERVATIONS = "reservations"
    """reserved is the sum of what is open; 0 <= open <= quantity of each reservation."""
    AS_OF = "as_of"
    """As of no moment, by occurred_at, a level held less than 0."""
    KEYS = "keys"
    """Each idempotency key that names a posting names one that is there."""
    TRIGGERS = "triggers"
    """The triggers that keep postings, entries and closings from being changed are there."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A check that failed: in how many rows, and which is the first."""

    check: Check
    rows: int
    first: str


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What was looked at and what was found; `heads` are the warehouses' hashes, by code.

    The head of a warehouse is the sha256 of the last hashes of its levels, in their order.
    """

    levels: int
    entries: int
    findings: tuple[Finding, ...]
    heads: Mapping[str, str]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class LedgerAudit(ABC):
    """Reads the whole ledger and checks it."""

    @abstractmethod
    def run(self, progress: Callable[[int, int], None]) -> AuditReport:
        """Check everything, all checks even if some fail; tells how many entries of how many are
        done. It runs inside a snapshot and writes nothing."""


@dataclass(frozen=True)
class AuditService:
    """Proves the ledger, for whoever may ask."""

    snapshot: Snapshot
    audit: LedgerAudit

    def verify(self, progress: Callable[[int, int], None], *, by: Actor) -> AuditReport:
        """Check every promise in one snapshot; raises Forbidden."""
        by.require("stock.verify")
        with self.snapshot:
            return self.audit.run(progress)
