"""What goods cost and stock is worth, worked out apart from the application: a moving average.

It shares no line with the ledger and keeps only what it needs: how many of each product lie on
the shelf, what they are worth together, and a list of what changed that, by day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

ARITHMETIC = Context(prec=60, rounding=ROUND_HALF_EVEN)
CENT_OF_A_CENT = Decimal("0.0001")
NOTHING = Decimal(0)


def four_places(number: Decimal) -> Decimal:
    """Rounded half even to 4 places."""
    return ARITHMETIC.quantize(number, CENT_OF_A_CENT)


@dataclass
class Shelf:
    """Goods of one product, each worth the same."""

    on_hand: Decimal = NOTHING
    value: Decimal = NOTHING

    def put(self, quantity: Decimal, unit_cost: Decimal) -> Decimal:
        """More of them, bought at this cost; gives what they are worth."""
        worth = four_places(ARITHMETIC.multiply(quantity, unit_cost))
        self.on_hand += quantity
        self.value += worth
        return worth

    def take(self, quantity: Decimal) -> Decimal:
        """Fewer of them; gives what those cost. The last ones take all the value along."""
        assert 0 < quantity <= self.on_hand, f"{quantity} of {self.on_hand}"
        share = ARITHMETIC.divide(ARITHMETIC.multiply(self.value, quantity), self.on_hand)
        cost = self.value if quantity == self.on_hand else four_places(share)
        self.on_hand -= quantity
        self.value -= cost
        return cost


@dataclass
class Oracle:
    """All shelves, and on which day what changed their value."""

    shelves: dict[str, Shelf] = field(default_factory=lambda: defaultdict(Shelf))
    changes: list[tuple[date, Decimal]] = field(default_factory=list)

    def bring(self, day: date, product: str, quantity: Decimal, unit_cost: Decimal) -> None:
        """Goods came in on that day."""
        self.changes.append((day, self.shelves[product].put(quantity, unit_cost)))

    def ship(self, day: date, product: str, quantity: Decimal) -> Decimal:
        """Goods left on that day; gives what they cost."""
        cost = self.shelves[product].take(quantity)
        self.changes.append((day, -cost))
        return cost

    def worth(self, day: date) -> Decimal:
        """What everything was worth at the end of that day."""
        return sum((change for on, change in self.changes if on <= day), NOTHING)
