"""What must be true of documents, kept from the orders that were given alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sms_core.stock.levels import LevelKey

ZERO = Decimal(0)
# The acts that programs try, by state.
PURCHASE = {
    "draft": {"place", "change"},
    "placed": {"receive", "change", "reopen", "cancel", "close"},
    "partially_received": {"receive", "return", "change", "close"},
    "received": {"return", "close"},
    "closed": {"return"},
    "cancelled": set[str](),
}
SALE = {
    "draft": {"confirm", "change"},
    "confirmed": {"ship", "allocate", "change", "reopen", "close", "cancel"},
    "partially_shipped": {"ship", "allocate", "return", "change", "close"},
    "shipped": {"return", "close"},
    "closed": {"return"},
    "cancelled": set[str](),
}
TRANSFER = {
    "draft": {"dispatch", "cancel"},
    "in_transit": {"receive", "close"},
    "partially_received": {"receive", "close"},
    "received": set[str](),
    "closed": set[str](),
    "cancelled": set[str](),
}
COUNT = {
    "draft": {"start"},
    "counting": {"enter", "post", "cancel"},
    "to_approve": {"post", "cancel"},
    "posted": set[str](),
    "cancelled": set[str](),
}


@dataclass
class Line:
    """What was ordered, in stock units, and what became of it."""

    id: int
    variant_id: int
    ordered: Decimal
    pack: Decimal = Decimal(1)
    moved: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass
class Paper:
    """A document as it must be. `said` is a state that only an act can change."""

    id: int
    acts: Mapping[str, set[str]]
    warehouse_id: int
    said: str = "draft"
    lines: list[Line] = field(default_factory=list)
    priority: int = 0
    turn: int = 0

    @property
    def state(self) -> str:
        """The state that what moved amounts to."""
        if self.said != "open":
            return self.said
        return _STATES[id(self.acts)](self.lines)

    def may(self, act: str) -> bool:
        return act in self.acts[self.state]

    def key(self, line: Line) -> LevelKey:
        return LevelKey(line.variant_id, self.warehouse_id)


def _bought(lines: list[Line]) -> str:
    if not any(line.moved["came"] or line.moved["sent back"] for line in lines):
        return "placed"
    missing = any(line.moved["came"] - line.moved["kept"] < line.ordered for line in lines)
    return "partially_received" if missing else "received"


def _sold(lines: list[Line]) -> str:
    if all(line.moved["shipped"] >= line.ordered for line in lines):
        return "shipped"
    return "partially_shipped" if any(line.moved["shipped"] for line in lines) else "confirmed"


def _sent(lines: list[Line]) -> str:
    sent, arrived, settled = (
        sum((line.moved[name] for line in lines), ZERO) for name in ("sent", "arrived", "settled")
    )
    if not sent:
        return "draft"
    if sent > arrived + settled:
        return "partially_received" if arrived else "in_transit"
    return "received" if arrived == sent else "closed"


_STATES = {id(PURCHASE): _bought, id(SALE): _sold, id(TRANSFER): _sent}


def backordered(paper: Paper, line: Line, reserved: Mapping[int, Decimal]) -> Decimal:
    """What is neither sent nor reserved of a line for which somebody waits."""
    if paper.state not in {"confirmed", "partially_shipped"}:
        return ZERO
    return max(line.ordered - line.moved["shipped"] - reserved.get(line.id, ZERO), ZERO)


def granted(
    paper: Paper,
    sales: Iterable[Paper],
    available: Mapping[LevelKey, Decimal],
    reserved: Mapping[int, Decimal],
) -> dict[int, Decimal]:
    """What each line of an order must get that asks in its turn for all that it lacks."""
    owed: dict[LevelKey, Decimal] = defaultdict(Decimal)
    for other in sales:
        if other is not paper and (-other.priority, other.turn) < (-paper.priority, paper.turn):
            for line in other.lines:
                owed[other.key(line)] += backordered(other, line, reserved)
    found = {}
    for line in paper.lines:
        key = paper.key(line)
        free = max(available.get(key, ZERO) - owed[key], ZERO)
        found[line.id] = min(free, backordered(paper, line, reserved))
        owed[key] += found[line.id]
    return found
