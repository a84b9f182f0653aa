"""Business facts that change stock: as they are asked for, and as they are recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sms_core.shared.text import tidy_optional, tidy_text
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_core.stock.levels import ZERO, LevelKey

MAX_LINES = 1_000


@dataclass(frozen=True, kw_only=True)
class NamedLot:
    """A lot as a delivery names it; it is made if the variant has none of this code."""

    code: str
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A line that brings goods: to a location, else the warehouse's default one."""

    variant_id: int
    warehouse_id: int
    quantity: Decimal
    counterpart: Counterpart
    unit_cost: Decimal | None = None
    location_id: int | None = None
    lot: NamedLot | None = None


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A line that takes goods: from a location or lot if named, else by the rules of picking."""

    variant_id: int
    warehouse_id: int
    quantity: Decimal
    counterpart: Counterpart
    location_id: int | None = None
    lot_code: str | None = None


Line = Incoming | Outgoing


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A posting that somebody asks for; the ledger decides whether it can be."""

    kind: Kind
    lines: tuple[Line, ...]
    reference: str = ""
    note: str = ""
    reason: ReasonCode | None = None

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
    entries: list[Entry] = field(default_factory=list)
