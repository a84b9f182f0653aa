"""How much of what is asked for orders can be promised, when others wait for the same goods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.lines import Claim, Numbered


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Shares what is available of the levels among the claims on them, in their order.

    `ahead` is what is owed to those before the claims in the queue.
    """

    levels: Mapping[LevelKey, Level]
    ahead: Mapping[LevelKey, Decimal]
    today: date

    def granted(self, lines: Sequence[Numbered]) -> dict[int, Decimal]:
        """How much each claim gets, by its index."""
        taken: dict[LevelKey, Decimal] = {}
        found = {}
        for index, line in lines:
            if isinstance(line, Claim):
                before = taken.get(line.key, ZERO)
                owed = ZERO if line.out_of_turn else self.ahead.get(line.key, ZERO)
                free = self.levels[line.key].available(self.today) - before - owed
                found[index] = max(min(line.quantity, free), ZERO)
                taken[line.key] = before + found[index]
        return found

    def tight(self, lines: Sequence[Numbered]) -> set[LevelKey]:
        """The levels with claims that get less than they ask for."""
        granted = self.granted(lines)
        return {
            line.key
            for index, line in lines
            if isinstance(line, Claim) and granted[index] < line.quantity
        }
