"""When to order more of what, and how much: rules, and the arithmetic of a suggestion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import ClassVar

from sms_core.purchasing.entities import LONGEST_LEAD, checked_pack
from sms_core.purchasing.orders import MAX_LINES
from sms_core.shared.entities import UNSET, Change, MasterData, Unset
from sms_core.shared.errors import Invalid, RuleBroken
from sms_core.shared.numbers import (
    PRECISION,
    QUANTITY_LIMIT,
    QUANTITY_PLACES,
    UNIT_COST_PLACES,
    exact,
    rounded,
)

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(kw_only=True)
class ReorderRule(MasterData):
    """Keep between `minimum` and `maximum` of a variant in a warehouse.

    Without a `pack_size` it is ordered in the packs of its supplier, without `lead_days` it is
    expected when he says.
    """

    name_of_kind: ClassVar[str] = "reorder rule"

    variant_id: int
    warehouse_id: int
    minimum: Decimal
    maximum: Decimal
    pack_size: Decimal | None = None
    lead_days: int | None = None

    def check(self) -> None:
        self.minimum = _not_negative(self.minimum, "minimum")
        self.maximum = _not_negative(self.maximum, "maximum")
        if self.maximum < self.minimum:
            raise Invalid("The maximum is not below the minimum.", pointer="/maximum")
        if self.pack_size is not None:
            self.pack_size = checked_pack(self.pack_size, "pack_size")
        if self.lead_days is not None and self.lead_days not in range(LONGEST_LEAD + 1):
            raise Invalid(f"The lead time is 0 to {LONGEST_LEAD} days.", pointer="/lead_days")

    def expect_countable(self, places: int) -> None:
        """Raise RuleBroken where a quantity is finer than the unit of the variant."""
        for field in ("minimum", "maximum", "pack_size"):
            quantity = getattr(self, field)
            if quantity is not None:
                exact(quantity, places=places, limit=QUANTITY_LIMIT, field=field)


def _not_negative(value: Decimal, field: str) -> Decimal:
    value = exact(value, places=QUANTITY_PLACES, limit=QUANTITY_LIMIT, field=field)
    if value < 0:
        raise Invalid(f"The {field.replace('_', ' ')} is not below 0.", pointer=f"/{field}")
    return value


@dataclass(frozen=True, kw_only=True)
class Offer:
    """How a supplier sells a variant: its code with him, in which packs, at what, how soon."""

    supplier_id: int
    supplier_code: str = ""
    supplier_name: str = ""
    code: str = ""
    pack_size: Decimal = ONE
    unit_cost: Decimal | None = None
    lead_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What is in sight of a variant in a warehouse, and how much of it to order: the whole sum.

    Without a minimum nobody watches it. `drafted` stands on draft orders: it counts for nothing,
    but whoever orders wants to know.
    """

    variant_id: int
    variant_code: str
    product_name: str
    warehouse_id: int
    warehouse_code: str
    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    backordered: Decimal = ZERO
    on_order: Decimal = ZERO
    in_transit: Decimal = ZERO
    drafted: Decimal = ZERO
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    rule_id: int | None = None
    rule_pack_size: Decimal | None = None
    rule_lead_days: int | None = None
    offer: Offer | None = None
    asked_at: datetime | None = None

    @property
    def incoming(self) -> Decimal:
        """What suppliers owe, and what is on its way from other warehouses."""
        return self.on_order + self.in_transit

    @property
    def projected(self) -> Decimal:
        """What there will be once all is delivered that was promised, both ways."""
        return self.on_hand - self.reserved - self.backordered + self.incoming

    @property
    def is_short(self) -> bool:
        """Whether it is time to order."""
        return self.minimum is not None and self.projected <= self.minimum

    @property
    def shortfall(self) -> Decimal:
        """What is missing to the maximum."""
        return max((self.maximum or ZERO) - self.projected, ZERO)

    @property
    def pack_size(self) -> Decimal:
        """In what it is ordered: packs of the rule's, else of the supplier's size."""
        return self.rule_pack_size or (self.offer.pack_size if self.offer else ONE)

    @property
    def packs(self) -> Decimal:
        """So many whole packs fill it up; who is exactly at the minimum takes one at least."""
        return max(whole_packs(self.shortfall, self.pack_size), ONE)

    @property
    def quantity(self) -> Decimal:
        """What to order, in the unit in which it is stocked."""
        return self.packs * self.pack_size

    @property
    def lead_days(self) -> int | None:
        """How long it takes: as the rule, else as the supplier says."""
        if self.rule_lead_days is not None:
            return self.rule_lead_days
        return self.offer.lead_days if self.offer else None

    @property
    def unit_cost(self) -> Decimal | None:
        """What a pack costs, if the supplier's price is known."""
        offer = self.offer
        if offer is None or offer.unit_cost is None:
            return None
        with localcontext(prec=PRECISION):
            return rounded(offer.unit_cost * self.pack_size / offer.pack_size, UNIT_COST_PLACES)

    @property
    def expected_at(self) -> datetime | None:
        """When it would be there if it had been ordered when one asked."""
        if self.asked_at is None or self.lead_days is None:
            return None
        return self.asked_at + timedelta(days=self.lead_days)

    def without_costs(self) -> Suggestion:
        """The same for those who may not see costs."""
        return replace(self, offer=self.offer and replace(self.offer, unit_cost=None))


def whole_packs(quantity: Decimal, pack_size: Decimal) -> Decimal:
    """So many packs hold at least this quantity."""
    with localcontext(prec=PRECISION):
        return (quantity / pack_size).to_integral_value(rounding=ROUND_CEILING)


def packs_of(quantity: Decimal, pack_size: Decimal) -> Decimal:
    """How many packs this quantity is; raises Invalid, and RuleBroken unless they are whole.

    What comes in ones is not packed: of that one orders as much as its unit can count.
    """
    if quantity <= 0:
        raise Invalid("Order more than 0.", code="not_positive", pointer="/quantity")
    if pack_size == ONE:
        return quantity
    packs = whole_packs(quantity, pack_size)
    if packs * pack_size != quantity:
        raise RuleBroken(
            f"It comes in packs of {pack_size.normalize():f}: order "
            f"{((packs - 1) * pack_size).normalize():f} or {(packs * pack_size).normalize():f}.",
            code="broken_pack",
            pointer="/quantity",
        )
    return packs


@dataclass(frozen=True, kw_only=True)
class CreateReorderRule:
    variant_id: int
    warehouse_id: int
    minimum: Decimal
    maximum: Decimal
    pack_size: Decimal | None = None
    lead_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeReorderRule(Change):
    variant_id: int | Unset = UNSET
    warehouse_id: int | Unset = UNSET
    minimum: Decimal | Unset = UNSET
    maximum: Decimal | Unset = UNSET
    pack_size: Decimal | Unset | None = UNSET
    lead_days: int | Unset | None = UNSET


@dataclass(frozen=True, kw_only=True)
class OrderedSuggestion:
    """What to order of a variant for a warehouse.

    Without `quantity` (in the unit of stock) as much as is suggested, without `supplier_id` from
    the preferred supplier.
    """

    variant_id: int
    warehouse_id: int
    quantity: Decimal | None = None
    supplier_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class OrderSuggestions:
    """Turn chosen suggestions into draft purchase orders, one per supplier and warehouse."""

    lines: tuple[OrderedSuggestion, ...]

    def check(self) -> None:
        """Raise Invalid for no lines, too many, or the same thing twice."""
        if not self.lines:
            raise Invalid("Choose what to order.", code="required", pointer="/lines")
        if len(self.lines) > MAX_LINES:
            raise Invalid(f"Choose at most {MAX_LINES}.", code="too_many", pointer="/lines")
        seen: set[tuple[int, int]] = set()
        for index, line in enumerate(self.lines):
            key = (line.variant_id, line.warehouse_id)
            if key in seen:
                raise Invalid(
                    "This variant comes twice for the warehouse.",
                    code="duplicate",
                    pointer=f"/lines/{index}/variant_id",
                )
            seen.add(key)
