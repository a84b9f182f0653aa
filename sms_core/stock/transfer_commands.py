"""What can be ordered about stock transfers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from sms_core.shared.entities import UNSET, Change, Unset


@dataclass(frozen=True, kw_only=True)
class TransferredLine:
    """So much of a variant; with `id` it changes that line, without it is a new one."""

    id: int | None = None
    variant_id: int
    quantity: Decimal
    lot_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class CreateTransfer:
    from_warehouse_id: int
    to_warehouse_id: int
    notes: str = ""
    lines: tuple[TransferredLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeTransfer(Change):
    """`lines` are all there shall be: one without `id` is new, one left out goes."""

    from_warehouse_id: int | Unset = UNSET
    to_warehouse_id: int | Unset = UNSET
    notes: str | Unset = UNSET
    lines: tuple[TransferredLine, ...] | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class OfTransfer:
    """An order about the transfer with `id`; refused (Stale) if it is not at `version` any more.
    Without `occurred_at` it happens now."""

    id: int
    version: int | None = None
    occurred_at: datetime | None = None
    despite_count: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DispatchTransfer(OfTransfer):
    """Send everything on its way, out of one place if it is named."""

    from_location_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ArrivedLine:
    """So much of a line arrived; `lot_code`: of this lot."""

    line_id: int
    quantity: Decimal
    location_id: int | None = None
    lot_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiveTransfer(OfTransfer):
    """Goods of it arrived; without `lines` all that is on its way."""

    lines: tuple[ArrivedLine, ...] | None = None


class FoundAt(Enum):
    """Where goods that did not arrive are after all."""

    SOURCE = "source"


@dataclass(frozen=True, kw_only=True)
class CloseTransfer(OfTransfer):
    """What has not arrived will not: write it off for a reason, or put it back at the source."""

    reason_code: str | None = None
    found_at: FoundAt | None = None


@dataclass(frozen=True, kw_only=True)
class CancelTransfer(OfTransfer):
    """Nothing was sent, and nothing will be."""
