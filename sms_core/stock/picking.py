"""Which goods leave when somebody asks for a quantity, and what is said when there are too few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sms_core.shared.errors import Conflict
from sms_core.stock.entities import LocationKind
from sms_core.stock.levels import ZERO, Bin, Goods, Level

SUGGESTIONS = 3


class InsufficientStock(Conflict):
    """Less may be taken than was asked for; the detail says what there is and where else."""

    code = "insufficient_stock"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A quantity that a line asks of a level, from a named location or lot if it names one.

    `first_from` is where it is taken from if it is there, whatever lies there; never `not_from`.
    """

    index: int
    quantity: Decimal
    location_id: int | None = None
    lot_id: int | None = None
    first_from: int | None = None
    not_from: int | None = None

    @property
    def named(self) -> int:
        """How choosy it is; the choosiest is served first, so that the others leave it its own."""
        return (self.location_id is not None) + (self.lot_id is not None)


@dataclass(frozen=True)
class Pick:
    """So much from this bin."""

    bin: Bin
    quantity: Decimal


@dataclass
class Picking:
    """All that one posting takes from one level: what a line took, the next cannot take.

    `promised` is how much of the level others have been promised.
    """

    level: Level
    default_location_id: int
    today: date
    promised: Decimal

    def __post_init__(self) -> None:
        self._left = [bin.on_hand for bin in self.level.bins]
        self._available = max(self.level.usable(self.today) - self.promised, ZERO)
        self._unpromised = self.level.on_hand - self.promised
        self._order = sorted(range(len(self.level.bins)), key=self._rank)

    def serve(self, wishes: Sequence[Wish]) -> dict[int, list[Pick]]:
        """The picks for each wish by its index; together less than it asked for: a shortage."""
        choosiest_first = sorted(wishes, key=lambda wish: (-wish.named, wish.index))
        return {wish.index: self._serve(wish) for wish in choosiest_first}

    def _serve(self, wish: Wish) -> list[Pick]:
        picks = []
        missing = wish.quantity
        for number in sorted(self._order, key=lambda number: not self._is_first(number, wish)):
            bin = self.level.bins[number]
            if not missing or not self._may_give(bin, wish):
                continue
            taken = min(missing, self._free(number))
            if taken > 0:
                self._take(number, taken)
                picks.append(Pick(bin, taken))
                missing -= taken
        return picks

    def _may_give(self, bin: Bin, wish: Wish) -> bool:
        if not bin.matches(wish.location_id, wish.lot_id) or bin.location.id == wish.not_from:
            return False
        kind = bin.location.kind
        if kind is LocationKind.TRANSIT:
            return self.level.key.in_transit
        if bin.location.id == wish.first_from:
            return True
        if kind is LocationKind.QUARANTINE:
            return wish.location_id is not None
        unfit = not bin.is_usable(self.today)
        return kind is LocationKind.STORAGE and (not unfit or wish.lot_id is not None)

    def _is_first(self, number: int, wish: Wish) -> bool:
        return self.level.bins[number].location.id == wish.first_from

    def promise(self, wish: Wish) -> bool:
        """Whether so much can be promised; then it can neither be taken nor promised again."""
        if wish.quantity > self._available:
            return False
        self._available -= wish.quantity
        return True

    def _free(self, number: int) -> Decimal:
        free = min(self._left[number], self._unpromised)
        usable = self.level.bins[number].is_usable(self.today)
        return min(free, self._available) if usable else free

    def _take(self, number: int, quantity: Decimal) -> None:
        self._left[number] -= quantity
        self._unpromised -= quantity
        if self.level.bins[number].is_usable(self.today):
            self._available -= quantity

    def _rank(self, number: int) -> tuple[object, ...]:
        bin = self.level.bins[number]
        expires_on = (bin.lot.expires_on if bin.lot else None) or date.max
        elsewhere = bin.location.id != self.default_location_id
        lot_code = bin.lot.code if bin.lot else ""
        return expires_on, elsewhere, bin.location.code, bin.location.id, lot_code


def shortage(
    wish: Wish,
    *,
    level: Level,
    goods: Goods,
    warehouse: str,
    asked: Decimal,
    today: date,
    elsewhere: Mapping[str, Decimal],
    promised: str = "",
    coming: Sequence[str] = (),
) -> InsufficientStock:
    """The refusal for a wish that could not be served; `asked` is what the posting wants in all.

    It says what is there, what of it may be taken, and the ways out.
    """
    where = " where you named it" if wish.named else ""
    facts = (
        f"Not enough {goods.code} in {warehouse}{where}: {plain(level.on_hand)} on hand, "
        f"{plain(level.reserved)} reserved, {plain(level.available(today))} available, "
        f"{plain(asked)} asked for."
    )
    ways = [f"{plain(found)} available in {code}" for code, found in elsewhere.items()]
    ways = [*ways[:SUGGESTIONS], *_set_aside(level, today), *coming]
    if promised:
        facts = f"{facts} Reserved are {promised}."
    return InsufficientStock(
        f"{facts} There are {', '.join(ways)}." if ways else facts,
        pointer=f"/lines/{wish.index}/quantity",
    )


def _set_aside(level: Level, today: date) -> list[str]:
    quarantine = unfit = ZERO
    for bin in level.bins:
        if bin.location.kind is LocationKind.QUARANTINE:
            quarantine += bin.on_hand
        elif bin.location.kind is LocationKind.STORAGE and not bin.is_usable(today):
            unfit += bin.on_hand
    found = ((quarantine, "in quarantine"), (unfit, "of expired or blocked lots"))
    return [f"{plain(quantity)} {words}" for quantity, words in found if quantity]


def plain(quantity: Decimal) -> str:
    """A quantity as people write it: no trailing zeros, no exponent."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
