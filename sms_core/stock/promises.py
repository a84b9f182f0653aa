"""Goods that are promised to somebody, and what becomes of promises that facts overtake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sms_core.shared.documents import DocumentRef
from sms_core.shared.errors import Conflict, RuleBroken
from sms_core.shared.text import tidy_optional
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.picking import Pick, plain

NAMED = 5


@dataclass(kw_only=True)
class Reservation:
    """Goods of a level promised to someone; which place and lot is chosen when they are sent.

    It changes only while its level is locked, and never again once nothing of it is open.
    """

    variant_id: int
    warehouse_id: int
    quantity: Decimal
    open_quantity: Decimal
    occurred_at: datetime
    recorded_at: datetime
    purpose: str = ""
    expires_at: datetime | None = None
    user_id: int | None = None
    username: str = ""
    posting_id: int = 0
    document: DocumentRef | None = None
    document_line: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        self.purpose = tidy_optional(self.purpose, "purpose")

    @property
    def key(self) -> LevelKey:
        """The level whose goods it promises."""
        return LevelKey(self.variant_id, self.warehouse_id)

    def has_lapsed(self, at: datetime) -> bool:
        """Whether its time is over; it counts nevertheless until it is released."""
        return bool(self.open_quantity) and self.expires_at is not None and self.expires_at <= at

    def use(self, quantity: Decimal, at: datetime) -> None:
        """Send or release some of it; raises Conflict, and RuleBroken before it was made."""
        if quantity > self.open_quantity:
            raise self.exceeded()
        if at < self.occurred_at:
            raise RuleBroken(
                f"The reservation was made later, at {self.occurred_at.isoformat()}.",
                code="before_origin",
                pointer="/occurred_at",
            )
        self.open_quantity -= quantity

    def see_that_open(self) -> Decimal:
        """What is still open of it; raises Conflict when that is nothing."""
        if not self.open_quantity:
            raise Conflict("This reservation is used up or released.", code="not_open")
        return self.open_quantity

    def see_that_free(self) -> None:
        """Raise Conflict if it belongs to a document, which must know what is sent."""
        if self.document:
            raise Conflict(
                f"This is reserved for {self.document}: ship the order.",
                code="belongs_to_document",
            )

    def exceeded(self) -> Conflict:
        """The refusal to send or release more than is open."""
        return Conflict(
            f"Only {plain(self.open_quantity)} of this reservation are still open.",
            code="over_reserved",
        )

    def __str__(self) -> str:
        whom = self.purpose or f"reservation {self.id}"
        return f"{plain(self.open_quantity)} for {whom}"


@dataclass
class Promises:
    """The open reservations of the levels that a posting changes, and what it does to them."""

    open: list[Reservation]

    def __post_init__(self) -> None:
        self._by_level: dict[LevelKey, list[Reservation]] = {}
        for reservation in self.open:
            self._by_level.setdefault(reservation.key, []).append(reservation)
        self.changed: dict[int, Reservation] = {}
        self.made: list[Reservation] = []

    def get(self, id: int, key: LevelKey) -> Reservation:
        """The open one with this id, of this level; raises Conflict."""
        for reservation in self.of(key):
            if reservation.id == id:
                return reservation
        raise Conflict("This reservation is used up or released.", code="not_open")

    def of(self, key: LevelKey) -> list[Reservation]:
        """Those of a level, the newest first."""
        found = [r for r in self._by_level.get(key, ()) if r.open_quantity]
        return sorted(found, key=lambda reservation: reservation.id, reverse=True)

    def lapsed(self, keys: Iterable[LevelKey], at: datetime) -> list[Reservation]:
        """Those of these levels whose time is over."""
        return [r for key in sorted(set(keys)) for r in self.of(key) if r.has_lapsed(at)]

    def use(self, reservation: Reservation, quantity: Decimal, at: datetime) -> None:
        """Send or release some of one."""
        reservation.use(quantity, at)
        self.changed[reservation.id] = reservation

    def to_release(self, key: LevelKey, quantity: Decimal) -> Iterator[tuple[Reservation, Decimal]]:
        """Which to release, and how much of each, when so much less can be promised."""
        for reservation in self.of(key):
            if quantity <= 0:
                return
            part = min(quantity, reservation.open_quantity)
            yield reservation, part
            quantity -= part

    def in_words(self, key: LevelKey) -> str:
        """For whom the goods of a level are reserved."""
        found = self.of(key)
        more = [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
        return ", ".join([str(reservation) for reservation in found[:NAMED]] + more)


def unkept(level: Level, picks: Iterable[Pick], today: date) -> Decimal:
    """How much of what is promised could not be kept any more once these goods are gone.

    Goods in quarantine, or of expired or blocked lots, cannot keep a promise; but nobody breaks
    one by taking what could not have kept it anyway.
    """
    taken = fit = ZERO
    for pick in picks:
        taken += pick.quantity
        fit += pick.quantity if pick.bin.is_usable(today) else ZERO
    missing_before = max(level.reserved - level.usable(today), ZERO)
    missing_after = max(level.reserved - level.usable(today) + fit, ZERO)
    return max(missing_after - missing_before, level.reserved - level.on_hand + taken, ZERO)
