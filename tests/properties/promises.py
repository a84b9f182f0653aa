"""The promises of the ledger, checked on nothing but what it keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256

from sms_core.stock.chain import canonical
from sms_core.stock.kinds import Counterpart, Effect, Kind, allows
from sms_core.stock.levels import Level, LevelKey
from sms_core.stock.postings import Entry, Posting
from sms_core.stock.promises import Reservation

ZERO = Decimal(0)
Fact = tuple[Posting, Entry]


@dataclass(frozen=True)
class Books:
    """All that is kept: the levels with their bins, the postings as recorded, the reservations."""

    levels: Sequence[Level]
    postings: Sequence[Posting]
    reservations: Sequence[Reservation]


def broken(books: Books) -> list[str]:
    """Every promise that these books break, in words."""
    by_level: dict[LevelKey, list[Fact]] = defaultdict(list)
    for posting in books.postings:
        for entry in posting.entries:
            by_level[entry.level].append((posting, entry))
    found = list(_of_postings(books.postings))
    for level in books.levels:
        facts = sorted(by_level.pop(level.key, []), key=lambda fact: fact[1].seq)
        found += [f"{level.key}: {what}" for what in _of_level(level, facts, books.reservations)]
    return found + [f"{key}: entries without a level" for key in by_level]


def _of_level(
    level: Level, facts: Sequence[Fact], reservations: Iterable[Reservation]
) -> Iterator[str]:
    yield from _sums(level, facts)
    yield from _chain(level, facts)
    yield from _values(facts)
    yield from _moments(facts)
    if level.reserved != sum((r.open_quantity for r in reservations if r.key == level.key), ZERO):
        yield "reserved is not what the open reservations say"
    if not 0 <= level.reserved <= level.on_hand or level.value < 0:
        yield "below nothing, or promised twice"
    if level.value and not level.on_hand:
        yield "value without goods"


def _sums(level: Level, facts: Sequence[Fact]) -> Iterator[str]:
    for name, balance in (
        ("quantity", level.on_hand),
        ("reserved", level.reserved),
        ("value", level.value),
    ):
        if balance != sum((getattr(entry, name) for _, entry in facts), ZERO):
            yield f"{name} is not the sum of the entries"
    bins: dict[tuple[int | None, int | None], Decimal] = defaultdict(Decimal)
    for _, entry in facts:
        bins[entry.location_id, entry.lot_id] += entry.quantity
        after = entry.bin_on_hand_after
        if after is not None and after != bins[entry.location_id, entry.lot_id]:
            yield f"entry {entry.seq}: the bin's balance does not follow"
    kept = {(bin.location.id, bin.lot_id): bin.on_hand for bin in level.bins if bin.on_hand}
    if kept != {place: on_hand for place, on_hand in bins.items() if on_hand}:
        yield "the bins are not the sums of their entries"
    if any(on_hand < 0 for on_hand in kept.values()):
        yield "a bin below nothing"


def _chain(level: Level, facts: Sequence[Fact]) -> Iterator[str]:
    on_hand = reserved = value = ZERO
    previous, recorded_at = "", None
    for number, (posting, entry) in enumerate(facts, start=1):
        on_hand, reserved, value = (
            on_hand + entry.quantity,
            reserved + entry.reserved,
            value + entry.value,
        )
        if entry.seq != number:
            yield f"entry {entry.seq} where {number} should be"
        if (entry.on_hand_after, entry.reserved_after, entry.value_after) != (
            on_hand,
            reserved,
            value,
        ):
            yield f"entry {number}: the balances do not follow"
        previous = sha256((previous + canonical(posting, entry)).encode()).hexdigest()
        if entry.hash != previous:
            yield f"entry {number}: the chain is broken"
        if recorded_at and posting.recorded_at < recorded_at:
            yield f"entry {number}: recorded before the one it follows"
        recorded_at = posting.recorded_at
    if (level.version, level.last_hash) != (len(facts), previous):
        yield "the level does not end where its chain does"


def _values(facts: Sequence[Fact]) -> Iterator[str]:
    """Goods leave at the average of the moment, all value with the last of them."""
    for posting, entry in facts:
        before = entry.on_hand_after - entry.quantity
        worth = entry.value_after - entry.value
        if entry.quantity >= 0 or posting.kind is Kind.REVERSAL:
            continue
        if entry.counterpart is Counterpart.STOCK and _stays(posting, entry):
            share = ZERO
        elif entry.on_hand_after == 0:
            share = worth
        else:
            share = (worth * -entry.quantity / before).quantize(
                Decimal("0.0001"), rounding=ROUND_HALF_EVEN
            )
        if entry.value != -share:
            yield f"entry {entry.seq}: {entry.value} left where {-share} should"


def _stays(posting: Posting, entry: Entry) -> bool:
    return all(other.level == entry.level for other in posting.entries if other.line == entry.line)


def _moments(facts: Sequence[Fact]) -> Iterator[str]:
    for moment in {posting.occurred_at for posting, _ in facts}:
        then = [entry for posting, entry in facts if posting.occurred_at <= moment]
        if sum((entry.quantity for entry in then), ZERO) < 0:
            yield f"less than nothing as of {moment}"
        if sum((entry.reserved for entry in then), ZERO) < 0:
            yield f"less than nothing promised as of {moment}"


def _of_postings(postings: Sequence[Posting]) -> Iterator[str]:
    if len({posting.number for posting in postings}) < len(postings):
        yield "two postings with one number"
    undone: set[tuple[int, int]] = set()
    by_id = {posting.id: posting for posting in postings}
    for posting in postings:
        yield from (f"{posting.number}: {what}" for what in _of_posting(posting))
        if posting.reverses_id is not None:
            lines = {(posting.reverses_id, entry.line) for entry in posting.entries}
            if lines & undone:
                yield f"{posting.number}: undoes what was undone"
            undone |= lines
            if by_id[posting.reverses_id].number != posting.reverses:
                yield f"{posting.number}: undoes another posting than it says"


def _of_posting(posting: Posting) -> Iterator[str]:
    if not posting.entries:
        yield "no entries"
    if posting.occurred_at > posting.recorded_at:
        yield "recorded before it happened"
    sums: dict[tuple[int, int | None], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for entry in posting.entries:
        effect = Effect.of(quantity=entry.quantity, reserved=entry.reserved)
        if not allows(posting.kind, entry.counterpart, effect):
            yield f"{effect.value} against {entry.counterpart.value} is none of its kind"
        if entry.counterpart is Counterpart.STOCK:
            total = sums[entry.level.variant_id, entry.lot_id]
            total[0] += entry.quantity
            total[1] += entry.value
    if any(total != [0, 0] for total in sums.values()):
        yield "goods or value appear or vanish"
