"""What can be ordered about the company."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sms_core.shared.entities import UNSET, Unset


@dataclass(frozen=True, kw_only=True)
class ChangeCompany:
    """Change the one company; attributes left UNSET stay as they are."""

    version: int | None = None
    name: str | Unset = UNSET
    address: str | Unset = UNSET
    tax_id: str | Unset = UNSET
    currency: str | Unset = UNSET
    currency_places: int | Unset = UNSET
    time_zone: str | Unset = UNSET
    large_adjustment_value: Decimal | Unset | None = UNSET
    serves_backorders: bool | Unset = UNSET
    over_receipt_percent: Decimal | Unset = UNSET
    count_approval_value: Decimal | Unset | None = UNSET

    def values(self) -> dict[str, Any]:
        """The attributes that are to change, by name."""
        given = {name: value for name, value in vars(self).items() if name != "version"}
        return {name: value for name, value in given.items() if value is not UNSET}


@dataclass(frozen=True, kw_only=True)
class PutLogo:
    """`content` is the file as it was sent."""

    content: bytes
    version: int | None = None
