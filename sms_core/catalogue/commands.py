"""What the catalogue can be told to do."""

from __future__ import annotations

from dataclasses import dataclass

from sms_core.shared.entities import UNSET, Change, Unset


@dataclass(frozen=True, kw_only=True)
class CreateBrand:
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeBrand(Change):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
