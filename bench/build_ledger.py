"""Fills a database with a ledger of any size, fast, with balances, values and hashes as they
must be. It writes rows in bulk, past the use cases: for measuring, never for real stock.

    DATABASE_URL=... python -m bench.build_ledger --entries 1000000

The database must be migrated and may hold other things; the same seed makes the same ledger.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.furnish import new_goods, new_places
from sms_core.stock.chain import chained, microseconds
from sms_core.stock.kinds import PREFIXES, Kind

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
BETWEEN = timedelta(seconds=20)
UNIT = 10_000  # quantities and values are whole numbers of 10^-4
BATCH = 20_000
MOST_LINES = 10
KINDS = (
    (Kind.RECEIPT, 40),
    (Kind.ISSUE, 38),
    (Kind.TRANSFER, 10),
    (Kind.ADJUSTMENT, 6),
    (Kind.SCRAP, 3),
    (Kind.REVERSAL, 3),
)
POSTING = (
    *("id", "kind", "number", "occurred_at", "recorded_at", "user_id", "username", "request_id"),
    *("reason_code_id", "reference", "note", "supplier_id", "customer_id", "reverses_id"),
)
ENTRY = (
    *("id", "posting_id", "line", "level_id", "seq", "location_id", "lot_id", "quantity"),
    *("reserved", "value", "counterpart", "unit_cost", "cost_source", "bin_on_hand_after"),
    *("on_hand_after", "reserved_after", "value_after", "hash"),
)
Place = tuple[int, int | None]


def half_even(number: int, by: int) -> int:
    """The quotient, rounded to the nearest whole number, halves to the even one."""
    whole, rest = divmod(number, by)
    return whole + (rest * 2 > by or (rest * 2 == by and whole % 2 == 1))


@dataclass(slots=True, kw_only=True)
class Level:
    """A level as it grows."""

    id: int
    variant_id: int
    warehouse_id: int
    lots: Sequence[int | None]
    on_hand: int = 0
    value: int = 0
    seq: int = 0
    hash: str = ""
    recorded_at: datetime | None = None
    bins: dict[Place, int] = field(default_factory=dict)

    def leaving(self, quantity: int) -> int:
        """The value that leaves with so much."""
        if quantity == self.on_hand:
            return self.value
        return half_even(self.value * quantity, self.on_hand)

    def fullest(self) -> Place | None:
        """Where most of it lies."""
        place = max(self.bins, key=lambda place: self.bins[place], default=None)
        return place if place and self.bins[place] else None


@dataclass(slots=True, kw_only=True)
class Posting:
    """The header of a posting, and the entries made so far: what a reversal needs of it."""

    id: int
    kind: Kind
    number: str
    recorded_at: datetime
    occurred_at: datetime
    reverses: Posting | None = None
    lines: list[tuple[int, Level, Place, int, int, str, int]] = field(default_factory=list)

    def row(self) -> tuple[Any, ...]:
        """The columns of `POSTING`."""
        return (
            *(self.id, self.kind.value, self.number, self.occurred_at, self.recorded_at),
            *(None, "bench", f"bench-{self.id}", None, "", "", None, None),
            self.reverses.id if self.reverses else None,
        )

    def header(self) -> list[Any]:
        """What the chain writes down of it."""
        return [
            *(self.kind.value, self.number),
            *(microseconds(self.occurred_at), microseconds(self.recorded_at)),
            *(None, "bench", f"bench-{self.id}", None, "", "", None, None),
            self.reverses.number if self.reverses else None,
        ]


class Builder:
    """Makes postings at random and writes them down."""

    def __init__(self, levels: dict[tuple[int, int], Level], places: dict[int, list[int]]) -> None:
        from django.db.models import Max

        from sms_django import models

        self.levels = levels
        self.places = places
        self.variants = sorted({variant_id for variant_id, _ in levels})
        self.posting_id = models.Posting.objects.aggregate(last=Max("id"))["last"] or 0
        self.entry_id = models.Entry.objects.aggregate(last=Max("id"))["last"] or 0
        self.serials = dict.fromkeys(Kind, 0)
        self.postings: list[tuple[Any, ...]] = []
        self.entries: list[tuple[Any, ...]] = []
        self.made = 0
        self.header: list[Any] = []
        self.receipts: list[Posting] = []

    def build(self, entries: int, chance: random.Random) -> Iterator[int]:
        """Make so many entries, or a few more; yields how many are there."""
        self._find_serials()
        kinds, weights = zip(*KINDS, strict=True)
        while self.made < entries:
            kind = chance.choices(kinds, weights)[0]
            if not self._post(kind, chance):
                self._post(Kind.RECEIPT, chance)
            if len(self.entries) >= BATCH:
                self._flush()
                yield self.made
        self._flush()
        self._finish()

    def _post(self, kind: Kind, chance: random.Random) -> bool:
        recorded_at = START + BETWEEN * self.posting_id
        posting = Posting(
            id=self.posting_id + 1,
            kind=kind,
            number=f"{PREFIXES[kind]}-{recorded_at.year}-{self.serials[kind] + 1:06d}",
            recorded_at=recorded_at,
            occurred_at=recorded_at,
        )
        if kind is Kind.RECEIPT:
            # Told late. What leaves is told at once: as of no moment less than nothing was there.
            posting.occurred_at -= timedelta(minutes=chance.choice((0, 0, 0, 5, 600)))
        if kind is Kind.REVERSAL:
            posting.reverses = self.receipts.pop(0) if self.receipts else None
        self.header = posting.header()
        self._lines(posting, chance)
        if not posting.lines:
            return False
        self.posting_id += 1
        self.serials[kind] += 1
        self.postings.append(posting.row())
        if kind is Kind.RECEIPT:
            self.receipts = [*self.receipts[-3:], posting]
        return True

    def _lines(self, posting: Posting, chance: random.Random) -> None:
        if posting.kind is Kind.REVERSAL:
            self._undo(posting)
            return
        write: Callable[..., None] = {
            Kind.RECEIPT: self._receive,
            Kind.ADJUSTMENT: self._adjust,
            Kind.TRANSFER: self._transfer,
        }.get(posting.kind, self._take)
        warehouse_id = chance.choice(list(self.places))
        most = min(MOST_LINES, len(self.variants))
        chosen = chance.sample(self.variants, chance.randint(1, most))
        for line, variant_id in enumerate(chosen, 1):
            write(posting, line, self.levels[variant_id, warehouse_id], chance)

    def _receive(
        self,
        posting: Posting,
        line: int,
        level: Level,
        chance: random.Random,
        counterpart: str = "supplier",
    ) -> None:
        quantity, cost = chance.randint(1, 40) * UNIT, chance.randint(100_000, 20_000_000)
        place = chance.choice(self.places[level.warehouse_id]), chance.choice(level.lots)
        value = half_even(quantity * cost, 1_000_000)
        self._enter(posting, line, level, place, quantity, value, counterpart, cost, "given")

    def _take(self, posting: Posting, line: int, level: Level, chance: random.Random) -> None:
        counterpart = {Kind.SCRAP: "scrap", Kind.ISSUE: "customer"}.get(posting.kind, "adjustment")
        if place := level.fullest():
            quantity = min(chance.randint(1, 30) * UNIT, level.bins[place])
            value = level.leaving(quantity)
            self._enter(posting, line, level, place, -quantity, -value, counterpart)

    def _adjust(self, posting: Posting, line: int, level: Level, chance: random.Random) -> None:
        if chance.random() < 0.5:
            self._take(posting, line, level, chance)
        else:
            self._receive(posting, line, level, chance, "adjustment")

    def _transfer(self, posting: Posting, line: int, level: Level, chance: random.Random) -> None:
        place = level.fullest()
        if place is None:
            return
        target = self.levels[level.variant_id, chance.choice(list(self.places))]
        to = chance.choice(self.places[target.warehouse_id]), place[1]
        quantity = min(chance.randint(1, 20) * UNIT, level.bins[place])
        if target is level and quantity == level.on_hand:
            return  # half-way through, an empty level would be worth something
        value = 0 if target is level else level.leaving(quantity)
        cost = half_even(level.value * 1_000_000, level.on_hand)
        self._enter(posting, line, level, place, -quantity, -value, "stock", cost)
        self._enter(posting, line, target, to, quantity, value, "stock", cost)

    def _undo(self, posting: Posting) -> None:
        for line, level, place, quantity, value, counterpart, cost in (
            posting.reverses.lines if posting.reverses else ()
        ):
            left = level.on_hand - quantity
            if level.bins[place] < quantity or level.value < value:
                continue
            if left or level.value == value:
                self._enter(posting, line, level, place, -quantity, -value, counterpart, cost)

    def _enter(
        self,
        posting: Posting,
        line: int,
        level: Level,
        place: Place,
        quantity: int,
        value: int,
        counterpart: str,
        cost: int | None = None,
        source: str | None = None,
    ) -> None:
        if cost is None:
            cost = half_even(level.value * 1_000_000, level.on_hand)
        level.seq += 1
        level.on_hand += quantity
        level.value += value
        level.bins[place] = level.bins.get(place, 0) + quantity
        level.recorded_at = posting.recorded_at
        change = (*place, quantity, 0, value, counterpart, cost, source)
        after = (level.bins[place], level.on_hand, 0, level.value)
        key = (level.variant_id, level.warehouse_id, False)
        level.hash = chained(level.hash, self.header, [line, *key, level.seq, *change, *after])
        self.entry_id += 1
        self.made += 1
        row = (self.entry_id, posting.id, line, level.id, level.seq, *change, *after, level.hash)
        self.entries.append(row)
        posting.lines.append((line, level, place, quantity, value, counterpart, cost))

    def _flush(self) -> None:
        bulk("sms_posting", POSTING, self.postings)
        bulk("sms_entry", ENTRY, self.entries)
        self.postings, self.entries = [], []

    def _find_serials(self) -> None:
        from sms_django import models

        for kind in Kind:
            taken = models.Posting.objects.filter(kind=kind.value).order_by("number")
            last = taken.values_list("number", flat=True).last()
            self.serials[kind] = int(last[9:]) if last else 0

    def _finish(self) -> None:
        """Write what the levels became, and let the application number on from here."""
        from django.core.management.color import no_style
        from django.db import connection

        from sms_django import models, numbering

        rows = [
            (v.on_hand, v.value, v.seq, v.hash, stored(v.recorded_at), v.id)
            for v in self.levels.values()
        ]
        bins = [(v.id, *p, n) for v in self.levels.values() for p, n in v.bins.items()]
        bulk("sms_bin", ("level_id", "location_id", "lot_id", "on_hand"), bins)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE sms_level SET on_hand = %s, value = %s, version = %s, last_hash = %s,"
                " last_recorded_at = %s WHERE id = %s",
                rows,
            )
            for kind, last in self.serials.items():
                if last and connection.vendor == "postgresql":
                    cursor.execute("SELECT setval(%s, %s)", [numbering.sequence(kind), last])
                elif last:
                    models.SerialNumber.objects.update_or_create(
                        kind=kind.value, defaults={"last": last}
                    )
            tables = [models.Posting, models.Entry]
            for statement in connection.ops.sequence_reset_sql(no_style(), tables):
                cursor.execute(statement)


def bulk(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write the rows as fast as the engine takes them."""
    from django.db import connection

    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 (our own names)
                [tuple(stored(value) for value in row) for row in rows],
            )


def stored(value: Any) -> Any:
    """A value as the engine stores it."""
    from django.db import connection

    if isinstance(value, datetime) and connection.vendor != "postgresql":
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _levels(
    goods: dict[int, list[int | None]], places: dict[int, list[int]]
) -> dict[tuple[int, int], Level]:
    from sms_django import models

    rows = models.Level.objects.bulk_create(
        [models.Level(variant_id=v, warehouse_id=w) for v in sorted(goods) for w in places]
    )
    return {
        (row.variant_id, row.warehouse_id): Level(
            id=row.pk,
            variant_id=row.variant_id,
            warehouse_id=row.warehouse_id,
            lots=goods[row.variant_id],
        )
        for row in rows
    }


def build(
    entries: int, *, variants: int = 500, warehouses: int = 4, seed: int = 1
) -> Iterator[int]:
    """Build a ledger in one transaction; yields how many entries are there."""
    from django.db import transaction

    with transaction.atomic():
        places = new_places(warehouses)
        yield from Builder(_levels(new_goods(variants), places), places).build(
            entries,
            random.Random(seed),  # noqa: S311 (no secret)
        )


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--variants", type=int, default=500)
    parser.add_argument("--warehouses", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    import django

    django.setup()
    started = time.monotonic()
    for made in build(
        given.entries, variants=given.variants, warehouses=given.warehouses, seed=given.seed
    ):
        print(f"{made:,} entries, {made / (time.monotonic() - started):,.0f} a second")  # noqa: T201


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
