"""Who buys, and what is sold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from sms_core.selling.amounts import Terms
from sms_core.shared.entities import MasterData
from sms_core.shared.errors import Invalid, RuleBroken
from sms_core.shared.numbers import QUANTITY_LIMIT, exact
from sms_core.shared.text import tidy, tidy_email, tidy_optional, tidy_text


@dataclass(kw_only=True)
class Customer(MasterData):
    """Somebody who buys from us; two live customers never share a code."""

    name_of_kind: ClassVar[str] = "customer"

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


@dataclass(frozen=True, kw_only=True)
class Article:
    """What a sale must know of a variant: what it is called, how counted, at what terms sold."""

    variant_id: int
    code: str
    name: str
    places: int
    terms: Terms
    is_sold: bool = True

    def see_that_sold(self) -> None:
        """Raise RuleBroken for what is not sold, or not any more."""
        if not self.is_sold:
            raise RuleBroken(
                f"{self.code} is not for sale.", code="not_for_sale", pointer="/variant_id"
            )

    def counted(self, quantity: Decimal) -> Decimal:
        """The quantity of an order, if one can sell so much; raises Invalid and RuleBroken."""
        if quantity <= 0:
            raise Invalid(
                "The quantity must be more than 0.", code="not_positive", pointer="/quantity"
            )
        return exact(quantity, places=self.places, limit=QUANTITY_LIMIT, field="quantity")
