"""What a line of a sale comes to, with and without tax."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from sms_core.catalogue.products import PRICE_LIMIT, RATE_LIMIT, RATE_PLACES, TaxMethod
from sms_core.shared.errors import Invalid, RuleBroken
from sms_core.shared.numbers import MONEY_PLACES, PRECISION, VALUE_LIMIT, exact, rounded
from sms_core.stock.levels import ZERO

__all__ = ["ZERO", "Amount", "Terms", "amount_of", "per_rate", "total"]

WHOLE = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Money without tax, the tax, and both together: always net + tax = gross."""

    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            net=self.net + other.net, tax=self.tax + other.tax, gross=self.gross + other.gross
        )


@dataclass(frozen=True, kw_only=True)
class Terms:
    """At what a thing is sold. The price is without tax or with it, as the method says."""

    unit_price: Decimal = ZERO
    discount_percent: Decimal = ZERO
    tax_rate: Decimal = ZERO
    tax_method: TaxMethod = TaxMethod.EXCLUSIVE

    def __post_init__(self) -> None:
        self._settle("unit_price", MONEY_PLACES, PRICE_LIMIT)
        self._settle("discount_percent", RATE_PLACES, RATE_LIMIT)
        self._settle("tax_rate", RATE_PLACES, RATE_LIMIT)
        if self.discount_percent > WHOLE:
            raise Invalid(
                "A discount is at most 100 percent.",
                code="out_of_range",
                pointer="/discount_percent",
            )

    def _settle(self, field: str, places: int, limit: Decimal) -> None:
        value: Decimal = getattr(self, field)
        if value < 0:
            words = field.replace("_", " ")
            raise Invalid(f"The {words} is not below 0.", code="negative", pointer=f"/{field}")
        settled = exact(value, places=places, limit=limit, field=field)
        object.__setattr__(self, field, settled)


def amount_of(quantity: Decimal, terms: Terms, places: int) -> Amount:
    """What so much comes to, in money of so many places; raises RuleBroken if that is too much.

    Quantity times price less discount is rounded once, half up. Without tax in the price that is
    net, and the tax is worked out from it; else it is gross, and net is worked out from it.
    """
    with localcontext(prec=PRECISION):
        agreed = quantity * terms.unit_price * (WHOLE - terms.discount_percent) / WHOLE
        if agreed >= VALUE_LIMIT / WHOLE:
            raise RuleBroken(
                "Quantity times price is too large.", code="too_large", pointer="/unit_price"
            )
        agreed = rounded(agreed, places, ROUND_HALF_UP)
        if terms.tax_method is TaxMethod.EXCLUSIVE:
            tax = rounded(agreed * terms.tax_rate / WHOLE, places, ROUND_HALF_UP)
            return Amount(net=agreed, tax=tax, gross=agreed + tax)
        net = rounded(agreed * WHOLE / (WHOLE + terms.tax_rate), places, ROUND_HALF_UP)
        return Amount(net=net, tax=agreed - net, gross=agreed)


def total(amounts: Iterable[Amount]) -> Amount:
    """All of them together."""
    return sum(amounts, Amount())


def per_rate(amounts: Iterable[tuple[Decimal, Amount]]) -> dict[Decimal, Amount]:
    """All of them together for each rate of tax, the lowest rate first."""
    found: dict[Decimal, Amount] = {}
    for rate, amount in amounts:
        found[rate] = found.get(rate, Amount()) + amount
    return dict(sorted(found.items()))
