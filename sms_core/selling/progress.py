"""How far the lines of sales have come: read from the ledger, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from sms_core.selling.amounts import ZERO
from sms_core.shared.numbers import MONEY_PLACES, PRECISION, rounded
from sms_core.stock.documents import Moved, moved_in_all
from sms_core.stock.kinds import Counterpart, Kind


@dataclass(frozen=True, kw_only=True)
class Promised:
    """Goods reserved for a line: what is still open of one reservation."""

    reservation_id: int
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What went out and came back of a line, what that was worth, and what is reserved for it,
    the oldest reservation first."""

    shipped: Decimal = ZERO
    shipped_value: Decimal = ZERO
    returned: Decimal = ZERO
    returned_value: Decimal = ZERO
    promised: tuple[Promised, ...] = ()

    @classmethod
    def of(cls, moved: Iterable[Moved], promised: Iterable[Promised] = ()) -> Progress:
        """The progress of a line that moved so, and for which so much is reserved."""
        moved = list(moved)
        out, out_value = moved_in_all(moved, Kind.SHIPMENT, Counterpart.CUSTOMER)
        back, back_value = moved_in_all(moved, Kind.CUSTOMER_RETURN, Counterpart.CUSTOMER)
        return cls(
            shipped=-out,
            shipped_value=-out_value,
            returned=back,
            returned_value=back_value,
            promised=tuple(promised),
        )

    @property
    def reserved(self) -> Decimal:
        """What is reserved for the line."""
        return sum((promise.quantity for promise in self.promised), ZERO)

    def value_of(self, quantity: Decimal) -> Decimal:
        """What so much was worth when it was sent: its share of what has not come back yet, and
        with the last of it what is left, to the last digit."""
        out = self.shipped - self.returned
        value = max(self.shipped_value - self.returned_value, ZERO)
        if quantity >= out:
            return value
        with localcontext(prec=PRECISION):
            return rounded(value * quantity / out, MONEY_PLACES)

    def returning(self, quantity: Decimal) -> Progress:
        """The progress once so much more came back."""
        return replace(
            self,
            returned=self.returned + quantity,
            returned_value=self.returned_value + self.value_of(quantity),
        )
