"""Two worlds that get the same orders: what one answers, the other must answer too.

Ids may differ: those of postings, reservations and lots are translated, those of variants,
warehouses and locations are the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from sms_core.shared.errors import DomainError
from sms_core.shared.paging import Page
from sms_core.shared.ports import DryRun
from sms_core.stock.entities import Lot
from sms_core.stock.levels import Goods
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.repositories.stock import DjangoLocationRepository, DjangoWarehouseRepository
from tests.core.stock.conftest import Company
from tests.properties.django_world import DjangoWorld
from tests.properties.promises import Books

T = TypeVar("T")
# What each world counts for itself, or what follows from that.
OWN = frozenset(
    {"id", "posting_id", "lot_id", "number", "hash", "last_hash", "reverses", "reverses_id",
     "reservation_ids", "reason_code_id", "version", "created_at", "updated_at", "request"}
)  # fmt: skip
NUMBER = re.compile(r"[A-Z]{3}-\d{4}-\d{6,}")
NAMING = {"posting_id": "postings", "receipt_posting_id": "postings", "reservation_id": "promises"}


@dataclass
class Ids:
    """What the second world calls the things of the first."""

    postings: dict[int, int] = field(default_factory=dict)
    promises: dict[int, int] = field(default_factory=dict)

    def learn(self, one: Any, other: Any) -> None:
        """Note what two answers call the same."""
        if isinstance(one, tuple):
            for pair in zip(one, other, strict=True):
                self.learn(*pair)
        if isinstance(one, PostingView):
            self.postings[one.id] = other.id
            self.promises |= dict(zip(one.reservation_ids, other.reservation_ids, strict=True))


class TwinWorld(DjangoWorld):
    """The database, and beside it the doubles with the same goods in the same places."""

    def __init__(self, shop: Any) -> None:
        super().__init__(shop)
        self.ids = Ids()
        self.memory = memory = doubles_of(self)
        self.stock = Twin(self, self.stock, memory.stock)  # type: ignore[assignment]
        self.corrections = Twin(self, self.corrections, memory.corrections)  # type: ignore[assignment]
        self.reservations = Twin(self, self.reservations, memory.reservations)  # type: ignore[assignment]
        self.closing = Twin(self, self.closing, memory.closing)  # type: ignore[assignment]
        self.lots = Twin(self, self.lots, memory.lot_service)  # type: ignore[assignment]
        self.dry_run = TwinDryRun(self.dry_run, memory.dry_run)

    def books(self) -> Books:
        kept = super().books()
        mine = Books(
            levels=list(self.memory.repository.levels.values()),
            postings=list(self.memory.repository.postings.values()),
            reservations=list(self.memory.promises.stored.values()),
        )
        assert told(kept) == told(mine)
        return kept


class Twin:
    """A service of both worlds."""

    def __init__(self, world: TwinWorld, stored: Any, remembered: Any) -> None:
        self._world, self._services = world, (stored, remembered)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def both(*args: Any, **kwargs: Any) -> Any:
            stored, remembered = (getattr(service, name) for service in self._services)
            one = outcome(lambda: stored(*args, **kwargs))
            theirs = [self._translated(arg) for arg in args]
            other = outcome(lambda: remembered(*theirs, **kwargs))
            assert told(one) == told(other), name
            if isinstance(one, DomainError):
                raise one
            self._world.ids.learn(one, other)
            return one

        return both

    def _translated(self, asked: Any) -> Any:
        """The order with the names that the doubles have for what it names."""
        ids = self._world.ids
        if type(asked).__name__ == "CorrectPosting":
            return replace(asked, reverse=self._translated(asked.reverse))
        if type(asked).__name__ == "ChangeLot":
            row = models.Lot.objects.get(pk=asked.id)
            lots = self._world.memory.lots.find([(row.variant_id, row.code_key)])
            return replace(asked, id=lots[row.variant_id, row.code_key].id)
        changes = {
            name: getattr(ids, kind).get(getattr(asked, name), getattr(asked, name))
            for name, kind in NAMING.items()
            if hasattr(asked, name)
        }
        return replace(asked, **changes) if changes else asked


@dataclass
class TwinDryRun(DryRun):
    """Tries a use case in both worlds, and undoes it in both."""

    stored: DryRun
    remembered: DryRun

    def run(self, use_case: Callable[[], T]) -> T:
        return self.remembered.run(lambda: self.stored.run(use_case))


def outcome(use_case: Callable[[], Any]) -> Any:
    """What it answers, or how it refuses."""
    try:
        return use_case()
    except DomainError as refusal:
        return refusal


def told(answer: Any) -> Any:
    """An answer as both worlds must give it: without what each counts for itself."""
    if isinstance(answer, DomainError):
        errors = sorted((error.code, error.pointer or "") for error in answer.errors)
        return type(answer).__name__, errors, told(getattr(answer, "state", None))
    if isinstance(answer, Page):
        return sorted(map(str, map(told, answer.items))), answer.total
    if isinstance(answer, Books):
        return (
            sorted(str(told(level)) for level in answer.levels),
            [told(posting) for posting in answer.postings],
            [told(reservation) for reservation in answer.reservations],
        )
    if isinstance(answer, str):
        # A sequence of the database does not restart, so each world has its own numbers.
        return NUMBER.sub("a number", answer)
    if isinstance(answer, Lot):
        return answer.code, answer.is_blocked, answer.expires_on
    if isinstance(answer, list | tuple):
        return [told(part) for part in answer]
    if is_dataclass(answer) and not isinstance(answer, type):
        return {
            part.name: in_order(part.name, told(getattr(answer, part.name)))
            for part in fields(answer)
            if part.name not in OWN
        }
    return plain(answer)


def in_order(name: str, value: Any) -> Any:
    """Bins have no order, and empty ones count for nothing; the doubles keep lots as they were."""
    if name != "bins":
        return value
    filled = [bin for bin in value if bin["on_hand"]]
    return sorted(
        (bin["location"]["code"], bin["lot"][0] if bin["lot"] else "", bin["on_hand"])
        for bin in filled
    )


def plain(value: Any) -> Any:
    """Values that are equal look equal."""
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def doubles_of(world: DjangoWorld) -> Company:
    """A company in memory that has the same goods and the same places under the same ids."""
    company = Company(clock=world.clock)
    for keeper in (company.warehouses, company.locations):
        keeper.stored.clear()
    for house in world.warehouses:
        company.warehouses.stored[house.id] = DjangoWarehouseRepository().get(house.id)
    for row in models.Location.objects.order_by("pk"):
        place = DjangoLocationRepository().to_entity(row)
        company.locations.stored[place.id] = place
    company.repository.goods = {
        world.pieces: Goods(id=world.pieces, code="CHAI", places=0),
        world.by_lot: Goods(id=world.by_lot, code="CHEESE", places=3, tracks_lots=True),
    }
    return company
