"""What can be ordered of a stock count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sms_core.shared.entities import UNSET, Change, Unset
from sms_core.stock.counts import WHOLE_WAREHOUSE, CountScope
from sms_core.stock.lines import NamedLot


@dataclass(frozen=True, kw_only=True)
class CreateCount:
    warehouse_id: int
    scope: CountScope = WHOLE_WAREHOUSE
    notes: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeCount(Change):
    warehouse_id: int | Unset = UNSET
    scope: CountScope | Unset = UNSET
    notes: str | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class OfCount:
    """An order about the count with `id`; refused (Stale) if it is not at `version` any more."""

    id: int
    version: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class StartCount(OfCount):
    """Hand out the sheet: from now on people count."""


@dataclass(frozen=True, kw_only=True)
class EnteredLine:
    """What somebody found: `quantity` replaces what was said before, `add` is added to it.

    A barcode counts its own quantity, and once if neither is given.
    """

    variant_id: int | None = None
    barcode: str | None = None
    location_id: int | None = None
    lot: NamedLot | None = None
    quantity: Decimal | None = None
    add: Decimal | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EnterCounts(OfCount):
    """Take down what was found. `zero_rest`: nothing is in the bins that nobody counted; `done`:
    the sheet is handed in."""

    lines: tuple[EnteredLine, ...] = ()
    zero_rest: bool = False
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class RecountLines(OfCount):
    """Have some lines counted again."""

    line_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ApproveCount(OfCount):
    """Agree to what others counted."""


@dataclass(frozen=True, kw_only=True)
class PostCount(OfCount):
    """Make the books say what was counted."""

    reason_code: str | None = None
    release_reserved: bool = False


@dataclass(frozen=True, kw_only=True)
class CancelCount(OfCount):
    """Give the count up; nothing changes."""
