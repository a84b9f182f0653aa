"""Whom we buy from, and what we buy from whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from sms_core.shared.entities import MasterData
from sms_core.shared.errors import Invalid
from sms_core.shared.numbers import (
    QUANTITY_LIMIT,
    QUANTITY_PLACES,
    UNIT_COST_LIMIT,
    UNIT_COST_PLACES,
    exact,
)
from sms_core.shared.text import tidy, tidy_email, tidy_optional, tidy_text

LONGEST_LEAD = 3_650


@dataclass(kw_only=True)
class Supplier(MasterData):
    """Somebody we buy from; two live suppliers never share a code."""

    name_of_kind: ClassVar[str] = "supplier"

    code: str
    name: str
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    notes: str = ""

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.name = tidy(self.name, "name")
        self.tax_id = tidy_optional(self.tax_id, "tax_id")
        self.email = tidy_email(self.email, "email")
        self.phone = tidy_optional(self.phone, "phone")
        self.address = tidy_text(self.address, "address")
        self.notes = tidy_text(self.notes, "notes")


@dataclass(kw_only=True)
class SupplierItem(MasterData):
    """How a supplier sells a variant: under what code, in what packs, at what cost per pack.

    A variant has at most one preferred item: where it is ordered unless somebody chooses. What is
    archived is preferred no longer.
    """

    name_of_kind: ClassVar[str] = "supplier item"

    supplier_id: int
    variant_id: int
    code: str = ""
    pack_size: Decimal = Decimal(1)
    unit_cost: Decimal | None = None
    lead_days: int | None = None
    is_preferred: bool = False

    def check(self) -> None:
        self.code = tidy_optional(self.code, "code")
        self.pack_size = checked_pack(self.pack_size, "pack_size")
        if self.unit_cost is not None:
            self.unit_cost = checked_cost(self.unit_cost, "unit_cost")
        if self.lead_days is not None and not 0 <= self.lead_days <= LONGEST_LEAD:
            raise Invalid(
                f"A delivery takes 0 to {LONGEST_LEAD} days.",
                code="out_of_range",
                pointer="/lead_days",
            )

    def archive(self, at: datetime) -> None:
        super().archive(at)
        self.is_preferred = False

    def hide_costs(self) -> None:
        """Forget what it costs, before somebody reads it who may not know."""
        self.unit_cost = None


def checked_pack(size: Decimal, field: str) -> Decimal:
    """How many stock units a purchase unit is: more than 0; raises Invalid, RuleBroken."""
    if size <= 0:
        raise Invalid("A pack holds more than 0.", code="not_positive", pointer=f"/{field}")
    return exact(size, places=QUANTITY_PLACES, limit=QUANTITY_LIMIT, field=field)


def checked_cost(cost: Decimal, field: str) -> Decimal:
    """What a purchase unit costs: not below 0; raises Invalid, RuleBroken."""
    if cost < 0:
        raise Invalid("The unit cost cannot be below 0.", code="negative", pointer=f"/{field}")
    return exact(cost, places=UNIT_COST_PLACES, limit=UNIT_COST_LIMIT, field=field)
