"""What is said when goods are short, promised to others or were not there at the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from sms_core.shared.errors import Conflict, DomainError
from sms_core.stock.checks import Found
from sms_core.stock.choosing import Choice
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.lines import Numbered
from sms_core.stock.moments import day_of
from sms_core.stock.picking import SUGGESTIONS, plain, shortage
from sms_core.stock.postings import Posting
from sms_core.stock.promises import Promises
from sms_core.stock.views import OpenOrder

# By variant, what other warehouses have available, by their code.
Elsewhere = Mapping[int, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Refusals:
    """Says in words what stands in the way of a choice, line by line."""

    found: Found
    levels: Mapping[LevelKey, Level]
    promises: Promises
    today: date
    zone: tzinfo

    def short(
        self,
        choice: Choice,
        elsewhere: Mapping[int, Elsewhere],
        coming: Mapping[int, Sequence[OpenOrder]],
    ) -> Iterator[tuple[int, DomainError]]:
        """The lines for which there is too little, and the ways out."""
        for wish, level in choice.short:
            key = level.key
            code = self.found.warehouses[key.warehouse_id].code
            yield (
                wish.index,
                shortage(
                    wish,
                    level=self.levels[key],
                    goods=self.found.goods[key.variant_id],
                    warehouse=f"transit to {code}" if key.in_transit else code,
                    asked=choice.asked[key],
                    today=self.today,
                    elsewhere=elsewhere.get(key.warehouse_id, {}).get(key.variant_id, {}),
                    promised=self.promises.in_words(key),
                    coming=self._coming(key, coming.get(key.variant_id, ())),
                ),
            )

    def _coming(self, key: LevelKey, orders: Sequence[OpenOrder]) -> list[str]:
        """What is on order in words, that for the warehouse itself first."""
        ordered = sorted(orders, key=lambda order: order.warehouse_id != key.warehouse_id)
        return [
            f"{plain(order.quantity)} on {order.document}"
            + ("" if order.warehouse_id == key.warehouse_id else f" to {order.warehouse_code}")
            + (f", expected {day_of(order.due_at, self.zone)}" if order.due_at else "")
            for order in ordered[:SUGGESTIONS]
        ]

    def unkept(
        self, choice: Choice, lines: Sequence[Numbered]
    ) -> Iterator[tuple[int, DomainError]]:
        """The lines that would leave less than is promised, and to whom it is."""
        told = set()
        for index, line in lines:
            missing = choice.unkept.get(line.key)
            if missing and line.key not in told:
                told.add(line.key)
                goods = self.found.goods[line.key.variant_id]
                yield (
                    index,
                    Conflict(
                        f"{plain(missing)} of the {goods.code} that would go are reserved: "
                        f"{self.promises.in_words(line.key)}. Release them with it "
                        "(release_reserved), the newest first, or take less.",
                        code="reserved",
                        pointer=f"/lines/{index}/quantity",
                    ),
                )


def fallen(posting: Posting) -> dict[LevelKey, Decimal]:
    """The levels of which the posting took more than it brought, and by how much."""
    changes: dict[LevelKey, Decimal] = {}
    for entry in posting.entries:
        changes[entry.level] = changes.get(entry.level, ZERO) + entry.quantity
    return {key: -change for key, change in changes.items() if change < 0}


def short_at(
    lines: Sequence[Numbered],
    taken: Mapping[LevelKey, Decimal],
    lowest: Mapping[LevelKey, tuple[Decimal, datetime]],
    found: Found,
) -> Iterator[tuple[int, DomainError]]:
    """The lines that say goods left at a time from which on they were not always there."""
    for index, line in lines:
        least, at = lowest.get(line.key, (ZERO, None))
        if line.key in taken and at and taken[line.key] > least:
            goods = found.goods[line.key.variant_id]
            yield (
                index,
                Conflict(
                    f"At {at.isoformat()} only {plain(least)} {goods.code} were there: they "
                    "cannot have left before.",
                    code="short_at",
                    pointer=f"/lines/{index}/quantity",
                ),
            )
