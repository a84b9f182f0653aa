"""Products and their variants: what a catalogue lists, and what is stocked, bought and sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from sms_core.catalogue.entities import Unit
from sms_core.catalogue.figures import StockFigures
from sms_core.shared.entities import MasterData
from sms_core.shared.errors import Duplicate, Invalid, RuleBroken, within
from sms_core.shared.numbers import (
    MONEY_PLACES,
    QUANTITY_LIMIT,
    QUANTITY_PLACES,
    UNIT_COST_LIMIT,
    UNIT_COST_PLACES,
    exact,
    rounded,
)
from sms_core.shared.text import fold, tidy, tidy_optional, tidy_text

RATE_PLACES = 2
RATE_LIMIT = Decimal(1000)
PRICE_LIMIT = UNIT_COST_LIMIT

C = TypeVar("C", bound=StrEnum)


class ProductType(StrEnum):
    STANDARD = "standard"
    VARIABLE = "variable"


class TaxMethod(StrEnum):
    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


@dataclass(frozen=True)
class Barcode:
    """What a scanner reads; it stands for `quantity` of its variant (a case adds 12)."""

    code: str
    quantity: Decimal = Decimal(1)

    @property
    def key(self) -> str:
        """The form in which barcodes are compared."""
        return scan_key(self.code)


def scan_key(code: str) -> str:
    """What a scanned text is compared by: case and leading zeros make no difference."""
    return fold(code.strip()).lstrip("0") or "0"


@dataclass(kw_only=True)
class Variant(MasterData):
    """What is stocked, counted, bought and sold. Its empty cost or price is the product's."""

    name_of_kind: ClassVar[str] = "variant"

    product_id: int = 0
    code: str
    name: str = ""
    cost: Decimal | None = None
    price: Decimal | None = None
    stock_alert: Decimal | None = None
    image: str = ""
    barcodes: Sequence[Barcode] = ()
    stock: StockFigures = field(default=StockFigures(), compare=False)

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.name = tidy_optional(self.name, "name")
        self.cost = _cost(self.cost)
        if self.price is not None:
            self.price = _price(self.price)
        if self.stock_alert is not None:
            self.stock_alert = _quantity(self.stock_alert, "stock_alert")
        self.barcodes = _tidy_barcodes(self.barcodes)

    def expect_countable_in(self, unit: Unit) -> None:
        """Raise RuleBroken where its reorder level or a barcode is finer than the unit."""
        if self.stock_alert is not None:
            unit.expect_countable(self.stock_alert, "stock_alert")
        for n, barcode in enumerate(self.barcodes):
            unit.expect_countable(barcode.quantity, f"barcodes/{n}/quantity")

    def hide_costs(self) -> None:
        """Forget what it costs, before somebody reads it who may not know."""
        self.cost = None
        self.stock = replace(self.stock, average_cost=None, last_cost=None)


@dataclass(kw_only=True)
class Product(MasterData):
    """What a catalogue lists. A standard product has exactly one variant, which follows its
    code and name; a variable one has any number.

    `variants` are the live ones, or of an archived product those archived with it.
    """

    name_of_kind: ClassVar[str] = "product"

    type: ProductType = ProductType.STANDARD
    code: str
    name: str
    category_id: int
    brand_id: int | None = None
    unit_id: int
    cost: Decimal | None = None
    price: Decimal = Decimal(0)
    tax_rate: Decimal = Decimal(0)
    tax_method: TaxMethod = TaxMethod.EXCLUSIVE
    description: str = ""
    image: str = ""
    tracks_lots: bool = False
    is_for_sale: bool = True
    is_active: bool = True
    variants: list[Variant] = field(default_factory=list)

    def check(self) -> None:
        self.type = _choice(ProductType, self.type, "type")
        self.tax_method = _choice(TaxMethod, self.tax_method, "tax_method")
        self.code = tidy(self.code, "code")
        self.name = tidy(self.name, "name")
        self.description = tidy_text(self.description, "description")
        self.cost = _cost(self.cost)
        self.price = _price(self.price)
        self.tax_rate = _amount(self.tax_rate, RATE_PLACES, RATE_LIMIT, "tax_rate")
        if self.is_standard:
            self._lead_the_only_variant()

    @property
    def is_standard(self) -> bool:
        """Whether it has one variant that goes with it."""
        return self.type == ProductType.STANDARD

    @property
    def has_variants(self) -> bool:
        """Whether its variants have lives of their own."""
        return not self.is_standard

    @property
    def stock_alert(self) -> Decimal | None:
        """The reorder level of a standard product: that of its variant."""
        return self.variants[0].stock_alert if self.is_standard else None

    @stock_alert.setter
    def stock_alert(self, value: Decimal | None) -> None:
        if self.is_standard and self.variants:
            self.variants[0].change(stock_alert=value)
        elif value is not None:
            raise RuleBroken(
                "A variable product has no reorder level of its own: set it on its variants.",
                code="variable_product",
                pointer="/stock_alert",
            )

    @property
    def net_price(self) -> Decimal:
        """The price without tax."""
        if self.tax_method is TaxMethod.EXCLUSIVE:
            return self.price
        return rounded(self.price * 100 / (100 + self.tax_rate), MONEY_PLACES, ROUND_HALF_UP)

    @property
    def gross_price(self) -> Decimal:
        """The price with tax."""
        if self.tax_method is TaxMethod.INCLUSIVE:
            return self.price
        return rounded(self.price * (100 + self.tax_rate) / 100, MONEY_PLACES, ROUND_HALF_UP)

    @property
    def stock(self) -> StockFigures:
        """What there is of all its variants together."""
        return StockFigures.together([variant.stock for variant in self.variants])

    def archive(self, at: datetime) -> None:
        super().archive(at)
        for variant in self.variants:
            variant.archive(at)

    def restore(self) -> None:
        super().restore()
        for variant in self.variants:
            variant.restore()

    def expect_variable(self) -> None:
        """Raise RuleBroken for a standard product: its one variant is not handled alone."""
        if self.is_standard:
            raise RuleBroken(
                f"{self.name} is a standard product: its one variant comes and goes with it. "
                "Make the product variable first.",
                code="standard_product",
            )

    def admitted(self, values: dict[str, Any]) -> dict[str, Any]:
        """What of `values` one of its variants may take; raises RuleBroken for what it may not.

        A variant stays with its product, and a standard product's follows its code and name.
        """
        if values.get("product_id", self.id) != self.id:
            raise RuleBroken(
                "A variant stays with its product.", code="fixed", pointer="/product_id"
            )
        fixed = {"code": self.code, "name": self.name} if self.is_standard else {}
        for name, own in fixed.items():
            expect_following(name, values.get(name, ""), own)
        return {name: value for name, value in values.items() if name not in fixed}

    def expect_countable_in(self, unit: Unit) -> None:
        """Raise RuleBroken where a reorder level or a barcode is finer than the unit."""
        if self.stock_alert is not None:
            unit.expect_countable(self.stock_alert, "stock_alert")
        for n, variant in enumerate(self.variants):
            with within(f"/variants/{n}"):
                variant.expect_countable_in(unit)

    def hide_costs(self) -> None:
        """Forget what it and its variants cost, before somebody reads who may not know."""
        self.cost = None
        for variant in self.variants:
            variant.hide_costs()

    def _lead_the_only_variant(self) -> None:
        if len(self.variants) != 1:
            raise RuleBroken(
                f"A standard product has exactly one variant, not {len(self.variants)}.",
                code="standard_product",
                pointer="/variants",
            )
        self.variants[0].change(code=self.code, name=self.name)


def expect_following(field: str, value: str, own: str) -> None:
    """Raise RuleBroken if the variant of a standard product is given a code or name (`value`,
    "" for none) that is not the product's own."""
    if value and tidy(value, field) != tidy(own, field):
        raise RuleBroken(
            f"The {field} of a standard product's variant is the product's.",
            code="standard_product",
            pointer=f"/{field}",
        )


def _choice(choices: type[C], value: str, field: str) -> C:
    try:
        return choices(value)
    except ValueError:
        allowed = " or ".join(choices)
        raise Invalid(
            f"The {field.replace('_', ' ')} is {allowed}.",
            code="invalid_choice",
            pointer=f"/{field}",
        ) from None


def _amount(value: Decimal, places: int, limit: Decimal, field: str) -> Decimal:
    if value < 0:
        words = field.replace("_", " ")
        raise Invalid(f"The {words} is not below 0.", code="negative", pointer=f"/{field}")
    return exact(value, places=places, limit=limit, field=field)


def _cost(value: Decimal | None) -> Decimal | None:
    return None if value is None else _amount(value, UNIT_COST_PLACES, UNIT_COST_LIMIT, "cost")


def _price(value: Decimal) -> Decimal:
    return _amount(value, MONEY_PLACES, PRICE_LIMIT, "price")


def _quantity(value: Decimal, field: str) -> Decimal:
    return _amount(value, QUANTITY_PLACES, QUANTITY_LIMIT, field)


def _tidy_barcodes(barcodes: Sequence[Barcode]) -> tuple[Barcode, ...]:
    tidied: dict[str, Barcode] = {}
    for n, barcode in enumerate(barcodes):
        with within(f"/barcodes/{n}"):
            tidy_one = Barcode(tidy(barcode.code, "code"), _quantity(barcode.quantity, "quantity"))
            if not tidy_one.quantity:
                raise Invalid("A barcode stands for more than nothing.", pointer="/quantity")
            if tidy_one.key in tidied:
                raise Duplicate(f"The barcode {tidy_one.code} is there twice.", pointer="/code")
        tidied[tidy_one.key] = tidy_one
    return tuple(tidied.values())
