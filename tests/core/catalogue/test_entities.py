"""The rules of the catalogue that need nothing but the thing itself."""

from decimal import Decimal
from typing import Any

import pytest

from sms_core.catalogue.entities import Cyclic, Unit, refuse_cycle
from sms_core.catalogue.products import (
    Barcode,
    Product,
    ProductType,
    TaxMethod,
    Variant,
    scan_key,
)
from sms_core.shared.errors import DomainError, Duplicate, Invalid, RuleBroken


def product(**values: Any) -> Product:
    given: dict[str, Any] = {"code": "HAT", "name": "Hat", "category_id": 1, "unit_id": 1}
    return Product(**{**given, "variants": [Variant(code="HAT")], **values})


@pytest.mark.parametrize(
    ("method", "rate", "price", "net", "gross"),
    [
        (TaxMethod.EXCLUSIVE, "20.00", "10", "10", "12"),
        (TaxMethod.INCLUSIVE, "20.00", "12", "10", "12"),
        (TaxMethod.INCLUSIVE, "19.00", "9.99", "8.3950", "9.99"),
        (TaxMethod.INCLUSIVE, "7.00", "1", "0.9346", "1"),
        (TaxMethod.EXCLUSIVE, "7.25", "0.0002", "0.0002", "0.0002"),
        (TaxMethod.EXCLUSIVE, "25.00", "0.0002", "0.0002", "0.0003"),
        (TaxMethod.EXCLUSIVE, "0", "10", "10", "10"),
    ],
)
def test_net_and_gross_price_are_exact_to_four_places_half_up(
    method: TaxMethod, rate: str, price: str, net: str, gross: str
) -> None:
    priced = product(price=Decimal(price), tax_rate=Decimal(rate), tax_method=method)

    assert (priced.net_price, priced.gross_price) == (Decimal(net), Decimal(gross))


def test_a_standard_products_variant_follows_its_code_and_name() -> None:
    hat = product()

    hat.change(code="CAP", name="Cap")

    assert [(v.code, v.name) for v in hat.variants] == [("CAP", "Cap")]


@pytest.mark.parametrize("variants", [[], [Variant(code="A"), Variant(code="B")]])
def test_a_standard_product_has_exactly_one_variant(variants: list[Variant]) -> None:
    with pytest.raises(RuleBroken, match="exactly one") as refusal:
        product(variants=variants)
    assert refusal.value.pointer == "/variants"


def test_the_reorder_level_of_a_standard_product_is_its_variants() -> None:
    hat = product()

    hat.change(stock_alert=Decimal(5))

    assert (hat.stock_alert, hat.variants[0].stock_alert) == (5, 5)


def test_a_variable_product_has_no_reorder_level_of_its_own() -> None:
    hat = product(type=ProductType.VARIABLE)

    hat.change(stock_alert=None)
    with pytest.raises(RuleBroken) as refusal:
        hat.change(stock_alert=Decimal(5))
    assert (hat.stock_alert, refusal.value.pointer) == (None, "/stock_alert")


@pytest.mark.parametrize(
    ("values", "pointer", "kind"),
    [
        ({"price": Decimal("-1")}, "/price", Invalid),
        ({"price": Decimal("0.00001")}, "/price", RuleBroken),
        ({"price": Decimal(10) ** 9}, "/price", RuleBroken),
        ({"cost": Decimal("-1")}, "/cost", Invalid),
        ({"cost": Decimal("0.0000001")}, "/cost", RuleBroken),
        ({"tax_rate": Decimal("20.001")}, "/tax_rate", RuleBroken),
        ({"tax_rate": Decimal("-1")}, "/tax_rate", Invalid),
        ({"tax_rate": Decimal("1000")}, "/tax_rate", RuleBroken),
        ({"tax_method": "free"}, "/tax_method", Invalid),
        ({"type": "bundle"}, "/type", Invalid),
        ({"code": " "}, "/code", Invalid),
        ({"name": "\x00"}, "/name", Invalid),
        ({"name": "\ud800"}, "/name", Invalid),
        ({"description": "\x00"}, "/description", Invalid),
    ],
)
def test_a_product_refuses_what_is_wrong_and_says_where(
    values: dict[str, Any], pointer: str, kind: type[DomainError]
) -> None:
    with pytest.raises(kind) as refusal:
        product(**values)
    assert refusal.value.pointer == pointer


def test_barcodes_are_compared_without_case_and_leading_zeros() -> None:
    assert scan_key("00ab") == scan_key(" AB ") == "ab"
    assert scan_key("000") == scan_key("0") == "0"
    with pytest.raises(Duplicate) as refusal:
        Variant(code="HAT", barcodes=[Barcode("0012"), Barcode("12")])
    assert refusal.value.pointer == "/barcodes/1/code"


@pytest.mark.parametrize("quantity", ["0", "-1", "0.00001"])
def test_a_barcode_stands_for_a_quantity_above_nothing(quantity: str) -> None:
    with pytest.raises(DomainError) as refusal:
        Variant(code="HAT", barcodes=[Barcode("12", Decimal(quantity))])
    assert refusal.value.pointer == "/barcodes/0/quantity"


def test_quantities_of_the_catalogue_are_no_finer_than_the_unit() -> None:
    unit = Unit(code="pc", name="Piece", places=0)
    whole = Variant(code="A", stock_alert=Decimal("2.000"), barcodes=[Barcode("1", Decimal(12))])
    whole.expect_countable_in(unit)

    for pointer, variant in {
        "/stock_alert": Variant(code="A", stock_alert=Decimal("2.5")),
        "/barcodes/0/quantity": Variant(code="A", barcodes=[Barcode("1", Decimal("0.5"))]),
    }.items():
        with pytest.raises(RuleBroken) as refusal:
            variant.expect_countable_in(unit)
        assert refusal.value.pointer == pointer


@pytest.mark.parametrize("places", [-1, 5])
def test_a_unit_has_no_to_four_places(places: int) -> None:
    with pytest.raises(Invalid) as refusal:
        Unit(code="pc", name="Piece", places=places)
    assert refusal.value.pointer == "/places"


def test_a_category_never_lies_below_itself() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: None}

    refuse_cycle(3, 4, parents)
    for id, parent_id in ((1, 1), (1, 2), (1, 3)):
        with pytest.raises(Cyclic):
            refuse_cycle(id, parent_id, parents)
