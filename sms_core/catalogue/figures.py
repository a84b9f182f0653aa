"""What the warehouses say about the goods of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class StockFigures:
    """What there is of a variant, what suppliers and other warehouses still bring, and what
    customers still wait for, as far as the reader may see it.

    Read with it, never stored with it. Costs are None for who may not see them. `expected_at` is
    when the first of what is on order is due.
    """

    on_hand: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    available: Decimal = Decimal(0)
    on_order: Decimal = Decimal(0)
    in_transit: Decimal = Decimal(0)
    backordered: Decimal = Decimal(0)
    expected_at: datetime | None = None
    average_cost: Decimal | None = None
    last_cost: Decimal | None = None

    @property
    def incoming(self) -> Decimal:
        """All that is still to come."""
        return self.on_order + self.in_transit

    @classmethod
    def together(cls, figures: Sequence[StockFigures]) -> StockFigures:
        """The quantities of all of these; what one costs is not what all cost."""
        names = ("on_hand", "reserved", "available", "on_order", "in_transit", "backordered")
        return cls(
            expected_at=min((f.expected_at for f in figures if f.expected_at), default=None),
            **{n: sum((getattr(f, n) for f in figures), Decimal(0)) for n in names},
        )
