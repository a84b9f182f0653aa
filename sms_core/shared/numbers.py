"""Quantities and money: exact decimals of a fixed number of places, never floats."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from sms_core.shared.errors import RuleBroken

QUANTITY_PLACES = 4
MONEY_PLACES = 4
UNIT_COST_PLACES = 6
QUANTITY_LIMIT = Decimal(10) ** 12
UNIT_COST_LIMIT = Decimal(10) ** 9
VALUE_LIMIT = Decimal(10) ** 14
PRECISION = 60


def exact(value: Decimal, *, places: int, limit: Decimal, field: str) -> Decimal:
    """`value` if it has at most `places` decimals and is below `limit`; never rounded.

    Trailing zeros do not count: 11.0000 is a whole number. Raises RuleBroken.
    """
    words = field.rsplit("/", 1)[-1].replace("_", " ")
    if not value.is_finite() or abs(value) >= limit:
        raise RuleBroken(f"The {words} is too large.", code="too_large", pointer=f"/{field}")
    if rounded(value, places) != value:
        allowed = "whole numbers only" if places == 0 else f"at most {places} decimal places"
        raise RuleBroken(
            f"The {words} {value} is too fine: {allowed}.",
            code="too_fine",
            pointer=f"/{field}",
        )
    return rounded(value, places)


def rounded(value: Decimal, places: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """`value` with exactly `places` decimals."""
    with localcontext(prec=PRECISION):
        return value.quantize(Decimal(1).scaleb(-places), rounding=rounding)
