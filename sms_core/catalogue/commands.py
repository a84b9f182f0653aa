"""What the catalogue can be told to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sms_core.catalogue.products import Barcode, ProductType, TaxMethod
from sms_core.shared.entities import UNSET, Change, Unset


@dataclass(frozen=True, kw_only=True)
class CreateBrand:
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeBrand(Change):
    name: str | Unset = UNSET
    description: str | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateCategory:
    code: str
    name: str
    parent_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeCategory(Change):
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    parent_id: int | Unset | None = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateUnit:
    code: str
    name: str
    places: int


@dataclass(frozen=True, kw_only=True)
class ChangeUnit(Change):
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    places: int | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class NewVariant:
    """A variant that a new product begins with."""

    code: str
    name: str = ""
    cost: Decimal | None = None
    price: Decimal | None = None
    stock_alert: Decimal | None = None
    barcodes: Sequence[Barcode] = ()


@dataclass(frozen=True, kw_only=True)
class CreateProduct:
    """`stock_alert` and the only entry of `variants` speak of a standard product's variant."""

    type: ProductType | str = ProductType.STANDARD
    code: str
    name: str
    category_id: int
    brand_id: int | None = None
    unit_id: int
    cost: Decimal | None = None
    price: Decimal = Decimal(0)
    tax_rate: Decimal = Decimal(0)
    tax_method: TaxMethod | str = TaxMethod.EXCLUSIVE
    description: str = ""
    stock_alert: Decimal | None = None
    tracks_lots: bool = False
    is_for_sale: bool = True
    is_active: bool = True
    variants: Sequence[NewVariant] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeProduct(Change):
    type: ProductType | str | Unset = UNSET
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    category_id: int | Unset = UNSET
    brand_id: int | Unset | None = UNSET
    unit_id: int | Unset = UNSET
    cost: Decimal | Unset | None = UNSET
    price: Decimal | Unset = UNSET
    tax_rate: Decimal | Unset = UNSET
    tax_method: TaxMethod | str | Unset = UNSET
    description: str | Unset = UNSET
    stock_alert: Decimal | Unset | None = UNSET
    tracks_lots: bool | Unset = UNSET
    is_for_sale: bool | Unset = UNSET
    is_active: bool | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class CreateVariant:
    product_id: int
    code: str
    name: str = ""
    cost: Decimal | None = None
    price: Decimal | None = None
    stock_alert: Decimal | None = None
    barcodes: Sequence[Barcode] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeVariant(Change):
    """`product_id` may be repeated, not changed."""

    product_id: int | Unset = UNSET
    code: str | Unset = UNSET
    name: str | Unset = UNSET
    cost: Decimal | Unset | None = UNSET
    price: Decimal | Unset | None = UNSET
    stock_alert: Decimal | Unset | None = UNSET
    barcodes: Sequence[Barcode] | Unset = UNSET


@dataclass(frozen=True, kw_only=True)
class PutImage:
    """`content` is the file as it was sent."""

    id: int
    content: bytes
    version: int | None = None
