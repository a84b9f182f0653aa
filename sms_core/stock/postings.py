"""Business facts that change stock: as they are asked for, and as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from sms_core.shared.documents import DocumentRef
from sms_core.shared.text import tidy_optional, tidy_text
from sms_core.stock.entities import Lot, ReasonCode
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.lines import Incoming, Line, NamedLot, Outgoing

__all__ = ["Draft", "Entry", "Incoming", "Line", "NamedLot", "Outgoing", "Posting"]

MAX_LINES = 1_000
# A count of a whole warehouse is posted by one.
MAX_COUNTED = 10_000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A posting that somebody asks for; the ledger decides whether it can be.

    `release_reserved`: what is a fact may overtake promises. `same_reference`: its author knows
    that the note was entered before. `not_before` is when that which it resolves had happened,
    `lots` those of lines that undo entries, by id. `despite_count`: its author knows that
    bins were counted after it happened. `document` is what it carries out; a reversal
    belongs to the document of what it undoes.
    """

    kind: Kind
    lines: tuple[Line, ...]
    reference: str = ""
    note: str = ""
    reason: ReasonCode | None = None
    occurred_at: datetime | None = None
    supplier_id: int | None = None
    customer_id: int | None = None
    same_reference: bool = False
    release_reserved: bool = False
    despite_count: bool = False
    reverses: Posting | None = None
    not_before: datetime | None = None
    lots: Mapping[int, Lot] = field(default_factory=dict)
    document: DocumentRef | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reference", tidy_optional(self.reference, "reference"))
        object.__setattr__(self, "note", tidy_text(self.note, "note"))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the ledger: what a posting did to one bin of a level. It never changes.

    `quantity`, `reserved` and `value` are changes, `*_after` the balances they led to. Entries
    that move no goods (promises, value) have no location.
    """

    line: int
    level: LevelKey
    seq: int
    location_id: int | None
    lot_id: int | None
    quantity: Decimal
    value: Decimal
    counterpart: Counterpart
    unit_cost: Decimal
    bin_on_hand_after: Decimal | None
    on_hand_after: Decimal
    reserved_after: Decimal
    value_after: Decimal
    reserved: Decimal = ZERO
    cost_source: CostSource | None = None
    hash: str = ""
    document_line: int | None = None


@dataclass(kw_only=True)
class Posting:
    """One business fact that changed stock, whole or not at all. It never changes.

    `occurred_at` is when it happened in the world, `recorded_at` when the system was told;
    `reverses` is the number of the posting it undoes.
    """

    kind: Kind
    number: str
    occurred_at: datetime
    recorded_at: datetime
    user_id: int | None
    username: str
    request_id: str
    id: int = 0
    reference: str = ""
    note: str = ""
    reason_code_id: int | None = None
    supplier_id: int | None = None
    customer_id: int | None = None
    reverses_id: int | None = None
    reverses: str | None = None
    document: DocumentRef | None = None
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What a level holds at one moment."""

    on_hand: Decimal
    reserved: Decimal
    available: Decimal
    value: Decimal | None

    @classmethod
    def of(cls, level: Level, today: date) -> Balance:
        """The balance of the level as it is now."""
        return cls(
            on_hand=level.on_hand,
            reserved=level.reserved,
            available=level.available(today),
            value=level.value,
        )


@dataclass(frozen=True, kw_only=True)
class LevelChange:
    """A level before a posting and after it; None: it was refused, there is no after."""

    key: LevelKey
    before: Balance
    after: Balance | None = None

    def without_costs(self) -> LevelChange:
        """The same for those who may not see costs."""
        return replace(
            self,
            before=replace(self.before, value=None),
            after=self.after and replace(self.after, value=None),
        )


@dataclass(frozen=True)
class Posted:
    """What became of a draft: the posting, what it did to its levels, and promises it made."""

    posting: Posting
    levels: tuple[LevelChange, ...] = ()
    reservation_ids: tuple[int, ...] = ()
