"""What goods are worth when they come in, and what becomes of it when their cost changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from sms_core.shared.errors import Conflict, RuleBroken
from sms_core.shared.numbers import (
    MONEY_PLACES,
    PRECISION,
    UNIT_COST_LIMIT,
    UNIT_COST_PLACES,
    VALUE_LIMIT,
    rounded,
)
from sms_core.stock.kinds import CostSource, Counterpart
from sms_core.stock.levels import ZERO, Goods, Level
from sms_core.stock.lines import CostCorrection, Incoming, NewCost


def cost_of(
    line: Incoming, level: Level, goods: Goods, last_costs: Mapping[int, Decimal]
) -> tuple[Decimal, CostSource]:
    """The unit cost of goods that come in, and how it was found."""
    if line.value is not None:
        return per_unit(line.value, line.quantity), CostSource.GIVEN
    if line.unit_cost is not None:
        return line.unit_cost, CostSource.GIVEN
    average = level.average_cost
    if average is not None:
        return average, CostSource.AVERAGE
    if line.variant_id in last_costs:
        return last_costs[line.variant_id], CostSource.LAST_RECEIPT
    return (ZERO, CostSource.NONE) if goods.cost is None else (goods.cost, CostSource.REFERENCE)


def per_unit(value: Decimal, quantity: Decimal) -> Decimal:
    """What one of so many is worth; raises RuleBroken when that is too large to keep."""
    with localcontext(prec=PRECISION):
        cost = rounded(value / quantity, UNIT_COST_PLACES)
    if cost >= UNIT_COST_LIMIT:
        raise RuleBroken("A unit would become worth too much.", code="too_large")
    return cost


def worth(quantity: Decimal, unit_cost: Decimal) -> Decimal:
    """Quantity times unit cost; raises RuleBroken when that is too large to keep."""
    with localcontext(prec=PRECISION):
        value = rounded(quantity * unit_cost, MONEY_PLACES)
    if value >= VALUE_LIMIT:
        raise RuleBroken("Quantity times unit cost is too large.", code="too_large")
    return value


def revalued(line: NewCost, level: Level) -> list[tuple[Counterpart, Decimal]]:
    """The changes of value that give a level its new unit cost; raises Conflict if it is empty."""
    if not level.on_hand:
        raise Conflict("There is nothing in stock to revalue.", code="nothing_there")
    difference = worth(level.on_hand, line.unit_cost) - level.value
    return [(Counterpart.COST_DIFFERENCE, difference)] if difference else []


def corrected(line: CostCorrection, level: Level) -> list[tuple[Counterpart, Decimal]]:
    """The changes of value when received goods turn out to have cost more, or less.

    What left meanwhile took its old value along: its share is a cost difference, and so is what
    would make the value fall below 0.
    """
    there = min(level.on_hand, line.received)
    with localcontext(prec=PRECISION):
        share = rounded(line.amount * there / line.received, MONEY_PLACES)
    share = max(share, -level.value)
    rest = share - line.amount
    changes = [(Counterpart.SUPPLIER, line.amount), (Counterpart.COST_DIFFERENCE, rest)]
    return [(counterpart, value) for counterpart, value in changes if value]


def spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """The amount in parts as large as the weights, which together are the amount exactly."""
    total = sum(weights, ZERO)
    parts, reached, before = [], ZERO, ZERO
    for weight in weights:
        reached += weight
        with localcontext(prec=PRECISION):
            until = rounded(amount * reached / total, MONEY_PLACES)
        parts.append(until - before)
        before = until
    return parts
