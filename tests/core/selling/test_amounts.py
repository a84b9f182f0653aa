"""What a sale comes to: rounded once, and totals are sums of lines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_core.catalogue.products import TaxMethod
from sms_core.selling.amounts import Amount, Terms, amount_of, per_rate, total
from sms_core.shared.errors import DomainError, Invalid, RuleBroken


def terms(price: str, discount: str = "0", rate: str = "0", method: str = "exclusive") -> Terms:
    return Terms(
        unit_price=Decimal(price),
        discount_percent=Decimal(discount),
        tax_rate=Decimal(rate),
        tax_method=TaxMethod(method),
    )


@pytest.mark.parametrize(
    ("quantity", "agreed", "places", "net", "tax", "gross"),
    [
        ("3", terms("10", rate="20"), 2, "30.00", "6.00", "36.00"),
        ("3", terms("10", rate="20", method="inclusive"), 2, "25.00", "5.00", "30.00"),
        # Halves go up, and discount and quantity are not rounded apart.
        ("1", terms("0.125"), 2, "0.13", "0.00", "0.13"),
        ("3", terms("0.335", discount="50"), 2, "0.50", "0.00", "0.50"),
        ("1", terms("0.05", rate="10"), 2, "0.05", "0.01", "0.06"),
        ("1", terms("0.99", rate="7", method="inclusive"), 2, "0.93", "0.06", "0.99"),
        ("1", terms("99.5", rate="8"), 0, "100", "8", "108"),
        ("1.234", terms("9.9999", rate="20"), 4, "12.3399", "2.4680", "14.8079"),
        ("5", terms("10", discount="100", rate="20"), 2, "0.00", "0.00", "0.00"),
    ],
)
def test_a_line_is_rounded_once_and_half_up(
    quantity: str, agreed: Terms, places: int, net: str, tax: str, gross: str
) -> None:
    assert amount_of(Decimal(quantity), agreed, places) == Amount(
        net=Decimal(net), tax=Decimal(tax), gross=Decimal(gross)
    )


def numbers(places: int, highest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, highest * 10**places).map(lambda n: Decimal(n).scaleb(-places))


@st.composite
def lines(draw: st.DrawFn) -> tuple[Decimal, Terms]:
    agreed = Terms(
        unit_price=draw(numbers(4, 1_000)),
        discount_percent=draw(numbers(2, 100)),
        tax_rate=draw(st.sampled_from(["0", "5", "7.7", "20", "33.33"]).map(Decimal)),
        tax_method=draw(st.sampled_from(TaxMethod)),
    )
    return draw(numbers(4, 1_000)), agreed


@given(st.lists(lines(), max_size=8), st.integers(0, 4))
def test_totals_are_sums_and_lines_are_right_to_half_a_unit(
    sold: list[tuple[Decimal, Terms]], places: int
) -> None:
    amounts = [amount_of(quantity, agreed, places) for quantity, agreed in sold]

    whole = total(amounts)
    by_rate = per_rate(
        (agreed.tax_rate, amount) for (_, agreed), amount in zip(sold, amounts, strict=True)
    )
    assert whole == total(by_rate.values())
    assert whole.net + whole.tax == whole.gross == sum(amount.gross for amount in amounts)
    for (quantity, agreed), amount in zip(sold, amounts, strict=True):
        see_that_right(quantity, agreed, amount, Fraction(1, 10**places))


def see_that_right(quantity: Decimal, agreed: Terms, amount: Amount, unit: Fraction) -> None:
    price = Fraction(quantity) * Fraction(agreed.unit_price)
    price *= 1 - Fraction(agreed.discount_percent) / 100
    rate = Fraction(agreed.tax_rate) / 100
    if agreed.tax_method is TaxMethod.EXCLUSIVE:
        exact, rounded = price, Fraction(amount.net)
        other, other_rounded = rounded * rate, Fraction(amount.tax)
    else:
        exact, rounded = price, Fraction(amount.gross)
        other, other_rounded = rounded / (1 + rate), Fraction(amount.net)
    # Half up: a half may be added, never quite a half lost.
    assert -unit / 2 < rounded - exact + 0 <= unit / 2
    assert -unit / 2 < other_rounded - other <= unit / 2
    assert amount.net + amount.tax == amount.gross


@pytest.mark.parametrize(
    ("wrong", "kind", "code", "pointer"),
    [
        ({"unit_price": "-1"}, Invalid, "negative", "/unit_price"),
        ({"unit_price": "1.00001"}, RuleBroken, "too_fine", "/unit_price"),
        ({"unit_price": "1000000000"}, RuleBroken, "too_large", "/unit_price"),
        ({"discount_percent": "100.01"}, Invalid, "out_of_range", "/discount_percent"),
        ({"discount_percent": "1.001"}, RuleBroken, "too_fine", "/discount_percent"),
        ({"tax_rate": "-1"}, Invalid, "negative", "/tax_rate"),
        ({"tax_rate": "1000"}, RuleBroken, "too_large", "/tax_rate"),
    ],
)
def test_terms_nobody_can_mean_are_refused(
    wrong: dict[str, str], kind: type[DomainError], code: str, pointer: str
) -> None:
    with pytest.raises(kind) as refusal:
        Terms(**{name: Decimal(value) for name, value in wrong.items()})  # type: ignore[arg-type]

    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)


def test_a_line_nobody_can_pay_is_refused() -> None:
    with pytest.raises(RuleBroken) as refusal:
        amount_of(Decimal(10**11), terms("999999999"), 2)

    assert (refusal.value.code, refusal.value.pointer) == ("too_large", "/unit_price")
